import type { DomainEvent, Recorded } from '#event-store';
import { addSeconds, type Instant } from '#kernel';
import type { Change, Collection } from '#read-store';
import type { AccountEvent } from './account.events.js';
import type { MailEvent } from './mail.events.js';

/** What will happen to an account by itself. Links that only run out fire nothing. */
export type TimerKind = 'invitation-expires' | 'test-expires' | 'block-ends' | 'reset-link-ends' | 'email-link-ends';
/** Kinds that the sweep acts on when they are due. */
export const FIRING: readonly TimerKind[] = ['invitation-expires', 'test-expires', 'block-ends'];

export type TimerRow = {
  workspace: string;
  kind: TimerKind;
  subject: string;
  at: Instant;
  generation: number;
};

export const timers: Collection<never> = {
  name: 'timers',
  fields: { workspace: 'key', kind: 'key', subject: 'key', at: 'key' },
  indexes: [
    ['workspace', 'at'],
    ['kind', 'at'],
  ],
};

type PasswordResetRequested = DomainEvent<'PasswordResetRequested', { generation: number; lifetimeSeconds: number }>;
type Handled = AccountEvent | MailEvent | PasswordResetRequested | DomainEvent<'UserLoggedIn', object>;
interface Place {
  readonly workspace: string;
  readonly account: string;
}

const KINDS: readonly TimerKind[] = ['invitation-expires', 'test-expires', 'block-ends', 'reset-link-ends', 'email-link-ends'];
export const timerId = (kind: TimerKind, account: string): string => `${kind}:${account}`;

/** Timers after one event: one row per kind and account. */
export function timerChanges({ event, created }: Recorded<Handled>, { workspace, account }: Place): Change[] {
  const at = (kind: TimerKind, time: Instant, generation = 0): Change => {
    const row: TimerRow = { workspace, kind, subject: account, at: time, generation };
    return { op: 'put', collection: 'timers', id: timerId(kind, account), row };
  };
  const over = (...kinds: TimerKind[]): Change[] =>
    kinds.map((kind) => ({ op: 'remove', collection: 'timers', id: timerId(kind, account) }));
  const testEnds = (testSeconds: number | null): Change[] =>
    testSeconds === null ? [] : [at('test-expires', addSeconds(created, testSeconds))];
  switch (event.type) {
    case 'UserCreated':
      return testEnds(event.data.testSeconds);
    case 'UserInvited':
    case 'InvitationResent':
      return [at('invitation-expires', addSeconds(created, event.data.lifetimeSeconds), event.data.generation)];
    case 'InvitationAccepted':
    case 'UserActivated':
      return [...over('invitation-expires'), ...testEnds(event.data.testSeconds)];
    case 'TestExtended':
      return testEnds(event.data.testSeconds);
    case 'TestExpired':
    case 'UserConverted':
      return over('test-expires');
    case 'UserDisabled':
      return event.data.until === null ? over('block-ends') : [at('block-ends', event.data.until)];
    case 'UserEnabled':
      return over('block-ends');
    case 'PasswordResetRequested':
      return [at('reset-link-ends', addSeconds(created, event.data.lifetimeSeconds), event.data.generation)];
    case 'PasswordChanged':
      return event.data.reset === null ? [] : over('reset-link-ends');
    case 'EmailChangeRequested':
      return [at('email-link-ends', addSeconds(created, event.data.lifetimeSeconds), event.data.generation)];
    case 'EmailChanged':
      return over('email-link-ends');
    case 'UserDeleted':
    case 'InvitationRevoked':
    case 'InvitationExpired':
      return over(...KINDS);
    case 'RoleChanged':
    case 'PasswordChangeRequired':
    case 'ProfileChanged':
    case 'PlanAssigned':
    case 'QuotasChanged':
    case 'InvitationMailSent':
    case 'InvitationMailFailed':
    case 'UserLoggedIn':
      return [];
  }
}
