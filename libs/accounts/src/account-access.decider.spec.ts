import {
  accepted,
  account,
  after,
  converted,
  created,
  createdOwner,
  createdTest,
  deleted,
  disabled,
  expired,
  invited,
  invitedTest,
  NOON,
  on,
} from '../../../test/support/accounts.js';

const DAY = 86_400;
const disable = (changes = {}) => ({
  type: 'Disable' as const,
  kind: 'inactive' as const,
  reason: 'other' as const,
  note: null,
  until: null,
  ...changes,
});
const enabled = (changes = {}) => ({
  type: 'UserEnabled' as const,
  data: { from: 'inactive' as const, to: 'active' as const, cause: 'staff' as const, ...changes },
});
const extended = (changes = {}) => ({
  type: 'TestExtended' as const,
  data: { testSeconds: 5 * DAY, from: after(14), status: 'active' as const, ...changes },
});

describe('disable', () => {
  it('ACC-7: records kind, reason, note and until, and gives up no place', () =>
    account()
      .given(created())
      .when(disable({ kind: 'blocked', reason: 'abuse', note: 'spam', until: after(1) }))
      .thenDecides({ events: [disabled({ kind: 'blocked', reason: 'abuse', note: 'spam', until: after(1) })] }));
  it('ACC-7: a pending account is to be revoked', () =>
    account().given(invited()).when(disable()).thenRefused('account-pending'));
  it.each([NOON, after(-1)])('ACC-7: until %s does not lie in the future', (until) =>
    account()
      .given(created())
      .when(disable({ until }))
      .thenRefused('invalid-input', { errors: [{ pointer: '/until' }] }),
  );
  it('ACC-8: what is already so is no event', () => {
    account().given(created(), disabled()).when(disable()).thenDecides({ events: [] });
    account()
      .given(created(), disabled({ kind: 'blocked', reason: 'abuse', note: 'n', until: after(3) }))
      .when(disable({ kind: 'blocked', reason: 'abuse', note: 'n', until: after(3) }))
      .thenDecides({ events: [] });
  });
  it.each([{ kind: 'blocked' as const }, { reason: 'left' as const }, { note: 'n' }, { until: after(1) }])(
    'ACC-8: another %j is an event',
    (changes) =>
      account()
        .given(created(), disabled())
        .when(disable(changes))
        .then(disabled({ from: 'inactive', ...changes })),
  );
  it('ACC-5, ACC-7: an expired test account can be blocked by hand', () =>
    account()
      .given(createdTest(), expired())
      .when(disable({ kind: 'blocked' }))
      .then(disabled({ from: 'inactive', kind: 'blocked' })));
  it('AUTH-2: one owner less, once', () => {
    account()
      .given(createdOwner())
      .when(disable())
      .thenDecides({ events: [disabled()], ownerLess: true });
    account()
      .given(createdOwner(), disabled())
      .when(disable({ kind: 'blocked' }))
      .thenDecides({ events: [disabled({ from: 'inactive', kind: 'blocked' })] });
  });
});

describe('enable', () => {
  const enable = { type: 'Enable' } as const;
  it('ACC-8: makes it active again', () => {
    account()
      .given(created(), disabled())
      .when(enable)
      .thenDecides({ events: [enabled()] });
    account()
      .given(created(), disabled({ kind: 'blocked' }))
      .when(enable)
      .then(enabled({ from: 'blocked' }));
  });
  it('ACC-8: of an active account is no event', () => account().given(created()).when(enable).thenDecides({ events: [] }));
  it('refuses a pending account', () => account().given(invited()).when(enable).thenRefused('account-pending'));
  it('ACC-5: an expired test account is extended or converted', () => {
    account().given(createdTest(), expired()).when(enable).thenRefused('test-expired');
    account().given(createdTest(), expired(), disabled()).when(enable).thenRefused('test-expired');
  });
  it('ACC-5: so is one whose time is over, recorded or not', () => {
    account({ now: after(14) })
      .given(createdTest(), disabled())
      .when(enable)
      .thenRefused('test-expired');
    account({ now: after(14, -1) })
      .given(createdTest(), disabled())
      .when(enable)
      .then(enabled());
  });
});

