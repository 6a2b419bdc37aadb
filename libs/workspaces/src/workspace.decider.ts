import { domainStream, poolStream, slugStream, type Decision } from '#commands';
import { canonicalJson, refuse, refuseField } from '#kernel';
import type { DomainVerdict } from './domain.js';
import type { Branding, Changes, DomainFindings, NamedSettings, SmtpServer, WorkspaceEvent } from './workspace.events.js';
import type { Workspace } from './workspace.fold.js';

export type WorkspaceCommand =
  | { type: 'Create'; id: string; name: string; slug: string; botSlots: number }
  | { type: 'Suspend' }
  | { type: 'Resume' }
  | { type: 'ChangePool'; botSlots: number }
  | { type: 'ChangeSettings'; settings: Partial<NamedSettings> }
  | { type: 'ChangeBranding'; branding: Branding }
  /** `secret` names the vault's secret of the password that was given; null where none was. */
  | { type: 'ConfigureSmtp'; smtp: SmtpServer; secret: string | null }
  | { type: 'RemoveSmtp' }
  | { type: 'SetDomain'; domain: string; proof: string }
  | { type: 'JudgeDomain'; domain: string; proof: string; verdict: DomainVerdict; found: DomainFindings }
  | { type: 'RemoveDomain' };

type Command<Type extends WorkspaceCommand['type']> = Extract<WorkspaceCommand, { type: Type }>;
export type WorkspaceDecision = Decision<WorkspaceEvent>;

const NOTHING: WorkspaceDecision = { events: [] };
const just = (event: WorkspaceEvent): WorkspaceDecision => ({ events: [event] });

/** What follows from `command`, given what has happened. No clock, no I/O, no randomness. */
export function decide(workspace: Workspace, command: WorkspaceCommand): WorkspaceDecision {
  if (command.type === 'Create') return create(workspace, command);
  if (workspace.state === 'absent') throw refuse('not-found');
  switch (command.type) {
    case 'Suspend':
      return workspace.state === 'suspended' ? NOTHING : just({ type: 'WorkspaceSuspended', data: {} });
    case 'Resume':
      return workspace.state === 'active' ? NOTHING : just({ type: 'WorkspaceResumed', data: {} });
    case 'ChangePool':
      return changePool(workspace, command);
    case 'ChangeSettings':
      return changeSettings(workspace, command);
    case 'ChangeBranding': {
      const changes = differences(workspace.branding, command.branding);
      return changes ? just({ type: 'BrandingChanged', data: { changes } }) : NOTHING;
    }
    case 'ConfigureSmtp':
      return configureSmtp(workspace, command);
    case 'RemoveSmtp':
      return workspace.smtp ? just({ type: 'SmtpRemoved', data: { from: serverOf(workspace) } }) : NOTHING;
    case 'SetDomain':
      return setDomain(workspace, command);
    case 'JudgeDomain':
      return judgeDomain(workspace, command);
    case 'RemoveDomain':
      return removeDomain(workspace);
  }
}

function create(workspace: Workspace, { id, name, slug, botSlots }: Command<'Create'>): WorkspaceDecision {
  if (workspace.state !== 'absent') throw refuse('busy');
  return {
    events: [{ type: 'WorkspaceCreated', data: { id, name, slug, botSlots } }],
    needs: [
      { kind: 'place', resource: slugStream(slug), amount: 1, refusal: 'slug-taken' },
      { kind: 'resize', resource: poolStream(id), capacity: botSlots, refusal: 'pool-below-allocated' },
    ],
  };
}

function changePool({ id, botSlots: from }: Workspace, { botSlots: to }: Command<'ChangePool'>): WorkspaceDecision {
  if (from === to) return NOTHING;
  return {
    events: [{ type: 'PoolChanged', data: { from, to } }],
    needs: [{ kind: 'resize', resource: poolStream(id), capacity: to, refusal: 'pool-below-allocated' }],
  };
}

