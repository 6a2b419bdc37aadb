import type { DomainEvent, EventDefinition } from '#event-store';
import type { Instant } from '#kernel';
import type { Role } from '#policy';

export type Status = 'pending' | 'active' | 'inactive' | 'blocked';
export type DisableKind = 'inactive' | 'blocked';
export type DisableReason = 'overdue' | 'under-review' | 'no-longer-needed' | 'left' | 'abuse' | 'other';
export type DeleteReason = 'no-longer-needed' | 'left' | 'test' | 'duplicate' | 'other';

/** Whose transport takes the invitation's mail: the workspace's own, or the installation's default one. */
export type MailVia = 'workspace' | 'installation';

/** Who the person is. All of it is personal: sealed under the person's key. */
export interface Profile {
  email: string;
  username: string | null;
  fullName: string | null;
  company: string | null;
  phone: string | null;
  attributes: Readonly<Record<string, string | number | boolean | null>>;
  comment: string | null;
  utm: Utm | null;
}
export interface Utm {
  source?: string;
  medium?: string;
  campaign?: string;
  term?: string;
  content?: string;
}
/** Fields of the profile that an edit can change; the email has events of its own. */
export type EditableField = 'fullName' | 'company' | 'phone' | 'username' | 'attributes';
export type FieldChange = { from: Profile[EditableField]; to: Profile[EditableField] };

/** Bot slots out of the workspace's pool; conversations per calendar month (null: unlimited); places for team members. */
export interface Quotas {
  botSlots: number;
  conversations: number | null;
  teamMembers: number;
}

interface Terms {
  role: Role;
  plan: string;
  test: boolean;
  /** Lifetime of a test account, from creation or acceptance; null for others. */
  testSeconds: number | null;
  quotas: Quotas;
}

export type UserCreated = DomainEvent<'UserCreated', Profile & Terms & { credential: string; passwordChangeRequired: boolean }>;
export type UserInvited = DomainEvent<
  'UserInvited',
  Profile & Terms & { invitation: string; generation: number; lifetimeSeconds: number; via: MailVia }
>;
export type InvitationResent = DomainEvent<'InvitationResent', { generation: number; lifetimeSeconds: number; via: MailVia }>;
export type InvitationRevoked = DomainEvent<'InvitationRevoked', { generation: number }>;
export type InvitationExpired = DomainEvent<'InvitationExpired', { generation: number }>;
export type InvitationAccepted = DomainEvent<
  'InvitationAccepted',
  { generation: number; credential: string; fullName: string | null; utm: Utm | null; testSeconds: number | null }
>;
/** Staff set the password of a pending account: its link is dead. */
export type UserActivated = DomainEvent<
  'UserActivated',
  { credential: string; passwordChangeRequired: boolean; testSeconds: number | null }
>;
export type UserDisabled = DomainEvent<
  'UserDisabled',
  { from: Status; kind: DisableKind; reason: DisableReason; note: string | null; until: Instant | null }
>;
export type UserEnabled = DomainEvent<
  'UserEnabled',
  {
    from: DisableKind;
    /** `inactive` where a test account's time was over meanwhile. */
    to: 'active' | 'inactive';
    cause: 'staff' | 'until';
  }
>;
export type TestExpired = DomainEvent<'TestExpired', { testExpiresAt: Instant; from: Status; to: Status }>;
export type TestExtended = DomainEvent<'TestExtended', { testSeconds: number; from: Instant | null; status: Status }>;
export type UserConverted = DomainEvent<'UserConverted', { botSlots: number; status: Status }>;
export type RoleChanged = DomainEvent<'RoleChanged', { from: Role; to: Role; botSlots: number }>;
export type PasswordChanged = DomainEvent<
  'PasswordChanged',
  {
    credential: string;
    by: 'self' | 'staff' | 'reset';
    passwordChangeRequired: boolean;
    /** The one session that goes on: its owner changed the own password in it. */
    session: string | null;
    /** Generation of the reset link that was used. */
    reset: number | null;
  }
>;
export type PasswordChangeRequired = DomainEvent<'PasswordChangeRequired', Record<string, never>>;
export type ProfileChanged = DomainEvent<
  'ProfileChanged',
  { fields: readonly EditableField[]; changes: Partial<Record<EditableField, FieldChange>> }
>;
export type EmailChanged = DomainEvent<'EmailChanged', { from: string; to: string; how: 'set' | 'confirmed' }>;
export type EmailChangeRequested = DomainEvent<
  'EmailChangeRequested',
  { generation: number; lifetimeSeconds: number; email: string }
>;
export type PlanAssigned = DomainEvent<'PlanAssigned', { from: string; to: string; reason: string | null }>;
export type QuotasChanged = DomainEvent<'QuotasChanged', { from: Quotas; to: Quotas }>;
export type UserDeleted = DomainEvent<'UserDeleted', { reason: DeleteReason | null; status: Status }>;

export type AccountEvent =
  | UserCreated
  | UserInvited
  | InvitationResent
  | InvitationRevoked
  | InvitationExpired
  | InvitationAccepted
  | UserActivated
  | UserDisabled
  | UserEnabled
  | TestExpired
  | TestExtended
  | UserConverted
  | RoleChanged
  | PasswordChanged
  | PasswordChangeRequired
  | ProfileChanged
  | EmailChanged
  | EmailChangeRequested
  | PlanAssigned
  | QuotasChanged
  | UserDeleted;

const profile = ['email', 'username', 'fullName', 'company', 'phone', 'attributes', 'comment', 'utm'];
const event = (type: AccountEvent['type'], personal: readonly string[] = []): EventDefinition => ({ type, version: 1, personal });

/** Types, versions and personal fields of everything that is recorded in the stream of an account. */
export const accountEvents: readonly EventDefinition[] = [
  event('UserCreated', profile),
  event('UserInvited', profile),
  event('InvitationResent'),
  event('InvitationRevoked'),
  event('InvitationExpired'),
  event('InvitationAccepted', ['fullName', 'utm']),
  event('UserActivated'),
  event('UserDisabled', ['note']),
  event('UserEnabled'),
  event('TestExpired'),
  event('TestExtended'),
  event('UserConverted'),
  event('RoleChanged'),
  event('PasswordChanged'),
  event('PasswordChangeRequired'),
  event('ProfileChanged', ['changes']),
  event('EmailChanged', ['from', 'to']),
  event('EmailChangeRequested', ['email']),
  event('PlanAssigned', ['reason']),
  event('QuotasChanged'),
  event('UserDeleted'),
];

/** Events after which the account is no more: its key is destroyed and its rows are removed. */
export const TERMINAL = [
  'UserDeleted',
  'InvitationRevoked',
  'InvitationExpired',
] as const satisfies readonly AccountEvent['type'][];
