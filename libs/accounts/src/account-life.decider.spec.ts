import { refuse } from '#kernel';
import {
  accepted,
  account,
  after,
  created,
  createdOwner,
  createdTest,
  deleted,
  disabled,
  invited,
  invitedTest,
  lapsed,
  on,
  profile,
  resent,
  revoked,
  SARA,
  wanted,
} from '../../../test/support/accounts.js';
import { linkVerdict, sameEmail } from './account-life.decider.js';
import { absent } from './account.js';
import { foldOf } from '../../../test/support/accounts.js';

const DAY = 86_400;
const create = (changes = {}, more = {}) => ({
  type: 'Create' as const,
  account: wanted(changes),
  credential: 'c1',
  passwordChangeRequired: false,
  ...more,
});
const invite = (changes = {}) => ({
  type: 'Invite' as const,
  account: wanted(changes),
  invitation: `i${SARA}`,
  via: 'workspace' as const,
});
const sara = { ...profile, username: 'Sara', fullName: 'Sara Lind' };
const noDomain = { domainMissing: refuse('domain-not-configured', { href: '/v1/workspace/domain' }) };
const quotas = (botSlots: number) => ({ botSlots, conversations: null, teamMembers: 10 });

describe('create', () => {
  it('ACC-1, ACC-11, WS-8: makes an active account that takes its email, without case, and one slot', () =>
    account()
      .given()
      .when(create())
      .thenDecides({ events: [created()], takes: { email: 'sara@northwind.test', botSlots: 1 } }));
  it('ACC-11: takes the username without case too', () =>
    account()
      .given()
      .when(create({ profile: sara }))
      .thenDecides({
        events: [created({ username: 'Sara' })],
        takes: { email: 'sara@northwind.test', username: 'sara', botSlots: 1 },
      }));
  it('ACC-1: keeps that the password must be changed', () =>
    account()
      .given()
      .when(create({}, { passwordChangeRequired: true }))
      .then(created({ passwordChangeRequired: true })));
  it.each([0, 3])('WS-8: takes %d slots where they are asked for', (botSlots) =>
    account()
      .given()
      .when(create({ botSlots }))
      .thenDecides({
        events: [created({ quotas: quotas(botSlots) })],
        takes: { email: 'sara@northwind.test', ...(botSlots ? { botSlots } : {}) },
      }),
  );
  it('ACC-5: a test account holds no slot and has its lifetime', () =>
    account()
      .given()
      .when(create({ test: true, testDays: 3 }))
      .thenDecides({
        events: [created({ test: true, testSeconds: 3 * DAY, quotas: quotas(0) })],
        takes: { email: 'sara@northwind.test' },
      }));
  it.each(['admin', 'manager', 'auditor'] as const)('WS-8: %s holds no slot', (role) =>
    account()
      .given()
      .when(create({ role }))
      .thenDecides({ events: [created({ role, quotas: quotas(0) })], takes: { email: 'sara@northwind.test' } }),
  );
  it('AUTH-2: an owner is named as one', () =>
    account()
      .given()
      .when(create({ role: 'owner' }))
      .thenDecides({ events: [createdOwner()], takes: { email: 'sara@northwind.test' }, ownerMore: true }));
  it('ACC-5: a test account is never staff', () =>
    account()
      .given()
      .when(create({ role: 'manager', test: true, testDays: 14 }))
      .thenRefused('invalid-input', { errors: [{ pointer: '/test', code: 'invalid-value' }] }));
  it.each([{ test: true, testDays: 14 }, { role: 'admin' }])('ACC-5, WS-8: refuses slots for %j', (kind) =>
    account()
      .given()
      .when(create({ ...kind, botSlots: 1 }))
      .thenRefused('invalid-input', { errors: [{ pointer: '/botSlots' }] }),
  );
  it('DET-4: refuses a plan that is not there', () =>
    account()
      .given()
      .when(create({ plan: 'silver' }))
      .thenRefused('unknown-plan', { errors: [{ pointer: '/plan', code: 'unknown-plan' }] }));
  it('WS-2: adds nobody without a verified domain, but the first owner', () => {
    account(noDomain).given().when(create()).thenRefused('domain-not-configured', { href: '/v1/workspace/domain' });
    account(noDomain)
      .given()
      .when(create({ role: 'owner' }, { first: true }))
      .then(createdOwner());
  });
  it('happens once in a stream', () => {
    account().given(created()).when(create()).thenRefused('busy');
    account().given(invited(), revoked()).when(create()).thenRefused('busy');
  });
});

