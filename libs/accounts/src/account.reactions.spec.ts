import type { Effect } from '#commands';
import {
  accepted,
  after,
  converted,
  created,
  createdTest,
  deleted,
  disabled,
  expired,
  invited,
  invitedTest,
  lapsed,
  NOON,
  recorded,
  resent,
  revoked,
  SARA,
  STREAM,
  WORKSPACE,
} from '../../../test/support/accounts.js';
import { accountEvents, type AccountEvent } from './account.events.js';
import { accountReaction } from './account.reactions.js';

/** What follows from an event at revision 4, at noon. */
const effects = (event: AccountEvent) => accountReaction(recorded(event, { revision: 4 }));
const wake = (kind: string, at: string, generation = 0): Effect => ({
  kind: 'wake',
  key: `${kind}/${SARA}`,
  at,
  job: { type: 'account.deadline', data: { workspace: WORKSPACE, account: SARA, kind, at, generation } },
});
const mail = (generation: number): Effect => ({
  kind: 'wake',
  key: `mail.invitation/${SARA}`,
  at: NOON,
  job: { type: 'mail.invitation', data: { workspace: WORKSPACE, account: SARA, generation } },
});
const sleep = (kind: string): Effect => ({ kind: 'sleep', key: `${kind}/${SARA}` });
const end = (except: string | null = null): Effect => ({ kind: 'end-sessions', stream: STREAM, before: 4, except });
const bar = (barred: boolean): Effect => ({ kind: 'bar-keys', stream: STREAM, revision: 4, barred });
const erase: Effect = { kind: 'erase', workspace: WORKSPACE, account: SARA };
const settle: Effect = { kind: 'settle-claims', workspace: WORKSPACE, stream: STREAM };
const asleep = [sleep('invitation-expires'), sleep('test-expires'), sleep('block-ends')];

const enabled = (to: 'active' | 'inactive'): AccountEvent => ({
  type: 'UserEnabled',
  data: { from: 'blocked', to, cause: 'staff' },
});
const extended = (status: 'active' | 'blocked'): AccountEvent => ({
  type: 'TestExtended',
  data: { testSeconds: 86_400, from: after(14), status },
});
const password = (session: string | null): AccountEvent => ({
  type: 'PasswordChanged',
  data: { credential: 'c2', by: 'self', passwordChangeRequired: false, session, reset: null },
});
const activated: AccountEvent = {
  type: 'UserActivated',
  data: { credential: 'c2', passwordChangeRequired: false, testSeconds: 86_400 },
};
const quotas = { botSlots: 1, conversations: null, teamMembers: 10 };

