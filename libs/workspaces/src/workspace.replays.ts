import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { VAULT } from '#commands';
import { answer, ReplayBook, type Answer, type RequestContext, type Route } from '#http';
import type { Vault } from '#vault';
import { removeDomain, setDomain, verifyDomain } from './domain.dto.js';
import { OwnerFollowUp } from './owner-follow-up.js';
import { keptResult } from './smtp.handler.js';
import type { WorkspaceOutcome } from './workspace.commands.js';
import * as routes from './workspace.dto.js';
import type { WorkspaceFacts } from './workspace.facts.js';
import { workspaceIdOf } from './workspace-owner.js';
import { WorkspaceRunner } from './workspace-runner.js';
import { smtpView, WorkspaceViews } from './workspace.views.js';

type Show = (outcome: WorkspaceOutcome) => Answer;
type IdOf = (context: RequestContext, params: Readonly<Record<string, unknown>>) => string;

/** ACC-12: keyed commands that were done answer as they did then, before anything else is looked at. */
@Injectable()
export class WorkspaceReplays implements OnModuleInit {
  constructor(
    private readonly book: ReplayBook,
    private readonly runner: WorkspaceRunner,
    private readonly owners: OwnerFollowUp,
    private readonly views: WorkspaceViews,
    @Inject(VAULT) private readonly vault: Vault,
  ) {}

  onModuleInit(): void {
    const named: IdOf = (_context, { id }) => String(id);
    const own: IdOf = ({ workspace }) => workspace;
    const showing =
      (show: (facts: WorkspaceFacts) => unknown): Show =>
      (outcome) =>
        this.views.written(outcome, show);
    const workspace = showing((facts) => this.views.workspace(facts));
    const removed: Show = (outcome) => this.views.removed(outcome);
    const { changeWorkspace, suspendWorkspace, resumeWorkspace, changePool } = routes;
    for (const route of [changeWorkspace, suspendWorkspace, resumeWorkspace, changePool]) this.register(route, named, workspace);
    this.register(routes.changeOwnWorkspace, own, workspace);
    this.register(
      routes.setBranding,
      own,
      showing((facts) => this.views.branding(facts)),
    );
    this.register(routes.setSmtp, own, showing(smtpView));
    this.register(routes.removeSmtp, own, removed);
    this.register(
      setDomain,
      own,
      showing((facts) => this.views.domain(facts)),
    );
    this.register(removeDomain, own, removed);
    this.registerOthers();
  }

  private register(route: Route, idOf: IdOf, show: Show): void {
    this.book.register(route, async (context, params) => {
      const outcome = await this.runner.repeated(idOf(context, params), context.command());
      return outcome && show(outcome);
    });
  }

  private registerOthers(): void {
    this.book.register(routes.createWorkspace, async (context) => {
      const id = workspaceIdOf(context.commandId);
      const outcome = await this.runner.repeated(id, context.command());
      if (outcome) await this.owners.run(id, context.commandId);
      return outcome && this.views.created(outcome);
    });
    // What was found is kept only where it changed something; else it is looked up again.
    this.book.register(verifyDomain, async (context) => {
      const outcome = await this.runner.repeated(context.workspace, context.command());
      return outcome?.kind === 'already' ? this.views.written(outcome, (facts) => this.views.domain(facts)) : null;
    });
    this.book.register(routes.sendTestMail, async (context) => {
      const result = await keptResult(this.vault, context.command());
      return result && answer(200, result);
    });
  }
}
