import { NO_STREAM, type Position, type Recorded, type Revision } from '#event-store';
import { addSeconds, type Instant } from '#kernel';
import { isStaff, type Role } from '#policy';
import type { AccountEvent, DisableKind, DisableReason, MailVia, Profile, Quotas, Status } from './account.events.js';

/** Days for which an invitation's link is good. Source: product page "Managing Customer Accounts". */
export const INVITATION_DAYS = 7;
export const DEFAULT_TEST_DAYS = 14;
export const DEFAULT_TEAM_MEMBERS = 10;

/** An account as its stream tells it: plain JSON. `phase` says how far its life has come, `status` is derived. */
export interface Account {
  readonly phase: 'absent' | 'pending' | 'member' | 'released' | 'deleted';
  /** The `ETag`: goes up with every change of the account, and with nothing else. */
  readonly version: number;
  readonly profile: Profile;
  readonly role: Role;
  readonly plan: string;
  readonly quotas: Quotas;
  readonly test: boolean;
  readonly testSeconds: number | null;
  readonly testExpiresAt: Instant | null;
  /** The test account's time was over when the event was recorded; nobody has extended or converted it since. */
  readonly expired: boolean;
  readonly disabled: { kind: DisableKind; reason: DisableReason; note: string | null; until: Instant | null } | null;
  readonly credential: string | null;
  readonly passwordChangeRequired: boolean;
  /** Generation of the last reset link that was used. */
  readonly resetUsed: number;
  /** Where the log has the last new password or other address: reset links that were asked for before are dead. -1: it has none. */
  readonly resetsAfter: Position;
  readonly invitation: Invitation | null;
  /** An address that waits for its owner's word; `position` is where it was asked for. What ends the sessions ends the wish that came of one. */
  readonly emailChange: { generation: number; email: string; expiresAt: Instant; position: Position } | null;
  readonly emailGeneration: number;
  readonly createdBy: string | null;
  readonly createdAt: Instant;
  readonly joinedAt: Instant | null;
  /** The last event that ended the account's sessions, and the one session that it let live; revision -1: none did. */
  readonly ended: { revision: Revision; except: string | null };
  /** The last event that barred or lifted the account's API keys. */
  readonly barred: { revision: Revision; barred: boolean };
}

export interface Invitation {
  readonly id: string;
  readonly state: 'pending' | 'accepted' | 'expired' | 'revoked';
  readonly generation: number;
  readonly invitedBy: string | null;
  readonly invitedAt: Instant;
  readonly sentAt: Instant;
  readonly expiresAt: Instant;
  readonly via: MailVia;
}

const nobody: Profile = {
  email: '',
  username: null,
  fullName: null,
  company: null,
  phone: null,
  attributes: {},
  comment: null,
  utm: null,
};

/** A profile of which the address and the name are known, and nothing else. */
export const profileOf = (email: string, fullName: string): Profile => ({ ...nobody, email, fullName });

export const absent: Account = {
  phase: 'absent',
  version: 0,
  profile: nobody,
  role: 'user',
  plan: '',
  quotas: { botSlots: 0, conversations: null, teamMembers: DEFAULT_TEAM_MEMBERS },
  test: false,
  testSeconds: null,
  testExpiresAt: null,
  expired: false,
  disabled: null,
  credential: null,
  passwordChangeRequired: false,
  resetUsed: 0,
  resetsAfter: -1,
  invitation: null,
  emailChange: null,
  emailGeneration: 0,
  createdBy: null,
  createdAt: '',
  joinedAt: null,
  ended: { revision: NO_STREAM, except: null },
  barred: { revision: NO_STREAM, barred: false },
};

/** What the account is to everybody outside: disabled by hand comes before expired. */
export function statusOf(account: Account): Status {
  if (account.phase === 'pending') return 'pending';
  if (account.disabled) return account.disabled.kind;
  return account.expired ? 'inactive' : 'active';
}

/** The reason of an inactive or blocked account; null for others. */
export const statusReasonOf = (account: Account): DisableReason | 'test-expired' | null =>
  account.disabled ? account.disabled.reason : account.expired ? 'test-expired' : null;