const CASES: [string, AccountEvent, Effect[]][] = [
  ['ACC-1: a creation starts nothing', created(), []],
  ['ACC-5: a test account is woken at its end', createdTest(), [wake('test-expires', after(14))]],
  [
    'ACC-2, ACC-4: an invitation is mailed, and woken after seven days',
    invited(),
    [wake('invitation-expires', after(7), 1), mail(1)],
  ],
  ['ACC-5: the time of an invited test account has not begun', invitedTest(), [wake('invitation-expires', after(7), 1), mail(1)]],
  ['ACC-4: resent it is mailed again, and woken later', resent(2), [wake('invitation-expires', after(7), 2), mail(2)]],
  ['ACC-3: accepted it is not woken', accepted(), [sleep('invitation-expires')]],
  [
    'ACC-5: accepted a test account is woken at its end',
    accepted({ testSeconds: 86_400 }),
    [sleep('invitation-expires'), wake('test-expires', after(1))],
  ],
  ['ACC-8: so is one that staff activated', activated, [sleep('invitation-expires'), wake('test-expires', after(1))]],
  ['ACC-7, COR-7: a disable ends sessions and bars keys', disabled(), [sleep('block-ends'), end(), bar(true)]],
  ['ACC-7: a temporary one is woken at its end', disabled({ until: after(2) }), [wake('block-ends', after(2)), end(), bar(true)]],
  ['ACC-8, COR-10: an enable lifts keys', enabled('active'), [sleep('block-ends'), bar(false)]],
  ['ACC-5, COR-10: but not those of an expired account', enabled('inactive'), [sleep('block-ends')]],
  ['ACC-5, COR-7: expiry ends sessions and bars keys', expired(), [end(), bar(true)]],
  [
    'ACC-5, COR-10: an extension is woken later, and lifts keys',
    extended('active'),
    [wake('test-expires', after(1)), bar(false)],
  ],
  ['ACC-5, COR-10: but not those of a blocked account', extended('blocked'), [wake('test-expires', after(1))]],
  ['ACC-6, COR-10: a converted account is not woken, and keys are lifted', converted(), [sleep('test-expires'), bar(false)]],
  ['ACC-6, COR-10: but not those of a blocked account', converted({ status: 'blocked' }), [sleep('test-expires')]],
  ['ACC-6: a pending one has none', converted({ status: 'pending' }), [sleep('test-expires')]],
  ['AUTH-4, COR-7: a role ends sessions', { type: 'RoleChanged', data: { from: 'user', to: 'admin', botSlots: 0 } }, [end()]],
  ['AUTH-4, COR-9: a password ends all other sessions', password('s1'), [end('s1')]],
  ['AUTH-4: one set by somebody else ends all', password(null), [end()]],
  ['AUTH-4: a forced change ends sessions', { type: 'PasswordChangeRequired', data: {} }, [end()]],
  ['ACC-9, COR-7: a delete ends, bars, erases and frees', deleted(), [...asleep, end(), bar(true), erase, settle]],
  ['ACC-4, COR-7: so does the end of an invitation', revoked(), [...asleep, end(), erase, settle]],
  ['ACC-4, COR-7: by time as well', lapsed(), [...asleep, end(), erase, settle]],
  ['ACC-10: an edit starts nothing', { type: 'ProfileChanged', data: { fields: [], changes: {} } }, []],
  ['ACC-10: nor does an email', { type: 'EmailChanged', data: { from: 'a', to: 'b', how: 'set' } }, []],
  ['nor the wish for one', { type: 'EmailChangeRequested', data: { generation: 1, lifetimeSeconds: 1, email: 'b' } }, []],
  ['nor a plan', { type: 'PlanAssigned', data: { from: 'a', to: 'b', reason: null } }, []],
  ['nor quotas', { type: 'QuotasChanged', data: { from: quotas, to: quotas } }, []],
];

it.each(CASES)('%s', (_title, event, expected) => expect(effects(event)).toEqual(expected));

it('WS-8, ACC-10: places that are given up are released once more', () => {
  const changed = recorded({ type: 'QuotasChanged', data: { from: quotas, to: quotas } }, { revision: 4 });
  const given = { ...changed, metadata: { ...changed.metadata, claims: { kept: { 'c/pool-w1/0': 1 } } } };
  expect(accountReaction(given)).toEqual([settle]);
});

it('every event of an account has a case here', () =>
  expect(new Set(CASES.map(([, { type }]) => type))).toEqual(new Set(accountEvents.map(({ type }) => type))));

it('COR-20: needs no personal field', () => {
  for (const [, event, expected] of CASES) {
    const without = accountEvents.find(({ type }) => type === event.type)?.personal ?? [];
    expect(accountReaction(recorded(event, { revision: 4, without }))).toEqual(expected);
  }
});

it('has nothing to do with other streams and types', () => {
  expect(accountReaction(recorded(created({ testSeconds: 1 }), { stream: `access-${WORKSPACE}-${SARA}` }))).toEqual([]);
  expect(accountReaction(recorded(disabled(), { stream: 'workspace-w1' }))).toEqual([]);
  expect(accountReaction(recorded({ type: 'ClaimVoided', data: { claim: 'c' } }))).toEqual([]);
});
