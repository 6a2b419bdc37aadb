export { NodeDns } from './dns.adapter.js';
export { DOMAIN_RESOLVER, type DomainResolver } from './domain-resolver.port.js';
export { linkBase, platformBase, PORT_IN_USE, type PortInUse } from './links.js';
export { OwnerFollowUp } from './owner-follow-up.js';
export { domainName } from './domain.js';
export * from './workspace.commands.js';
export { warningSchema } from './workspace.dto.js';
export { requirePlan } from './workspace.decider.js';
export * from './workspace.events.js';
export * from './workspace.facts.js';
export {
  noWorkspace,
  workspaceFold,
  type DomainState,
  type Plan,
  type Workspace,
  type WorkspaceDomain,
} from './workspace.fold.js';
export {
  CreateWorkspaceOwner,
  OWNER_RULES,
  ownerCommand,
  ownerIdOf,
  ownerSecretName,
  pendingOwner,
  type OwnerRules,
  type PendingOwner,
} from './workspace-owner.js';
export { GetWorkspace, poolOf, type Pool } from './workspace.queries.js';
export { endAccess, restoreAccess } from './workspace-runner.js';
export { Workspaces, type MailRoute } from './workspaces.js';
export { WorkspacesModule } from './workspaces.module.js';
export { workspacesProjection, WORKSPACES_LIST, type WorkspaceRow } from './workspaces.projection.js';
export { workspaceReaction } from './workspace.reactions.js';
