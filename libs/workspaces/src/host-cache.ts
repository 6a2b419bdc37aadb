import { LRUCache } from 'lru-cache';

/** Milliseconds after which a host is looked up again: what another process has changed is seen by then. */
const TTL = 1_000;
const HOSTS = 10_000;

/** Which workspace a host leads to (null: none). What was being looked up when something changed is not kept. */
export class HostCache {
  private readonly hosts = new LRUCache<string, { readonly workspace: string | null }>({ max: HOSTS, ttl: TTL });
  private changes = 0;

  /** The workspace as it is known, else as `look` says. */
  async find(host: string, look: () => Promise<string | null>): Promise<string | null> {
    const known = this.hosts.get(host);
    if (known) return known.workspace;
    const { changes } = this;
    const workspace = await look();
    if (changes === this.changes) this.hosts.set(host, { workspace });
    return workspace;
  }

  /** Forgets all: a domain was set, verified or removed. */
  clear(): void {
    this.changes++;
    this.hosts.clear();
  }
}
