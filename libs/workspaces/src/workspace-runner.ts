import { Inject, Injectable } from '@nestjs/common';
import { CommandRunner, VAULT, workspaceStream, type CommandContext, type Execution } from '#commands';
import type { Revision } from '#event-store';
import type { Vault } from '#vault';
import type { WorkspaceOutcome } from './workspace.commands.js';
import type { WorkspaceEvent } from './workspace.events.js';
import { workspaceFold, type Workspace } from './workspace.fold.js';
import { Workspaces } from './workspaces.js';

type Steps = Pick<Execution<Workspace, WorkspaceEvent>, 'decide' | 'prepare' | 'discard'>;

/** What all commands on a workspace share: its stream, and what is done before any of them is answered. */
@Injectable()
export class WorkspaceRunner {
  constructor(
    private readonly runner: CommandRunner,
    private readonly workspaces: Workspaces,
    @Inject(VAULT) private readonly vault: Vault,
  ) {}

  /** Runs a command on the workspace. Its events count to that workspace, wherever the operator who gives it stands. */
  run(workspace: string, context: CommandContext, steps: Steps): Promise<WorkspaceOutcome> {
    return this.runner.run<Workspace, WorkspaceEvent>({
      ...steps,
      ...running(workspace, context),
      version: ({ version }) => version,
      settle: ({ state }) => this.settle(workspace, state),
    });
  }

  /** The outcome of a keyed command that was done before, with all steps after its event done again; null for a new one. */
  async repeated(workspace: string, context: CommandContext): Promise<WorkspaceOutcome | null> {
    const execution = running(workspace, context);
    const outcome = await this.runner.replay<Workspace, WorkspaceEvent>(execution);
    const state = outcome && (await this.workspaces.facts(workspace));
    if (!state) return outcome;
    await this.runner.desk.settle(execution.stream, execution.context);
    await this.settle(workspace, state);
    return outcome;
  }

  private async settle(workspace: string, state: Pick<Workspace, 'suspendedAt' | 'resumedAt' | 'retiredSecret'>): Promise<void> {
    this.workspaces.forgetHosts();
    if (state.suspendedAt >= 0) await endAccess(this.vault, workspace, state.suspendedAt);
    if (state.resumedAt > state.suspendedAt) await restoreAccess(this.vault, workspace, state.resumedAt);
    if (state.retiredSecret !== null) await this.vault.secrets.remove(state.retiredSecret);
  }
}

const running = (workspace: string, context: CommandContext) => ({
  stream: workspaceStream(workspace),
  subject: workspace,
  fold: workspaceFold,
  context: { ...context, workspace },
});

/** COR-7, COR-10: what a suspension at `revision` means for credentials. Again, or late, it does nothing to what was made since. */
export async function endAccess(vault: Vault, workspace: string, revision: Revision): Promise<void> {
  const stream = workspaceStream(workspace);
  await vault.apiKeys.bar(stream, revision, true);
  await vault.sessions.end(stream, revision + 1);
}

/** COR-10: API keys work again from a resumption at `revision` on; sessions have ended for good. */
export const restoreAccess = (vault: Vault, workspace: string, revision: Revision): Promise<void> =>
  vault.apiKeys.bar(workspaceStream(workspace), revision, false);
