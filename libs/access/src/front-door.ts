import { PLATFORM } from '#kernel';
import type { WorkspaceFacts, Workspaces } from '#workspaces';

/** Which workspace a request without a credential is about. */
export interface Door {
  /** Null where it names one that does not exist here. */
  readonly workspace: string | null;
  /** Null for the platform's own people, and where there is no such workspace. */
  readonly facts: WorkspaceFacts | null;
  /** The host is the workspace's own verified domain. */
  readonly branded: boolean;
}

const NOWHERE: Door = { workspace: null, facts: null, branded: false };

/** WS-6: the host says which workspace is meant; on the platform's own host the body may name one by its slug, else the platform itself is meant. */
export class FrontDoor {
  constructor(private readonly workspaces: Workspaces) {}

  async open(host: string, slug: string | undefined): Promise<Door> {
    const branded = await this.workspaces.byHost(host);
    if (branded)
      return slug === undefined || slug === branded.slug ? { workspace: branded.id, facts: branded, branded: true } : NOWHERE;
    if (slug === undefined) return { workspace: PLATFORM, facts: null, branded: false };
    const facts = await this.workspaces.bySlug(slug);
    return facts ? { workspace: facts.id, facts, branded: false } : NOWHERE;
  }

  /** WS-6: whether a credential of the workspace counts on this host: its own domain, or the platform's host. */
  async admits(host: string, workspace: string): Promise<boolean> {
    const owner = await this.workspaces.idByHost(host);
    return owner === null || owner === workspace;
  }
}
