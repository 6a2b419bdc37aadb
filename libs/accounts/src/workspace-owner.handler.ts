import { Inject, Injectable } from '@nestjs/common';
import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { VAULT } from '#commands';
import { refuseField } from '#kernel';
import type { Vault } from '#vault';
import { CreateWorkspaceOwner, ownerSecretName, Workspaces, type OwnerRules } from '#workspaces';
import { AccountCommands } from './account-commands.js';
import { DEFAULT_TEAM_MEMBERS, profileOf } from './account.js';
import { ChangeAccount } from './change-account.js';
import { parseEmail } from './email.js';
import { nameField } from './fields.js';

/** COR-29: makes the first owner of a workspace, however often it is asked to. */
@CommandHandler(CreateWorkspaceOwner)
export class CreateWorkspaceOwnerHandler implements ICommandHandler<CreateWorkspaceOwner> {
  constructor(
    private readonly commands: AccountCommands,
    private readonly workspaces: Workspaces,
    @Inject(VAULT) private readonly vault: Vault,
  ) {}

  async execute({ owner, context }: CreateWorkspaceOwner): Promise<void> {
    const { workspace, account, fullName, passwordHash, requirePasswordChange } = owner;
    const settings = (await this.workspaces.facts(workspace))?.settings;
    const parsed = parseEmail(owner.email);
    const credential = { id: `${account}-1`, hash: passwordHash };
    const command = {
      type: 'Create',
      first: true,
      credential: credential.id,
      passwordChangeRequired: requirePasswordChange ?? settings?.requirePasswordChange ?? false,
      account: {
        profile: profileOf('email' in parsed ? parsed.email : owner.email, fullName),
        role: 'owner',
        plan: settings?.defaultPlan ?? 'standard',
        test: false,
        testDays: null,
        botSlots: null,
        conversations: null,
        teamMembers: DEFAULT_TEAM_MEMBERS,
      },
    } as const;
    await this.commands.run(new ChangeAccount(account, command, context, credential));
    await this.vault.secrets.remove(ownerSecretName(workspace));
  }
}

/** What must hold for the owner of a new workspace, said before anything of it is recorded. */
@Injectable()
export class OwnersRules implements OwnerRules {
  check({ email, fullName }: { readonly email: string; readonly fullName: string }): void {
    const parsed = parseEmail(email);
    if ('problem' in parsed) throw refuseField('/owner/email', 'invalid-email', parsed.problem);
    if (!nameField.safeParse(fullName).success)
      throw refuseField('/owner/fullName', 'invalid-value', 'is no name of 1 to 200 printable characters');
  }
}
