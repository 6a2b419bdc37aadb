import { accountOf, accountStream } from '#commands';
import type { DomainEvent, Recorded } from '#event-store';
import { addSeconds, type Instant, type JsonObject } from '#kernel';
import type { Change, Collection, Projection } from '#read-store';
import { accountEvents, TERMINAL, type AccountEvent, type Profile, type Quotas, type Status } from './account.events.js';
import { invitationChanges, invitations } from './invitations.projection.js';
import { timerChanges, timers } from './timers.projection.js';
import { mailEvents, type MailEvent } from './mail.events.js';

/** Row of an account in the list. Pending ones have a row too, with `listed: false`. */
export type AccountRow = {
  workspace: string;
  listed: boolean;
  number: number | null;
  email: string | null;
  username: string | null;
  fullName: string | null;
  company: string | null;
  /** The company without case, for the exact filter. */
  companyKey: string | null;
  phone: string | null;
  role: string;
  plan: string;
  status: Status;
  statusReason: string | null;
  statusNote: string | null;
  disabledUntil: Instant | null;
  test: boolean;
  testExpiresAt: Instant | null;
  botSlots: number;
  conversations: number | null;
  teamMembers: number;
  attributes: JsonObject;
  utm: JsonObject | null;
  utmSource: string | null;
  utmMedium: string | null;
  utmCampaign: string | null;
  comment: string | null;
  createdBy: string | null;
  createdAt: Instant;
  joinedAt: Instant | null;
  lastLoginAt: Instant | null;
  /** The `ETag`. */
  revision: number;
};

const sorts = [
  'number',
  'email',
  'username',
  'fullName',
  'company',
  'phone',
  'role',
  'plan',
  'status',
  'testExpiresAt',
  'joinedAt',
  'lastLoginAt',
];

/** Counters and list of the accounts of all workspaces. */
export const accountList: Collection<never> = {
  name: 'list',
  fields: {
    workspace: 'key',
    listed: 'flag',
    number: 'number',
    email: 'text',
    username: 'text',
    fullName: 'text',
    company: 'text',
    companyKey: 'key',
    phone: 'text',
    role: 'key',
    plan: 'key',
    status: 'key',
    test: 'flag',
    testExpiresAt: 'key',
    botSlots: 'number',
    utmSource: 'key',
    utmMedium: 'key',
    utmCampaign: 'key',
    createdAt: 'key',
    joinedAt: 'key',
    lastLoginAt: 'key',
  },
  indexes: [
    ...sorts.map((field) => ['workspace', 'listed', field]),
    ['workspace', 'listed', 'status', 'joinedAt'],
    ['workspace', 'listed', 'companyKey', 'joinedAt'],
    ['workspace', 'createdAt'],
    ['workspace', 'status', 'createdAt'],
    ['workspace', 'botSlots'],
  ],
  search: {
    tenant: 'workspace',
    texts: ['email', 'fullName', 'username', 'company', 'phone'] as never[],
    digits: ['phone'] as never[],
  },
  buckets: (row: AccountRow & { id: string }) => bucketsOf(row),
};

/** In which summary counters a row counts, apart from what time decides. */
export function bucketsOf({
  workspace,
  listed,
  status,
  test,
}: Pick<AccountRow, 'workspace' | 'listed' | 'status' | 'test'>): string[] {
  if (!listed) return [`${workspace}/pending`];
  const names = ['total', `status:${status}`, ...(test ? ['test'] : [])];
  return names.map((name) => `${workspace}/${name}`);
}

/** A log-in, recorded in the account's access stream. */
type UserLoggedIn = DomainEvent<'UserLoggedIn', object>;
/** A reset link that was asked for, recorded there too. */
type PasswordResetRequested = DomainEvent<'PasswordResetRequested', { generation: number; lifetimeSeconds: number }>;
type Handled = AccountEvent | MailEvent | UserLoggedIn | PasswordResetRequested;

/** Accounts, their invitations and their timers: rows for lists, counts and single accounts. */
export const accountsProjection: Projection = {
  name: 'accounts',
  version: 1,
  collections: [accountList, invitations, timers],
  unparkable: TERMINAL,
  numbered: ({ type, workspace }) => (ENTERING.includes(type) ? workspace : null),
  project(recorded, { number }) {
    const place = accountOf(recorded.stream.replace(/^mail-/, 'access-'));
    if (!place) return [];
    if (!HANDLED.has(recorded.event.type)) return [];
    const known = recorded as Recorded<Handled>;
    return [
      ...listChanges(known, place, number),
      ...revisionChange(known, place),
      ...invitationChanges(known, place),
      ...timerChanges(known, place),
    ];
  },
};

const HANDLED = new Set<string>([...accountEvents, ...mailEvents].map(({ type }) => type))
  .add('UserLoggedIn')
  .add('PasswordResetRequested');

/** Events with which an account enters the list and takes its number. */
const ENTERING = ['UserCreated', 'InvitationAccepted', 'UserActivated'];

