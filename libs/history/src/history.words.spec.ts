import { accessEvents } from '#access';
import { accountEvents, mailEvents } from '#accounts';
import type { JsonObject } from '#kernel';
import { workspaceEvents } from '#workspaces';
import {
  describe as tell,
  historyEvents,
  kindsLike,
  KINDS,
  reasonsLike,
  withoutNotes,
  type HistoryEvent,
} from './history.words.js';

const NOON = '2026-01-31T12:00:00.000Z';
const quotas = { botSlots: 1, conversations: null, teamMembers: 10 };
const smtp = { host: 'mail.brand.test', port: 465, security: 'tls', user: 'brand', from: 'hello@brand.test' };
const profile = {
  email: 'sara@northwind.test',
  username: 'sara',
  fullName: 'Sara North',
  company: 'Northwind',
  phone: '+49 30 1',
  attributes: { tier: 'gold' },
  comment: 'met at the fair',
  utm: { source: 'fair' },
};
const found = { txt: ['whitebook=p'], cname: [] };

/** Data of one event of each kind, and its summary. */
const SAMPLES: Readonly<Record<HistoryEvent['type'], readonly [data: JsonObject, summary: string]>> = {
  UserCreated: [{ ...profile, role: 'user', plan: 'standard', test: false, testSeconds: null, quotas }, 'Created as user'],
  UserInvited: [
    { ...profile, role: 'user', plan: 'standard', test: true, testSeconds: 1_209_600, quotas },
    'Invited as user, a test account for 14 days',
  ],
  InvitationResent: [{ generation: 2, lifetimeSeconds: 604_800 }, 'Invitation sent again, good for 7 days'],
  InvitationRevoked: [{ generation: 1 }, 'Invitation revoked'],
  InvitationExpired: [{ generation: 1 }, 'Invitation expired'],
  InvitationAccepted: [{ fullName: 'Sara North', utm: null }, 'Invitation accepted'],
  UserActivated: [{}, 'Activated with a password set by staff'],
  UserDisabled: [
    { from: 'active', kind: 'inactive', reason: 'overdue', note: 'pays late', until: '2026-03-01T00:00:00.000Z' },
    'Disabled: payment overdue, until 2026-03-01',
  ],
  UserEnabled: [{ from: 'blocked', to: 'active', cause: 'until' }, 'Enabled: the time of being blocked was over'],
  TestExpired: [{ testExpiresAt: NOON, from: 'active', to: 'inactive' }, 'Test time over on 2026-01-31'],
  TestExtended: [{ testSeconds: 86_400, from: NOON, status: 'active' }, 'Test time set to 1 day from then on'],
  UserConverted: [{ botSlots: 1, status: 'active' }, 'Converted to a regular account with 1 bot slot'],
  RoleChanged: [{ from: 'user', to: 'manager', botSlots: 0 }, 'Role changed from user to manager'],
  PasswordChanged: [{ by: 'staff', passwordChangeRequired: true }, 'Password set by staff, to be changed at the next log-in'],
  PasswordChangeRequired: [{}, 'Password to be changed at the next log-in'],
  ProfileChanged: [
    {
      fields: ['fullName', 'phone'],
      changes: { fullName: { from: 'Sara North', to: 'Sara Nord' }, phone: { from: null, to: '+49 30 1' } },
    },
    'Changed full name and phone',
  ],
  EmailChanged: [{ from: 'sara@northwind.test', to: 's@northwind.test', how: 'confirmed' }, 'Email changed, confirmed by link'],
  EmailChangeRequested: [{ email: 's@northwind.test' }, 'Asked for another email, to be confirmed by link'],
  PlanAssigned: [{ from: 'standard', to: 'pro', reason: 'a gift to Sara' }, 'Plan changed from standard to pro'],
  QuotasChanged: [
    { from: quotas, to: { ...quotas, botSlots: 3, conversations: 500 } },
    'Quotas changed: bot slots from 1 to 3 and conversations from unlimited to 500',
  ],
  UserDeleted: [{ reason: 'no-longer-needed', status: 'active' }, 'Deleted: no longer needed'],
  InvitationMailSent: [{ via: 'workspace' }, "Invitation mail sent through the workspace's mail server"],
  InvitationMailFailed: [
    { via: 'installation', error: 'refused', retrying: true },
    "Invitation mail failed at the installation's mail server, to be tried again",
  ],
  WorkspaceCreated: [{ id: 'w1', name: 'Brand', slug: 'brand', botSlots: 5 }, 'Workspace created with 5 bot slots'],
  WorkspaceSuspended: [{}, 'Workspace suspended'],
  WorkspaceResumed: [{}, 'Workspace resumed'],
  PoolChanged: [{ from: 5, to: 7 }, 'Pool changed from 5 to 7 bot slots'],
  WorkspaceSettingsChanged: [{ changes: { defaultPlan: { from: 'standard', to: 'pro' } } }, 'Settings changed: default plan'],
  BrandingChanged: [{ changes: { supportEmail: { from: null, to: 'help@brand.test' } } }, 'Branding changed: support email'],
  SmtpConfigured: [{ from: null, to: smtp, secret: 's1' }, 'Mail server configured'],
  SmtpRemoved: [{ from: smtp }, 'Mail server removed'],
  DomainSet: [{ domain: 'brand.test', proof: 'p', from: null }, 'Domain brand.test set, to be verified'],
  DomainVerified: [{ domain: 'brand.test', found }, 'Domain brand.test verified'],
  DomainLapsed: [{ domain: 'brand.test', found }, 'Domain brand.test lapsed: its proof is gone'],
  DomainRemoved: [{ domain: 'brand.test' }, 'Domain brand.test removed'],
  UserLoggedIn: [{ session: 's1', method: 'password' }, 'Logged in'],
  LoginFailed: [{ cause: 'invalid-credentials', address: '192.0.2.1', agent: 'curl' }, 'Log-in failed: wrong password'],
  AccountLocked: [{ failures: 10, seconds: 1 }, 'Log-in locked for 1 second after 10 failed log-ins'],
  SignInLocked: [
    { by: 'source', failures: 100, seconds: 900 },
    'Log-in locked for a source for 15 minutes after 100 failed log-ins',
  ],
  AccountUnlocked: [{}, 'Log-in unlocked'],
  SessionEnded: [{ session: 's1', cause: 'logout' }, 'Logged out'],
  SessionsEnded: [{}, 'All sessions ended'],
  PasswordResetRequested: [{ generation: 1, lifetimeSeconds: 3600 }, 'Link for a new password requested, good for 60 minutes'],
  UserImpersonated: [
    { session: 's1', staff: 'a1', lifetimeSeconds: 1800, reason: 'Sara asked for help' },
    'Staff logged in as the customer, for 30 minutes at most',
  ],
  ImpersonationEnded: [{ session: 's1', staff: 'a1', cause: 'cut-off' }, 'Impersonation ended: cut off'],
  ApiKeyCreated: [{ key: 'k1', scopes: ['accounts:read'], expiresAt: null, name: 'CRM of Sara' }, 'API key created with 1 scope'],
  ApiKeyRevoked: [{ key: 'k1' }, 'API key revoked'],
};
const samples = Object.entries(SAMPLES);
const definitionOf = (kind: string) => historyEvents.find(({ type }) => type === kind);
const erased = (kind: string, data: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(data).filter(([name]) => definitionOf(kind)?.personal.includes(name) !== true));
/** What a person would be known by in the samples. */
const PERSONAL = /sara|north|pays late|gift|fair|192\.0|help@|hello@/i;

