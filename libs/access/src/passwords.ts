import type { CommandBus } from '@nestjs/cqrs';
import { ChangeAccount, type AccountCommands, type AccountOutcome } from '#accounts';
import type { CommandContext } from '#commands';
import { refuse, refuseField } from '#kernel';
import type { Principal } from '#policy';
import { normalizePassword, type PasswordHasher, type Vault } from '#vault';
import type { AccessLog } from './access-log.js';
import type { Entitlement, Judgement } from './entitlement.js';
import type { LoginThrottle } from './login-throttle.js';
import type { SessionDesk } from './session-desk.js';

const samePassword = (one: string, other: string): boolean => normalizePassword(one) === normalizePassword(other);

const wrongPassword = () => refuseField('/currentPassword', 'wrong-password', 'is not the present password');

/** New passwords: one's own, and those that staff set. What each of them ends is ended before it is answered. */
export class Passwords {
  constructor(
    private readonly bus: Pick<CommandBus, 'execute'>,
    private readonly commands: AccountCommands,
    private readonly entitlement: Entitlement,
    private readonly vault: Pick<Vault, 'credentials' | 'sessions'>,
    private readonly hasher: PasswordHasher,
    private readonly throttle: LoginThrottle,
    private readonly desk: SessionDesk,
    private readonly log: AccessLog,
  ) {}

  /**
   * The caller's own: another than the present one where a change is required. All other sessions end; the one in which it was set is a full one from
   * now on.
   */
  async changeOwn(principal: Principal, current: string, password: string, context: CommandContext): Promise<AccountOutcome> {
    const { account, workspace } = { ...principal, workspace: context.workspace };
    const judgement = await this.entitlement.judge(workspace, account);
    await this.proveCurrent(judgement, current, context);
    if (judgement.state.passwordChangeRequired && samePassword(password, current))
      throw refuseField('/password', 'password-unchanged', 'must be another than the present one');
    const credential = await this.commands.credential(context, password);
    const session = principal.kind === 'api-key' ? null : principal.credential;
    const command = {
      type: 'SetPassword',
      credential: credential.id,
      by: 'self',
      passwordChangeRequired: false,
      session,
    } as const;
    const checked = { ...context, recheck: () => this.recheck(session, judgement, context) };
    const outcome = await this.bus.execute(new ChangeAccount(account, command, checked, credential));
    if (session !== null && outcome.kind !== 'dry-run') await this.desk.unlock(session, workspace, account);
    return outcome;
  }

  /**
   * COR-4: the outcome of a new password that was set before by this very command, with all steps after its event done again; null for a new one.
   */
  async repeated(account: string, principal: Principal, context: CommandContext): Promise<AccountOutcome | null> {
    const outcome = await this.commands.repeated(account, context);
    const own = principal.account === account && (principal.kind === 'full' || principal.kind === 'password-change');
    if (outcome && own) await this.desk.unlock(principal.credential, context.workspace, account);
    return outcome;
  }

  /** By staff: all sessions end. A pending account becomes active, and its link is dead. */
  async setByStaff(
    account: string,
    password: string,
    required: boolean | undefined,
    context: CommandContext,
  ): Promise<AccountOutcome> {
    const { workspace } = context;
    const { state, facts } = await this.entitlement.judge(workspace, account);
    const passwordChangeRequired = required ?? facts?.settings.requirePasswordChange ?? false;
    const credential = await this.commands.credential(context, password);
    const set = { credential: credential.id, passwordChangeRequired };
    const command =
      state.phase === 'pending'
        ? ({ type: 'Activate', ...set } as const)
        : ({ type: 'SetPassword', ...set, by: 'staff', session: null } as const);
    const outcome = await this.bus.execute(new ChangeAccount(account, command, context, credential));
    if (outcome.kind !== 'dry-run') await this.forgive(workspace, outcome);
    return outcome;
  }

  /** Failures with the account's addresses are forgotten: it has a new password. */
  async forgive(workspace: string, { state }: Pick<AccountOutcome, 'state'>): Promise<void> {
    const { email, username } = state.profile;
    await this.throttle.clear(workspace, [email, username].filter((login) => login !== null && login !== '') as string[]);
  }

  /** A wrong one is counted like a failed log-in. */
  private async proveCurrent(judgement: Judgement, current: string, context: CommandContext): Promise<void> {
    const { state, workspace } = judgement;
    const { origin } = context;
    const keys = await this.throttle.keysOf(workspace, state.profile.email, origin?.address ?? '');
    const { result, locks } = await this.throttle.attempt(keys, async () => {
      const credential = state.credential === null ? null : await this.vault.credentials.get(state.credential);
      return { proved: await this.hasher.verify(credential?.hash ?? null, current) };
    });
    if (result.proved) return;
    const failed = { type: 'LoginFailed', data: { cause: 'invalid-credentials' } } as const;
    const locked = locks.map(({ failures, seconds }) => ({ type: 'AccountLocked', data: { failures, seconds } }) as const);
    await this.log.record(judgement, [failed, ...locked.slice(0, 1)], context);
    throw wrongPassword();
  }

  /**
   * The session still stands by its streams, and the password that was proved is the one in force: whoever was stopped meanwhile, or was given another
   * password, keeps no session by this one, and nobody's new password is overwritten by who knows the old one.
   */
  private async recheck(
    session: string | null,
    { workspace, account, state }: Judgement,
    context: CommandContext,
  ): Promise<void> {
    await context.recheck?.();
    if (session !== null) {
      const standing = await this.vault.sessions.byId(session);
      if (!standing || !(await this.entitlement.holds(standing))) throw refuse('unauthenticated');
    }
    const now = await this.entitlement.judge(workspace, account);
    if (now.state.credential !== state.credential) throw wrongPassword();
  }
}
