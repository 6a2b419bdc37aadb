import type { Checkpoint, PersonKeys, Revision } from '#event-store';
import type { Instant } from '#kernel';

/** A password, hashed with argon2id. In force only if the account's stream names its id. */
export interface Credential {
  readonly id: string;
  readonly account: string;
  readonly hash: string;
}

export interface Credentials {
  /** Insert-only; the same id again keeps the first. */
  insert(credential: Credential): Promise<void>;
  get(id: string): Promise<Credential | null>;
  remove(id: string): Promise<void>;
  removeOf(account: string): Promise<void>;
}

/** What a session may do. `password-change`: only itself and a new password. */
export type SessionKind = 'full' | 'password-change' | 'impersonation';

export interface Session {
  readonly id: string;
  readonly workspace: string;
  /** Who the session is for: of an impersonation the customer. */
  readonly account: string;
  readonly role: string;
  readonly kind: SessionKind;
  /** The staff account and session that an impersonation was begun from. */
  readonly act?: { readonly account: string; readonly session: string; readonly role: string; readonly reason: string };
  /** Credential that was verified when it was opened. */
  readonly credential: string | null;
  /** All streams whose loss ends the session, with the revision at which each was judged. */
  readonly judged: Readonly<Record<string, Revision>>;
  /** Rotation: tokens of generation n are derived; 1 at first. */
  readonly generation: number;
  /** SHA-256 of the tokens of the present generation, hex; no refresh for impersonations. */
  readonly tokenHash: string;
  readonly refreshHash: string | null;
  /** SHA-256 of the refresh token before, and when it was traded. */
  readonly previousRefreshHash: string | null;
  readonly rotatedAt: Instant | null;
  /** Whether a token of the present generation has been used. */
  readonly used: boolean;
  readonly createdAt: Instant;
  readonly expiresAt: Instant;
  readonly refreshExpiresAt: Instant;
  readonly lastUsedAt: Instant;
  readonly address: string;
  readonly agent: string;
}

export interface Sessions {
  /**
   * Insert-only: an id that is there, or was ended, is never written again, nor is an impersonation whose staff session
   * was ended. Resolves all the same: whether it stands is read afterwards (`byId`).
   */
  insert(session: Session): Promise<void>;
  /** One look-up; whether it has expired is for the caller to say. */
  byToken(tokenHash: string): Promise<Session | null>;
  /** By the present or the previous refresh token. */
  byRefresh(refreshHash: string): Promise<Session | null>;
  byId(id: string): Promise<Session | null>;
  /** Compare-and-set on `generation`: false where the session is gone or was rotated by somebody else. */
  rotate(
    id: string,
    from: number,
    next: Pick<Session, 'tokenHash' | 'refreshHash' | 'previousRefreshHash' | 'rotatedAt' | 'expiresAt' | 'kind'>,
  ): Promise<boolean>;
  /** Makes a limited session a full one after its password was set. */
  unlock(id: string, credential: string, judged: Readonly<Record<string, Revision>>): Promise<boolean>;
  /** Notes the use of a token, of `generation` only where it is given; may be lost in a crash. */
  touch(id: string, at: Instant, generation?: number): Promise<void>;
  /** Ends all sessions that list `stream` and were judged at a revision lower than `before`, but `except`, and the impersonations begun from them. Resolves with all that ended. */
  end(stream: string, before: Revision, except?: string): Promise<Session[]>;
  /** Ends one session and the impersonations begun from it. */
  endOne(id: string): Promise<Session[]>;
  list(account: string): Promise<Session[]>;
  /** Removes sessions that cannot be refreshed any more at `now`. Resolves with the expired impersonations, whose end is an event. */
  expire(now: Instant): Promise<Session[]>;
}

export interface ApiKey {
  readonly id: string;
  readonly workspace: string;
  readonly account: string;
  readonly role: string;
  readonly name: string;
  readonly scopes: readonly string[];
  readonly keyHash: string;
  readonly judged: Readonly<Record<string, Revision>>;
  readonly createdAt: Instant;
  readonly expiresAt: Instant | null;
  readonly lastUsedAt: Instant | null;
  /** Barred by a disable or a suspension that has not been lifted. */
  readonly barred: boolean;
}

