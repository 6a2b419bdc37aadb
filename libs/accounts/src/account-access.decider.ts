import { refuse, refuseField, SECONDS_PER_DAY } from '#kernel';
import { isOver, isResetSpent, statusOf, type Account } from './account.js';
import type { AccountCommand, AccountDecision, AccountFacts } from './account.commands.js';

type Command<Type extends AccountCommand['type']> = Extract<AccountCommand, { type: Type }>;

export function disable(account: Account, command: Command<'Disable'>, facts: AccountFacts): AccountDecision {
  if (account.phase === 'pending') throw refuse('account-pending');
  const { kind, reason, note, until } = command;
  if (until !== null && until <= facts.now) throw refuseField('/until', 'not-in-future', 'must lie in the future');
  const { disabled } = account;
  const same =
    disabled && disabled.kind === kind && disabled.reason === reason && disabled.note === note && disabled.until === until;
  if (same) return { events: [] };
  return {
    events: [{ type: 'UserDisabled', data: { from: statusOf(account), kind, reason, note, until } }],
    ...(account.role === 'owner' && disabled === null ? { ownerLess: true } : {}),
  };
}

export function enable(account: Account, facts: AccountFacts): AccountDecision {
  if (account.phase === 'pending') throw refuse('account-pending');
  if (isOver(account, facts.now)) throw refuse('test-expired');
  return lift(account, 'staff');
}

/** The same decisions under the name of the status that is wanted. */
export function setStatus(
  account: Account,
  { status, reason, note, until }: Command<'SetStatus'>,
  facts: AccountFacts,
): AccountDecision {
  if (status === 'pending') throw refuse('status-not-settable');
  if (status === 'active') return enable(account, facts);
  return disable(account, { type: 'Disable', kind: status, reason, note, until }, facts);
}

/** A temporary block that is due: only the one that was meant, and only when its time has come. */
export function endBlock(account: Account, command: Command<'EndBlock'>, facts: AccountFacts): AccountDecision {
  const due = account.phase === 'member' && account.disabled?.until === command.until && facts.now >= command.until;
  return due ? lift(account, 'until') : { events: [] };
}

function lift(account: Account, cause: 'staff' | 'until'): AccountDecision {
  if (!account.disabled) return { events: [] };
  const to = account.expired ? 'inactive' : 'active';
  return { events: [{ type: 'UserEnabled', data: { from: account.disabled.kind, to, cause } }] };
}

/** A test account whose time is over; not if it was extended, converted or deleted meanwhile. */
export function expireTest(account: Account, command: Command<'ExpireTest'>, facts: AccountFacts): AccountDecision {
  const { testExpiresAt } = account;
  const due = account.phase === 'member' && account.test && !account.expired && testExpiresAt === command.testExpiresAt;
  if (!due || facts.now < command.testExpiresAt) return { events: [] };
  const from = statusOf(account);
  return { events: [{ type: 'TestExpired', data: { testExpiresAt, from, to: statusOf({ ...account, expired: true }) } }] };
}

export function extend(account: Account, command: Command<'Extend'>): AccountDecision {
  if (account.phase === 'pending') throw refuse('account-pending');
  if (!account.test) throw refuse('not-a-test-account');
  const testSeconds = command.testDays * SECONDS_PER_DAY;
  return {
    events: [
      {
        type: 'TestExtended',
        data: { testSeconds, from: account.testExpiresAt, status: statusOf({ ...account, expired: false }) },
      },
    ],
  };
}

/** A regular account from now on, active unless it was disabled by hand; it takes its slots from the pool. */
export function convert(account: Account, command: Command<'Convert'>): AccountDecision {
  if (!account.test) throw refuse('not-a-test-account');
  const { botSlots } = command;
  const status = statusOf({ ...account, expired: false });
  return { events: [{ type: 'UserConverted', data: { botSlots, status } }], takes: { botSlots } };
}

export function setPassword(account: Account, command: Command<'SetPassword'>): AccountDecision {
  if (account.phase === 'pending') throw refuse('account-pending');
  const { credential, by, passwordChangeRequired, session } = command;
  return { events: [{ type: 'PasswordChanged', data: { credential, by, passwordChangeRequired, session, reset: null } }] };
}

/** By a mailed link: each generation once, none after a later one was used, and none that is older than the password or the address in force. */
export function resetPassword(account: Account, command: Command<'ResetPassword'>): AccountDecision {
  if (account.phase !== 'member') throw refuse('not-found');
  const { credential, generation, asked } = command;
  if (isResetSpent(account, { generation, position: asked })) throw refuse('link-used');
  const data = { credential, by: 'reset' as const, passwordChangeRequired: false, session: null, reset: generation };
  return { events: [{ type: 'PasswordChanged', data }] };
}

export function requirePasswordChange(account: Account): AccountDecision {
  if (account.phase === 'pending') throw refuse('account-pending');
  return { events: account.passwordChangeRequired ? [] : [{ type: 'PasswordChangeRequired', data: {} }] };
}
