import { accountStream, workspaceStream } from '#commands';
import { mayEnter, type Account, type Accounts } from '#accounts';
import type { EventStore, Revision } from '#event-store';
import { PLATFORM, type Instant } from '#kernel';
import type { PrincipalRole } from '#policy';
import type { ApiKey, Session } from '#vault';
import type { WorkspaceFacts, Workspaces } from '#workspaces';

/** An account and its workspace as their streams say, with the revisions at which that was read. */
export interface Judgement {
  readonly workspace: string;
  readonly account: string;
  readonly state: Account;
  readonly role: PrincipalRole;
  /** Null for the platform. */
  readonly facts: WorkspaceFacts | null;
  readonly judged: Readonly<Record<string, Revision>>;
}

/** What a session or API key must still be entitled to. */
export type Holding = Pick<Session, 'id' | 'workspace' | 'account' | 'role' | 'judged'> &
  Partial<Pick<Session, 'credential' | 'act'>>;
export type HeldKey = Pick<ApiKey, 'id' | 'workspace' | 'account' | 'role' | 'judged'>;

/** An operator is one by being of the platform, whatever role its account was made with. */
export const roleOf = (workspace: string, { role }: Pick<Account, 'role'>): PrincipalRole =>
  workspace === PLATFORM ? 'operator' : role;

/**
 * ACC-5: what opens a test account is good until its time is over at the latest, so that it stops at once and not only when that is recorded.
 * The session itself stays: it can be renewed where the account was extended or converted meanwhile.
 */
export const withinTest = ({ test, testExpiresAt }: Pick<Account, 'test' | 'testExpiresAt'>, until: Instant): Instant =>
  test && testExpiresAt !== null && testExpiresAt < until ? testExpiresAt : until;

/** What impersonations that managers have begun list beside streams, at the revision of the workspace's, so that they can be ended alone. */
export const managersOf = (stream: string): string => `${stream} managers`;

/** Reads the streams that a credential lists: at first to judge it, and again once it is written (COR-8). */
export class Entitlement {
  constructor(
    private readonly accounts: Accounts,
    private readonly workspaces: Workspaces,
    private readonly store: Pick<EventStore, 'now'>,
  ) {}

  /** The store's time: what decides about deadlines. */
  now(): Instant {
    return this.store.now();
  }

  async judge(workspace: string, account: string): Promise<Judgement> {
    const facts = workspace === PLATFORM ? null : await this.workspaces.facts(workspace);
    const { state, revision } = await this.accounts.load(workspace, account);
    const judged = {
      [accountStream(workspace, account)]: revision,
      ...(facts ? { [workspaceStream(workspace)]: facts.revision } : {}),
    };
    return { workspace, account, state, role: roleOf(workspace, state), facts, judged };
  }

  /** Whether the account itself is active now: a member, not disabled, not a test account whose time is over. */
  isActive({ state }: Pick<Judgement, 'state'>): boolean {
    return mayEnter(state, this.store.now());
  }

  /** Whether the account may use the platform now: active, in an active workspace. */
  mayEnter(judgement: Judgement): boolean {
    const { workspace, facts } = judgement;
    return this.isActive(judgement) && (workspace === PLATFORM || facts?.state === 'active');
  }

  /** AUTH-3: whether the workspace has not taken impersonating from whoever acts in the session, ever since it was judged. */
  async mayAct(session: Pick<Session, 'workspace' | 'judged' | 'act'>): Promise<boolean> {
    return session.act?.role !== 'manager' || mayStillAct(session, await this.workspaces.facts(session.workspace));
  }

  /** Whether every stream that the credential lists still says so: active, same role, the verified password in force, and no end since it was judged. */
  async holds(holding: Holding): Promise<boolean> {
    const { workspace, account, act, judged } = holding;
    const own = await this.judge(workspace, account);
    if (!this.mayEnter(own) || !isCurrent(own, holding) || !namesCredential(own.state, holding)) return false;
    if (own.facts && own.facts.suspendedAt > (judged[workspaceStream(workspace)] ?? -1)) return false;
    if (!act) return true;
    if (!mayStillAct(holding, own.facts)) return false;
    const staff = await this.judge(workspace, act.account);
    return this.mayEnter(staff) && isCurrent(staff, { ...holding, role: act.role });
  }
}

const mayStillAct = (
  { workspace, judged, act }: Pick<Session, 'workspace' | 'judged' | 'act'>,
  facts: Pick<WorkspaceFacts, 'managersBarredAt'> | null,
): boolean => act?.role !== 'manager' || (facts?.managersBarredAt ?? -1) <= (judged[workspaceStream(workspace)] ?? -1);

/** The role is the one that it was judged with, and nothing has ended it since. */
function isCurrent({ state, role, workspace, account }: Judgement, holding: Pick<Holding, 'id' | 'role' | 'judged'>): boolean {
  const at = holding.judged[accountStream(workspace, account)] ?? -1;
  return role === holding.role && (state.ended.revision <= at || state.ended.except === holding.id);
}

/** The password that was verified is the one in force, or was replaced in this very session. */
const namesCredential = (state: Account, { id, credential }: Holding): boolean =>
  credential === null || credential === undefined || state.credential === credential || state.ended.except === id;