describe('the words of the history', () => {
  it.each([...accountEvents, ...mailEvents, ...workspaceEvents, ...accessEvents].map(({ type }) => type))(
    'HIST-1 has a title and words for %s',
    (kind) => {
      expect(KINDS.find((each) => each.kind === kind)?.title).toMatch(/^[A-Z].+/);
      expect(SAMPLES).toHaveProperty(kind);
    },
  );

  it('HIST-1 lists no kind that does not exist', () => {
    expect(KINDS.filter(({ kind }) => !definitionOf(kind))).toEqual([]);
  });

  it.each(samples)('HIST-1 tells %s in words, without personal data', (kind, [data, summary]) => {
    expect(tell(kind, data, NOON).summary).toBe(summary);
    expect(summary).not.toMatch(PERSONAL);
  });

  it.each(samples)('COR-16 tells %s where the key of the person is destroyed', (kind, [data, summary]) => {
    const told = tell(kind, erased(kind, data), NOON);
    if (kind !== 'BrandingChanged') expect(told.summary).toBe(summary);
    expect(JSON.stringify(told)).not.toMatch(PERSONAL);
  });

  it('HIST-1 gives values before and after', () => {
    expect(tell('UserDisabled', SAMPLES.UserDisabled[0], NOON)).toEqual({
      summary: 'Disabled: payment overdue, until 2026-03-01',
      reason: 'overdue',
      changes: [
        { field: 'status', from: 'active', to: 'inactive' },
        { field: 'disabledUntil', from: null, to: '2026-03-01T00:00:00.000Z' },
        { field: 'note', from: null, to: 'pays late' },
      ],
    });
  });

  it('HIST-1 gives null for values that are erased', () => {
    const { changes } = tell('ProfileChanged', { fields: ['fullName', 'phone'] }, NOON);
    expect(changes).toEqual([
      { field: 'fullName', from: null, to: null },
      { field: 'phone', from: null, to: null },
    ]);
  });

  it('AUTH-1 leaves out notes of staff for everybody else, and nothing more', () => {
    const plain = (kind: HistoryEvent['type']) => withoutNotes(kind, tell(kind, SAMPLES[kind][0], NOON));
    expect(plain('UserDisabled').changes.map(({ field }) => field)).toEqual(['status', 'disabledUntil']);
    expect(plain('UserDisabled').reason).toBe('overdue');
    expect(plain('UserCreated').changes.map(({ field }) => field)).not.toContain('comment');
    expect(plain('PlanAssigned')).not.toHaveProperty('reason');
    expect(plain('UserImpersonated').reason).toBe('Sara asked for help');
  });

  it('finds kinds by name and title, and reasons by code and words', () => {
    expect(kindsLike(' mail server ')).toEqual(['SmtpConfigured', 'SmtpRemoved']);
    expect(kindsLike('userdis')).toEqual(['UserDisabled']);
    expect(reasonsLike('Payment')).toEqual(['overdue']);
    expect(reasonsLike('under-rev')).toEqual(['under-review']);
  });

  it('tells a kind that has no words by its name', () => {
    expect(tell('CallReported', {}, NOON)).toEqual({ summary: 'Call reported', changes: [] });
  });
});
