import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { poolStream, Resources, type Resource } from '#commands';
import { EventLog, type Position } from '#event-store';
import { Reads } from '#http';
import { refuse } from '#kernel';
import { WORKSPACES_LIST, workspacesProjection, type WorkspaceRow } from './workspaces.projection.js';
import type { WorkspaceFacts } from './workspace.facts.js';
import { Workspaces } from './workspaces.js';

/** Bot slots of a pool: free = total − allocated. */
export interface Pool {
  readonly botSlots: { readonly total: number; readonly allocated: number; readonly free: number };
}

export const poolOf = ({ capacity, used }: Pick<Resource, 'capacity' | 'used'>): Pool => ({
  botSlots: { total: capacity, allocated: used, free: capacity - used },
});

/** How fresh an answer is. */
export interface Fresh {
  readonly position: Position;
}

/** One workspace with its pool, from the write side. */
export class GetWorkspace extends Query<Fresh & { facts: WorkspaceFacts; pool: Pool }> {
  constructor(
    readonly workspace: string,
    readonly minPosition: Position,
  ) {
    super();
  }
}

@QueryHandler(GetWorkspace)
export class GetWorkspaceHandler implements IQueryHandler<GetWorkspace> {
  constructor(
    private readonly workspaces: Workspaces,
    private readonly resources: Resources,
    private readonly log: EventLog,
  ) {}

  async execute({ workspace, minPosition }: GetWorkspace) {
    const position = await this.log.store.head();
    if (position < minPosition) throw refuse('read-model-behind');
    const facts = await this.workspaces.facts(workspace);
    if (!facts) throw refuse('not-found');
    return { facts, pool: poolOf(await this.resources.load(poolStream(workspace))), position };
  }
}

/** All workspaces, newest first. */
export class ListWorkspaces extends Query<Fresh & { rows: readonly WorkspaceRow[]; next: string | null }> {
  constructor(
    readonly page: { readonly limit: number; readonly cursor?: string },
    readonly minPosition: Position,
  ) {
    super();
  }
}

@QueryHandler(ListWorkspaces)
export class ListWorkspacesHandler implements IQueryHandler<ListWorkspaces> {
  constructor(private readonly reads: Reads) {}

  async execute({ page, minPosition }: ListWorkspaces) {
    const position = await this.reads.fresh([workspacesProjection.name], minPosition);
    const { rows, next } = await this.reads.page({
      collection: WORKSPACES_LIST,
      filters: [],
      sort: { field: 'createdAt', descending: true },
      ...page,
    });
    return { rows: rows as WorkspaceRow[], next, position };
  }
}

/** Whether a host is the verified domain of some workspace. */
export class IsVerifiedDomain extends Query<boolean> {
  constructor(readonly domain: string) {
    super();
  }
}

@QueryHandler(IsVerifiedDomain)
export class IsVerifiedDomainHandler implements IQueryHandler<IsVerifiedDomain> {
  constructor(private readonly workspaces: Workspaces) {}

  async execute({ domain }: IsVerifiedDomain): Promise<boolean> {
    return (await this.workspaces.idByHost(domain)) !== null;
  }
}
