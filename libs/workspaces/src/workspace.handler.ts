import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ChangeWorkspace, type WorkspaceOutcome } from './workspace.commands.js';
import { decide } from './workspace.decider.js';
import { WorkspaceRunner } from './workspace-runner.js';

@CommandHandler(ChangeWorkspace)
export class ChangeWorkspaceHandler implements ICommandHandler<ChangeWorkspace> {
  constructor(private readonly runner: WorkspaceRunner) {}

  execute({ workspace, command, context }: ChangeWorkspace): Promise<WorkspaceOutcome> {
    return this.runner.run(workspace, context, { decide: (state) => decide(state, command) });
  }
}
