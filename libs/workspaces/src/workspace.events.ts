import type { DomainEvent, EventDefinition } from '#event-store';
import type { MailAddress, SmtpSettings } from '#mail';

/** What holds for everybody of a workspace. `name` is changed by the operator alone. */
export interface WorkspaceSettings {
  requirePasswordChange: boolean;
  managersMayImpersonate: boolean;
  /** ISO 4217. */
  currency: string;
  /** IANA name. */
  timeZone: string;
  /** Code of the plan that new accounts get. */
  defaultPlan: string;
}
export type NamedSettings = WorkspaceSettings & { name: string };

/** How the brand shows itself; null where it says nothing. */
export interface Branding {
  productName: string | null;
  logoUrl: string | null;
  /** CSS colours by their use: `primary`, `background` … */
  colors: Readonly<Record<string, string>>;
  supportEmail: string | null;
  replyTo: string | null;
  appUrl: string | null;
}

/** The workspace's mail server, without its password. */
export interface SmtpServer {
  host: string;
  port: number;
  security: SmtpSettings['security'];
  user: string | null;
  from: MailAddress;
}

/** What a look-up in the DNS found. */
export interface DomainFindings {
  readonly txt: readonly string[];
  readonly cname: readonly string[];
  /** Why the look-up has no answer (a server that is silent or fails): it proves nothing, and disproves nothing. */
  readonly failure?: string;
}

export type Changes<Fields> = { readonly [Field in keyof Fields]?: { readonly from: Fields[Field]; readonly to: Fields[Field] } };
type Empty = Readonly<Record<never, never>>;

export type WorkspaceCreated = DomainEvent<'WorkspaceCreated', { id: string; name: string; slug: string; botSlots: number }>;
export type WorkspaceSuspended = DomainEvent<'WorkspaceSuspended', Empty>;
export type WorkspaceResumed = DomainEvent<'WorkspaceResumed', Empty>;
export type PoolChanged = DomainEvent<'PoolChanged', { from: number; to: number }>;
export type WorkspaceSettingsChanged = DomainEvent<'WorkspaceSettingsChanged', { changes: Changes<NamedSettings> }>;
/** AUTH-3: whether it takes impersonating from managers. */
export const barsManagers = ({ data }: WorkspaceSettingsChanged): boolean => data.changes.managersMayImpersonate?.to === false;
export type BrandingChanged = DomainEvent<'BrandingChanged', { changes?: Changes<Branding> }>;
/** `secret` names the vault's secret that holds the password in force; null where there is none. */
export type SmtpConfigured = DomainEvent<'SmtpConfigured', { from?: SmtpServer | null; to?: SmtpServer; secret: string | null }>;
export type SmtpRemoved = DomainEvent<'SmtpRemoved', { from?: SmtpServer }>;
/** The workspace means to serve under `domain`, which takes the place of `from`, and proves it with a TXT record of `proof`. */
export type DomainSet = DomainEvent<'DomainSet', { domain: string; proof: string; from: string | null }>;
export type DomainVerified = DomainEvent<'DomainVerified', { domain: string; found: DomainFindings }>;
/** A domain that was verified is so no more: its proof is gone. */
export type DomainLapsed = DomainEvent<'DomainLapsed', { domain: string; found: DomainFindings }>;
export type DomainRemoved = DomainEvent<'DomainRemoved', { domain: string }>;

export type WorkspaceEvent =
  | WorkspaceCreated
  | WorkspaceSuspended
  | WorkspaceResumed
  | PoolChanged
  | WorkspaceSettingsChanged
  | BrandingChanged
  | SmtpConfigured
  | SmtpRemoved
  | DomainSet
  | DomainVerified
  | DomainLapsed
  | DomainRemoved;

const defined = (type: WorkspaceEvent['type'], personal: readonly string[] = []): EventDefinition => ({
  type,
  version: 1,
  personal,
});

/** Sealed under the workspace's own key: addresses and log-ins of its people. */
export const workspaceEvents: readonly EventDefinition[] = [
  defined('WorkspaceCreated'),
  defined('WorkspaceSuspended'),
  defined('WorkspaceResumed'),
  defined('PoolChanged'),
  defined('WorkspaceSettingsChanged'),
  defined('BrandingChanged', ['changes']),
  defined('SmtpConfigured', ['from', 'to']),
  defined('SmtpRemoved', ['from']),
  defined('DomainSet'),
  defined('DomainVerified'),
  defined('DomainLapsed'),
  defined('DomainRemoved'),
];
