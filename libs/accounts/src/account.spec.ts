import {
  accepted,
  account,
  ADMIN,
  after,
  converted,
  created,
  createdTest,
  deleted,
  disabled,
  expired,
  foldOf,
  invited,
  invitedTest,
  lapsed,
  NOON,
  on,
  profile,
  recorded,
  resent,
  revoked,
  SARA,
} from '../../../test/support/accounts.js';
import { absent, evolve, exists, holdsSlots, isOver, mayEnter, statusOf, statusReasonOf } from './account.js';
import type { AccountEvent } from './account.events.js';
import { accountFold } from './account.fold.js';

const DAY = 86_400;
const enabled = (to: 'active' | 'inactive'): AccountEvent => ({
  type: 'UserEnabled',
  data: { from: 'blocked', to, cause: 'staff' },
});
const extended: AccountEvent = { type: 'TestExtended', data: { testSeconds: 5 * DAY, from: after(14), status: 'active' } };
const activated: AccountEvent = {
  type: 'UserActivated',
  data: { credential: 'c2', passwordChangeRequired: true, testSeconds: null },
};
const password = (changes = {}): AccountEvent => ({
  type: 'PasswordChanged',
  data: { credential: 'c2', by: 'self', passwordChangeRequired: false, session: 's1', reset: null, ...changes },
});
const role: AccountEvent = { type: 'RoleChanged', data: { from: 'user', to: 'admin', botSlots: 0 } };
const quotas = { botSlots: 4, conversations: 100, teamMembers: 2 };
const nobody = {
  email: '',
  username: null,
  fullName: null,
  company: null,
  phone: null,
  attributes: {},
  comment: null,
  utm: null,
};

describe('a created account', () => {
  it('ACC-1: is a member at once', () =>
    expect(foldOf(created({ passwordChangeRequired: true, quotas }))).toEqual({
      ...absent,
      phase: 'member',
      version: 1,
      profile,
      plan: 'standard',
      quotas,
      credential: 'c1',
      passwordChangeRequired: true,
      createdBy: ADMIN,
      createdAt: NOON,
      joinedAt: NOON,
    }));
  it('ACC-5: as a test account has an end', () =>
    expect(foldOf(createdTest())).toMatchObject({ test: true, testSeconds: 14 * DAY, testExpiresAt: after(14), expired: false }));
});

describe('an invited account', () => {
  const invitation = {
    id: `i${SARA}`,
    state: 'pending',
    generation: 1,
    invitedBy: ADMIN,
    invitedAt: NOON,
    sentAt: NOON,
    expiresAt: after(7),
    via: 'workspace',
  };
  it('ACC-2, ACC-5: is pending, and no test account runs before acceptance', () =>
    expect(foldOf(invitedTest())).toEqual({
      ...absent,
      phase: 'pending',
      version: 1,
      profile,
      plan: 'standard',
      quotas: { botSlots: 0, conversations: null, teamMembers: 10 },
      test: true,
      testSeconds: 14 * DAY,
      invitation,
      createdBy: ADMIN,
      createdAt: NOON,
    }));
  it('ACC-4: resent has another link and another end', () =>
    expect(foldOf(invited(), on(after(3), resent())).invitation).toEqual({
      ...invitation,
      generation: 2,
      sentAt: after(3),
      expiresAt: after(10),
    }));
  it('ACC-3, ACC-5: accepted joins then, and the test begins then', () =>
    expect(
      foldOf(invitedTest(), on(after(2), accepted({ fullName: 'S', utm: { source: 'mail' }, testSeconds: 14 * DAY }))),
    ).toMatchObject({
      phase: 'member',
      joinedAt: after(2),
      createdAt: NOON,
      testExpiresAt: after(16),
      credential: 'c1',
      profile: { ...profile, fullName: 'S', utm: { source: 'mail' } },
      invitation: { ...invitation, state: 'accepted' },
    }));
  it('DET-6: acceptance keeps what it does not bring', () =>
    expect(foldOf(invited({ utm: { source: 'fair' } }), accepted()).profile).toEqual({ ...profile, utm: { source: 'fair' } }));
  it('ACC-8: activated by staff is a member too', () =>
    expect(foldOf(invited(), on(after(1), activated))).toMatchObject({
      phase: 'member',
      joinedAt: after(1),
      credential: 'c2',
      passwordChangeRequired: true,
      invitation: { state: 'accepted' },
    }));
  it.each([
    ['revoked', revoked()],
    ['expired', lapsed()],
  ])('ACC-4: %s is released, its personal data forgotten', (state, event) =>
    expect(foldOf(invited(), event)).toMatchObject({ phase: 'released', profile: nobody, invitation: { state } }),
  );
});

