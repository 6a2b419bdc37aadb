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
  on,
  profile,
} from '../../../test/support/accounts.js';
import type { AccountEvent } from './account.events.js';

const MAIL = profile.email;
const quotas = (botSlots: number) => ({ botSlots, conversations: null, teamMembers: 10 });

describe('role', () => {
  const set = (role: 'owner' | 'admin' | 'manager' | 'auditor' | 'user') => ({ type: 'SetRole' as const, role });
  const changed = (from: string, to: string, botSlots: number) =>
    ({ type: 'RoleChanged', data: { from, to, botSlots } }) as AccountEvent;
  const staff = created({ role: 'manager', quotas: quotas(0) });
  it('AUTH-2: customer to staff frees the slots', () =>
    account()
      .given(created({ quotas: quotas(3) }))
      .when(set('manager'))
      .thenDecides({ events: [changed('user', 'manager', 0)], gives: { botSlots: 0 } }));
  it('AUTH-2: a customer without slots has none to free', () =>
    account()
      .given(created({ quotas: quotas(0) }))
      .when(set('auditor'))
      .thenDecides({ events: [changed('user', 'auditor', 0)] }));
  it('AUTH-2: staff to customer takes one', () =>
    account()
      .given(staff)
      .when(set('user'))
      .thenDecides({ events: [changed('manager', 'user', 1)], takes: { botSlots: 1 } }));
  it('AUTH-2: staff to staff moves nothing', () =>
    account()
      .given(staff)
      .when(set('admin'))
      .thenDecides({ events: [changed('manager', 'admin', 0)] }));
  it('AUTH-2: one owner more is named, one less is counted', () => {
    account()
      .given(staff)
      .when(set('owner'))
      .thenDecides({ events: [changed('manager', 'owner', 0)], ownerMore: true });
    account()
      .given(createdOwner())
      .when(set('user'))
      .thenDecides({ events: [changed('owner', 'user', 1)], takes: { botSlots: 1 }, ownerLess: true });
  });
  it('AUTH-2: an owner who is no active one can go', () => {
    account()
      .given(createdOwner(), disabled())
      .when(set('admin'))
      .thenDecides({ events: [changed('owner', 'admin', 0)] });
    account()
      .given(invited({ role: 'owner', quotas: quotas(0) }))
      .when(set('admin'))
      .thenDecides({ events: [changed('owner', 'admin', 0)] });
  });
  it('ACC-3: of a pending account can be set', () =>
    account()
      .given(invited())
      .when(set('admin'))
      .thenDecides({ events: [changed('user', 'admin', 0)], gives: { botSlots: 0 } }));
  it('ACC-5: a test account is never staff', () =>
    account()
      .given(createdTest())
      .when(set('admin'))
      .thenRefused('invalid-input', { errors: [{ pointer: '/role' }] }));
  it('ACC-10: the same role is no event', () => {
    account().given(created()).when(set('user')).thenDecides({ events: [] });
    account().given(createdOwner()).when(set('owner')).thenDecides({ events: [] });
    account().given(createdTest()).when(set('user')).thenDecides({ events: [] });
  });
});

describe('plan', () => {
  const assign = (plan: string) => ({ type: 'AssignPlan' as const, plan, reason: 'asked' });
  it('ACC-10: is assigned with before and after', () =>
    account()
      .given(created())
      .when(assign('gold'))
      .thenDecides({ events: [{ type: 'PlanAssigned', data: { from: 'standard', to: 'gold', reason: 'asked' } }] }));
  it('ACC-10: the same is no event', () => account().given(created()).when(assign('standard')).thenDecides({ events: [] }));
  it('DET-4: must be one that can be assigned', () =>
    account()
      .given(created())
      .when(assign('silver'))
      .thenRefused('unknown-plan', { errors: [{ pointer: '/plan' }] }));
});