function changeSettings(workspace: Workspace, command: Command<'ChangeSettings'>): WorkspaceDecision {
  const { name, settings } = workspace;
  const { defaultPlan } = command.settings;
  if (defaultPlan !== undefined) requirePlan(workspace, defaultPlan, '/defaultPlan');
  const changes = differences<NamedSettings>({ name, ...settings }, command.settings);
  return changes ? just({ type: 'WorkspaceSettingsChanged', data: { changes } }) : NOTHING;
}

/** Without a password the one in force stays, but never for another server or another user: it would be shown to them. */
function configureSmtp(workspace: Workspace, { smtp: to, secret: given }: Command<'ConfigureSmtp'>): WorkspaceDecision {
  const { smtp } = workspace;
  const same = smtp !== null && smtp.host === to.host && smtp.port === to.port && smtp.user === to.user;
  const secret = to.user === null ? null : (given ?? (same ? smtp.secret : null));
  if (to.user !== null && secret === null) throw refuseField('/password', 'required', 'is needed with this user and server');
  const from = smtp ? serverOf(workspace) : null;
  if (smtp?.secret === secret && canonicalJson(from) === canonicalJson(to)) return NOTHING;
  return just({ type: 'SmtpConfigured', data: { from, to, secret } });
}

function setDomain({ domain: present }: Workspace, { domain, proof }: Command<'SetDomain'>): WorkspaceDecision {
  if (present?.name === domain) return NOTHING;
  return {
    events: [{ type: 'DomainSet', data: { domain, proof, from: present?.name ?? null } }],
    needs: [{ kind: 'place', resource: domainStream(domain), amount: 1, refusal: 'domain-taken' }],
    ...(present ? { gives: [{ resource: domainStream(present.name), keep: 0 }] } : {}),
  };
}

/** A look-up counts for the domain and proof that it was made with; one that had no answer changes nothing. */
function judgeDomain({ domain }: Workspace, { found, verdict, ...looked }: Command<'JudgeDomain'>): WorkspaceDecision {
  if (!domain) throw refuse('domain-not-set');
  if (domain.name !== looked.domain || domain.proof !== looked.proof) throw refuse('busy');
  const data = { domain: domain.name, found };
  if (verdict === 'proved' && domain.state !== 'verified') return just({ type: 'DomainVerified', data });
  if (verdict === 'missing' && domain.state === 'verified') return just({ type: 'DomainLapsed', data });
  return NOTHING;
}

function removeDomain({ domain }: Workspace): WorkspaceDecision {
  if (!domain) return NOTHING;
  return {
    events: [{ type: 'DomainRemoved', data: { domain: domain.name } }],
    gives: [{ resource: domainStream(domain.name), keep: 0 }],
  };
}

/** Refuses a plan that the catalogue does not have. */
export function requirePlan({ plans }: Pick<Workspace, 'plans'>, plan: string, pointer: string): void {
  if (!plans.some(({ code }) => code === plan))
    throw refuseField(pointer, 'unknown-plan', 'is no plan of the catalogue', 'unknown-plan');
}

function serverOf({ smtp }: Workspace): SmtpServer {
  if (!smtp) throw refuse('smtp-not-configured');
  const { host, port, security, user, from } = smtp;
  return { host, port, security, user, from };
}

/** Fields of `wanted` that are given and differ from `present`; null where none does. */
function differences<Fields extends object>(present: Fields, wanted: Partial<Fields>): Changes<Fields> | null {
  const fields = (Object.keys(wanted) as (keyof Fields)[]).filter(
    (field) => wanted[field] !== undefined && canonicalJson(wanted[field]) !== canonicalJson(present[field]),
  );
  const changes = fields.map((field) => [field, { from: present[field], to: wanted[field] }]);
  return changes.length > 0 ? (Object.fromEntries(changes) as Changes<Fields>) : null;
}
