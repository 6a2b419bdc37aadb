import {
  accepted,
  ADMIN,
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
  NOON,
  on,
  profile,
  recorded,
  resent,
  revoked,
  rowsAfter,
  SARA,
  WORKSPACE,
} from '../../../test/support/accounts.js';
import { accountEvents, type AccountEvent } from './account.events.js';
import { accountsProjection, bucketsOf } from './accounts.projection.js';
import { mailEvents } from './mail.events.js';

const listed = (...events: Parameters<typeof history>) => rowsAfter(history(...events)).list[SARA];
const quotas = { botSlots: 4, conversations: 100, teamMembers: 2 };

/** The row of Sara as she was created at noon. */
const row = {
  id: SARA,
  workspace: WORKSPACE,
  listed: true,
  number: 1,
  email: 'Sara@northwind.test',
  username: null,
  fullName: 'Sara Lind',
  company: 'Northwind',
  companyKey: 'northwind',
  phone: null,
  role: 'user',
  plan: 'standard',
  status: 'active',
  statusReason: null,
  statusNote: null,
  disabledUntil: null,
  test: false,
  testExpiresAt: null,
  botSlots: 1,
  conversations: null,
  teamMembers: 10,
  attributes: {},
  utm: null,
  utmSource: null,
  utmMedium: null,
  utmCampaign: null,
  comment: null,
  createdBy: ADMIN,
  createdAt: NOON,
  joinedAt: NOON,
  lastLoginAt: null,
  revision: 1,
};