describe('set status', () => {
  const set = (status: 'pending' | 'active' | 'inactive' | 'blocked') => ({
    type: 'SetStatus' as const,
    status,
    reason: 'left' as const,
    note: 'n',
    until: null,
  });
  it('ACC-8: records the same events', () => {
    account()
      .given(created())
      .when(set('blocked'))
      .then(disabled({ kind: 'blocked', reason: 'left', note: 'n' }));
    account()
      .given(created())
      .when(set('inactive'))
      .then(disabled({ reason: 'left', note: 'n' }));
    account().given(created(), disabled()).when(set('active')).then(enabled());
    account().given(created()).when(set('active')).then();
  });
  it('ACC-8: pending cannot be set', () => {
    account().given(created()).when(set('pending')).thenRefused('status-not-settable');
    account().given(invited()).when(set('pending')).thenRefused('status-not-settable');
  });
  it.each(['active', 'inactive', 'blocked'] as const)('ACC-7: a pending account cannot be made %s', (status) =>
    account().given(invited()).when(set(status)).thenRefused('account-pending'),
  );
  it('ACC-5: expired stays expired', () =>
    account().given(createdTest(), expired()).when(set('active')).thenRefused('test-expired'));
  it('AUTH-2: one owner less', () =>
    account()
      .given(createdOwner())
      .when(set('inactive'))
      .thenDecides({ events: [disabled({ reason: 'left', note: 'n' })], ownerLess: true }));
});

describe('end of a temporary block', () => {
  const end = (until = after(1)) => ({ type: 'EndBlock' as const, until });
  const blocked = disabled({ kind: 'blocked', until: after(1) });
  it('ACC-7: enables at the very second', () =>
    account({ now: after(1) })
      .given(created(), blocked)
      .when(end())
      .thenDecides({ events: [enabled({ from: 'blocked', cause: 'until' })] }));
  it('ACC-7: is never early', () =>
    account({ now: after(1, -0.001) })
      .given(created(), blocked)
      .when(end())
      .then());
  it('ACC-7: is not for another block', () => {
    const late = account({ now: after(5) });
    late
      .given(created(), blocked, disabled({ from: 'blocked', kind: 'blocked', until: after(2) }))
      .when(end())
      .then();
    late
      .given(created(), blocked, disabled({ from: 'blocked', kind: 'blocked' }))
      .when(end())
      .then();
    late
      .given(created(), blocked, enabled({ from: 'blocked' }))
      .when(end())
      .then();
    late.given(created(), blocked, deleted()).when(end()).then();
    late.given(invited()).when(end()).then();
    late.given().when(end()).then();
  });
  it('ACC-5, ACC-7: leaves a test account inactive whose time was over meanwhile', () =>
    account({ now: after(20) })
      .given(createdTest(), disabled({ kind: 'blocked', until: after(20) }), expired({ from: 'blocked', to: 'blocked' }))
      .when(end(after(20)))
      .then(enabled({ from: 'blocked', to: 'inactive', cause: 'until' })));
});

describe('end of a test', () => {
  const expire = (testExpiresAt = after(14)) => ({ type: 'ExpireTest' as const, testExpiresAt });
  const late = account({ now: after(30) });
  it('ACC-5: makes it inactive at the very second', () =>
    account({ now: after(14) })
      .given(createdTest())
      .when(expire())
      .thenDecides({ events: [expired()] }));
  it('ACC-5: counts from acceptance for an invited one', () => {
    const history = [invitedTest(), on(after(3), accepted({ testSeconds: 14 * DAY }))];
    late
      .given(...history)
      .when(expire())
      .then();
    account({ now: after(17) })
      .given(...history)
      .when(expire(after(17)))
      .then(expired({ testExpiresAt: after(17) }));
  });
  it('ACC-5: is never early', () =>
    account({ now: after(14, -0.001) })
      .given(createdTest())
      .when(expire())
      .then());
  it('ACC-5: leaves the status of one that was disabled by hand', () =>
    late
      .given(createdTest(), disabled({ kind: 'blocked' }))
      .when(expire())
      .then(expired({ from: 'blocked', to: 'blocked' })));
  it('ACC-5: happens once', () => late.given(createdTest(), expired()).when(expire()).then());
  it('ACC-5: is not for one that was extended', () =>
    late
      .given(createdTest(), on(after(9), extended()))
      .when(expire(after(13)))
      .then());
  it('ACC-6: is not for one that was converted', () => late.given(createdTest(), converted()).when(expire()).then());
  it('is not for one that is gone, pending or no test account', () => {
    late.given(createdTest(), deleted()).when(expire()).then();
    late.given(invitedTest()).when(expire()).then();
    late.given(created()).when(expire()).then();
    late.given().when(expire()).then();
  });
});

describe('extend', () => {
  const extend = { type: 'Extend', testDays: 5 } as const;
  it('ACC-5: sets the end to now and the days that are given', () =>
    account()
      .given(createdTest())
      .when(extend)
      .thenDecides({ events: [extended()] }));
  it('ACC-5: makes an expired one active', () => account().given(createdTest(), expired()).when(extend).then(extended()));
  it('ACC-5: but not one that somebody disabled', () =>
    account()
      .given(createdTest(), disabled({ kind: 'blocked' }), expired({ from: 'blocked', to: 'blocked' }))
      .when(extend)
      .then(extended({ status: 'blocked' })));
  it('is for test accounts that have begun', () => {
    account().given(created()).when(extend).thenRefused('not-a-test-account');
    account().given(createdTest(), converted()).when(extend).thenRefused('not-a-test-account');
    account().given(invitedTest()).when(extend).thenRefused('account-pending');
  });
});

