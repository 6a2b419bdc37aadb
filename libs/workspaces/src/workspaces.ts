import { Inject, Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { domainStream, MAILER, SETTINGS, slugStream, VAULT, workspaceStream, type ResourceEvent } from '#commands';
import { EventLog, type Recorded, type Revision } from '#event-store';
import type { MailAddress, MailBranding, Mailer, Transport } from '#mail';
import type { Settings } from '#settings';
import type { Vault } from '#vault';
import { hostName, isDomainName } from './domain.js';
import { HostCache } from './host-cache.js';
import { linkBase, PORT_IN_USE, type PortInUse } from './links.js';
import type { WorkspaceEvent } from './workspace.events.js';
import { factsOf, hasDomain, type WorkspaceFacts } from './workspace.facts.js';
import { noWorkspace, workspaceFold, type Workspace } from './workspace.fold.js';

/** By which server a workspace's mails go out, and in whose name. */
export interface MailRoute {
  readonly via: Transport['via'];
  readonly transport: Transport;
  readonly from: MailAddress;
  readonly replyTo?: MailAddress;
  readonly branding: MailBranding;
  /** Name of the workspace. */
  readonly workspace: string;
}

const KEPT = 1_000;

interface FoldedWorkspace {
  readonly workspace: Workspace;
  readonly revision: Revision;
  readonly facts: WorkspaceFacts | null;
  /** The stream said so at this moment, or later. */
  readonly readAt: number;
}

/** Workspaces on the write side: what decisions, links and mails read. No read model is asked. */
@Injectable()
export class Workspaces {
  private readonly hosts = new HostCache();
  private readonly folded = new LRUCache<string, FoldedWorkspace>({ max: KEPT });

  constructor(
    private readonly log: EventLog,
    @Inject(VAULT) private readonly vault: Vault,
    @Inject(SETTINGS) private readonly settings: Settings,
    @Inject(MAILER) private readonly mailer: Mailer,
    @Inject(PORT_IN_USE) private readonly port: PortInUse,
  ) {}

  /**
   * The workspace as its stream says now, or as it said at some moment since `since` (by `performance.now()`), where that is known here; null for one
   * that does not exist (the platform is none).
   */
  async facts(workspace: string, since = Infinity): Promise<WorkspaceFacts | null> {
    const stream = workspaceStream(workspace);
    const known = this.folded.get(stream) ?? UNKNOWN;
    if (known.readAt >= since) return known.facts;
    const readAt = performance.now();
    const events = await this.log.read<WorkspaceEvent>(stream, known.revision);
    const revision = events.at(-1)?.revision ?? known.revision;
    const folded = events.reduce(evolved, known.workspace);
    const facts = revision === known.revision ? known.facts : factsOf(folded, revision, this.settings);
    const last = this.folded.get(stream) ?? UNKNOWN;
    if (revision > last.revision) this.folded.set(stream, { workspace: folded, revision, facts, readAt });
    else if (revision >= 0 && readAt > last.readAt) this.folded.set(stream, { ...last, readAt });
    return facts;
  }

  /** Id of the workspace whose verified domain the host is (ports and case do not count); null: the host is the platform's own. */
  async idByHost(host: string): Promise<string | null> {
    const name = hostName(host);
    if (!isDomainName(name) || name === hostName(this.settings.platformHost)) return null;
    return this.hosts.find(name, async () => {
      const holder = await this.holderOf(domainStream(name), (facts) => facts.domain?.name === name && hasDomain(facts));
      return holder?.id ?? null;
    });
  }

  /** The workspace whose verified domain the host is; null: the host is the platform's own. */
  async byHost(host: string): Promise<WorkspaceFacts | null> {
    const id = await this.idByHost(host);
    return id === null ? null : this.facts(id);
  }

  /** The workspace of that slug; null where there is none. */
  bySlug(slug: string): Promise<WorkspaceFacts | null> {
    return this.holderOf(slugStream(slug), (facts) => facts.slug === slug);
  }

  /** Base of the workspace's links, without a trailing slash. */
  linkBase(facts: Pick<WorkspaceFacts, 'domain'>): string {
    return linkBase(facts, this.settings, this.port());
  }

  loginUrl(facts: Pick<WorkspaceFacts, 'domain'>): string {
    return `${this.linkBase(facts)}/login`;
  }

  /** How mails of the workspace go out: by its own server, else by the installation's; null where there is neither. */
  async transportFor(facts: WorkspaceFacts): Promise<MailRoute | null> {
    const { smtp, branding, name } = facts;
    const product = branding.productName ?? name;
    const shared = {
      branding,
      workspace: name,
      ...(branding.replyTo === null ? {} : { replyTo: { address: branding.replyTo } }),
    };
    if (smtp) {
      const { host, port, security, user, from, secret } = smtp;
      const password = secret === null ? undefined : (await this.vault.secrets.get(secret))?.toString('utf8');
      const server = { host, port, security, ...(user === null ? {} : { user, password }) };
      return { ...shared, via: 'workspace', transport: { via: 'workspace', smtp: server }, from: { name: product, ...from } };
    }
    if (!this.mailer.installation) return null;
    const from = { name: product, address: `no-reply@${hostName(this.settings.platformHost)}` };
    return { ...shared, via: 'installation', transport: { via: 'installation' }, from };
  }

  /** Called before any answer that says that a domain changed. */
  forgetHosts(): void {
    this.hosts.clear();
  }

  /** The workspace that holds a place in a resource and says so itself. */
  private async holderOf(resource: string, says: (facts: WorkspaceFacts) => boolean): Promise<WorkspaceFacts | null> {
    for (const stream of standing(await this.log.read<ResourceEvent>(resource))) {
      const facts = await this.facts(stream.slice(workspaceStream('').length));
      if (facts && says(facts)) return facts;
    }
    return null;
  }
}

const UNKNOWN: FoldedWorkspace = { workspace: noWorkspace, revision: -1, facts: null, readAt: -Infinity };

const evolved = (workspace: Workspace, recorded: Recorded<WorkspaceEvent>): Workspace =>
  (recorded.event.type as string) === 'ClaimVoided' ? workspace : workspaceFold.evolve(workspace, recorded);

/** Streams that hold a claim in a resource, the latest first. */
function standing(events: readonly Recorded<ResourceEvent>[]): string[] {
  const holders = new Map<string, string>();
  for (const { event } of events) {
    if (event.type === 'ClaimTaken') holders.set(event.data.claim, event.data.holder);
    if (event.type === 'ClaimReleased' && event.data.left === 0) holders.delete(event.data.claim);
  }
  return [...new Set(holders.values())].reverse();
}