describe('the list', () => {
  it('LIST-1: has an account that was created', () => expect(listed(created())).toEqual(row));
  it('LIST-1, DET-6, DET-7: with all that was given', () =>
    expect(
      listed(
        created({
          username: 'sara',
          phone: '+46',
          comment: 'first',
          attributes: { tier: 1 },
          utm: { source: 's', medium: 'm', campaign: 'c', term: 't', content: 'x' },
          quotas,
        }),
      ),
    ).toEqual({
      ...row,
      username: 'sara',
      phone: '+46',
      comment: 'first',
      attributes: { tier: 1 },
      utm: { source: 's', medium: 'm', campaign: 'c', term: 't', content: 'x' },
      utmSource: 's',
      utmMedium: 'm',
      utmCampaign: 'c',
      ...quotas,
    }));
  it('ACC-5: a test account has its end', () =>
    expect(listed(createdTest())).toEqual({ ...row, test: true, botSlots: 0, testExpiresAt: after(14) }));
  it('ACC-3: a pending account has a row that is not listed, without number and join date', () =>
    expect(listed(invitedTest())).toEqual({
      ...row,
      listed: false,
      number: null,
      status: 'pending',
      joinedAt: null,
      test: true,
      botSlots: 0,
    }));
  it('ACC-3, DET-6: accepted it joins the list then', () =>
    expect(
      listed(invitedTest(), on(after(2), accepted({ fullName: 'S. Lind', utm: { source: 'mail' }, testSeconds: 14 * 86_400 }))),
    ).toEqual({
      ...row,
      fullName: 'S. Lind',
      utm: { source: 'mail' },
      utmSource: 'mail',
      joinedAt: after(2),
      test: true,
      botSlots: 0,
      testExpiresAt: after(16),
      revision: 2,
    }));
  it('ACC-3: what acceptance does not bring stays', () =>
    expect(listed(invited({ utm: { source: 'fair' } }), accepted())).toEqual({
      ...row,
      utm: { source: 'fair' },
      utmSource: 'fair',
      revision: 2,
    }));
  it('ACC-8: activated by staff it joins too', () =>
    expect(
      listed(invited(), {
        type: 'UserActivated',
        data: { credential: 'c2', passwordChangeRequired: false, testSeconds: null },
      }),
    ).toEqual({ ...row, revision: 2 }));

  const blocked = disabled({ kind: 'blocked', reason: 'abuse', note: 'n', until: after(1) });
  const enabled = (to: 'active' | 'inactive'): AccountEvent => ({
    type: 'UserEnabled',
    data: { from: 'blocked', to, cause: 'staff' },
  });
  const extended = (status: 'active' | 'blocked'): AccountEvent => ({
    type: 'TestExtended',
    data: { testSeconds: 86_400, from: after(14), status },
  });
  const test = { ...row, test: true, botSlots: 0, testExpiresAt: after(14) };
  const stopped = { status: 'blocked', statusReason: 'abuse', statusNote: 'n', disabledUntil: after(1) };
  it('ACC-7, ACC-8: shows why an account is stopped, until it is enabled', () => {
    expect(listed(created(), blocked)).toEqual({ ...row, ...stopped, revision: 2 });
    expect(listed(created(), blocked, enabled('active'))).toEqual({ ...row, revision: 3 });
  });
  it('ACC-5: shows an expired test account, and extends it', () => {
    const over = { ...test, status: 'inactive', statusReason: 'test-expired', revision: 2 };
    expect(listed(createdTest(), expired())).toEqual(over);
    expect(listed(createdTest(), expired(), on(after(20), extended('active')))).toEqual({
      ...test,
      testExpiresAt: after(21),
      revision: 3,
    });
  });
  it('ACC-5, ACC-7: expiry and extension leave what was disabled by hand', () => {
    const both = expired({ from: 'blocked', to: 'blocked' });
    expect(listed(createdTest(), blocked, both)).toEqual({ ...test, ...stopped, revision: 3 });
    expect(listed(createdTest(), blocked, both, on(after(20), extended('blocked')))).toEqual({
      ...test,
      ...stopped,
      testExpiresAt: after(21),
      revision: 4,
    });
    expect(listed(createdTest(), blocked, both, enabled('inactive'))).toEqual({
      ...test,
      status: 'inactive',
      statusReason: 'test-expired',
      revision: 4,
    });
  });
  it('ACC-6: a converted account is regular, with its slots', () => {
    expect(listed(createdTest(), expired(), converted({ botSlots: 2 }))).toEqual({ ...row, botSlots: 2, revision: 3 });
    expect(listed(createdTest(), blocked, converted({ status: 'blocked' }))).toEqual({ ...row, ...stopped, revision: 3 });
    expect(listed(invitedTest(), converted({ status: 'pending' }))).toMatchObject({
      listed: false,
      status: 'pending',
      test: false,
      botSlots: 1,
    });
  });
  it('ACC-10: follows role, plan, quotas and email', () =>
    expect(
      listed(
        created(),
        { type: 'RoleChanged', data: { from: 'user', to: 'admin', botSlots: 0 } },
        { type: 'PlanAssigned', data: { from: 'standard', to: 'gold', reason: null } },
        { type: 'EmailChanged', data: { from: profile.email, to: 'b@x.test', how: 'set' } },
      ),
    ).toEqual({ ...row, role: 'admin', botSlots: 0, plan: 'gold', email: 'b@x.test', revision: 4 }));
  it('WS-8: follows quotas', () =>
    expect(listed(created(), { type: 'QuotasChanged', data: { from: quotas, to: quotas } })).toEqual({
      ...row,
      ...quotas,
      revision: 2,
    }));
  it('ACC-10, LIST-2: follows the profile, the company also without case', () =>
    expect(
      listed(created(), {
        type: 'ProfileChanged',
        data: {
          fields: ['company', 'phone', 'attributes'],
          changes: {
            company: { from: 'Northwind', to: 'ÅNGSTRÖM Ab' },
            phone: { from: null, to: '+46' },
            attributes: { from: {}, to: { tier: 1 } },
          },
        },
      }),
    ).toEqual({
      ...row,
      company: 'ÅNGSTRÖM Ab',
      companyKey: 'ångström ab',
      phone: '+46',
      attributes: { tier: 1 },
      revision: 2,
    }));
  it('ACC-1: a cleared company has no key', () =>
    expect(
      listed(created(), {
        type: 'ProfileChanged',
        data: { fields: ['company'], changes: { company: { from: 'Northwind', to: null } } },
      }),
    ).toEqual({ ...row, company: null, companyKey: null, revision: 2 }));
  it('ACC-12: what shows in no column still moves the revision', () => {
    const unseen: AccountEvent[] = [
      { type: 'PasswordChangeRequired', data: {} },
      {
        type: 'PasswordChanged',
        data: { credential: 'c2', by: 'staff', passwordChangeRequired: false, session: null, reset: null },
      },
      { type: 'EmailChangeRequested', data: { generation: 1, lifetimeSeconds: 3_600, email: 'b@x.test' } },
    ];
    expect(listed(created(), ...unseen)).toEqual({ ...row, revision: 4 });
    expect(listed(invited(), resent())).toMatchObject({ status: 'pending', revision: 2 });
  });
  it('ACC-12, LIST-1: a log-in moves the last login and not the revision', () => {
    const login = recorded(
      { type: 'UserLoggedIn', data: {} },
      { stream: `access-${WORKSPACE}-${SARA}`, revision: 7, at: after(3) },
    );
    expect(rowsAfter([...history(created()), login]).list[SARA]).toEqual({ ...row, lastLoginAt: after(3) });
  });
  it.each([
    ['deleted', [created(), deleted()]],
    ['revoked', [invited(), revoked()]],
    ['expired', [invited(), lapsed()]],
  ] as const)('ACC-3, ACC-9: an account that is %s has no row, and none comes back', (_how, events) => {
    const login = recorded({ type: 'UserLoggedIn', data: {} }, { stream: `access-${WORKSPACE}-${SARA}` });
    expect(rowsAfter([...history(...events), login]).list).toEqual({});
  });
  it('has nothing to do with other streams and types', () => {
    const strangers = [
      recorded(created(), { stream: 'pool-w1' }),
      recorded({ type: 'ClaimVoided', data: { claim: 'c' } }),
      recorded({ type: 'ClaimTaken', data: {} }, { stream: `email-${WORKSPACE}-abc` }),
    ];
    for (const event of strangers) expect(accountsProjection.project(event, { number: null })).toEqual([]);
  });
});

