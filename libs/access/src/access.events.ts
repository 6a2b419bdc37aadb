import type { DomainEvent, EventDefinition } from '#event-store';
import type { Instant } from '#kernel';
import type { Permission } from '#policy';

/** Why a log-in did not succeed. With any but the first the password was right. */
export type LoginFailure = 'invalid-credentials' | 'account-disabled' | 'workspace-suspended' | 'wrong-host';

export type UserLoggedIn = DomainEvent<'UserLoggedIn', { session: string; method: 'password' | 'invitation' }>;
/** In the account's stream, or in that of failed log-ins where the address is nobody's: then nothing of what was typed is kept. */
export type LoginFailed = DomainEvent<'LoginFailed', { cause: LoginFailure; address?: string; agent?: string }>;
/** Too many failures: the next attempt is taken after `seconds`. */
export type AccountLocked = DomainEvent<'AccountLocked', { failures: number; seconds: number }>;
/** The same for an address that is nobody's, or for a source of requests. */
export type SignInLocked = DomainEvent<'SignInLocked', { by: 'address' | 'source'; failures: number; seconds: number }>;
export type AccountUnlocked = DomainEvent<'AccountUnlocked', Record<never, never>>;
/** `reuse`: a refresh token came a second time, so that somebody else may have it. */
export type SessionEnded = DomainEvent<'SessionEnded', { session: string; cause: 'logout' | 'revoked' | 'reuse' }>;
export type SessionsEnded = DomainEvent<'SessionsEnded', Record<never, never>>;
export type PasswordResetRequested = DomainEvent<'PasswordResetRequested', { generation: number; lifetimeSeconds: number }>;
/** About the customer; `staff` is who acts in its name from now on. */
export type UserImpersonated = DomainEvent<
  'UserImpersonated',
  { session: string; staff: string; lifetimeSeconds: number; reason: string }
>;
export type ImpersonationCause = 'exit' | 'expired' | 'cut-off';
export type ImpersonationEnded = DomainEvent<'ImpersonationEnded', { session: string; staff: string; cause: ImpersonationCause }>;
export type ApiKeyCreated = DomainEvent<
  'ApiKeyCreated',
  { key: string; scopes: readonly Permission[]; expiresAt: Instant | null; name: string }
>;
export type ApiKeyRevoked = DomainEvent<'ApiKeyRevoked', { key: string }>;

/** What is about access of an account and no change of it: in its stream `access-<workspace>-<account>`. */
export type AccessEvent =
  | UserLoggedIn
  | LoginFailed
  | AccountLocked
  | SignInLocked
  | AccountUnlocked
  | SessionEnded
  | SessionsEnded
  | PasswordResetRequested
  | UserImpersonated
  | ImpersonationEnded
  | ApiKeyCreated
  | ApiKeyRevoked;

const event = (type: AccessEvent['type'], personal: readonly string[] = []): EventDefinition => ({ type, version: 1, personal });

export const accessEvents: readonly EventDefinition[] = [
  event('UserLoggedIn'),
  event('LoginFailed', ['address', 'agent']),
  event('AccountLocked'),
  event('SignInLocked'),
  event('AccountUnlocked'),
  event('SessionEnded'),
  event('SessionsEnded'),
  event('PasswordResetRequested'),
  event('UserImpersonated', ['reason']),
  event('ImpersonationEnded'),
  event('ApiKeyCreated', ['name']),
  event('ApiKeyRevoked'),
];

/** Failed log-ins of a workspace whose address is nobody's. */
export const signinStream = (workspace: string): string => `signin-${workspace}`;
