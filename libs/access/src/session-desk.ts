import { workspaceStream } from '#commands';
import { addSeconds, SECONDS_PER_DAY, secondsBetween, type Clock, type Ids, type Instant } from '#kernel';
import type { Session, Sessions } from '#vault';
import { managersOf, withinTest, type Entitlement, type Judgement } from './entitlement.js';
import { hashOf, type SessionTokens, type TokenPair } from './session-tokens.js';

export const ACCESS_SECONDS = 3_600;
export const REFRESH_SECONDS = 30 * SECONDS_PER_DAY;
/** For how long an answer to a refresh that got lost can be had again. */
export const REPLAY_SECONDS = 30;

/** Where a session is used from. */
export interface Origin {
  readonly address: string;
  readonly agent: string;
}

export interface Minted extends TokenPair {
  readonly session: Session;
}

/** What came of a refresh. `reuse`: the token had been traded before, and its whole family is ended now. */
export type Refreshed =
  | { readonly kind: 'minted'; readonly minted: Minted }
  | { readonly kind: 'dead' }
  | { readonly kind: 'reuse'; readonly session: Session };

const DEAD: Refreshed = { kind: 'dead' };
type Opening = Pick<Session, 'id' | 'kind' | 'act' | 'expiresAt'>;

/**
 * Opens, renews and unlocks sessions. COR-8: whatever is written here is written first, then every stream that it lists is read,
 * and it is removed unless they still say so; only then is it given out.
 */
export class SessionDesk {
  constructor(
    private readonly sessions: Sessions,
    private readonly entitlement: Entitlement,
    private readonly tokens: SessionTokens,
    private readonly clock: Clock,
    private readonly ids: Ids,
  ) {}

  /** A session for who proved the password that `judgement` names; null where the right to it was lost meanwhile. */
  async open(judgement: Judgement, origin: Origin): Promise<Minted | null> {
    const kind = judgement.state.passwordChangeRequired ? 'password-change' : 'full';
    return this.mint(judgement, { id: this.ids(), kind, expiresAt: this.nextEnd(judgement) }, origin);
  }

  /** A session of `customer` in which `act` really acts, until `expiresAt`; null where the right to it was lost meanwhile. The same id again is written once. */
  async impersonate(
    id: string,
    customer: Judgement,
    staff: Judgement,
    { act, expiresAt }: { readonly act: NonNullable<Session['act']>; readonly expiresAt: Instant },
    origin: Origin,
  ): Promise<Minted | null> {
    const judged = { ...customer.judged, ...staff.judged };
    const stream = workspaceStream(customer.workspace);
    const managers = act.role === 'manager' ? { [managersOf(stream)]: judged[stream] ?? -1 } : {};
    return this.mint({ ...customer, judged: { ...judged, ...managers } }, { id, kind: 'impersonation', act, expiresAt }, origin);
  }

  /** COR-6: trades a refresh token. Repeated within 30 s with nothing newer used it gives the same successor. */
  async refresh(refreshToken: string, admits: (workspace: string) => Promise<boolean> = async () => true): Promise<Refreshed> {
    const claim = await this.tokens.readRefresh(refreshToken);
    for (;;) {
      const session = claim && (await this.sessions.byId(claim.session));
      if (!claim || !session || this.clock() >= session.refreshExpiresAt || !(await admits(session.workspace))) return DEAD;
      if (claim.generation !== session.generation)
        return this.isRepeat(session, claim.generation) ? this.again(session) : this.endFamily(session);
      const pair = await this.rotate(session, refreshToken);
      if (pair) return renewed(await this.given(session.id, pair));
      // ended, or traded by a repeat at the same moment: look again
    }
  }

  /** The session in which the own password was set goes on as a full one, judged anew: if the stream names it, and the account may still enter. */
  async unlock(id: string, workspace: string, account: string): Promise<void> {
    const judgement = await this.entitlement.judge(workspace, account);
    const { state, judged } = judgement;
    const named = state.ended.except === id && this.entitlement.mayEnter(judgement);
    if (named && state.credential !== null) await this.sessions.unlock(id, state.credential, judged);
    await this.stands(id);
  }

  private async mint(judgement: Judgement, opening: Opening, { address, agent }: Origin): Promise<Minted | null> {
    const { id, kind, act, expiresAt } = opening;
    const pair = await this.tokens.pair(id, 1);
    const now = this.clock();
    const impersonation = kind === 'impersonation';
    await this.sessions.insert({
      id,
      workspace: judgement.workspace,
      account: judgement.account,
      role: judgement.role,
      kind,
      ...(act ? { act } : {}),
      credential: impersonation ? null : judgement.state.credential,
      judged: judgement.judged,
      generation: 1,
      tokenHash: hashOf(pair.token),
      refreshHash: impersonation ? null : hashOf(pair.refreshToken),
      previousRefreshHash: null,
      rotatedAt: null,
      used: false,
      createdAt: now,
      expiresAt,
      refreshExpiresAt: impersonation ? expiresAt : addSeconds(now, REFRESH_SECONDS),
      lastUsedAt: now,
      address,
      agent,
    });
    return this.given(id, pair);
  }

  /** When an access token that is given out now ends. */
  private nextEnd({ state }: Judgement): Instant {
    return withinTest(state, addSeconds(this.clock(), ACCESS_SECONDS));
  }

  /** The next pair, once it is the one in force; null where somebody else was first. */
  private async rotate(session: Session, refreshToken: string): Promise<TokenPair | null> {
    const { id, generation, refreshExpiresAt, kind } = session;
    const pair = await this.tokens.pair(id, generation + 1);
    const judgement = await this.entitlement.judge(session.workspace, session.account);
    const until = this.nextEnd(judgement);
    // the process in which the new password was set may have died before it made this session a full one
    const isFull = kind === 'password-change' && !judgement.state.passwordChangeRequired;
    const rotated = await this.sessions.rotate(id, generation, {
      tokenHash: hashOf(pair.token),
      refreshHash: hashOf(pair.refreshToken),
      previousRefreshHash: hashOf(refreshToken),
      rotatedAt: this.clock(),
      expiresAt: until < refreshExpiresAt ? until : refreshExpiresAt,
      kind: isFull ? 'full' : kind,
    });
    return rotated ? pair : null;
  }

  private isRepeat({ generation, rotatedAt, used }: Session, of: number): boolean {
    return of === generation - 1 && !used && rotatedAt !== null && secondsBetween(rotatedAt, this.clock()) <= REPLAY_SECONDS;
  }

  private async again({ id, generation }: Session): Promise<Refreshed> {
    return renewed(await this.given(id, await this.tokens.pair(id, generation)));
  }

  private async endFamily(session: Session): Promise<Refreshed> {
    await this.sessions.endOne(session.id);
    return { kind: 'reuse', session };
  }

  private async given(id: string, pair: TokenPair): Promise<Minted | null> {
    const session = (await this.stands(id)) ? await this.sessions.byId(id) : null;
    return session ? { ...pair, session } : null;
  }

  /** Reads the streams that the written session lists, and ends it unless they still say so. */
  private async stands(id: string): Promise<boolean> {
    const session = await this.sessions.byId(id);
    if (session && (await this.entitlement.holds(session))) return true;
    await this.sessions.endOne(id);
    return false;
  }
}

const renewed = (minted: Minted | null): Refreshed => (minted ? { kind: 'minted', minted } : DEAD);

/** Whether a session can still be used or renewed at `now`. */
export const isAlive = ({ kind, expiresAt, refreshExpiresAt }: Session, now: Instant): boolean =>
  now < (kind === 'impersonation' ? expiresAt : refreshExpiresAt);