describe('invite', () => {
  it('ACC-2, ACC-3: a pending invitation of seven days holds email and slots', () =>
    account()
      .given()
      .when(invite())
      .thenDecides({ events: [invited()], takes: { email: 'sara@northwind.test', botSlots: 1 } }));
  it('ACC-5: one for a test account holds no slot', () =>
    account()
      .given()
      .when(invite({ test: true, testDays: 14 }))
      .thenDecides({ events: [invitedTest()], takes: { email: 'sara@northwind.test' } }));
  it('AUTH-2: one for an owner names it', () =>
    account()
      .given()
      .when(invite({ role: 'owner' }))
      .thenDecides({
        events: [invited({ role: 'owner', quotas: quotas(0) })],
        takes: { email: 'sara@northwind.test' },
        ownerMore: true,
      }));
  it('WS-2: invites nobody without a verified domain', () =>
    account(noDomain).given().when(invite()).thenRefused('domain-not-configured'));
  it('DET-4: refuses a plan that is not there', () =>
    account()
      .given()
      .when(invite({ plan: 'silver' }))
      .thenRefused('unknown-plan'));
  it('happens once in a stream', () => account().given(invited()).when(invite()).thenRefused('busy'));
});

describe('resend', () => {
  const resend = { type: 'Resend', via: 'installation' } as const;
  it('ACC-4: makes another link with another seven days', () =>
    account({ now: after(6) })
      .given(invited())
      .when(resend)
      .thenDecides({
        events: [{ type: 'InvitationResent', data: { generation: 2, lifetimeSeconds: 7 * DAY, via: 'installation' } }],
      }));
  it('ACC-4: counts on', () =>
    account()
      .given(invited(), resent())
      .when({ ...resend, via: 'workspace' })
      .then(resent(3)));
  it('ACC-4: starts the seven days anew', () => {
    account({ now: after(12) })
      .given(invited(), on(after(6), resent()))
      .when({ type: 'Resend', via: 'workspace' })
      .then(resent(3));
    account({ now: after(13) })
      .given(invited(), on(after(6), resent()))
      .when(resend)
      .thenRefused('invitation-expired');
  });
  it('ACC-4: refuses what is no longer pending, with why', () => {
    account().given(invited(), accepted()).when(resend).thenRefused('invitation-used');
    account().given(invited(), lapsed()).when(resend).thenRefused('invitation-expired');
    account().given(invited(), revoked()).when(resend).thenRefused('invitation-revoked');
    account().given(created()).when(resend).thenRefused('not-found');
    account().given().when(resend).thenRefused('not-found');
  });
  it('WS-2: needs a verified domain', () => account(noDomain).given(invited()).when(resend).thenRefused('domain-not-configured'));
  it('answers 410 before 409: an invitation whose time is over needs no domain to be refused', () =>
    account({ ...noDomain, now: after(7) })
      .given(invited())
      .when(resend)
      .thenRefused('invitation-expired'));
});

describe('revoke', () => {
  const revoke = { type: 'Revoke' } as const;
  it('ACC-4: frees email, username and slots', () => {
    account()
      .given(invited())
      .when(revoke)
      .thenDecides({ events: [revoked()], gives: { email: 'sara@northwind.test', botSlots: 0 } });
    account()
      .given(invited({ username: 'SARA' }), resent())
      .when(revoke)
      .thenDecides({ events: [revoked(2)], gives: { email: 'sara@northwind.test', username: 'sara', botSlots: 0 } });
  });
  it('ACC-4: does nothing where it is over already', () => {
    account().given(invited(), revoked()).when(revoke).thenDecides({ events: [] });
    account().given(invited(), lapsed()).when(revoke).thenDecides({ events: [] });
  });
  it('refuses what is no pending invitation', () => {
    account().given(invited(), accepted()).when(revoke).thenRefused('invitation-used');
    account().given(invited(), accepted(), deleted()).when(revoke).thenRefused('invitation-used');
    account().given(created()).when(revoke).thenRefused('not-found');
    account().given().when(revoke).thenRefused('not-found');
  });
});