describe('status', () => {
  const shown = (...history: Parameters<typeof foldOf>) => {
    const state = foldOf(...history);
    return [statusOf(state), statusReasonOf(state)];
  };
  const blocked = disabled({ kind: 'blocked', reason: 'abuse', note: 'n', until: after(1) });
  it('ACC-7, ACC-8: follows disable and enable', () => {
    expect(shown(invited())).toEqual(['pending', null]);
    expect(shown(created())).toEqual(['active', null]);
    expect(shown(created(), disabled({ reason: 'left' }))).toEqual(['inactive', 'left']);
    expect(shown(created(), blocked)).toEqual(['blocked', 'abuse']);
    expect(foldOf(created(), blocked).disabled).toEqual({ kind: 'blocked', reason: 'abuse', note: 'n', until: after(1) });
    expect(shown(created(), blocked, enabled('active'))).toEqual(['active', null]);
    expect(foldOf(created(), blocked, enabled('active')).disabled).toBeNull();
  });
  it('ACC-5: an expired test account is inactive with that reason', () =>
    expect(shown(createdTest(), expired())).toEqual(['inactive', 'test-expired']));
  it('ACC-5, ACC-7: disabled by hand comes before expired, in either order', () => {
    expect(shown(createdTest(), expired(), blocked)).toEqual(['blocked', 'abuse']);
    expect(shown(createdTest(), blocked, expired({ from: 'blocked', to: 'blocked' }))).toEqual(['blocked', 'abuse']);
    expect(shown(createdTest(), blocked, expired({ from: 'blocked', to: 'blocked' }), enabled('inactive'))).toEqual([
      'inactive',
      'test-expired',
    ]);
  });
  it('ACC-5: extended is active again, unless somebody disabled it', () => {
    const again = foldOf(createdTest(), expired(), on(after(20), extended));
    expect([statusOf(again), again.testExpiresAt, again.testSeconds]).toEqual(['active', after(25), 5 * DAY]);
    expect(shown(createdTest(), blocked, expired(), extended)).toEqual(['blocked', 'abuse']);
  });
  it('ACC-6: converted is regular, with slots', () => {
    expect(foldOf(createdTest(), expired(), converted({ botSlots: 2 }))).toMatchObject({
      test: false,
      testSeconds: null,
      testExpiresAt: null,
      expired: false,
      quotas: { botSlots: 2, conversations: null, teamMembers: 10 },
    });
    expect(shown(createdTest(), expired(), converted())).toEqual(['active', null]);
    expect(shown(createdTest(), expired(), blocked, converted({ status: 'blocked' }))).toEqual(['blocked', 'abuse']);
    expect(shown(invitedTest(), converted({ status: 'pending' }))).toEqual(['pending', null]);
    expect(foldOf(invitedTest(), converted({ status: 'pending' }), accepted()).testExpiresAt).toBeNull();
  });
});

