import * as fc from 'fast-check';
import type { AccountCommand } from '#accounts';
import type { Role } from '#policy';
import { after, profile, SARA, wanted } from './accounts.js';

/** Hours after noon are the time of this test. */
export const at = (hours: number) => after(0, hours * 3_600);
const WEEK = 168;
const staff = (role: Role) => role !== 'user';

/** What somebody does. Timers name what they were set for: what is so now, or something else. */
export type Step =
  | { do: 'wait'; hours: number }
  | { do: 'create' | 'invite'; role: Role; testDays: number | null; slots: number | null }
  | { do: 'resend' | 'revoke' | 'activate' | 'enable' | 'require' }
  | { do: 'invitation-timer' | 'accept'; generation: number }
  | { do: 'block-timer' | 'test-timer'; stale: boolean }
  | { do: 'disable'; kind: 'inactive' | 'blocked'; reason: 'abuse' | 'other'; for: number | null }
  | { do: 'status'; status: 'pending' | 'active' | 'inactive' | 'blocked' }
  | { do: 'extend'; days: number }
  | { do: 'convert' | 'slots'; slots: number }
  | { do: 'role'; role: Role }
  | { do: 'name'; name: string | null }
  | { do: 'delete'; right: boolean };

/** An account as the product page tells it, in numbers. */
export interface Model {
  phase: 'none' | 'pending' | 'member' | 'gone';
  invitation: { state: 'pending' | 'accepted' | 'expired' | 'revoked'; generation: number; ends: number } | null;
  role: Role;
  testDays: number | null;
  testEnds: number | null;
  testOver: boolean;
  stopped: { kind: 'inactive' | 'blocked'; reason: string; until: number | null } | null;
  slots: number;
  name: string | null;
  mustChange: boolean;
}
export const nothingYet: Model = {
  phase: 'none',
  invitation: null,
  role: 'user',
  testDays: null,
  testEnds: null,
  testOver: false,
  stopped: null,
  slots: 0,
  name: profile.fullName,
  mustChange: false,
};

