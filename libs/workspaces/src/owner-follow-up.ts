import { Inject, Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { VAULT } from '#commands';
import type { Vault } from '#vault';
import { ownerCommand, pendingOwner } from './workspace-owner.js';

/** COR-29: the owner follows the workspace; whoever finds that it is still to be made has it made. */
@Injectable()
export class OwnerFollowUp {
  constructor(
    private readonly commands: CommandBus,
    @Inject(VAULT) private readonly vault: Vault,
  ) {}

  /** Makes the workspace's first owner where there is one to make. `causationId` is the command that made the workspace. */
  async run(workspace: string, causationId?: string): Promise<void> {
    const owner = await pendingOwner(this.vault, workspace);
    if (owner) await this.commands.execute(ownerCommand(owner, causationId));
  }
}
