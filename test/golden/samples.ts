import type { AccessEvent } from '#access/records';
import type { AccountEvent, MailEvent } from '#accounts/records';
import type { ClaimVoided, ResourceEvent } from '#commands';
import type { WorkspaceEvent } from '#workspaces/records';

/** Every event that this release writes. */
export type KnownEvent = AccountEvent | MailEvent | WorkspaceEvent | AccessEvent | ResourceEvent | ClaimVoided;
export type EventType = KnownEvent['type'];
type DataOf<T extends EventType> = Extract<KnownEvent, { type: T }>['data'];

export const WORKSPACE = '3f'.repeat(16);
export const CUSTOMER = '5a'.repeat(16);
export const ADMIN = 'ad'.repeat(16);
const SESSION = '5e'.repeat(16);
const CREDENTIAL = 'c4'.repeat(16);
const CLAIM = `9b1f6c1e-54a8-5d0c-8f47-2f1f4a1f7d10/pool-${WORKSPACE}/0`;
const SUMMER = '2026-07-01T09:00:00.000Z';

const profile = {
  email: 'sara@northwind.test',
  username: 'sara.north',
  fullName: 'Sara North',
  company: 'Northwind Traders',
  phone: '+49 30 901820',
  attributes: { tier: 'gold', seats: 12, trusted: true, region: null },
  comment: 'Met at the fair in Lübeck',
  utm: { source: 'fair', medium: 'leaflet', campaign: 'spring', term: 'books', content: 'blue' },
};
const terms = { role: 'user', plan: 'standard', quotas: { botSlots: 2, conversations: 500, teamMembers: 10 } } as const;
const smtp = {
  host: 'mail.northwind.test',
  port: 465,
  security: 'tls',
  user: 'northwind-mailer',
  from: { name: 'Northwind Mail', address: 'hello@northwind.test' },
} as const;
const found = { txt: ['whitebook=2f8d'], cname: ['app.whitebook.test'], failure: 'SERVFAIL' };

/**
 * Data of one event of each type in its present version, with every field: a new type, or a new field of a type, does not compile
 * without. Another sample means other data, and thus a new version with a golden file of its own.
 */