/** What the product page says of a step: the account after it, `nothing`, or the code of the refusal. */
export function told(before: Model, step: Exclude<Step, { do: 'wait' }>, now: number): Model | string {
  const { phase, invitation, stopped, testDays } = before;
  const joined = (): Model => ({
    ...before,
    phase: 'member',
    testEnds: testDays === null ? null : now + testDays * 24,
    invitation: invitation && { ...invitation, state: 'accepted' },
  });
  const released = (state: 'expired' | 'revoked'): Model => ({
    ...before,
    phase: 'gone',
    slots: 0,
    invitation: invitation && { ...invitation, state },
  });
  const stop = (kind: 'inactive' | 'blocked', reason: string, until: number | null): Model | string => {
    if (phase === 'pending') return 'account-pending';
    if (until !== null && until <= now) return 'invalid-input';
    const same = stopped?.kind === kind && stopped.reason === reason && stopped.until === until;
    return same ? 'nothing' : { ...before, stopped: { kind, reason, until } };
  };
  const start = (): Model | string => {
    if (phase === 'pending') return 'account-pending';
    if (before.testOver || (before.testEnds !== null && before.testEnds <= now)) return 'test-expired';
    return stopped ? { ...before, stopped: null } : 'nothing';
  };
  const alive = phase === 'pending' || phase === 'member';
  const used = invitation?.state === 'accepted';
  switch (step.do) {
    case 'create':
    case 'invite': {
      if (phase !== 'none') return 'busy';
      const holds = !staff(step.role) && step.testDays === null;
      if (step.testDays !== null && staff(step.role)) return 'invalid-input';
      if (!holds && (step.slots ?? 0) > 0) return 'invalid-input';
      const begun: Model = { ...before, role: step.role, testDays: step.testDays, slots: holds ? (step.slots ?? 1) : 0 };
      if (step.do === 'invite')
        return { ...begun, phase: 'pending', invitation: { state: 'pending', generation: 1, ends: now + WEEK } };
      return { ...begun, phase: 'member', testEnds: step.testDays === null ? null : now + step.testDays * 24 };
    }
    case 'resend':
      if (!invitation) return 'not-found';
      if (used) return 'invitation-used';
      if (invitation.state === 'revoked') return 'invitation-revoked';
      if (invitation.state === 'expired' || invitation.ends <= now) return 'invitation-expired';
      return { ...before, invitation: { ...invitation, generation: invitation.generation + 1, ends: now + WEEK } };
    case 'revoke':
      if (!invitation) return 'not-found';
      if (used) return 'invitation-used';
      return phase === 'gone' ? 'nothing' : released('revoked');
    case 'invitation-timer': {
      const due = phase === 'pending' && invitation?.generation === step.generation && invitation.ends <= now;
      return due ? released('expired') : 'nothing';
    }
    case 'accept':
      if (!invitation || step.generation > invitation.generation) return 'not-found';
      if (used) return 'invitation-used';
      if (invitation.state === 'expired') return 'invitation-expired';
      if (invitation.state === 'revoked' || step.generation < invitation.generation) return 'invitation-revoked';
      return invitation.ends <= now ? 'invitation-expired' : joined();
    case 'activate':
      if (!alive || !invitation) return 'not-found';
      return used ? 'invitation-used' : joined();
    case 'block-timer': {
      const due = phase === 'member' && !step.stale && stopped !== null && stopped.until !== null && stopped.until <= now;
      return due ? { ...before, stopped: null } : 'nothing';
    }
    case 'test-timer': {
      const due = phase === 'member' && !step.stale && !before.testOver && before.testEnds !== null && before.testEnds <= now;
      return due ? { ...before, testOver: true } : 'nothing';
    }
    case 'delete':
      if (!alive) return 'not-found';
      if (!step.right) return 'confirmation-mismatch';
      return phase === 'pending' ? released('revoked') : { ...before, phase: 'gone', slots: 0 };
    default:
  }
  if (!alive) return 'not-found';
  switch (step.do) {
    case 'disable':
      return stop(step.kind, step.reason, step.for === null ? null : now + step.for);
    case 'status':
      if (step.status === 'pending') return 'status-not-settable';
      return step.status === 'active' ? start() : stop(step.status, 'other', null);
    case 'enable':
      return start();
    case 'require':
      if (phase === 'pending') return 'account-pending';
      return before.mustChange ? 'nothing' : { ...before, mustChange: true };
    case 'extend':
      if (phase === 'pending') return 'account-pending';
      if (testDays === null) return 'not-a-test-account';
      return { ...before, testDays: step.days, testEnds: now + step.days * 24, testOver: false };
    case 'convert':
      if (testDays === null) return 'not-a-test-account';
      return { ...before, testDays: null, testEnds: null, testOver: false, slots: step.slots };
    case 'slots':
      if (step.slots > 0 && (staff(before.role) || testDays !== null)) return 'invalid-input';
      return step.slots === before.slots ? 'nothing' : { ...before, slots: step.slots };
    case 'role':
      if (step.role === before.role) return 'nothing';
      if (testDays !== null && staff(step.role)) return 'invalid-input';
      return { ...before, role: step.role, slots: staff(step.role) ? 0 : Math.max(1, before.slots) };
    case 'name':
      return step.name === before.name ? 'nothing' : { ...before, name: step.name };
  }
}