describe('convert', () => {
  const convert = { type: 'Convert', botSlots: 1 } as const;
  it('ACC-6: makes a running or expired one regular, and takes its slots', () => {
    account()
      .given(createdTest())
      .when(convert)
      .thenDecides({ events: [converted()], takes: { botSlots: 1 } });
    account()
      .given(createdTest(), expired())
      .when({ ...convert, botSlots: 3 })
      .thenDecides({ events: [converted({ botSlots: 3 })], takes: { botSlots: 3 } });
  });
  it('ACC-6: one disabled by hand stays disabled', () =>
    account()
      .given(createdTest(), expired(), disabled({ from: 'inactive', kind: 'blocked' }))
      .when(convert)
      .thenDecides({ events: [converted({ status: 'blocked' })], takes: { botSlots: 1 } }));
  it('ACC-6: a pending one becomes a regular invitation that holds its slots', () =>
    account()
      .given(invitedTest())
      .when(convert)
      .thenDecides({ events: [converted({ status: 'pending' })], takes: { botSlots: 1 } }));
  it('ACC-6: any other account is none', () => {
    account().given(created()).when(convert).thenRefused('not-a-test-account');
    account().given(invited()).when(convert).thenRefused('not-a-test-account');
    account().given(createdTest(), converted()).when(convert).thenRefused('not-a-test-account');
  });
});

describe('passwords', () => {
  const set = (changes = {}) => ({
    type: 'SetPassword' as const,
    credential: 'c2',
    by: 'staff' as const,
    passwordChangeRequired: false,
    session: null,
    ...changes,
  });
  const changed = (changes = {}) => ({
    type: 'PasswordChanged' as const,
    data: {
      credential: 'c2',
      by: 'staff' as 'self' | 'staff' | 'reset',
      passwordChangeRequired: false,
      session: null as string | null,
      reset: null as number | null,
      ...changes,
    },
  });
  it('ACC-1, AUTH-4: are set by staff, with the wish that they be changed', () =>
    account()
      .given(created())
      .when(set({ passwordChangeRequired: true }))
      .thenDecides({ events: [changed({ passwordChangeRequired: true })] }));
  it('AUTH-4: set by oneself name the session that goes on', () =>
    account()
      .given(created())
      .when(set({ by: 'self', session: 's1' }))
      .then(changed({ by: 'self', session: 's1' })));
  it('ACC-8: of pending accounts are set by activating them', () =>
    account().given(invited()).when(set()).thenRefused('account-pending'));
  it('AUTH-5: a reset link works once, and none before it either', () => {
    const reset = (generation: number) => ({ type: 'ResetPassword' as const, credential: 'c2', generation, asked: 9 });
    account()
      .given(created())
      .when(reset(2))
      .then(changed({ by: 'reset', reset: 2 }));
    const used = [created(), changed({ by: 'reset', reset: 2 })];
    for (const generation of [1, 2])
      account()
        .given(...used)
        .when(reset(generation))
        .thenRefused('link-used');
    account()
      .given(...used, changed())
      .when(reset(2))
      .thenRefused('link-used');
    account()
      .given(...used)
      .when(reset(3))
      .then(changed({ by: 'reset', reset: 3 }));
    account().given(invited()).when(reset(1)).thenRefused('not-found');
  });
  it('AUTH-5: a reset link that is older than the password or the address in force is dead', () => {
    const reset = (asked: number) => ({ type: 'ResetPassword' as const, credential: 'c2', generation: 1, asked });
    const moved = { type: 'EmailChanged' as const, data: { from: 'a@x.test', to: 'b@x.test', how: 'set' as const } };
    for (const later of [changed(), changed({ by: 'self', session: 's1' }), moved]) {
      account().given(created(), later).when(reset(1)).thenRefused('link-used');
      account()
        .given(created(), later)
        .when(reset(3))
        .then(changed({ by: 'reset', reset: 1 }));
    }
  });
  it('ACC-1: a change can be required, once', () => {
    const require = { type: 'RequirePasswordChange' } as const;
    const required = { type: 'PasswordChangeRequired' as const, data: {} };
    account().given(created()).when(require).then(required);
    account().given(created(), required).when(require).then();
    account()
      .given(created(), required, changed({ by: 'self', session: 's1' }))
      .when(require)
      .then(required);
    account().given(invited()).when(require).thenRefused('account-pending');
  });
});
