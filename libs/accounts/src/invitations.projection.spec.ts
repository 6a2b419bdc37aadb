import {
  accepted,
  ADMIN,
  after,
  converted,
  created,
  deleted,
  disabled,
  history,
  invited,
  invitedTest,
  lapsed,
  NOON,
  on,
  recorded,
  resent,
  revoked,
  rowsAfter,
  SARA,
  WORKSPACE,
} from '../../../test/support/accounts.js';
import type { AccountEvent } from './account.events.js';
import { invitationOf, invitedAccount } from './invitations.projection.js';
import { mailStream, type MailEvent } from './mail.events.js';

const shown = (...events: Parameters<typeof history>) => rowsAfter(history(...events)).invitations[`i${SARA}`];
const mail = (event: MailEvent) => recorded(event, { stream: mailStream(WORKSPACE, SARA), at: after(1) });

const row = {
  id: `i${SARA}`,
  workspace: WORKSPACE,
  account: SARA,
  state: 'pending',
  email: 'Sara@northwind.test',
  fullName: 'Sara Lind',
  role: 'user',
  plan: 'standard',
  botSlots: 1,
  test: false,
  testDays: null,
  invitedBy: ADMIN,
  invitedAt: NOON,
  expiresAt: after(7),
  generation: 1,
  sentCount: 1,
  sentAt: NOON,
  deliveryState: 'queued',
  deliveryVia: 'workspace',
  deliveryError: null,
  revision: 1,
};
const forgotten = { email: null, fullName: null };

it('ACC-3: an invitation says who invited whom, when, till when, and how the mail fares', () => {
  expect(shown(invited())).toEqual(row);
  expect(shown(invitedTest())).toEqual({ ...row, botSlots: 0, test: true, testDays: 14 });
  expect(shown(created())).toBeUndefined();
});
it('ACC-4: resent it has another end, and its mail is queued again', () =>
  expect(shown(invited({ via: 'installation' }), on(after(3), resent()), on(after(4), resent(3)))).toEqual({
    ...row,
    generation: 3,
    sentCount: 3,
    sentAt: after(4),
    expiresAt: after(11),
    revision: 3,
  }));
it.each([
  ['accepted', accepted()],
  ['accepted', { type: 'UserActivated', data: { credential: 'c2', passwordChangeRequired: false, testSeconds: null } }],
] as [string, AccountEvent][])('ACC-3: is %s, and stays in the list', (state, event) =>
  expect(shown(invited(), event)).toEqual({ ...row, state, revision: 2 }),
);
it.each([
  ['revoked', revoked()],
  ['expired', lapsed()],
])('ACC-4: %s it stays in the list without the person', (state, event) =>
  expect(shown(invited(), event)).toEqual({ ...row, ...forgotten, state, revision: 2 }),
);
it('ACC-9: of a deleted account it stays without the person', () =>
  expect(shown(invited(), accepted(), deleted())).toEqual({ ...row, ...forgotten, state: 'accepted', revision: 2 }));

describe('delivery', () => {
  const about = { invitation: `i${SARA}`, generation: 1, via: 'installation' as const };
  const failed = (retrying: boolean) => mail({ type: 'InvitationMailFailed', data: { ...about, error: '451', retrying } });
  const after_ = (...mails: ReturnType<typeof mail>[]) => rowsAfter([...history(invited()), ...mails]).invitations[`i${SARA}`];
  it('WS-5: shows that a mail was sent, and by which transport; no revision moves', () =>
    expect(after_(mail({ type: 'InvitationMailSent', data: about }))).toEqual({
      ...row,
      deliveryState: 'sent',
      deliveryVia: 'installation',
    }));
  it('WS-5: shows that it is tried again, that it was given up, and that it went after all', () => {
    const state = { ...row, deliveryVia: 'installation', deliveryError: '451' };
    expect(after_(failed(true))).toEqual({ ...state, deliveryState: 'retrying' });
    expect(after_(failed(true), failed(false))).toEqual({ ...state, deliveryState: 'failed' });
    expect(after_(failed(true), mail({ type: 'InvitationMailSent', data: about }))).toEqual({
      ...state,
      deliveryState: 'sent',
      deliveryError: null,
    });
  });
  it('ACC-12: the list of accounts knows nothing of mails', () =>
    expect(rowsAfter([...history(invited()), failed(false)]).list[SARA]).toEqual(rowsAfter(history(invited())).list[SARA]));
});

it('ACC-3: shows the terms and the person as they are now', () => {
  const events: AccountEvent[] = [
    { type: 'RoleChanged', data: { from: 'user', to: 'admin', botSlots: 0 } },
    { type: 'PlanAssigned', data: { from: 'standard', to: 'gold', reason: null } },
    { type: 'EmailChanged', data: { from: 'x', to: 'b@x.test', how: 'set' } },
    { type: 'ProfileChanged', data: { fields: ['fullName'], changes: { fullName: { from: 'Sara Lind', to: null } } } },
    { type: 'ProfileChanged', data: { fields: ['phone'], changes: { phone: { from: null, to: '+46' } } } },
  ];
  expect(shown(invited(), ...events)).toEqual({
    ...row,
    role: 'admin',
    botSlots: 0,
    plan: 'gold',
    email: 'b@x.test',
    fullName: null,
  });
  const quotas = { botSlots: 3, conversations: null, teamMembers: 10 };
  expect(shown(invited(), { type: 'QuotasChanged', data: { from: quotas, to: quotas } })).toEqual({ ...row, botSlots: 3 });
  expect(shown(invitedTest(), converted({ botSlots: 2, status: 'pending' }))).toEqual({ ...row, botSlots: 2 });
});
it('does not follow the life of the account', () =>
  expect(shown(invited(), accepted(), disabled())).toEqual({ ...row, state: 'accepted', revision: 2 }));

it('has an id that is the account and back', () => {
  expect(invitedAccount(invitationOf(SARA))).toBe(SARA);
  for (const other of [SARA, `i${SARA}0`, 'i', `x${SARA}`, `i${SARA.toUpperCase()}`]) expect(invitedAccount(other)).toBeNull();
});