export const samples: { readonly [T in EventType]: Required<DataOf<T>> } = {
  ClaimTaken: { claim: CLAIM, holder: `account-${WORKSPACE}-${CUSTOMER}`, amount: 2, settled: false },
  ClaimSettled: { claim: CLAIM },
  ClaimReleased: { claim: CLAIM, left: 1 },
  ClaimVoided: { claim: CLAIM },
  PoolResized: { botSlots: 25 },
  OwnerListed: { account: ADMIN },

  WorkspaceCreated: { id: WORKSPACE, name: 'Northwind', slug: 'northwind', botSlots: 10 },
  WorkspaceSuspended: {},
  WorkspaceResumed: {},
  PoolChanged: { from: 10, to: 25 },
  WorkspaceSettingsChanged: {
    changes: {
      name: { from: 'Northwind', to: 'Northwind Group' },
      requirePasswordChange: { from: false, to: true },
      managersMayImpersonate: { from: false, to: true },
      currency: { from: 'USD', to: 'EUR' },
      timeZone: { from: 'UTC', to: 'Europe/Berlin' },
      defaultPlan: { from: 'standard', to: 'business' },
    },
  },
  BrandingChanged: {
    changes: {
      productName: { from: null, to: 'Northwind Desk' },
      logoUrl: { from: null, to: 'https://northwind.test/logo.svg' },
      colors: { from: {}, to: { primary: '#0a4f70' } },
      supportEmail: { from: null, to: 'support@northwind.test' },
      replyTo: { from: null, to: 'answers@northwind.test' },
      appUrl: { from: null, to: 'https://desk.northwind.test' },
    },
  },
  SmtpConfigured: { from: { ...smtp, port: 587, security: 'starttls', user: null }, to: smtp, secret: 'smtp-2' },
  SmtpRemoved: { from: smtp },
  DomainSet: { domain: 'desk.northwind.test', proof: '2f8d', from: 'old.northwind.test' },
  DomainVerified: { domain: 'desk.northwind.test', found },
  DomainLapsed: { domain: 'desk.northwind.test', found },
  DomainRemoved: { domain: 'desk.northwind.test' },

  UserCreated: {
    ...profile,
    ...terms,
    test: true,
    testSeconds: 1_209_600,
    credential: CREDENTIAL,
    passwordChangeRequired: true,
  },
  UserInvited: {
    ...profile,
    ...terms,
    test: false,
    testSeconds: null,
    invitation: `i${CUSTOMER}`,
    generation: 1,
    lifetimeSeconds: 604_800,
    via: 'workspace',
  },
  InvitationResent: { generation: 2, lifetimeSeconds: 604_800, via: 'installation' },
  InvitationRevoked: { generation: 2 },
  InvitationExpired: { generation: 2 },
  InvitationAccepted: {
    generation: 2,
    credential: CREDENTIAL,
    fullName: 'Sara Nordlund',
    utm: { source: 'newsletter' },
    testSeconds: 1_209_600,
  },
  UserActivated: { credential: CREDENTIAL, passwordChangeRequired: true, testSeconds: 1_209_600 },
  UserDisabled: { from: 'active', kind: 'blocked', reason: 'under-review', note: 'Two cards were refused', until: SUMMER },
  UserEnabled: { from: 'blocked', to: 'inactive', cause: 'until' },
  TestExpired: { testExpiresAt: SUMMER, from: 'active', to: 'inactive' },
  TestExtended: { testSeconds: 604_800, from: SUMMER, status: 'active' },
  UserConverted: { botSlots: 3, status: 'active' },
  RoleChanged: { from: 'user', to: 'manager', botSlots: 0 },
  PasswordChanged: { credential: CREDENTIAL, by: 'reset', passwordChangeRequired: true, session: SESSION, reset: 3 },
  PasswordChangeRequired: {},
  ProfileChanged: {
    fields: ['fullName', 'company', 'phone', 'username', 'attributes'],
    changes: {
      fullName: { from: 'Sara North', to: 'Sara Nordlund' },
      company: { from: 'Northwind Traders', to: null },
      phone: { from: null, to: '+49 30 901821' },
      username: { from: 'sara.north', to: 'sara.nordlund' },
      attributes: { from: { tier: 'gold' }, to: { tier: 'platinum' } },
    },
  },
  EmailChanged: { from: 'sara@northwind.test', to: 'nordlund@northwind.test', how: 'confirmed' },
  EmailChangeRequested: { generation: 4, lifetimeSeconds: 86_400, email: 'nordlund@northwind.test' },
  PlanAssigned: { from: 'standard', to: 'business', reason: 'Grew over the summer' },
  QuotasChanged: { from: terms.quotas, to: { botSlots: 4, conversations: null, teamMembers: 5 } },
  UserDeleted: { reason: 'no-longer-needed', status: 'inactive' },

  InvitationMailSent: { invitation: `i${CUSTOMER}`, generation: 2, via: 'workspace' },
  InvitationMailFailed: { invitation: `i${CUSTOMER}`, generation: 2, via: 'workspace', error: 'EAUTH', retrying: true },

  UserLoggedIn: { session: SESSION, method: 'invitation' },
  LoginFailed: { cause: 'invalid-credentials', address: '192.0.2.77', agent: 'Curl of a stranger' },
  AccountLocked: { failures: 11, seconds: 2 },
  SignInLocked: { by: 'source', failures: 101, seconds: 900 },
  AccountUnlocked: {},
  SessionEnded: { session: SESSION, cause: 'reuse' },
  SessionsEnded: {},
  PasswordResetRequested: { generation: 3, lifetimeSeconds: 3_600 },
  UserImpersonated: { session: SESSION, staff: ADMIN, lifetimeSeconds: 3_600, reason: 'Asked for help with the bot' },
  ImpersonationEnded: { session: SESSION, staff: ADMIN, cause: 'cut-off' },
  ApiKeyCreated: {
    key: 'a9'.repeat(16),
    scopes: ['accounts:read', 'accounts:create'],
    expiresAt: SUMMER,
    name: 'Sync of the shop',
  },
  ApiKeyRevoked: { key: 'a9'.repeat(16) },
};

/**
 * What recorded data of older versions is today, by the name of its golden file (`UserDisabled.v1`): written by hand, so that an
 * upcaster is held against something else than itself. Empty while every type is in its first version.
 */
export const lifted: { readonly [T in EventType as `${T}.v${number}`]: Required<DataOf<T>> } = {};
