import type { CommandBus } from '@nestjs/cqrs';
import { ChangeAccount, isResetSpent, statusOf, type AccountCommands, type AddressBook } from '#accounts';
import { systemContext, type CommandContext, type CommandRunner, type ErrandDesk, type Outcome } from '#commands';
import type { Position } from '#event-store';
import { addSeconds, refuse, type Ids } from '#kernel';
import type { Job } from '#jobs';
import type { LinkTokens } from '#vault';
import type { Workspaces } from '#workspaces';
import type { AccessEvent } from './access.events.js';
import { onAccess } from './access-command.js';
import type { Access, ResetLink } from './access.fold.js';
import type { AccessLog } from './access-log.js';
import type { Entitlement } from './entitlement.js';
import type { FrontDoor } from './front-door.js';
import { actingAs } from './link-holder.js';
import type { Passwords } from './passwords.js';

/** Job that turns a wish for a reset link, by whoever typed an address, into one: if the account exists and may enter. */
export const RESET_REQUEST = 'access.reset-request';
export const RESET_SECONDS = 3_600;
/** A link that was asked for by anybody is not asked for again so soon: nobody's mailbox is flooded. */
const PAUSE_SECONDS = 60;
const NOBODY = '0'.repeat(32);

/** What resets stand on. */
export interface PasswordResetPorts {
  readonly runner: CommandRunner;
  readonly bus: Pick<CommandBus, 'execute'>;
  readonly commands: AccountCommands;
  readonly door: FrontDoor;
  readonly holders: Pick<AddressBook, 'holderOf'>;
  readonly entitlement: Entitlement;
  readonly workspaces: Workspaces;
  readonly log: AccessLog;
  readonly links: LinkTokens;
  readonly passwords: Passwords;
  readonly errands: ErrandDesk;
  readonly ids: Ids;
}

/** AUTH-5: a new password by a mailed link, good for one hour, once. */
export class PasswordResets {
  constructor(private readonly on: PasswordResetPorts) {}

  /** Takes note of a wish. The same work is done whether somebody has that address or not; what follows is done by a job. */
  async wish(host: string, slug: string | undefined, email: string): Promise<void> {
    const { workspace } = await this.on.door.open(host, slug);
    const account = workspace === null ? null : await this.on.holders.holderOf(workspace, email);
    const data = { workspace: workspace ?? NOBODY, account: account ?? NOBODY };
    const key = `${RESET_REQUEST}/${data.workspace}/${data.account}`;
    await this.on.errands.take(key, this.on.entitlement.now(), { type: RESET_REQUEST, data });
  }

  /** Runs the job of a wish. */
  async grant({ data }: Job): Promise<void> {
    const { workspace, account } = data as Record<'workspace' | 'account', string>;
    const judgement = await this.on.entitlement.judge(workspace, account);
    if (!judgement.facts || !this.on.entitlement.mayEnter(judgement)) return;
    const nobody = { id: null, role: 'anonymous', workspace } as const;
    const context: CommandContext = { ...systemContext(workspace, this.on.ids()), actor: nobody };
    await this.request(account, context, ({ resets }, now) => {
      const last = resets.at(-1);
      return last === undefined || addSeconds(last.requestedAt, PAUSE_SECONDS) <= now;
    });
  }

  /** Staff has a link sent. Refused where no mail could go out, and for accounts that could not use it. */
  send(account: string, context: CommandContext): Promise<Outcome<Access, AccessEvent>> {
    return this.request(account, context, async () => {
      const judgement = await this.on.entitlement.judge(context.workspace, account);
      const { state, facts } = judgement;
      if (state.phase === 'pending') throw refuse('account-pending');
      if (!this.on.entitlement.isActive(judgement)) throw refuse('account-not-active', { accountStatus: statusOf(state) });
      if (!facts || !(await this.on.workspaces.transportFor(facts)))
        throw refuse('smtp-not-configured', { href: '/v1/workspace/smtp' });
      return true;
    });
  }

  /** Sets the password that a link allows to set. All sessions of the account end. Where that stands in the log. */
  async accept(token: string, password: string, context: LinkContext): Promise<Position> {
    const claim = await this.on.links.read('reset', token);
    const access = claim && (await this.on.log.load(claim.workspace, claim.account));
    if (!claim || !access) throw refuse('not-found');
    const { workspace, account } = claim;
    const link = linkOf(access, (generation) => claim.matches(generation));
    const judgement = await this.on.entitlement.judge(workspace, account);
    if (!link || judgement.state.phase !== 'member') throw refuse('not-found');
    if (link.generation <= judgement.state.resetUsed) throw refuse('link-used');
    if (!('expiresAt' in link) || this.on.entitlement.now() >= link.expiresAt) throw refuse('link-expired');
    if (isResetSpent(judgement.state, link)) throw refuse('link-used');
    const proved = context(actingAs(judgement));
    const credential = await this.on.commands.credential(proved, password);
    const command = {
      type: 'ResetPassword',
      credential: credential.id,
      generation: link.generation,
      asked: link.position,
    } as const;
    const outcome = await this.on.bus.execute(new ChangeAccount(account, command, proved, credential));
    await this.on.passwords.forgive(workspace, outcome);
    return outcome.position;
  }

  private request(
    account: string,
    context: CommandContext,
    wanted: (access: Access, now: string) => boolean | Promise<boolean>,
  ): Promise<Outcome<Access, AccessEvent>> {
    return this.on.runner.run<Access, AccessEvent>({
      ...onAccess(account, context),
      decide: async (access, now) => {
        if (!(await wanted(access, now))) return { events: [] };
        const data = { generation: access.resetGeneration + 1, lifetimeSeconds: RESET_SECONDS };
        return { events: [{ type: 'PasswordResetRequested', data }] };
      },
    });
  }
}

/** Makes the context of a command out of who is proved by a mailed link. */
export type LinkContext = (proved: Pick<CommandContext, 'workspace' | 'actor'>) => CommandContext;

/** The link whose token it is; without its times where it is long past. Null for a token that was never sent. */
function linkOf(
  { resets, resetGeneration }: Access,
  matches: (generation: number) => boolean,
): ResetLink | Pick<ResetLink, 'generation'> | null {
  const kept = resets.find(({ generation }) => matches(generation));
  if (kept) return kept;
  for (let generation = resetGeneration - resets.length; generation > 0; generation--)
    if (matches(generation)) return { generation };
  return null;
}