export interface ApiKeys {
  insert(key: Omit<ApiKey, 'barred' | 'lastUsedAt'>): Promise<void>;
  byHash(keyHash: string): Promise<ApiKey | null>;
  byId(id: string): Promise<ApiKey | null>;
  list(account: string): Promise<ApiKey[]>;
  /** Bars or lifts all keys that list `stream`, if `revision` is later than what was last said of that stream. */
  bar(stream: string, revision: Revision, barred: boolean): Promise<void>;
  remove(id: string): Promise<void>;
  removeOf(account: string): Promise<void>;
  touch(id: string, at: Instant): Promise<void>;
}

/** Secrets by name: SMTP passwords, HMAC keys. Sealed under the master key. */
export interface Secrets {
  get(name: string): Promise<Buffer | null>;
  put(name: string, value: Buffer): Promise<void>;
  /** The secret; made of 32 random bytes where there is none. The first writer's stays. */
  obtain(name: string): Promise<Buffer>;
  remove(name: string): Promise<void>;
}

/** The answer of a keyed command that recorded nothing: where to read it again. No body is kept. */
export interface KeptAnswer {
  readonly commandId: string;
  readonly fingerprint: string;
  /** JSON without personal data: status, and stream and revision to fold the body from. */
  readonly answer: string;
  readonly at: Instant;
}

export interface Answers {
  /** Insert-only; the first one stays. Resolves with the one that stands. */
  insert(answer: KeptAnswer): Promise<KeptAnswer>;
  get(commandId: string): Promise<KeptAnswer | null>;
  /** Removes those older than `before`. */
  expire(before: Instant): Promise<void>;
}

/** Failed log-ins per key (a keyed hash of an address, or of a source). */
export interface Throttle {
  /** Counts a failure at `at`; resolves with the failures since `since`. */
  fail(key: string, at: Instant, since: Instant): Promise<number>;
  get(key: string, since: Instant): Promise<{ failures: number; last: Instant | null }>;
  clear(key: string): Promise<void>;
}

/** Work that somebody was promised. Ids only, no personal data. */
export interface Errand {
  readonly key: string;
  readonly type: string;
  readonly data: Readonly<Record<string, string | number>>;
  /** When it was asked for. */
  readonly at: Instant;
}
export type KeptErrand = Errand & { readonly done: boolean };

/** Where an errand stands among those that are open. */
export type ErrandPlace = Pick<Errand, 'at' | 'key'>;

/** What was promised, and whether it was done. */
export interface Errands {
  /** Notes it as open. The same key at a later time is open again; at the same time or an earlier one it stays as it is, done or not. */
  take(errand: Errand): Promise<void>;
  get(key: string): Promise<KeptErrand | null>;
  /** Notes it as done as it was asked for at that time; what was asked for since stays open. */
  done(key: string, at: Instant): Promise<void>;
  /** Those asked for before `before` and not done, oldest first, at most `limit`, of those that come after `after`. */
  open(before: Instant, limit: number, after?: ErrandPlace): Promise<Errand[]>;
  /** Removes those that are done and were asked for before `before`. */
  expire(before: Instant): Promise<void>;
}

/** Everything that must be erasable or secret, and that the log therefore does not hold. */
export interface Vault {
  readonly keys: PersonKeys;
  readonly credentials: Credentials;
  readonly sessions: Sessions;
  readonly apiKeys: ApiKeys;
  readonly secrets: Secrets;
  readonly answers: Answers;
  readonly throttle: Throttle;
  readonly errands: Errands;
  /** Checkpoint of a reaction that writes here, kept beside what it writes; `START` where it has none. */
  checkpoint(reaction: string): Promise<Checkpoint>;
  setCheckpoint(reaction: string, checkpoint: Checkpoint): Promise<void>;
  /** Removes what deleted secrets have left in files, within the call. */
  scrub(): Promise<void>;
  close(): Promise<void>;
}
