import type { Accounts } from '#accounts';
import type { CommandContext } from '#commands';
import { MissingKey } from '#event-store';
import { PLATFORM, refuse, type Refusal } from '#kernel';
import type { PasswordHasher, Vault } from '#vault';
import type { Workspaces } from '#workspaces';
import type { AccessEvent, LoginFailure } from './access.events.js';
import type { AccessLog, AccessPlace } from './access-log.js';
import type { Entitlement, Judgement } from './entitlement.js';
import type { Door, FrontDoor } from './front-door.js';
import type { Lock, LoginThrottle } from './login-throttle.js';
import type { Minted, Origin, SessionDesk } from './session-desk.js';

export interface LoginRequest {
  readonly host: string;
  /** Slug of a workspace; on the platform's own host only. */
  readonly workspace: string | undefined;
  /** Email or username. */
  readonly login: string;
  readonly password: string;
  readonly origin: Origin;
  /** Context of the command once somebody is proved, or as nobody. */
  context(proved?: Partial<Pick<CommandContext, 'workspace' | 'actor'>>): CommandContext;
}

export interface LoggedIn {
  readonly minted: Minted;
  readonly judgement: Judgement;
}

interface Proof {
  readonly proved: boolean;
  /** Null where the address is nobody's. */
  readonly account: string | null;
  readonly judgement: Judgement;
}

const TRIES = 3;
/** An id that no account has: what is read for an address that is nobody's, so that the way is as long. */
const NOBODY = '0'.repeat(32);

/** AUTH-5: from login and password to a session. Unknown, wrong, and any state with a wrong password take the same way to the same answer. */
export class LogIn {
  constructor(
    private readonly door: FrontDoor,
    private readonly throttle: LoginThrottle,
    private readonly accounts: Accounts,
    private readonly entitlement: Entitlement,
    private readonly vault: Pick<Vault, 'credentials'>,
    private readonly passwords: PasswordHasher,
    private readonly desk: SessionDesk,
    private readonly log: AccessLog,
    private readonly workspaces: Workspaces,
  ) {}

  /** Rejects with `throttled`, `invalid-credentials` or, the password being right, why it does not open anything. */
  async logIn(request: LoginRequest): Promise<LoggedIn> {
    const door = await this.door.open(request.host, request.workspace);
    const keys = await this.throttle.keysOf(door.workspace, request.login, request.origin.address);
    for (let attempt = 0; attempt < TRIES; attempt++) {
      const { result: proof, locks } = await this.throttle.attempt(keys, () => this.prove(door, request));
      if (!proof.proved) throw await this.failed(door, proof, locks, request);
      const refusal = this.refusalOf(door, proof.judgement);
      if (refusal) throw await this.turnedAway(refusal, proof.judgement, request);
      const minted = await this.desk.open(proof.judgement, request.origin);
      if (minted) return this.welcome(minted, proof.judgement, request);
      // the right was lost while the session was written: ask again why
    }
    throw refuse('busy');
  }

  /** One look at the account and one argon2, whoever it is. */
  private async prove({ workspace }: Door, { login, password }: LoginRequest): Promise<Proof> {
    const account = workspace === null ? null : await this.accounts.addresses.holderOf(workspace, login);
    const judgement = await this.entitlement.judge(workspace ?? PLATFORM, account ?? NOBODY);
    const { credential: named, phase } = judgement.state;
    const credential = await this.vault.credentials.get(named ?? NOBODY);
    const right = await this.passwords.verify(credential?.hash ?? null, password);
    return { proved: right && credential !== null && phase === 'member', account, judgement };
  }

  private async failed(door: Door, { account }: Proof, locks: readonly Lock[], request: LoginRequest): Promise<Refusal> {
    const place = { workspace: door.workspace ?? PLATFORM, account };
    try {
      await this.recordFailure(place, locks, request);
    } catch (error) {
      // Whose key is gone was deleted while the password was looked at: the address is nobody's now.
      if (account === null || !(error instanceof MissingKey)) throw error;
      await this.recordFailure({ ...place, account: null }, locks, request);
    }
    return refuse('invalid-credentials');
  }

  private async recordFailure({ workspace, account }: AccessPlace, locks: readonly Lock[], request: LoginRequest): Promise<void> {
    const data = { cause: 'invalid-credentials' as const, ...(account === null ? {} : request.origin) };
    const events: AccessEvent[] = [{ type: 'LoginFailed', data }];
    for (const { by, failures, seconds } of locks) {
      if (by === 'address' && account !== null) events.push({ type: 'AccountLocked', data: { failures, seconds } });
      else events.push({ type: 'SignInLocked', data: { by, failures, seconds } });
    }
    await this.log.record({ workspace, account }, events, request.context({ workspace }));
  }

  /** Why a right password does not open anything; null where it does. */
  private refusalOf({ branded }: Door, judgement: Judgement): Refusal | null {
    const { facts, role } = judgement;
    if (!this.entitlement.isActive(judgement)) return refuse('account-disabled');
    if (facts && facts.state !== 'active') return refuse('workspace-suspended');
    if (facts?.domain?.state !== 'verified' || role !== 'user' || branded) return null;
    return refuse('wrong-host', { loginUrl: this.workspaces.loginUrl(facts) });
  }

  private async turnedAway(refusal: Refusal, judgement: Judgement, request: LoginRequest): Promise<Refusal> {
    const cause = refusal.code as LoginFailure;
    await this.log.record(judgement, [{ type: 'LoginFailed', data: { cause } }], contextOf(judgement, request));
    return refusal;
  }

  private async welcome(minted: Minted, judgement: Judgement, request: LoginRequest): Promise<LoggedIn> {
    const data = { session: minted.session.id, method: 'password' as const };
    await this.log.record(judgement, [{ type: 'UserLoggedIn', data }], contextOf(judgement, request));
    return { minted, judgement };
  }
}

/** The account itself is the actor, once its password is proved. */
const contextOf = ({ workspace, account, role }: Judgement, request: LoginRequest): CommandContext =>
  request.context({ workspace, actor: { id: account, role, workspace } });