/** Whether a test account's time is over at `now`, recorded or not yet. */
export const isOver = (account: Account, now: Instant): boolean =>
  account.expired || (account.test && account.testExpiresAt !== null && now >= account.testExpiresAt);

/** Whether the person may use the platform at `now`: what log-in, refresh and impersonation ask. */
export const mayEnter = (account: Account, now: Instant): boolean =>
  account.phase === 'member' && account.disabled === null && !isOver(account, now);

/** Whether a mailed reset link is spent: it or a later one was used, or it was asked for before the password or the address in force. */
export const isResetSpent = (
  { resetUsed, resetsAfter }: Pick<Account, 'resetUsed' | 'resetsAfter'>,
  { generation, position }: { readonly generation: number; readonly position: Position },
): boolean => generation <= resetUsed || position < resetsAfter;

/** Whether the account lives: it can be read and changed. */
export const exists = (account: Account): boolean => account.phase === 'pending' || account.phase === 'member';

/** Regular customers hold slots of the pool; test accounts and staff hold none. */
export const holdsSlots = (account: Pick<Account, 'role' | 'test'>): boolean => !isStaff(account.role) && !account.test;

/** Folds one fact. Never refuses: what is recorded has happened. */
export function evolve(before: Account, recorded: Recorded<AccountEvent>): Account {
  const after = changed(before, recorded);
  const ended = endedBy(before, recorded);
  const emailChange = ended === before.ended ? after.emailChange : null;
  return { ...after, version: recorded.revision + 1, ended, emailChange, barred: barredBy(before, after, recorded) };
}

/** Every stop, every new password and every other role ends what was opened before. */
function endedBy(before: Account, { event, revision }: Recorded<AccountEvent>): Account['ended'] {
  switch (event.type) {
    case 'PasswordChanged':
      return { revision, except: event.data.session };
    case 'UserDisabled':
    case 'TestExpired':
    case 'RoleChanged':
    case 'PasswordChangeRequired':
    case 'InvitationRevoked':
    case 'InvitationExpired':
    case 'UserDeleted':
      return { revision, except: null };
    case 'UserCreated':
    case 'UserInvited':
    case 'InvitationResent':
    case 'InvitationAccepted':
    case 'UserActivated':
    case 'UserEnabled':
    case 'TestExtended':
    case 'UserConverted':
    case 'ProfileChanged':
    case 'EmailChanged':
    case 'EmailChangeRequested':
    case 'PlanAssigned':
    case 'QuotasChanged':
      return before.ended;
  }
}

/** What is deleted stays barred: its keys must not work again while they are being removed. */
function barredBy(before: Account, after: Account, { revision }: Recorded<AccountEvent>): Account['barred'] {
  const barred = after.phase === 'deleted' || (after.phase === 'member' && (after.disabled !== null || after.expired));
  return barred === before.barred.barred ? before.barred : { revision, barred };
}

