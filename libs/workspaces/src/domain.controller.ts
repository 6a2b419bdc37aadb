import { Controller, Inject } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { IDS, SETTINGS } from '#commands';
import { answer, Ctx, Endpoint, Input, type Answer, type InputOf, type RequestContext } from '#http';
import { refuse, type Ids } from '#kernel';
import type { Settings } from '#settings';
import { domainName } from './domain.js';
import { askDomain, readDomain, removeDomain, setDomain, verifyDomain } from './domain.dto.js';
import { ChangeWorkspace, VerifyDomain } from './workspace.commands.js';
import { GetWorkspace, IsVerifiedDomain } from './workspace.queries.js';
import { WorkspaceViews } from './workspace.views.js';

/** WS-3: the domain under which customers log in. */
@Controller()
export class DomainController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
    private readonly views: WorkspaceViews,
    @Inject(SETTINGS) private readonly settings: Settings,
    @Inject(IDS) private readonly ids: Ids,
  ) {}

  @Endpoint(setDomain)
  async set(@Input() { body }: InputOf<typeof setDomain>, @Ctx() context: RequestContext): Promise<Answer> {
    const domain = domainName(body.domain, this.settings);
    const command = new ChangeWorkspace(context.workspace, { type: 'SetDomain', domain, proof: this.ids() }, context.command());
    return this.views.written(await this.commands.execute(command), (facts) => this.views.domain(facts));
  }

  @Endpoint(readDomain)
  async read(@Ctx() { workspace, minPosition }: RequestContext): Promise<Answer> {
    const { facts, position } = await this.queries.execute(new GetWorkspace(workspace, minPosition));
    return answer(200, this.views.domain(facts), { etag: facts.version, position });
  }

  @Endpoint(verifyDomain)
  async verify(@Ctx() context: RequestContext): Promise<Answer> {
    const outcome = await this.commands.execute(new VerifyDomain(context.workspace, context.command()));
    return this.views.written(outcome, (facts) => this.views.domain(facts, outcome.found));
  }

  @Endpoint(removeDomain)
  async remove(@Ctx() context: RequestContext): Promise<Answer> {
    const command = new ChangeWorkspace(context.workspace, { type: 'RemoveDomain' }, context.command());
    return this.views.removed(await this.commands.execute(command));
  }

  @Endpoint(askDomain)
  async ask(@Input() { query }: InputOf<typeof askDomain>): Promise<Answer> {
    if (!(await this.queries.execute(new IsVerifiedDomain(query.domain)))) throw refuse('not-found');
    return answer(200, { domain: query.domain });
  }
}
