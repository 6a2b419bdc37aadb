import type { StreamFold } from '#commands';
import type { Position, Recorded } from '#event-store';
import { addSeconds, type Instant } from '#kernel';
import type { Permission } from '#policy';
import type { AccessEvent } from './access.events.js';

/** A mailed reset link that may still be used. */
export interface ResetLink {
  readonly generation: number;
  readonly requestedAt: Instant;
  readonly expiresAt: Instant;
  /** Where it was asked for. */
  readonly position: Position;
}

export interface KeptApiKey {
  readonly id: string;
  readonly name: string;
  readonly scopes: readonly Permission[];
  readonly createdAt: Instant;
  readonly expiresAt: Instant | null;
}

/** What an account's stream of access says, as far as decisions read it. */
export interface Access {
  /** The latest ones, oldest first. */
  readonly resets: readonly ResetLink[];
  /** Of the last reset link that was asked for; 0 before the first. */
  readonly resetGeneration: number;
  readonly lockedUntil: Instant | null;
  /** Where a session or an API key was taken from the account for the last time: what whoever had got into it asked for is void. -1: never. */
  readonly credentialTaken: Position;
  /** Open impersonations of the account, by session; the last one is the latest. */
  readonly impersonations: Readonly<Record<string, { readonly staff: string; readonly expiresAt: Instant }>>;
  readonly apiKeys: readonly KeptApiKey[];
}

/** Reset links that are kept: older ones count as expired. */
const RESETS_KEPT = 10;

export const noAccess: Access = {
  resets: [],
  resetGeneration: 0,
  lockedUntil: null,
  credentialTaken: -1,
  impersonations: {},
  apiKeys: [],
};

/** Folds one fact. Never refuses: what is recorded has happened. */
export function evolve(access: Access, { event, created, position }: Recorded<AccessEvent>): Access {
  switch (event.type) {
    case 'PasswordResetRequested': {
      const { generation, lifetimeSeconds } = event.data;
      const link = { generation, requestedAt: created, expiresAt: addSeconds(created, lifetimeSeconds), position };
      return { ...access, resetGeneration: generation, resets: [...access.resets, link].slice(-RESETS_KEPT) };
    }
    case 'AccountLocked':
      return { ...access, lockedUntil: addSeconds(created, event.data.seconds) };
    case 'AccountUnlocked':
      return { ...access, lockedUntil: null };
    case 'UserImpersonated': {
      const { session, staff, lifetimeSeconds } = event.data;
      const begun = { staff, expiresAt: addSeconds(created, lifetimeSeconds) };
      return { ...access, impersonations: { ...access.impersonations, [session]: begun } };
    }
    case 'ImpersonationEnded': {
      const { [event.data.session]: _ended, ...impersonations } = access.impersonations;
      return { ...access, impersonations };
    }
    case 'ApiKeyCreated': {
      const { key: id, scopes, expiresAt, name = '' } = event.data;
      return { ...access, apiKeys: [...access.apiKeys, { id, name, scopes, createdAt: created, expiresAt }] };
    }
    case 'ApiKeyRevoked':
      return { ...access, apiKeys: access.apiKeys.filter(({ id }) => id !== event.data.key), credentialTaken: position };
    case 'UserLoggedIn':
    case 'LoginFailed':
    case 'SignInLocked':
      return access;
    case 'SessionEnded':
      return event.data.cause === 'logout' ? access : { ...access, credentialTaken: position };
    case 'SessionsEnded':
      return { ...access, credentialTaken: position };
  }
}

export const accessFold: StreamFold<Access, AccessEvent> = { initial: noAccess, evolve, version: 3, gone: () => false };