function changed(account: Account, { event, created, position, metadata, erased }: Recorded<AccountEvent>): Account {
  switch (event.type) {
    case 'UserCreated': {
      const { credential, passwordChangeRequired } = event.data;
      const start = begun(account, event.data, created, metadata.actor.id, erased);
      return { ...member(start, created), credential, passwordChangeRequired };
    }
    case 'UserInvited': {
      const { invitation: id, generation, lifetimeSeconds, via } = event.data;
      const start = begun(account, event.data, created, metadata.actor.id, erased);
      const expiresAt = addSeconds(created, lifetimeSeconds);
      const invitation = {
        id,
        generation,
        state: 'pending' as const,
        invitedBy: metadata.actor.id,
        invitedAt: created,
        sentAt: created,
        expiresAt,
        via,
      };
      return { ...start, phase: 'pending', invitation };
    }
    case 'InvitationResent': {
      const { generation, lifetimeSeconds, via } = event.data;
      return invited(account, { via, generation, sentAt: created, expiresAt: addSeconds(created, lifetimeSeconds) });
    }
    case 'InvitationRevoked':
      return { ...invited(account, { state: 'revoked' }), phase: 'released', profile: nobody };
    case 'InvitationExpired':
      return { ...invited(account, { state: 'expired' }), phase: 'released', profile: nobody };
    case 'InvitationAccepted': {
      const profile = {
        ...account.profile,
        fullName: event.data.fullName ?? account.profile.fullName,
        utm: event.data.utm ?? account.profile.utm,
      };
      return { ...invited(member(account, created), { state: 'accepted' }), profile, credential: event.data.credential };
    }
    case 'UserActivated': {
      const { credential, passwordChangeRequired } = event.data;
      return { ...invited(member(account, created), { state: 'accepted' }), credential, passwordChangeRequired };
    }
    case 'UserDisabled': {
      const { kind, reason, note = null, until } = event.data;
      return { ...account, disabled: { kind, reason, note, until } };
    }
    case 'UserEnabled':
      return { ...account, disabled: null };
    case 'TestExpired':
      return { ...account, expired: true };
    case 'TestExtended':
      return {
        ...account,
        testSeconds: event.data.testSeconds,
        testExpiresAt: addSeconds(created, event.data.testSeconds),
        expired: false,
      };
    case 'UserConverted':
      return {
        ...account,
        test: false,
        testSeconds: null,
        testExpiresAt: null,
        expired: false,
        quotas: { ...account.quotas, botSlots: event.data.botSlots },
      };
    case 'RoleChanged':
      return { ...account, role: event.data.to, quotas: { ...account.quotas, botSlots: event.data.botSlots } };
    case 'PasswordChanged': {
      const { credential, passwordChangeRequired, reset } = event.data;
      const resetUsed = Math.max(account.resetUsed, reset ?? 0);
      return { ...account, credential, passwordChangeRequired, resetUsed, resetsAfter: position };
    }
    case 'PasswordChangeRequired':
      return { ...account, passwordChangeRequired: true };
    case 'ProfileChanged': {
      const to = Object.entries(event.data.changes ?? {}).map(([field, change]) => [field, change.to] as const);
      return { ...account, profile: { ...account.profile, ...(Object.fromEntries(to) as Partial<Profile>) } };
    }
    case 'EmailChanged':
      return {
        ...account,
        profile: { ...account.profile, email: event.data.to ?? '' },
        emailChange: null,
        resetsAfter: position,
      };
    case 'EmailChangeRequested': {
      const { generation, lifetimeSeconds, email } = event.data;
      return {
        ...account,
        emailGeneration: generation,
        emailChange: { generation, email, expiresAt: addSeconds(created, lifetimeSeconds), position },
      };
    }
    case 'PlanAssigned':
      return { ...account, plan: event.data.to };
    case 'QuotasChanged':
      return { ...account, quotas: event.data.to };
    case 'UserDeleted':
      return { ...account, phase: 'deleted', profile: nobody, emailChange: null };
  }
}

type Start = Profile & { role: Role; plan: string; test: boolean; testSeconds: number | null; quotas: Quotas };

function begun(account: Account, data: Start, created: Instant, by: string | null, erased: boolean): Account {
  const { role, plan, test, testSeconds, quotas } = data;
  const profile = erased ? nobody : pickProfile(data);
  return { ...account, profile, role, plan, test, testSeconds, quotas, createdBy: by, createdAt: created };
}

function pickProfile({ email, username, fullName, company, phone, attributes, comment, utm }: Profile): Profile {
  return { email, username, fullName, company, phone, attributes, comment, utm };
}

/** From now on a member: the lifetime of a test account begins. */
const member = (account: Account, created: Instant): Account => ({
  ...account,
  phase: 'member',
  joinedAt: created,
  testExpiresAt: account.testSeconds === null ? null : addSeconds(created, account.testSeconds),
});

const invited = (account: Account, changes: Partial<Invitation>): Account =>
  account.invitation ? { ...account, invitation: { ...account.invitation, ...changes } } : account;
