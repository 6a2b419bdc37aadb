import { Inject } from '@nestjs/common';
import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { SETTINGS } from '#commands';
import { refuse } from '#kernel';
import type { Settings } from '#settings';
import { isLocal, NOT_LOOKED_UP, verdictOf } from './domain.js';
import { DOMAIN_RESOLVER, type DomainResolver } from './domain-resolver.port.js';
import { VerifyDomain, type WorkspaceOutcome } from './workspace.commands.js';
import { decide, type WorkspaceCommand } from './workspace.decider.js';
import type { DomainFindings } from './workspace.events.js';
import { WorkspaceRunner } from './workspace-runner.js';
import { Workspaces } from './workspaces.js';

/** WS-3: looks first, then decides on what was found, so that nobody waits in line for a slow zone. */
@CommandHandler(VerifyDomain)
export class VerifyDomainHandler implements ICommandHandler<VerifyDomain> {
  constructor(
    private readonly runner: WorkspaceRunner,
    private readonly workspaces: Workspaces,
    @Inject(DOMAIN_RESOLVER) private readonly resolver: DomainResolver,
    @Inject(SETTINGS) private readonly settings: Settings,
  ) {}

  async execute({ workspace, context }: VerifyDomain): Promise<WorkspaceOutcome & { found: DomainFindings }> {
    const looked = await this.look(workspace);
    const outcome = await this.runner.run(workspace, context, { decide: (state) => decide(state, looked) });
    const recorded = outcome.kind === 'done' || outcome.kind === 'already' ? outcome.state.domain?.found : null;
    return { ...outcome, found: recorded ?? looked.found };
  }

  private async look(workspace: string): Promise<Extract<WorkspaceCommand, { type: 'JudgeDomain' }>> {
    const facts = await this.workspaces.facts(workspace);
    if (!facts) throw refuse('not-found');
    const { domain } = facts;
    if (!domain) return { type: 'JudgeDomain', domain: '', proof: '', verdict: 'unknown', found: NOT_LOOKED_UP };
    const { name, proof } = domain;
    const found = isLocal(name) ? NOT_LOOKED_UP : await this.resolver.look(name);
    return { type: 'JudgeDomain', domain: name, proof, verdict: verdictOf(domain, found, this.settings), found };
  }
}
