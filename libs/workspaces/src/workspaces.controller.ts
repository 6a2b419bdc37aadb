import { Controller } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { answer, Ctx, Endpoint, Input, type Answer, type InputOf, type RequestContext } from '#http';
import {
  changePool,
  changeWorkspace,
  createWorkspace,
  listWorkspaces,
  readWorkspace,
  resumeWorkspace,
  suspendWorkspace,
} from './workspace.dto.js';
import { ChangeWorkspace, CreateWorkspace, type PlainCommand } from './workspace.commands.js';
import { GetWorkspace, ListWorkspaces } from './workspace.queries.js';
import { WorkspaceViews } from './workspace.views.js';
import type { WorkspaceRow } from './workspaces.projection.js';

/** WS-1, WS-8: what the operator does with workspaces. */
@Controller()
export class WorkspacesController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
    private readonly views: WorkspaceViews,
  ) {}

  @Endpoint(createWorkspace)
  async create(@Input() { body }: InputOf<typeof createWorkspace>, @Ctx() context: RequestContext): Promise<Answer> {
    const { pool, ...workspace } = body;
    return this.views.created(await this.commands.execute(new CreateWorkspace({ ...workspace, ...pool }, context.command())));
  }

  @Endpoint(listWorkspaces)
  async list(@Input() { query }: InputOf<typeof listWorkspaces>, @Ctx() { minPosition }: RequestContext): Promise<Answer> {
    const { rows, next, position } = await this.queries.execute(new ListWorkspaces(query, minPosition));
    return answer(200, { items: rows.map(itemOf), next }, { position });
  }

  @Endpoint(readWorkspace)
  async read(@Input() { params }: InputOf<typeof readWorkspace>, @Ctx() context: RequestContext): Promise<Answer> {
    const { facts, pool, position } = await this.queries.execute(new GetWorkspace(params.id, context.minPosition));
    return answer(200, this.views.whole(facts, pool, context.principal), { etag: facts.version, position });
  }

  @Endpoint(changeWorkspace)
  change(@Input() { params, body }: InputOf<typeof changeWorkspace>, @Ctx() context: RequestContext): Promise<Answer> {
    return this.execute(params.id, { type: 'ChangeSettings', settings: body }, context);
  }

  @Endpoint(suspendWorkspace)
  suspend(@Input() { params }: InputOf<typeof suspendWorkspace>, @Ctx() context: RequestContext): Promise<Answer> {
    return this.execute(params.id, { type: 'Suspend' }, context);
  }

  @Endpoint(resumeWorkspace)
  resume(@Input() { params }: InputOf<typeof resumeWorkspace>, @Ctx() context: RequestContext): Promise<Answer> {
    return this.execute(params.id, { type: 'Resume' }, context);
  }

  @Endpoint(changePool)
  pool(@Input() { params, body }: InputOf<typeof changePool>, @Ctx() context: RequestContext): Promise<Answer> {
    return this.execute(params.id, { type: 'ChangePool', botSlots: body.botSlots }, context);
  }

  private async execute(workspace: string, command: PlainCommand, context: RequestContext): Promise<Answer> {
    const outcome = await this.commands.execute(new ChangeWorkspace(workspace, command, context.command()));
    return this.views.written(outcome, (facts) => this.views.workspace(facts));
  }
}

const itemOf = ({ id, slug, name, state, domain, domainState, botSlots: total, createdAt }: WorkspaceRow) => ({
  id,
  slug,
  name,
  state,
  domain,
  domainState,
  pool: { botSlots: { total } },
  createdAt,
});
