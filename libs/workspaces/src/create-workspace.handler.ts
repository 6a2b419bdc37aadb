import { Inject } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { IDS, PASSWORDS, VAULT, type CommandContext } from '#commands';
import { refuse, type Ids } from '#kernel';
import { passwordErrors, type PasswordHasher, type Vault } from '#vault';
import { OwnerFollowUp } from './owner-follow-up.js';
import { CreateWorkspace, type NewWorkspace, type WorkspaceOutcome } from './workspace.commands.js';
import { decide } from './workspace.decider.js';
import { keepOwner, OWNER_RULES, ownerIdOf, ownerSecretName, workspaceIdOf } from './workspace-owner.js';
import type { OwnerRules } from './workspace-owner.js';
import { WorkspaceRunner } from './workspace-runner.js';
import { Workspaces } from './workspaces.js';

/** WS-1: the workspace with its key, slug and pool; then its owner (COR-29), before the answer. */
@CommandHandler(CreateWorkspace)
export class CreateWorkspaceHandler implements ICommandHandler<CreateWorkspace> {
  constructor(
    private readonly runner: WorkspaceRunner,
    private readonly workspaces: Workspaces,
    private readonly followUp: OwnerFollowUp,
    private readonly modules: ModuleRef,
    @Inject(PASSWORDS) private readonly passwords: PasswordHasher,
    @Inject(VAULT) private readonly vault: Vault,
    @Inject(IDS) private readonly ids: Ids,
  ) {}

  async execute({ workspace, context }: CreateWorkspace): Promise<WorkspaceOutcome> {
    const { name, slug, botSlots, owner } = workspace;
    // The library that provides the rules stands on this one.
    this.modules.get<OwnerRules>(OWNER_RULES, { strict: false }).check(owner);
    const wrong = passwordErrors(owner.password, '/owner/password');
    if (wrong) throw refuse('invalid-input', { errors: [wrong] });
    const id = context.fingerprint === undefined ? this.ids() : workspaceIdOf(context.commandId);
    let prepared = false;
    const outcome = await this.runner.run(id, context, {
      decide: (state) => decide(state, { type: 'Create', id, name, slug, botSlots }),
      prepare: async () => {
        if (!prepared) await this.prepare(id, owner, context);
        prepared = true;
      },
      discard: async () => {
        if (prepared && !(await this.workspaces.facts(id))) await this.vault.secrets.remove(ownerSecretName(id));
      },
    });
    if (outcome.kind !== 'dry-run') await this.followUp.run(id, context.commandId);
    return outcome;
  }

  private async prepare(id: string, owner: NewWorkspace['owner'], { actor }: CommandContext): Promise<void> {
    const { email, fullName, password, requirePasswordChange = null } = owner;
    const passwordHash = await this.passwords.hash(password);
    await this.vault.keys.insert(id);
    await keepOwner(this.vault, {
      workspace: id,
      account: ownerIdOf(id),
      email,
      fullName,
      passwordHash,
      requirePasswordChange,
      by: actor,
    });
  }
}