describe('numbers', () => {
  const named = (type: string) => accountsProjection.numbered?.({ type, stream: 's', workspace: 'w1' }) ?? null;
  it('LIST-1: are given where an account enters the list, per workspace', () => {
    const types = [...accountEvents, ...mailEvents].map(({ type }) => type);
    expect(types.filter((type) => named(type) === 'w1')).toEqual(['UserCreated', 'InvitationAccepted', 'UserActivated']);
  });
  it('LIST-1: count in the order of entering, not of invitation, and are not used again', () => {
    const of = (letter: string, event: AccountEvent, revision: number) =>
      recorded(event, { stream: `account-${WORKSPACE}-${letter.repeat(32)}`, revision });
    const { list } = rowsAfter([
      of('1', invited(), 0),
      of('2', created(), 0),
      of('3', created(), 0),
      of('3', deleted(), 1),
      of('1', accepted(), 1),
      of('4', created(), 0),
    ]);
    expect(Object.values(list).map(({ id, number }) => [id[0], number])).toEqual([
      ['1', 3],
      ['2', 1],
      ['4', 4],
    ]);
  });
});

describe('summary counters', () => {
  const base = { workspace: 'w1', listed: true, status: 'active', test: false } as const;
  it('LIST-3: count total, status and test accounts per workspace; pending ones apart', () => {
    expect(bucketsOf(base)).toEqual(['w1/total', 'w1/status:active']);
    expect(bucketsOf({ ...base, status: 'blocked', test: true })).toEqual(['w1/total', 'w1/status:blocked', 'w1/test']);
    expect(bucketsOf({ ...base, status: 'inactive', workspace: 'w2' })).toEqual(['w2/total', 'w2/status:inactive']);
    expect(bucketsOf({ ...base, listed: false, status: 'pending', test: true })).toEqual(['w1/pending']);
  });
});

describe('erased people', () => {
  const personal = new Map(accountEvents.map(({ type, personal: fields }) => [type, fields]));
  const all: AccountEvent[] = [
    created({ utm: { source: 's' } }),
    invited(),
    resent(),
    accepted({ fullName: 'x', utm: { source: 's' } }),
    disabled({ note: 'n' }),
    { type: 'ProfileChanged', data: { fields: ['fullName', 'company'], changes: { company: { from: null, to: 'x' } } } },
    { type: 'EmailChanged', data: { from: 'a@x.test', to: 'b@x.test', how: 'set' } },
    { type: 'EmailChangeRequested', data: { generation: 1, lifetimeSeconds: 3_600, email: 'b@x.test' } },
    { type: 'PlanAssigned', data: { from: 'standard', to: 'gold', reason: 'r' } },
    deleted(),
    revoked(),
    lapsed(),
  ];
  it.each(all)('ACC-9: $type does not need what is gone', (event) => {
    const gone = recorded(event, { without: personal.get(event.type) ?? [] });
    const changes = accountsProjection.project(gone, { number: null });
    expect(JSON.stringify(changes)).not.toMatch(/Sara|Northwind|x\.test/);
  });
  it('ACC-9: a row made without personal data is blank', () =>
    expect(rowsAfter([recorded(created(), { without: personal.get('UserCreated') ?? [] })]).list[SARA]).toEqual({
      ...row,
      email: null,
      fullName: null,
      company: null,
      companyKey: null,
    }));
  it('COR-20: what removes rows is never parked', () =>
    expect(accountsProjection.unparkable).toEqual(['UserDeleted', 'InvitationRevoked', 'InvitationExpired']));
});
