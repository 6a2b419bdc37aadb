import {
  accepted,
  account,
  after,
  converted,
  created,
  createdTest,
  deleted,
  disabled,
  expired,
  history,
  invited,
  invitedTest,
  lapsed,
  on,
  recorded,
  resent,
  revoked,
  rowsAfter,
  SARA,
  WORKSPACE,
} from '../../../test/support/accounts.js';
import type { AccountEvent } from './account.events.js';
import { FIRING, timerId, type TimerRow } from './timers.projection.js';

/** Kinds and times of the timers after what happened. */
const ringing = (...events: Parameters<typeof history>) =>
  Object.values(rowsAfter(history(...events)).timers).map(({ kind, at, generation }) => [kind, at, generation]);
const TEST = 14 * 86_400;
const enabled: AccountEvent = { type: 'UserEnabled', data: { from: 'blocked', to: 'active', cause: 'staff' } };
const asked: AccountEvent = { type: 'EmailChangeRequested', data: { generation: 3, lifetimeSeconds: 3_600, email: 'b@x.test' } };
const password = (reset: number | null): AccountEvent => ({
  type: 'PasswordChanged',
  data: { credential: 'c2', by: reset === null ? 'staff' : 'reset', passwordChangeRequired: false, session: null, reset },
});

it('TIMER-1: a timer names its workspace, kind, subject, time and generation', () =>
  expect(rowsAfter(history(invited())).timers).toEqual({
    [timerId('invitation-expires', SARA)]: {
      id: `invitation-expires:${SARA}`,
      workspace: WORKSPACE,
      kind: 'invitation-expires',
      subject: SARA,
      at: after(7),
      generation: 1,
    },
  }));
it('TIMER-1, ACC-4: an invitation ends, and ends later when it is resent', () => {
  expect(ringing(invited(), on(after(3), resent()))).toEqual([['invitation-expires', after(10), 2]]);
  expect(ringing(invited(), accepted())).toEqual([]);
  expect(
    ringing(invited(), { type: 'UserActivated', data: { credential: 'c', passwordChangeRequired: false, testSeconds: TEST } }),
  ).toEqual([['test-expires', after(14), 0]]);
});
it('TIMER-1, ACC-5: a test ends, from creation or acceptance on', () => {
  expect(ringing(created())).toEqual([]);
  expect(ringing(createdTest())).toEqual([['test-expires', after(14), 0]]);
  expect(ringing(invitedTest())).toEqual([['invitation-expires', after(7), 1]]);
  expect(ringing(invitedTest(), on(after(2), accepted({ testSeconds: TEST })))).toEqual([['test-expires', after(16), 0]]);
  const extended: AccountEvent = { type: 'TestExtended', data: { testSeconds: 86_400, from: after(14), status: 'active' } };
  expect(ringing(createdTest(), on(after(9), extended))).toEqual([['test-expires', after(10), 0]]);
  expect(ringing(createdTest(), expired())).toEqual([]);
  expect(ringing(createdTest(), expired(), on(after(20), extended))).toEqual([['test-expires', after(21), 0]]);
  expect(ringing(createdTest(), converted())).toEqual([]);
});
it('TIMER-1, ACC-7: a temporary block ends, unless another one took its place', () => {
  const blocked = disabled({ kind: 'blocked', until: after(1) });
  expect(ringing(created(), blocked)).toEqual([['block-ends', after(1), 0]]);
  expect(ringing(created(), blocked, disabled({ until: after(2) }))).toEqual([['block-ends', after(2), 0]]);
  expect(ringing(created(), blocked, disabled())).toEqual([]);
  expect(ringing(created(), blocked, enabled)).toEqual([]);
});
it('TIMER-1: links that run out are shown', () => {
  const requested = recorded(
    { type: 'PasswordResetRequested', data: { generation: 2, lifetimeSeconds: 3_600 } },
    { stream: `access-${WORKSPACE}-${SARA}` },
  );
  const of = (...events: AccountEvent[]) => Object.values(rowsAfter([requested, ...history(created(), ...events)]).timers);
  expect(of()).toMatchObject([{ kind: 'reset-link-ends', at: after(0, 3_600), generation: 2, subject: SARA }]);
  expect(of(password(null))).toHaveLength(1);
  expect(of(password(2))).toEqual([]);
  expect(ringing(created(), asked)).toEqual([['email-link-ends', after(0, 3_600), 3]]);
  expect(ringing(created(), asked, { type: 'EmailChanged', data: { from: 'a', to: 'b', how: 'set' } })).toEqual([]);
  expect(FIRING).toEqual(['invitation-expires', 'test-expires', 'block-ends']);
});
it('TIMER-1, ACC-9: nothing rings for what is gone', () => {
  expect(ringing(createdTest(), disabled({ until: after(1) }), asked, deleted())).toEqual([]);
  expect(ringing(invited(), revoked())).toEqual([]);
  expect(ringing(invited(), lapsed())).toEqual([]);
});
it('nothing else moves a timer', () => {
  const quiet: AccountEvent[] = [
    { type: 'RoleChanged', data: { from: 'user', to: 'user', botSlots: 0 } },
    { type: 'PlanAssigned', data: { from: 'a', to: 'b', reason: null } },
    { type: 'PasswordChangeRequired', data: {} },
    { type: 'ProfileChanged', data: { fields: [], changes: {} } },
  ];
  expect(ringing(createdTest(), ...quiet)).toEqual([['test-expires', after(14), 0]]);
});

it('TIMER-1: what a timer says is what the decider takes as due', () => {
  const { at } = rowsAfter(history(createdTest())).timers[timerId('test-expires', SARA)] as unknown as TimerRow;
  account({ now: at }).given(createdTest()).when({ type: 'ExpireTest', testExpiresAt: at }).then(expired());
});
