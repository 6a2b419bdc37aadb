import { Command } from '@nestjs/cqrs';
import type { CommandContext } from '#commands';
import type { Actor } from '#event-store';
import { idFromUuid, uuid5 } from '#kernel';
import type { Vault } from '#vault';

/** The first owner of a workspace, until its account exists. */
export interface PendingOwner {
  readonly workspace: string;
  /** Id that the account will have. */
  readonly account: string;
  readonly email: string;
  readonly fullName: string;
  readonly passwordHash: string;
  /** Null: the workspace's setting. */
  readonly requirePasswordChange: boolean | null;
  /** Who made the workspace. */
  readonly by: Actor;
}

/** COR-29: makes the account of a workspace's first owner; again, it does nothing. Whoever handles it removes the secret once the account exists. */
export class CreateWorkspaceOwner extends Command<unknown> {
  constructor(
    readonly owner: PendingOwner,
    readonly context: CommandContext,
  ) {
    super();
  }
}

/** What must hold for an owner's email and name; provided by the library that handles accounts. Throws the refusal, with pointers below `/owner`. */
export interface OwnerRules {
  check(owner: { readonly email: string; readonly fullName: string }): void;
}
export const OWNER_RULES = Symbol('OwnerRules');

const IDS_OF_CREATION = '0b8f2f6e-3a0a-5d57-9a55-53a2b8f7c9d4';

/** Id of the workspace that a keyed command makes. */
export const workspaceIdOf = (commandId: string): string => idFromUuid(uuid5(`workspace/${commandId}`, IDS_OF_CREATION));
/** Id of the account of a workspace's first owner. */
export const ownerIdOf = (workspace: string): string => idFromUuid(uuid5(`owner/${workspace}`, IDS_OF_CREATION));

/** Name of the vault's secret that holds a `PendingOwner`: there from before the workspace until its owner exists. */
export const ownerSecretName = (workspace: string): string => `owner/${workspace}`;

export const keepOwner = (vault: Pick<Vault, 'secrets'>, owner: PendingOwner): Promise<void> =>
  vault.secrets.put(ownerSecretName(owner.workspace), Buffer.from(JSON.stringify(owner)));

/** The owner that is still to be made; null where there is none to make. */
export async function pendingOwner(vault: Pick<Vault, 'secrets'>, workspace: string): Promise<PendingOwner | null> {
  const kept = await vault.secrets.get(ownerSecretName(workspace));
  return kept === null ? null : (JSON.parse(kept.toString('utf8')) as PendingOwner);
}

/** The command that makes the owner, the same whoever gives it and however often. `causationId` is the command that made the workspace. */
export const ownerCommand = (owner: PendingOwner, causationId?: string): CreateWorkspaceOwner => {
  const commandId = uuid5(`command/${owner.workspace}`, IDS_OF_CREATION);
  return new CreateWorkspaceOwner(owner, {
    workspace: owner.workspace,
    actor: owner.by,
    principal: null,
    commandId,
    dryRun: false,
    correlationId: causationId ?? commandId,
    ...(causationId === undefined ? {} : { causationId }),
  });
};
