import type { AccessEvent, ImpersonationCause, LoginFailure } from '#access/records';
import { begun, change, count, told, type Tellings } from './telling.js';

type SessionEnd = Extract<AccessEvent, { type: 'SessionEnded' }>['data']['cause'];

const FAILURES: Readonly<Record<LoginFailure, string>> = {
  'invalid-credentials': 'wrong password',
  'account-disabled': 'the account is disabled',
  'workspace-suspended': 'the workspace is suspended',
  'wrong-host': 'on another address than its own',
};
const SESSION_ENDS: Readonly<Record<SessionEnd, string>> = {
  logout: 'logged out',
  revoked: 'ended by hand',
  reuse: 'a refresh token came a second time',
};
const IMPERSONATION_ENDS: Readonly<Record<ImpersonationCause, string>> = {
  exit: 'left',
  expired: 'its time was over',
  'cut-off': 'cut off',
};

/** Causes of access events, in words. */
export const CAUSES: Readonly<Record<string, string>> = { ...FAILURES, ...SESSION_ENDS, ...IMPERSONATION_ENDS };

/** `3 minutes`, and `45 seconds` for less than one. */
const time = (seconds: number): string => (seconds < 60 ? count(seconds, 'second') : count(Math.round(seconds / 60), 'minute'));

const locked = (failures: number, seconds: number): string => `for ${time(seconds)} after ${count(failures, 'failed log-in')}`;

export const accessWords: Tellings<AccessEvent> = {
  UserLoggedIn: {
    title: 'Logged in',
    tell: ({ method }) => told(method === 'invitation' ? 'Logged in by accepting the invitation' : 'Logged in'),
  },
  LoginFailed: {
    title: 'Log-in failed',
    tell({ cause, address, agent }) {
      const failed = told(`Log-in failed: ${FAILURES[cause]}`, [], cause);
      return address === undefined ? failed : { ...failed, origin: { address, agent: agent ?? '' } };
    },
  },
  AccountLocked: {
    title: 'Log-in locked',
    tell: ({ failures, seconds }) => told(`Log-in locked ${locked(failures, seconds)}`),
  },
  SignInLocked: {
    title: 'Log-in locked for a source or an unknown address',
    tell: ({ by, failures, seconds }) =>
      told(`Log-in locked for ${by === 'source' ? 'a source' : 'an unknown address'} ${locked(failures, seconds)}`),
  },
  AccountUnlocked: {
    title: 'Log-in unlocked',
    tell: () => told('Log-in unlocked'),
  },
  SessionEnded: {
    title: 'Session ended',
    tell: ({ cause }) => told(cause === 'logout' ? 'Logged out' : `Session ended: ${SESSION_ENDS[cause]}`, [], cause),
  },
  SessionsEnded: {
    title: 'All sessions ended',
    tell: () => told('All sessions ended'),
  },
  PasswordResetRequested: {
    title: 'Password reset requested',
    tell: ({ lifetimeSeconds }) => told(`Link for a new password requested, good for ${time(lifetimeSeconds)}`),
  },
  UserImpersonated: {
    title: 'Impersonation started',
    tell: ({ lifetimeSeconds, reason }) =>
      told(`Staff logged in as the customer, for ${time(lifetimeSeconds)} at most`, [], reason),
  },
  ImpersonationEnded: {
    title: 'Impersonation ended',
    tell: ({ cause }) => told(`Impersonation ended: ${IMPERSONATION_ENDS[cause]}`, [], cause),
  },
  ApiKeyCreated: {
    title: 'API key created',
    tell: ({ name, scopes, expiresAt }) =>
      told(`API key created with ${count(scopes.length, 'scope')}`, [
        change('name', null, name),
        ...begun({ scopes, expiresAt }),
      ]),
  },
  ApiKeyRevoked: {
    title: 'API key revoked',
    tell: () => told('API key revoked'),
  },
};