describe('quotas', () => {
  const set = (changes: { botSlots?: number; conversations?: number | null; teamMembers?: number }) => ({
    type: 'SetQuotas' as const,
    quotas: changes,
  });
  const from = quotas(2);
  const two = created({ quotas: from });
  it('WS-8: more slots claim the difference', () =>
    account()
      .given(two)
      .when(set({ botSlots: 5 }))
      .thenDecides({
        events: [{ type: 'QuotasChanged', data: { from, to: { ...from, botSlots: 5 } } }],
        takes: { botSlots: 3 },
      }));
  it.each([0, 1])('WS-8: fewer keep %d', (botSlots) =>
    account()
      .given(two)
      .when(set({ botSlots }))
      .thenDecides({ events: [{ type: 'QuotasChanged', data: { from, to: { ...from, botSlots } } }], gives: { botSlots } }),
  );
  it('WS-8: conversations and team members take no place', () =>
    account()
      .given(two)
      .when(set({ conversations: 100, teamMembers: 3 }))
      .thenDecides({
        events: [{ type: 'QuotasChanged', data: { from, to: { botSlots: 2, conversations: 100, teamMembers: 3 } } }],
      }));
  it('WS-8: null is unlimited again', () => {
    const limited = { ...from, conversations: 100 };
    account()
      .given(created({ quotas: limited }))
      .when(set({ conversations: null }))
      .then({ type: 'QuotasChanged', data: { from: limited, to: from } });
  });
  it('ACC-10: the same is no event', () => {
    account()
      .given(two)
      .when(set({ botSlots: 2, conversations: null, teamMembers: 10 }))
      .thenDecides({ events: [] });
    account().given(two).when(set({})).thenDecides({ events: [] });
  });
  it.each([createdTest(), createdOwner()])('WS-8: test accounts and staff hold no slots', (event) => {
    account()
      .given(event)
      .when(set({ botSlots: 1 }))
      .thenRefused('invalid-input', { errors: [{ pointer: '/botSlots' }] });
    account()
      .given(event)
      .when(set({ botSlots: 0 }))
      .then();
  });
});

