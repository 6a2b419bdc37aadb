import { Controller } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { answer, Ctx, Endpoint, Input, type Answer, type InputOf, type RequestContext } from '#http';
import { ChangeWorkspace, ConfigureSmtp, SendTestMail, type PlainCommand, type WorkspaceOutcome } from './workspace.commands.js';
import {
  changeOwnWorkspace,
  listPlans,
  readOwnWorkspace,
  readPool,
  removeSmtp,
  sendTestMail,
  setBranding,
  setSmtp,
} from './workspace.dto.js';
import { GetWorkspace } from './workspace.queries.js';
import { smtpView, WorkspaceViews } from './workspace.views.js';

/** WS-2, WS-4, WS-5, WS-8: the workspace of the caller, or the one that an operator names. */
@Controller()
export class WorkspaceController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
    private readonly views: WorkspaceViews,
  ) {}

  @Endpoint(readOwnWorkspace)
  async read(@Ctx() context: RequestContext): Promise<Answer> {
    const { facts, pool, position } = await this.find(context);
    return answer(200, this.views.whole(facts, pool, context.principal), { etag: facts.version, position });
  }

  @Endpoint(changeOwnWorkspace)
  async change(@Input() { body }: InputOf<typeof changeOwnWorkspace>, @Ctx() context: RequestContext): Promise<Answer> {
    const outcome = await this.execute({ type: 'ChangeSettings', settings: body }, context);
    return this.views.written(outcome, (facts) => this.views.workspace(facts));
  }

  @Endpoint(setBranding)
  async brand(@Input() { body }: InputOf<typeof setBranding>, @Ctx() context: RequestContext): Promise<Answer> {
    const { productName = null, logoUrl = null, colors, supportEmail = null, replyTo = null, appUrl = null } = body;
    const branding = { productName, logoUrl, colors: colors ?? {}, supportEmail, replyTo, appUrl };
    const outcome = await this.execute({ type: 'ChangeBranding', branding }, context);
    return this.views.written(outcome, (facts) => this.views.branding(facts));
  }

  @Endpoint(setSmtp)
  async configureSmtp(@Input() { body }: InputOf<typeof setSmtp>, @Ctx() context: RequestContext): Promise<Answer> {
    const { password = null, user = null, ...server } = body;
    const command = new ConfigureSmtp(context.workspace, { ...server, user }, password, context.command());
    return this.views.written(await this.commands.execute(command), smtpView);
  }

  @Endpoint(removeSmtp)
  async removeSmtp(@Ctx() context: RequestContext): Promise<Answer> {
    return this.views.removed(await this.execute({ type: 'RemoveSmtp' }, context));
  }

  @Endpoint(sendTestMail)
  async testSmtp(@Input() { body }: InputOf<typeof sendTestMail>, @Ctx() context: RequestContext): Promise<Answer> {
    const result = await this.commands.execute(new SendTestMail(context.workspace, body.to, context.command()));
    return answer(200, context.dryRun ? { dryRun: true, events: [] } : result);
  }

  @Endpoint(readPool)
  async pool(@Ctx() context: RequestContext): Promise<Answer> {
    const { pool, position } = await this.find(context);
    return answer(200, pool, { position });
  }

  @Endpoint(listPlans)
  async plans(@Ctx() context: RequestContext): Promise<Answer> {
    const { facts, position } = await this.find(context);
    return answer(200, { items: facts.plans, next: null }, { position });
  }

  private find({ workspace, minPosition }: RequestContext) {
    return this.queries.execute(new GetWorkspace(workspace, minPosition));
  }

  private execute(command: PlainCommand, context: RequestContext): Promise<WorkspaceOutcome> {
    return this.commands.execute(new ChangeWorkspace(context.workspace, command, context.command()));
  }
}