describe('expiry of an invitation', () => {
  const expire = (generation = 1) => ({ type: 'ExpireInvitation' as const, generation });
  it('ACC-4: frees email and slots at the very second', () =>
    account({ now: after(7) })
      .given(invited())
      .when(expire())
      .thenDecides({ events: [lapsed()], gives: { email: 'sara@northwind.test', botSlots: 0 } }));
  it('ACC-4: is never early', () =>
    account({ now: after(7, -0.001) })
      .given(invited())
      .when(expire())
      .thenDecides({ events: [] }));
  it('ACC-4: is not for an invitation that was resent', () => {
    account({ now: after(8) })
      .given(invited(), on(after(6), resent()))
      .when(expire(1))
      .thenDecides({ events: [] });
    account({ now: after(13) })
      .given(invited(), on(after(6), resent()))
      .when(expire(2))
      .then(lapsed(2));
  });
  it('ACC-4: is not for one that is over, accepted or unknown', () => {
    for (const history of [
      [invited(), accepted()],
      [invited(), revoked()],
      [invited(), lapsed()],
      [created()],
      [],
      [invited(), accepted(), deleted()],
    ])
      account({ now: after(8) })
        .given(...history)
        .when(expire())
        .thenDecides({ events: [] });
  });
});

describe('accept', () => {
  const accept = (changes = {}) => ({
    type: 'Accept' as const,
    generation: 1,
    credential: 'c1',
    fullName: null,
    utm: null,
    ...changes,
  });
  it('ACC-2: makes a member of who was invited, taking no place', () =>
    account()
      .given(invited())
      .when(accept({ fullName: 'Sara L.' }))
      .thenDecides({ events: [accepted({ fullName: 'Sara L.' })] }));
  it('ACC-3: never fails for want of a domain or a slot', () =>
    account(noDomain).given(invited()).when(accept()).then(accepted()));
  it('ACC-5: the lifetime of a test account begins with it', () =>
    account()
      .given(invitedTest())
      .when(accept())
      .then(accepted({ testSeconds: 14 * DAY })));
  it('DET-6: fills the UTM fields that the invitation left out, and never others', () => {
    account()
      .given(invited())
      .when(accept({ utm: { source: 'mail' } }))
      .then(accepted({ utm: { source: 'mail' } }));
    account()
      .given(invited({ utm: { source: 'fair' } }))
      .when(accept({ utm: { source: 'mail' } }))
      .then(accepted());
  });
  it('ACC-2: the link works once and for seven days', () => {
    account({ now: after(7, -1) })
      .given(invited())
      .when(accept())
      .then(accepted());
    account({ now: after(7) })
      .given(invited())
      .when(accept())
      .thenRefused('invitation-expired');
    account().given(invited(), accepted()).when(accept()).thenRefused('invitation-used');
  });
  it('ACC-4: the old link dies with a new one', () => {
    account().given(invited(), resent()).when(accept()).thenRefused('invitation-revoked');
    account()
      .given(invited(), resent())
      .when(accept({ generation: 2 }))
      .then(accepted({ generation: 2 }));
  });
  it('ACC-4: a link of an invitation that is over says how it ended', () => {
    account().given(invited(), revoked()).when(accept()).thenRefused('invitation-revoked');
    account().given(invited(), lapsed()).when(accept()).thenRefused('invitation-expired');
    account()
      .given(invited())
      .when(accept({ generation: 2 }))
      .thenRefused('not-found');
    account().given(created()).when(accept()).thenRefused('not-found');
    account().given().when(accept()).thenRefused('not-found');
  });
  it('ACC-8: the link dies when staff activates the account', () =>
    account()
      .given(invited(), { type: 'UserActivated', data: { credential: 'c2', passwordChangeRequired: false, testSeconds: null } })
      .when(accept())
      .thenRefused('invitation-used'));
  it('ACC-2: a link can be looked at without using it', () => {
    expect(linkVerdict(foldOf(invited()), 1, { now: after(1) })).toBeNull();
    expect(linkVerdict(foldOf(invited()), 1, { now: after(7) })?.code).toBe('invitation-expired');
    expect(linkVerdict(absent, 1, { now: after(1) })?.code).toBe('not-found');
  });
});

describe('activate', () => {
  const activate = { type: 'Activate', credential: 'c2', passwordChangeRequired: true } as const;
  it('ACC-8: staff sets the password of a pending account', () => {
    account()
      .given(invited())
      .when(activate)
      .thenDecides({
        events: [{ type: 'UserActivated', data: { credential: 'c2', passwordChangeRequired: true, testSeconds: null } }],
      });
    account()
      .given(invitedTest())
      .when(activate)
      .then({ type: 'UserActivated', data: { credential: 'c2', passwordChangeRequired: true, testSeconds: 14 * DAY } });
  });
  it('ACC-8: is for pending accounts', () => {
    account().given(invited(), accepted()).when(activate).thenRefused('invitation-used');
    account().given(created()).when(activate).thenRefused('not-found');
    account().given(invited(), revoked()).when(activate).thenRefused('not-found');
    account().given().when(activate).thenRefused('not-found');
  });
});