describe('edit', () => {
  const edit = (changes: object, email?: { to: string; confirmed: boolean }) => ({
    type: 'Edit' as const,
    changes,
    ...(email ? { email } : {}),
  });
  const changed = (changes: Record<string, { from: unknown; to: unknown }>) =>
    ({ type: 'ProfileChanged', data: { fields: Object.keys(changes), changes } }) as AccountEvent;
  it('ACC-10: records only what differs, with before and after', () =>
    account()
      .given(created())
      .when(edit({ fullName: 'Sara Berg', company: 'Northwind', phone: '+46 1' }))
      .thenDecides({
        events: [changed({ fullName: { from: 'Sara Lind', to: 'Sara Berg' }, phone: { from: null, to: '+46 1' } })],
      }));
  it('ACC-1: null clears a field', () =>
    account()
      .given(created())
      .when(edit({ company: null }))
      .then(changed({ company: { from: 'Northwind', to: null } })));
  it('ACC-10: an edit that changes nothing makes no event', () => {
    account().given(created()).when(edit({})).thenDecides({ events: [] });
    account()
      .given(created())
      .when(edit({ fullName: 'Sara Lind', phone: null, company: undefined, attributes: {} }))
      .thenDecides({ events: [] });
  });
  it('ACC-10: nor does another order of attributes', () => {
    const tagged = created({ attributes: { size: 3, tier: 'a' } });
    account()
      .given(tagged)
      .when(edit({ attributes: { tier: 'a', size: 3 } }))
      .then();
    account()
      .given(tagged)
      .when(edit({ attributes: { tier: 'a', size: 4 } }))
      .then(changed({ attributes: { from: { size: 3, tier: 'a' }, to: { tier: 'a', size: 4 } } }));
  });
  it('ACC-11: a username takes its place and gives up the old one', () => {
    account()
      .given(created())
      .when(edit({ username: 'Sara' }))
      .thenDecides({ events: [changed({ username: { from: null, to: 'Sara' } })], takes: { username: 'sara' } });
    account()
      .given(created({ username: 'Sara' }))
      .when(edit({ username: 'Berg' }))
      .thenDecides({
        events: [changed({ username: { from: 'Sara', to: 'Berg' } })],
        takes: { username: 'berg' },
        gives: { username: 'sara' },
      });
    account()
      .given(created({ username: 'Sara' }))
      .when(edit({ username: null }))
      .thenDecides({ events: [changed({ username: { from: 'Sara', to: null } })], gives: { username: 'sara' } });
    account()
      .given(created({ username: 'Sara' }))
      .when(edit({ username: 'SARA' }))
      .thenDecides({ events: [changed({ username: { from: 'Sara', to: 'SARA' } })] });
  });

  const moved = (to: string, how: 'set' | 'confirmed', from = MAIL): AccountEvent => ({
    type: 'EmailChanged',
    data: { from, to, how },
  });
  const asked = (email: string, generation = 1): AccountEvent => ({
    type: 'EmailChangeRequested',
    data: { generation, lifetimeSeconds: 3_600, email },
  });
  const NEW = 'Lind@northwind.test';
  it('ACC-10, ACC-11: an email that staff sets moves its place at once', () =>
    account()
      .given(created())
      .when(edit({}, { to: NEW, confirmed: true }))
      .thenDecides({
        events: [moved(NEW, 'set')],
        takes: { email: 'lind@northwind.test' },
        gives: { email: 'sara@northwind.test' },
      }));
  it('ACC-10: one with other letters only keeps its place', () =>
    account()
      .given(created())
      .when(edit({}, { to: 'sara@northwind.test', confirmed: true }))
      .thenDecides({ events: [moved('sara@northwind.test', 'set')], takes: {}, gives: {} }));
  it('ACC-10: the same is no event', () => {
    account()
      .given(created())
      .when(edit({}, { to: MAIL, confirmed: true }))
      .then();
    account()
      .given(created())
      .when(edit({}, { to: MAIL, confirmed: false }))
      .then();
  });
  it('ACC-10: the owner of the address confirms it; till then only the wish is recorded', () => {
    account()
      .given(created())
      .when(edit({}, { to: NEW, confirmed: false }))
      .thenDecides({ events: [asked(NEW)], takes: {}, gives: {} });
    account()
      .given(created(), asked(NEW))
      .when(edit({}, { to: NEW, confirmed: false }))
      .then(asked(NEW, 2));
    account()
      .given(invited())
      .when(edit({}, { to: NEW, confirmed: false }))
      .thenRefused('account-pending');
  });
  it('ACC-3: the email of a pending account can be set', () =>
    account()
      .given(invited())
      .when(edit({}, { to: NEW, confirmed: true }))
      .then(moved(NEW, 'set')));
  it('ACC-10: profile and email move together', () =>
    account()
      .given(created({ username: 'sara' }))
      .when(edit({ username: 'lind', fullName: 'S. Lind' }, { to: NEW, confirmed: true }))
      .thenDecides({
        events: [
          changed({ username: { from: 'sara', to: 'lind' }, fullName: { from: 'Sara Lind', to: 'S. Lind' } }),
          moved(NEW, 'set'),
        ],
        takes: { username: 'lind', email: 'lind@northwind.test' },
        gives: { username: 'sara', email: 'sara@northwind.test' },
      }));

  describe('confirmed by link', () => {
    const confirm = (generation: number) => ({ type: 'ConfirmEmail' as const, generation });
    it('ACC-10: moves the place of the address', () =>
      account({ now: after(0, 3_599) })
        .given(created(), asked(NEW))
        .when(confirm(1))
        .thenDecides({
          events: [moved(NEW, 'confirmed')],
          takes: { email: 'lind@northwind.test' },
          gives: { email: 'sara@northwind.test' },
        }));
    it('ACC-10: the link is good for an hour from its own asking', () => {
      account({ now: after(0, 3_600) })
        .given(created(), asked(NEW))
        .when(confirm(1))
        .thenRefused('link-expired');
      account({ now: after(1, 3_599) })
        .given(created(), on(after(1), asked(NEW)))
        .when(confirm(1))
        .then(moved(NEW, 'confirmed'));
    });
    it('ACC-10: the link works once, and a later one replaces it', () => {
      account().given(created()).when(confirm(1)).thenRefused('link-used');
      account().given(created(), asked(NEW), moved(NEW, 'confirmed')).when(confirm(1)).thenRefused('link-used');
      account().given(created(), asked(NEW), asked('b@x.test', 2)).when(confirm(1)).thenRefused('link-used');
      account().given(created(), asked(NEW), moved('c@x.test', 'set')).when(confirm(1)).thenRefused('link-used');
      account()
        .given(invited(), accepted(), asked(NEW), asked('b@x.test', 2))
        .when(confirm(2))
        .then(moved('b@x.test', 'confirmed'));
    });
    it('ACC-9: not for what is gone', () =>
      account().given(created(), asked(NEW), deleted()).when(confirm(1)).thenRefused('not-found'));
  });
});