/** Every change of an account moves its revision; log-ins and mails lie in other streams. */
function revisionChange(recorded: Recorded, { workspace, account }: { workspace: string; account: string }): Change[] {
  if (recorded.stream !== accountStream(workspace, account)) return [];
  return [{ op: 'set', collection: 'list', id: account, fields: { revision: recorded.revision + 1 } }];
}

function listChanges(
  recorded: Recorded<Handled>,
  { workspace, account }: { workspace: string; account: string },
  number: number | null,
): Change[] {
  const { event, created, metadata } = recorded;
  const id = account;
  const set = (fields: JsonObject): Change[] => [{ op: 'set', collection: 'list', id, fields }];
  const entered = { listed: true, number, status: 'active', joinedAt: created };
  switch (event.type) {
    case 'UserCreated':
    case 'UserInvited': {
      const { data } = event;
      const base = begun(workspace, data, created, metadata.actor.id);
      const row: AccountRow =
        event.type === 'UserInvited'
          ? base
          : { ...base, ...entered, status: 'active', testExpiresAt: endOf(data.testSeconds, created) };
      return [{ op: 'put', collection: 'list', id, row }];
    }
    case 'InvitationAccepted': {
      const { fullName, utm, testSeconds } = event.data;
      return set({
        ...entered,
        testExpiresAt: endOf(testSeconds, created),
        ...(fullName ? { fullName } : {}),
        ...(utm ? utmFields(utm) : {}),
      });
    }
    case 'UserActivated':
      return set({ ...entered, testExpiresAt: endOf(event.data.testSeconds, created) });
    case 'UserDisabled': {
      const { kind, reason, note = null, until } = event.data;
      return set({ status: kind, statusReason: reason, statusNote: note, disabledUntil: until });
    }
    case 'UserEnabled':
      return set({
        status: event.data.to,
        statusReason: event.data.to === 'inactive' ? 'test-expired' : null,
        statusNote: null,
        disabledUntil: null,
      });
    case 'TestExpired':
      return event.data.from === event.data.to ? [] : set({ status: event.data.to, statusReason: 'test-expired' });
    case 'TestExtended':
      return set({ testExpiresAt: endOf(event.data.testSeconds, created), ...activeAgain(event.data.status) });
    case 'UserConverted': {
      const { botSlots, status } = event.data;
      return set({ test: false, testExpiresAt: null, botSlots, ...activeAgain(status) });
    }
    case 'RoleChanged':
      return set({ role: event.data.to, botSlots: event.data.botSlots });
    case 'ProfileChanged':
      return set(profileFields(event.data.changes ?? {}));
    case 'EmailChanged':
      return set({ email: event.data.to ?? null });
    case 'PlanAssigned':
      return set({ plan: event.data.to });
    case 'QuotasChanged':
      return set({ ...event.data.to });
    case 'UserLoggedIn':
      return set({ lastLoginAt: created });
    case 'UserDeleted':
    case 'InvitationRevoked':
    case 'InvitationExpired':
      return [{ op: 'remove', collection: 'list', id }];
    case 'InvitationResent':
    case 'PasswordChanged':
    case 'PasswordChangeRequired':
    case 'EmailChangeRequested':
    case 'InvitationMailSent':
    case 'InvitationMailFailed':
    case 'PasswordResetRequested':
      return [];
  }
}

type Begun = Profile & { role: string; plan: string; test: boolean; testSeconds: number | null; quotas: Quotas };

function begun(workspace: string, data: Begun, created: Instant, by: string | null): AccountRow {
  const { role, plan, test, quotas } = data;
  return {
    workspace,
    listed: false,
    number: null,
    email: data.email ?? null,
    username: data.username ?? null,
    fullName: data.fullName ?? null,
    company: data.company ?? null,
    companyKey: keyOf(data.company),
    phone: data.phone ?? null,
    attributes: data.attributes ?? {},
    ...utmFields(data.utm ?? null),
    comment: data.comment ?? null,
    role,
    plan,
    test,
    testExpiresAt: null,
    ...quotas,
    status: 'pending',
    statusReason: null,
    statusNote: null,
    disabledUntil: null,
    createdBy: by,
    createdAt: created,
    joinedAt: null,
    lastLoginAt: null,
    revision: 0,
  };
}

export const keyOf = (company: string | null | undefined): string | null => company?.normalize('NFC').toLowerCase() ?? null;

const endOf = (testSeconds: number | null, from: Instant): Instant | null =>
  testSeconds === null ? null : addSeconds(from, testSeconds);

const activeAgain = (status: Status): JsonObject => (status === 'active' ? { status, statusReason: null } : {});

const utmFields = (utm: Profile['utm']) => ({
  utm: utm ? { ...utm } : null,
  utmSource: utm?.source ?? null,
  utmMedium: utm?.medium ?? null,
  utmCampaign: utm?.campaign ?? null,
});

function profileFields(changes: Partial<Record<string, { to: unknown }>>): JsonObject {
  const fields = Object.fromEntries(
    Object.entries(changes).map(([name, change]) => [name, (change?.to ?? null) as JsonObject[string]]),
  );
  return 'company' in fields ? { ...fields, companyKey: keyOf(fields['company'] as string | null) } : fields;
}