/** The same step as the decider is asked for it. */
export function commandOf(step: Exclude<Step, { do: 'wait' }>, { stopped, testEnds }: Model, now: number): AccountCommand {
  const credential = { credential: 'c1', passwordChangeRequired: false };
  switch (step.do) {
    case 'create':
    case 'invite': {
      const { role, testDays, slots } = step;
      const account = wanted({ role, test: testDays !== null, testDays, botSlots: slots });
      return step.do === 'create'
        ? { type: 'Create', account, ...credential }
        : { type: 'Invite', account, invitation: `i${SARA}`, via: 'workspace' };
    }
    case 'resend':
      return { type: 'Resend', via: 'workspace' };
    case 'revoke':
      return { type: 'Revoke' };
    case 'activate':
      return { type: 'Activate', ...credential };
    case 'enable':
      return { type: 'Enable' };
    case 'require':
      return { type: 'RequirePasswordChange' };
    case 'invitation-timer':
      return { type: 'ExpireInvitation', generation: step.generation };
    case 'accept':
      return { type: 'Accept', generation: step.generation, credential: 'c1', fullName: null, utm: null };
    case 'block-timer':
      return { type: 'EndBlock', until: step.stale ? at(-1) : at(stopped?.until ?? now) };
    case 'test-timer':
      return { type: 'ExpireTest', testExpiresAt: step.stale ? at(-1) : at(testEnds ?? now) };
    case 'disable':
      return {
        type: 'Disable',
        kind: step.kind,
        reason: step.reason,
        note: null,
        until: step.for === null ? null : at(now + step.for),
      };
    case 'status':
      return { type: 'SetStatus', status: step.status, reason: 'other', note: null, until: null };
    case 'extend':
      return { type: 'Extend', testDays: step.days };
    case 'convert':
      return { type: 'Convert', botSlots: step.slots };
    case 'slots':
      return { type: 'SetQuotas', quotas: { botSlots: step.slots } };
    case 'role':
      return { type: 'SetRole', role: step.role };
    case 'name':
      return { type: 'Edit', changes: { fullName: step.name } };
    case 'delete':
      return { type: 'Delete', confirm: step.right ? 'SARA@northwind.test' : 'nobody@x.test', reason: null };
  }
}

const oneOf = <T>(...values: T[]) => fc.constantFrom(...values);
const role = oneOf<Role>('user', 'user', 'user', 'owner', 'admin', 'auditor');
const begun = { do: oneOf('create' as const, 'invite' as const) };
const none = fc.constant(null);
/** Customers, test accounts, staff, and what cannot go together. */
export const beginning: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ ...begun, role: fc.constant<Role>('user'), testDays: none, slots: oneOf(null, 0, 2) }) },
  { weight: 6, arbitrary: fc.record({ ...begun, role: fc.constant<Role>('user'), testDays: oneOf(1, 14), slots: none }) },
  { weight: 2, arbitrary: fc.record({ ...begun, role, testDays: none, slots: none }) },
  { weight: 1, arbitrary: fc.record({ ...begun, role, testDays: oneOf(null, 14), slots: oneOf(0, 2) }) },
);
export const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 7, arbitrary: fc.record({ do: fc.constant('wait' as const), hours: oneOf(1, 24, 48, WEEK, WEEK, 14 * 24) }) },
  { weight: 1, arbitrary: beginning },
  {
    weight: 5,
    arbitrary: fc.record({
      do: oneOf<'resend' | 'activate' | 'enable' | 'require' | 'revoke'>(
        'resend',
        'activate',
        'enable',
        'enable',
        'require',
        'revoke',
      ),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: oneOf('invitation-timer' as const, 'invitation-timer' as const, 'accept' as const),
      generation: oneOf(1, 1, 1, 2, 3),
    }),
  },
  {
    weight: 9,
    arbitrary: fc.record({ do: oneOf('block-timer' as const, 'test-timer' as const), stale: oneOf(false, false, false, true) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('disable' as const),
      kind: oneOf('inactive' as const, 'blocked' as const),
      reason: oneOf('abuse' as const, 'other' as const),
      for: oneOf(null, 0, 1, 24, 24),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('status' as const),
      status: oneOf('pending' as const, 'active' as const, 'inactive' as const, 'blocked' as const),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('extend' as const), days: oneOf(1, 14) }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: oneOf('convert' as const, 'slots' as const, 'slots' as const), slots: oneOf(1, 2, 5) }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('role' as const), role }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('name' as const), name: oneOf(null, 'Sara Berg') }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('delete' as const), right: fc.boolean() }) },
);

/** What is shown of the account, by the model. */
export function shown({ phase, stopped, testOver, testDays, testEnds, role, slots, name, invitation }: Model) {
  const status = phase === 'pending' ? 'pending' : (stopped?.kind ?? (testOver ? 'inactive' : 'active'));
  return {
    status,
    statusReason: stopped?.reason ?? (testOver ? 'test-expired' : null),
    disabledUntil: stopped && stopped.until !== null ? at(stopped.until) : null,
    test: testDays !== null,
    testExpiresAt: testEnds === null ? null : at(testEnds),
    role,
    fullName: name,
    botSlots: slots,
    invitation: invitation && { ...invitation, ends: at(invitation.ends) },
  };
}