describe('terms and profile', () => {
  it('AUTH-2: a role brings its slots', () =>
    expect(foldOf(created(), role)).toMatchObject({ role: 'admin', quotas: { botSlots: 0 } }));
  it('ACC-10: fields are set, others stay', () =>
    expect(
      foldOf(created(), {
        type: 'ProfileChanged',
        data: {
          fields: ['fullName', 'attributes'],
          changes: { fullName: { from: 'Sara Lind', to: null }, attributes: { from: {}, to: { tier: 1 } } },
        },
      }).profile,
    ).toEqual({ ...profile, fullName: null, attributes: { tier: 1 } }));
  it('ACC-10: a wish for another email waits, and is over once the email changed', () => {
    const asked: AccountEvent = {
      type: 'EmailChangeRequested',
      data: { generation: 1, lifetimeSeconds: 3_600, email: 'b@x.test' },
    };
    const waiting = foldOf(created(), asked);
    expect(waiting).toMatchObject({
      emailGeneration: 1,
      emailChange: { generation: 1, email: 'b@x.test', expiresAt: after(0, 3_600), position: 2 },
      profile,
    });
    const moved = foldOf(created(), asked, {
      type: 'EmailChanged',
      data: { from: profile.email, to: 'b@x.test', how: 'confirmed' },
    });
    expect(moved).toMatchObject({ emailGeneration: 1, emailChange: null, profile: { ...profile, email: 'b@x.test' } });
  });
  it('ACC-10, COR-7: a wish for another address ends with the sessions that it came of', () => {
    const asked: AccountEvent = {
      type: 'EmailChangeRequested',
      data: { generation: 1, lifetimeSeconds: 3_600, email: 'b@x.test' },
    };
    for (const end of [password(), password({ by: 'staff', session: null }), disabled(), role])
      expect(foldOf(created(), asked, end)).toMatchObject({ emailGeneration: 1, emailChange: null });
    expect(
      foldOf(created(), asked, { type: 'PlanAssigned', data: { from: 'standard', to: 'gold', reason: null } }),
    ).toMatchObject({
      emailChange: { generation: 1 },
    });
  });
  it('WS-8: quotas and plan are replaced', () =>
    expect(
      foldOf(
        created(),
        { type: 'QuotasChanged', data: { from: quotas, to: quotas } },
        { type: 'PlanAssigned', data: { from: 'standard', to: 'gold', reason: null } },
      ),
    ).toMatchObject({ quotas, plan: 'gold' }));
  it('AUTH-5: the last used reset link is remembered, whatever sets the password later', () => {
    const state = foldOf(created(), password({ by: 'reset', session: null, reset: 2 }), password());
    expect(state).toMatchObject({ credential: 'c2', resetUsed: 2 });
  });
  it('ACC-1: a required change lasts until the password is set', () => {
    const required: AccountEvent = { type: 'PasswordChangeRequired', data: {} };
    expect(foldOf(created(), required).passwordChangeRequired).toBe(true);
    expect(foldOf(created(), required, password()).passwordChangeRequired).toBe(false);
  });
});

describe('what stops the account', () => {
  const ended = (...history: Parameters<typeof foldOf>) => foldOf(...history).ended;
  const barred = (...history: Parameters<typeof foldOf>) => foldOf(...history).barred;
  it('COR-7: nothing has ended what was never stopped', () => {
    expect(ended(created())).toEqual({ revision: -1, except: null });
    expect(barred(created())).toEqual({ revision: -1, barred: false });
    const calm: AccountEvent[] = [
      { type: 'PlanAssigned', data: { from: 'standard', to: 'gold', reason: null } },
      { type: 'QuotasChanged', data: { from: quotas, to: quotas } },
    ];
    expect(ended(invited(), resent(), accepted({ generation: 2 }), ...calm)).toEqual({ revision: -1, except: null });
  });
  it('AUTH-4, COR-9: a new password spares the session that set it', () => {
    expect(ended(created(), password())).toEqual({ revision: 1, except: 's1' });
    expect(ended(created(), password(), password({ by: 'staff', session: null }))).toEqual({ revision: 2, except: null });
  });
  it('AUTH-4: role, disable, expiry, forced change and delete end all', () => {
    const stops: AccountEvent[] = [role, disabled(), expired(), { type: 'PasswordChangeRequired', data: {} }, deleted()];
    for (const event of stops) expect(ended(createdTest(), event)).toEqual({ revision: 1, except: null });
    for (const event of [revoked(), lapsed()]) expect(ended(invited(), event)).toEqual({ revision: 1, except: null });
  });
  it('COR-9: what comes after a stop does not move it', () =>
    expect(ended(created(), disabled(), enabled('active'))).toEqual({ revision: 1, except: null }));
  it('COR-10: API keys are barred while it is stopped, and lifted by what makes it active', () => {
    expect(barred(created(), disabled())).toEqual({ revision: 1, barred: true });
    expect(barred(created(), disabled(), disabled({ kind: 'blocked' }))).toEqual({ revision: 1, barred: true });
    expect(barred(created(), disabled(), enabled('active'))).toEqual({ revision: 2, barred: false });
    expect(barred(createdTest(), expired(), extended)).toEqual({ revision: 2, barred: false });
    expect(barred(createdTest(), expired(), converted())).toEqual({ revision: 2, barred: false });
    expect(barred(created(), role)).toEqual({ revision: -1, barred: false });
  });
  it('COR-10: enabled by the end of a block, but expired: still barred', () =>
    expect(barred(createdTest(), disabled(), expired({ from: 'inactive', to: 'inactive' }), enabled('inactive'))).toEqual({
      revision: 1,
      barred: true,
    }));
  it('COR-10, ACC-9: API keys of a deleted account never work again, not even while they are being removed', () => {
    expect(barred(created(), disabled(), deleted({ status: 'inactive' }))).toEqual({ revision: 1, barred: true });
    expect(barred(created(), deleted())).toEqual({ revision: 1, barred: true });
  });
});

