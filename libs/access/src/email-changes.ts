import type { CommandBus } from '@nestjs/cqrs';
import { ChangeAccount, exists } from '#accounts';
import type { Position } from '#event-store';
import { refuse } from '#kernel';
import type { LinkTokens } from '#vault';
import type { Entitlement } from './entitlement.js';
import type { AccessLog } from './access-log.js';
import { actingAs } from './link-holder.js';
import type { LinkContext } from './password-resets.js';

/** ACC-10: the owner of a new address confirms it by a mailed link. */
export class EmailChanges {
  constructor(
    private readonly bus: Pick<CommandBus, 'execute'>,
    private readonly entitlement: Entitlement,
    private readonly links: LinkTokens,
    private readonly log: Pick<AccessLog, 'load'>,
  ) {}

  /**
   * Puts the confirmed address in force. A link that was replaced or used, or whose wish is older than the password, a stop, or the end of any session
   * or API key that was taken from the account, is `link-used`: who had got into one takes nothing over any more. One that is too old is
   * `link-expired`. Where that stands in the log.
   */
  async accept(token: string, context: LinkContext): Promise<Position> {
    const claim = await this.links.read('email', token);
    const judgement = claim && (await this.entitlement.judge(claim.workspace, claim.account));
    if (!claim || !judgement || !exists(judgement.state)) throw refuse('not-found');
    let generation = judgement.state.emailGeneration;
    while (generation > 0 && !claim.matches(generation)) generation--;
    if (generation === 0) throw refuse('not-found');
    const proved = context(actingAs(judgement));
    // Right before the append: the two streams are not written together, and the command may wait for its turn.
    const recheck = async (): Promise<void> => {
      await proved.recheck?.();
      const { credentialTaken } = await this.log.load(claim.workspace, claim.account);
      const { state } = await this.entitlement.judge(claim.workspace, claim.account);
      if (state.emailChange && state.emailChange.position < credentialTaken) throw refuse('link-used');
    };
    const command = new ChangeAccount(claim.account, { type: 'ConfirmEmail', generation }, { ...proved, recheck });
    return (await this.bus.execute(command)).position;
  }
}
