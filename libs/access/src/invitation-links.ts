import type { CommandBus } from '@nestjs/cqrs';
import { ChangeAccount, linkVerdict, type AccountCommands, type Utm } from '#accounts';
import type { Position } from '#event-store';
import { refuse } from '#kernel';
import type { LinkTokens } from '#vault';
import type { AccessLog } from './access-log.js';
import type { Entitlement, Judgement } from './entitlement.js';
import type { FrontDoor } from './front-door.js';
import { actingAs } from './link-holder.js';
import type { LoggedIn } from './log-in.js';
import type { LinkContext } from './password-resets.js';
import type { Origin, SessionDesk } from './session-desk.js';

export interface AcceptInvitation {
  readonly token: string;
  readonly password: string;
  /** Null: as the invitation says. */
  readonly fullName: string | null;
  readonly utm: Utm | null;
}

/** ACC-2: what the holder of an invitation's link sees and does. */
export class InvitationLinks {
  constructor(
    private readonly bus: Pick<CommandBus, 'execute'>,
    private readonly commands: AccountCommands,
    private readonly door: FrontDoor,
    private readonly entitlement: Entitlement,
    private readonly links: LinkTokens,
    private readonly desk: SessionDesk,
    private readonly log: AccessLog,
  ) {}

  /** The invited account behind a link that can be used now. Refuses as `linkVerdict` does. */
  async inspect(token: string, host: string): Promise<Judgement> {
    return (await this.open(token, host)).judgement;
  }

  /** The invited person is a member from now on, and logged in; `position` is where that stands in the log. */
  async accept(
    { token, password, fullName, utm }: AcceptInvitation,
    host: string,
    origin: Origin,
    context: LinkContext,
  ): Promise<LoggedIn & { readonly position: Position }> {
    const { judgement, generation } = await this.open(token, host);
    const { workspace, account, facts } = judgement;
    if (facts && facts.state !== 'active') throw refuse('workspace-suspended');
    const proved = context(actingAs(judgement));
    const credential = await this.commands.credential(proved, password);
    const command = { type: 'Accept', generation, credential: credential.id, fullName, utm } as const;
    await this.bus.execute(new ChangeAccount(account, command, proved, credential));
    const accepted = await this.entitlement.judge(workspace, account);
    // whoever set another password since has stopped this one
    const minted = accepted.state.credential === credential.id ? await this.desk.open(accepted, origin) : null;
    if (!minted) throw refuse('invitation-used');
    const data = { session: minted.session.id, method: 'invitation' as const };
    const position = await this.log.record(accepted, [{ type: 'UserLoggedIn', data }], proved);
    return { minted, judgement: accepted, position };
  }

  private async open(token: string, host: string): Promise<{ judgement: Judgement; generation: number }> {
    const claim = await this.links.read('invitation', token);
    if (!claim || !(await this.door.admits(host, claim.workspace))) throw refuse('not-found');
    const judgement = await this.entitlement.judge(claim.workspace, claim.account);
    let generation = judgement.state.invitation?.generation ?? 0;
    while (generation > 0 && !claim.matches(generation)) generation--;
    if (generation === 0) throw refuse('not-found');
    const verdict = linkVerdict(judgement.state, generation, { now: this.entitlement.now() });
    if (verdict) throw verdict;
    return { judgement, generation };
  }
}