describe('who may enter', () => {
  it('ACC-5: nobody whose time is over, recorded or not', () => {
    const running = foldOf(createdTest());
    expect([isOver(running, after(14, -1)), mayEnter(running, after(14, -1))]).toEqual([false, true]);
    expect([isOver(running, after(14)), mayEnter(running, after(14))]).toEqual([true, false]);
    expect(mayEnter(foldOf(createdTest(), expired()), NOON)).toBe(false);
  });
  it('ACC-2, ACC-7, ACC-9: nobody who is pending, disabled or gone', () => {
    expect(mayEnter(foldOf(created()), after(1_000))).toBe(true);
    for (const history of [[], [invited()], [created(), disabled()], [created(), deleted()], [invited(), revoked()]])
      expect(mayEnter(foldOf(...history), NOON)).toBe(false);
  });
});

describe('life', () => {
  it('ACC-9: an account exists while it is pending or a member', () => {
    const histories = [[], [invited()], [created()], [created(), deleted()], [invited(), revoked()], [invited(), lapsed()]];
    expect(histories.map((history) => exists(foldOf(...history)))).toEqual([false, true, true, false, false, false]);
    expect(histories.map((history) => accountFold.gone(foldOf(...history)))).toEqual([false, false, false, true, true, true]);
  });

  it('tells how long the text is that only some accounts have', () => {
    const account = foldOf(created());
    const lengthOf = (changes: object) => accountFold.textLength?.({ ...account, profile: { ...account.profile, ...changes } });
    expect(lengthOf({ attributes: {}, comment: null })).toBe(0);
    expect(lengthOf({ attributes: { note: 'x'.repeat(16_000), vip: true }, comment: 'late' })).toBe(4 + 16_000 + 3 + 4 + 4);
  });
  it('ACC-9: a deleted one forgets the person', () =>
    expect(foldOf(created(), deleted())).toMatchObject({ phase: 'deleted', profile: nobody, emailChange: null }));
  it('ACC-12: the version counts the changes of the account, by its stream', () => {
    expect(foldOf(created(), disabled(), enabled('active')).version).toBe(3);
    expect(evolve(absent, recorded(created(), { revision: 4 })).version).toBe(5);
  });
  it('WS-8: regular customers alone hold slots', () => {
    expect(holdsSlots({ role: 'user', test: false })).toBe(true);
    expect(holdsSlots({ role: 'user', test: true })).toBe(false);
    expect((['owner', 'admin', 'manager', 'auditor'] as const).map((role) => holdsSlots({ role, test: false }))).toEqual([
      false,
      false,
      false,
      false,
    ]);
  });
  it('ACC-9: a history without its personal fields still folds', () => {
    const personal = [
      'email',
      'username',
      'fullName',
      'company',
      'phone',
      'attributes',
      'comment',
      'utm',
      'changes',
      'to',
      'note',
    ];
    const history: AccountEvent[] = [
      invited(),
      accepted(),
      { type: 'ProfileChanged', data: { fields: ['fullName'], changes: { fullName: { from: null, to: 'x' } } } },
      { type: 'EmailChanged', data: { from: 'a@x.test', to: 'b@x.test', how: 'set' } },
      disabled({ note: 'n' }),
      deleted(),
    ];
    const state = history.reduce(
      (before, event, revision) => evolve(before, recorded(event, { revision, without: personal })),
      absent,
    );
    expect(state).toMatchObject({ phase: 'deleted', profile: nobody, version: 6, disabled: { note: null } });
    account().given().shows({ phase: 'absent' });
  });
});
