import type { StreamFold } from '#commands';
import type { Recorded, Revision } from '#event-store';
import type { Instant } from '#kernel';
import {
  barsManagers,
  type Branding,
  type DomainFindings,
  type SmtpServer,
  type WorkspaceEvent,
  type WorkspaceSettings,
} from './workspace.events.js';

export interface Plan {
  readonly code: string;
  readonly name: string;
}
/** The plan that every workspace begins with. */
export const STANDARD_PLAN: Plan = { code: 'standard', name: 'Standard' };

export type DomainState = 'pending' | 'verified' | 'lapsed';

export interface WorkspaceDomain {
  readonly name: string;
  readonly state: DomainState;
  /** What the TXT record must say. */
  readonly proof: string;
  /** Of the look-up that last changed the state; null before the first. */
  readonly found: DomainFindings | null;
}

export interface WorkspaceSmtp extends SmtpServer {
  /** Name of the vault's secret that holds the password; null where there is none. */
  readonly secret: string | null;
}

/** A workspace as its stream says. */
export interface Workspace {
  readonly id: string;
  readonly slug: string;
  readonly name: string;
  readonly state: 'absent' | 'active' | 'suspended';
  /** Counts the changes of the workspace: what `ETag` shows. */
  readonly version: number;
  readonly createdAt: Instant;
  /** Revision of the last suspension; -1 where there was none. */
  readonly suspendedAt: Revision;
  /** Revision of the last event that resumed it; -1 where there was none. */
  readonly resumedAt: Revision;
  /** Revision of the last event that took impersonating from managers; -1 where there was none. */
  readonly managersBarredAt: Revision;
  /** Bot slots of the pool. */
  readonly botSlots: number;
  readonly settings: WorkspaceSettings;
  readonly plans: readonly Plan[];
  readonly branding: Branding;
  readonly smtp: WorkspaceSmtp | null;
  /** Name of a secret that is in force no more. */
  readonly retiredSecret: string | null;
  readonly domain: WorkspaceDomain | null;
}

export const NO_BRANDING: Branding = {
  productName: null,
  logoUrl: null,
  colors: {},
  supportEmail: null,
  replyTo: null,
  appUrl: null,
};

export const noWorkspace: Workspace = {
  id: '',
  slug: '',
  name: '',
  state: 'absent',
  version: 0,
  createdAt: '',
  suspendedAt: -1,
  resumedAt: -1,
  managersBarredAt: -1,
  botSlots: 0,
  settings: {
    requirePasswordChange: false,
    managersMayImpersonate: false,
    currency: 'USD',
    timeZone: 'UTC',
    defaultPlan: STANDARD_PLAN.code,
  },
  plans: [STANDARD_PLAN],
  branding: NO_BRANDING,
  smtp: null,
  retiredSecret: null,
  domain: null,
};

/** The workspace after one more fact. Never refuses: what is recorded has happened. */
export function evolve(workspace: Workspace, event: WorkspaceEvent): Workspace {
  switch (event.type) {
    case 'WorkspaceCreated':
      return { ...workspace, ...event.data, state: 'active' };
    case 'WorkspaceSuspended':
      return { ...workspace, state: 'suspended' };
    case 'WorkspaceResumed':
      return { ...workspace, state: 'active' };
    case 'PoolChanged':
      return { ...workspace, botSlots: event.data.to };
    case 'WorkspaceSettingsChanged': {
      const { name = workspace.name, ...settings } = changed(event.data.changes);
      return { ...workspace, name, settings: { ...workspace.settings, ...settings } };
    }
    case 'BrandingChanged':
      return { ...workspace, branding: { ...workspace.branding, ...changed(event.data.changes ?? {}) } };
    case 'SmtpConfigured': {
      const { to, secret } = event.data;
      const smtp = to ? { ...to, secret } : null;
      return { ...workspace, smtp, retiredSecret: retired(workspace, secret) };
    }
    case 'SmtpRemoved':
      return { ...workspace, smtp: null, retiredSecret: retired(workspace, null) };
    case 'DomainSet':
      return { ...workspace, domain: { name: event.data.domain, state: 'pending', proof: event.data.proof, found: null } };
    case 'DomainVerified':
      return withDomain(workspace, 'verified', event.data.found);
    case 'DomainLapsed':
      return withDomain(workspace, 'lapsed', event.data.found);
    case 'DomainRemoved':
      return { ...workspace, domain: null };
  }
}

/** What `changes` lead to, without where they came from. */
function changed<Fields>(changes: { readonly [Field in keyof Fields]?: { readonly to: Fields[Field] } }): Partial<Fields> {
  const entries = Object.entries(changes) as [string, { to: unknown }][];
  return Object.fromEntries(entries.map(([field, { to }]) => [field, to])) as Partial<Fields>;
}

const retired = ({ smtp, retiredSecret }: Workspace, next: string | null): string | null =>
  smtp?.secret && smtp.secret !== next ? smtp.secret : retiredSecret;

const withDomain = (workspace: Workspace, state: DomainState, found: DomainFindings): Workspace =>
  workspace.domain ? { ...workspace, domain: { ...workspace.domain, state, found } } : workspace;

export const workspaceFold: StreamFold<Workspace, WorkspaceEvent> = {
  initial: noWorkspace,
  version: 2,
  gone: () => false,
  evolve(workspace, recorded) {
    return { ...evolve(workspace, recorded.event), version: workspace.version + 1, ...marks(recorded) };
  },
};

/** What of a workspace comes from where and when an event stands, not from what it says. */
function marks({ event, revision, created }: Recorded<WorkspaceEvent>): Partial<Workspace> {
  if (event.type === 'WorkspaceCreated') return { createdAt: created };
  if (event.type === 'WorkspaceSuspended') return { suspendedAt: revision };
  if (event.type === 'WorkspaceResumed') return { resumedAt: revision };
  return event.type === 'WorkspaceSettingsChanged' && barsManagers(event) ? { managersBarredAt: revision } : {};
}
