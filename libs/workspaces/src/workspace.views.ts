import { Inject, Injectable } from '@nestjs/common';
import { SETTINGS, workspaceStream } from '#commands';
import { answer, type Answer } from '#http';
import { refuse } from '#kernel';
import { can, type Principal } from '#policy';
import type { Settings } from '#settings';
import { PASSWORD_POLICY } from '#vault';
import { recordsOf } from './domain.js';
import { linkBase, PORT_IN_USE, type PortInUse } from './links.js';
import type { WorkspaceOutcome } from './workspace.commands.js';
import type { DomainFindings } from './workspace.events.js';
import { factsOf, hasDomain, warningsOf, type WorkspaceFacts } from './workspace.facts.js';
import { ownerIdOf } from './workspace-owner.js';
import type { Pool } from './workspace.queries.js';

/** How workspaces are shown. */
@Injectable()
export class WorkspaceViews {
  constructor(
    @Inject(SETTINGS) private readonly settings: Settings,
    @Inject(PORT_IN_USE) private readonly port: PortInUse,
  ) {}

  /** What the workspace's stream alone says, so that a repeated command is answered as it was. */
  workspace(facts: WorkspaceFacts) {
    const { id, slug, name, state, createdAt, settings, botSlots } = facts;
    return {
      id,
      slug,
      name,
      state,
      createdAt,
      domain: facts.domain && this.domain(facts),
      branding: this.branding(facts),
      smtp: facts.smtp && smtpView(facts),
      pool: { botSlots: { total: botSlots } },
      passwordPolicy: PASSWORD_POLICY,
      settings,
      warnings: warningsOf(facts),
    };
  }

  /** The workspace as `principal` reads it. */
  whole(facts: WorkspaceFacts, pool: Pool, principal: Principal | null) {
    const may = (permission: 'accounts:create' | 'accounts:invite'): boolean =>
      hasDomain(facts) && principal !== null && can(principal, permission, { id: null, role: 'user' }) === null;
    const create = may('accounts:create');
    return { ...this.workspace(facts), pool, can: { create, invite: may('accounts:invite'), import: create } };
  }

  branding(facts: WorkspaceFacts) {
    const { branding } = facts;
    return { ...branding, appUrl: branding.appUrl ?? `${linkBase(facts, this.settings, this.port())}/` };
  }

  /** Refuses with `not-found` where no domain is set. */
  domain({ domain }: WorkspaceFacts, found: DomainFindings | null = domain?.found ?? null) {
    if (!domain) throw refuse('not-found');
    const { name, state } = domain;
    return { domain: name, state, records: recordsOf(domain, this.settings), ...(found ? { found } : {}) };
  }

  /** The answer to a command: what `show` makes of the workspace as its event left it, or what would be recorded. */
  written(outcome: WorkspaceOutcome, show: (facts: WorkspaceFacts) => unknown, created?: { location: string }): Answer {
    const { kind, state, revision, position } = outcome;
    if (kind === 'dry-run') return rehearsed(outcome);
    const facts = factsOf(state, revision, this.settings);
    if (!facts) throw refuse('not-found');
    return answer(created ? 201 : 200, show(facts), { etag: state.version, position, ...created });
  }

  /** The answer to the creation of a workspace. */
  created(outcome: WorkspaceOutcome): Answer {
    const { id } = outcome.state;
    const location = `/v1/workspaces/${id}`;
    return this.written(outcome, (facts) => ({ ...this.workspace(facts), owner: { id: ownerIdOf(id) } }), { location });
  }

  /** The answer to a command that leaves nothing to show. */
  removed(outcome: WorkspaceOutcome): Answer {
    return outcome.kind === 'dry-run' ? rehearsed(outcome) : answer(204, undefined, { position: outcome.position });
  }
}

export function smtpView({ smtp }: WorkspaceFacts) {
  if (!smtp) throw refuse('not-found');
  const { secret, ...server } = smtp;
  return { ...server, passwordSet: secret !== null };
}

/** The answer to a dry run. */
function rehearsed({ events, state }: WorkspaceOutcome): Answer {
  const [first] = events;
  const stream = workspaceStream(first?.type === 'WorkspaceCreated' ? first.data.id : state.id);
  return answer(200, { dryRun: true, events: events.map(({ type, data }) => ({ type, stream, data })) });
}