describe('delete', () => {
  const remove = (confirm = 'sara@NORTHWIND.test') => ({ type: 'Delete' as const, confirm, reason: 'left' as const });
  it('ACC-9: frees email, username and slots', () => {
    account()
      .given(created())
      .when(remove())
      .thenDecides({ events: [deleted({ reason: 'left' })], gives: { email: 'sara@northwind.test', botSlots: 0 } });
    account()
      .given(created({ username: 'Sara' }), disabled({ kind: 'blocked' }))
      .when(remove())
      .thenDecides({
        events: [deleted({ reason: 'left', status: 'blocked' })],
        gives: { email: 'sara@northwind.test', username: 'sara', botSlots: 0 },
      });
  });
  it('ACC-3: of a pending account revokes it', () =>
    account()
      .given(invited())
      .when(remove())
      .thenDecides({ events: [revoked()], gives: { email: 'sara@northwind.test', botSlots: 0 } }));
  it.each(['', 'sara', 'sara@northwind.tes'])('ACC-9: is refused with the confirmation "%s"', (confirm) => {
    account().given(created()).when(remove(confirm)).thenRefused('confirmation-mismatch');
    account().given(invited()).when(remove(confirm)).thenRefused('confirmation-mismatch');
  });
  it('ACC-9: wants the address as it is now', () =>
    account()
      .given(created(), { type: 'EmailChanged', data: { from: profile.email, to: 'lind@northwind.test', how: 'set' } })
      .when(remove())
      .thenRefused('confirmation-mismatch'));
  it('AUTH-2: one owner less, where the owner was active', () => {
    account()
      .given(createdOwner())
      .when(remove())
      .thenDecides({
        events: [deleted({ reason: 'left' })],
        gives: { email: 'sara@northwind.test', botSlots: 0 },
        ownerLess: true,
      });
    account()
      .given(createdOwner(), disabled())
      .when(remove())
      .thenDecides({
        events: [deleted({ reason: 'left', status: 'inactive' })],
        gives: { email: 'sara@northwind.test', botSlots: 0 },
      });
  });
  it('COR-28: again after a restore, without confirmation, also of the last owner', () => {
    account()
      .given(created({ role: 'owner' }))
      .when({ type: 'Delete', confirm: '', reason: null, again: true })
      .thenDecides({ events: [deleted({ reason: null })], gives: { email: 'sara@northwind.test', botSlots: 0 } });
  });
});

it('ACC-9: nothing can be done with an account that is gone, or never was', () => {
  const commands = [
    { type: 'Activate', credential: 'c2', passwordChangeRequired: false },
    { type: 'Disable', kind: 'inactive', reason: 'other', note: null, until: null },
    { type: 'SetStatus', status: 'active', reason: 'other', note: null, until: null },
    { type: 'Enable' },
    { type: 'Extend', testDays: 1 },
    { type: 'Convert', botSlots: 1 },
    { type: 'SetRole', role: 'admin' },
    { type: 'SetPassword', credential: 'c2', by: 'self', passwordChangeRequired: false, session: null },
    { type: 'ResetPassword', credential: 'c2', generation: 1, asked: 9 },
    { type: 'RequirePasswordChange' },
    { type: 'Edit', changes: { fullName: 'X' } },
    { type: 'ConfirmEmail', generation: 1 },
    { type: 'AssignPlan', plan: 'gold', reason: null },
    { type: 'SetQuotas', quotas: { botSlots: 2 } },
    { type: 'Delete', confirm: profile.email, reason: null },
  ] as const;
  for (const history of [[], [createdTest(), deleted()], [invited(), revoked()], [invited(), lapsed()]])
    for (const command of commands)
      account()
        .given(...history)
        .when(command)
        .thenRefused('not-found');
});

it('ACC-11: addresses are compared trimmed, composed and without case', () => {
  expect(sameEmail(' Sara@Northwind.TEST ')).toBe('sara@northwind.test');
  expect(sameEmail('a\u030a@x.test')).toBe('\u00e5@x.test');
});
