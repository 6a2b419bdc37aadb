import type { AccountEvent, DeleteReason, DisableReason, MailEvent, Quotas } from '#accounts/records';
import { addSeconds, SECONDS_PER_DAY, type Json } from '#kernel';
import { begun, change, changesOf, count, day, differences, listed, spaced, told, type Tellings } from './telling.js';

/** Reasons that are codes, in words. */
export const REASONS: Readonly<Record<DisableReason | DeleteReason, string>> = {
  overdue: 'payment overdue',
  'under-review': 'under review',
  'no-longer-needed': 'no longer needed',
  left: 'has left',
  abuse: 'abuse',
  test: 'was a test',
  duplicate: 'duplicate',
  other: 'other reason',
};

type Begun = Extract<AccountEvent, { type: 'UserCreated' | 'UserInvited' }>['data'];

const days = (seconds: number): string => count(Math.round(seconds / SECONDS_PER_DAY), 'day');

/** What the account begins with; its email even where it is erased. */
function beginning({ email, username, fullName, company, phone, attributes, comment, utm, ...terms }: Begun) {
  const { role, plan, test, quotas } = terms;
  const profile = { username, fullName, company, phone, attributes, utm, comment };
  return [change('email', null, email), ...begun({ ...profile, role, plan, test, ...quotas })];
}

const asWhat = ({ role, test, testSeconds }: Begun): string =>
  `as ${role}${test && testSeconds !== null ? `, a test account for ${days(testSeconds)}` : ''}`;

const quota = (value: Json): string => (value === null ? 'unlimited' : JSON.stringify(value));
const quotaWords = (from: Quotas, to: Quotas): string =>
  listed(differences(from, to).map((each) => `${spaced(each.field)} from ${quota(each.from)} to ${quota(each.to)}`));

const transport = ({ via }: MailEvent['data']): string =>
  via === 'workspace' ? "the workspace's mail server" : "the installation's mail server";

export const accountWords: Tellings<AccountEvent | MailEvent> = {
  UserCreated: {
    title: 'Account created',
    tell: (data) => told(`Created ${asWhat(data)}`, beginning(data)),
  },
  UserInvited: {
    title: 'Account invited',
    tell: (data) => told(`Invited ${asWhat(data)}`, beginning(data)),
  },
  InvitationResent: {
    title: 'Invitation sent again',
    tell: ({ lifetimeSeconds }) => told(`Invitation sent again, good for ${days(lifetimeSeconds)}`),
  },
  InvitationRevoked: {
    title: 'Invitation revoked',
    tell: () => told('Invitation revoked', [change('status', 'pending', null)]),
  },
  InvitationExpired: {
    title: 'Invitation expired',
    tell: () => told('Invitation expired', [change('status', 'pending', null)]),
  },
  InvitationAccepted: {
    title: 'Invitation accepted',
    tell: ({ fullName, utm }) =>
      told('Invitation accepted', [change('status', 'pending', 'active'), ...begun({ fullName, utm })]),
  },
  UserActivated: {
    title: 'Account activated by staff',
    tell: () => told('Activated with a password set by staff', [change('status', 'pending', 'active')]),
  },
  UserDisabled: {
    title: 'Account disabled or blocked',
    tell({ from, kind, reason, note, until }) {
      const what = kind === 'blocked' ? 'Blocked' : 'Disabled';
      const changes = [change('status', from, kind), ...begun({ disabledUntil: until, note })];
      return told(`${what}: ${REASONS[reason]}${until ? `, until ${day(until)}` : ''}`, changes, reason);
    },
  },
  UserEnabled: {
    title: 'Account enabled',
    tell({ from, to, cause }) {
      const what =
        cause === 'until' ? `Enabled: the time of being ${from === 'blocked' ? 'blocked' : 'disabled'} was over` : 'Enabled';
      return told(to === 'inactive' ? `${what}; its test time is over` : what, differences({ status: from }, { status: to }));
    },
  },
  TestExpired: {
    title: 'Test time over',
    tell: ({ testExpiresAt, from, to }) =>
      told(`Test time over on ${day(testExpiresAt)}`, differences({ status: from }, { status: to })),
  },
  TestExtended: {
    title: 'Test time extended',
    tell({ testSeconds, from }, at) {
      // Of a pending account the time begins with the acceptance.
      const end = from === null ? [] : [change('testExpiresAt', from, addSeconds(at, testSeconds))];
      return told(`Test time set to ${days(testSeconds)} from then on`, end);
    },
  },
  UserConverted: {
    title: 'Test account converted',
    tell: ({ botSlots }) =>
      told(`Converted to a regular account with ${count(botSlots, 'bot slot')}`, [
        change('test', true, false),
        change('botSlots', 0, botSlots),
      ]),
  },
  RoleChanged: {
    title: 'Role changed',
    tell: ({ from, to }) => told(`Role changed from ${from} to ${to}`, [change('role', from, to)]),
  },
  PasswordChanged: {
    title: 'Password changed',
    tell({ by, passwordChangeRequired }) {
      const how = { self: 'Password changed', staff: 'Password set by staff', reset: 'Password set through a mailed link' }[by];
      return told(passwordChangeRequired ? `${how}, to be changed at the next log-in` : how);
    },
  },
  PasswordChangeRequired: {
    title: 'Password change required',
    tell: () => told('Password to be changed at the next log-in', [change('passwordChangeRequired', false, true)]),
  },
  ProfileChanged: {
    title: 'Profile changed',
    tell({ fields, changes }) {
      const known = changes as typeof changes | undefined;
      return told(
        `Changed ${listed(fields.map(spaced))}`,
        changesOf(Object.fromEntries(fields.map((field) => [field, known?.[field]]))),
      );
    },
  },
  EmailChanged: {
    title: 'Email changed',
    tell: ({ from, to, how }) =>
      told(how === 'set' ? 'Email set by staff' : 'Email changed, confirmed by link', [change('email', from, to)]),
  },
  EmailChangeRequested: {
    title: 'Change of email requested',
    tell: ({ email }) => told('Asked for another email, to be confirmed by link', [change('requestedEmail', null, email)]),
  },
  PlanAssigned: {
    title: 'Plan assigned',
    tell: ({ from, to, reason }) => told(`Plan changed from ${from} to ${to}`, [change('plan', from, to)], reason),
  },
  QuotasChanged: {
    title: 'Quotas changed',
    tell: ({ from, to }) => told(`Quotas changed: ${quotaWords(from, to)}`, differences(from, to)),
  },
  UserDeleted: {
    title: 'Account deleted',
    tell: ({ reason, status }) =>
      told(reason ? `Deleted: ${REASONS[reason]}` : 'Deleted', [change('status', status, null)], reason),
  },
  InvitationMailSent: {
    title: 'Invitation mail sent',
    tell: (data) => told(`Invitation mail sent through ${transport(data)}`),
  },
  InvitationMailFailed: {
    title: 'Invitation mail failed',
    tell: (data) =>
      told(`Invitation mail failed at ${transport(data)}, ${data.retrying ? 'to be tried again' : 'given up'}`, [], data.error),
  },
};
