import { Global, Module } from '@nestjs/common';
import { CqrsModule } from '@nestjs/cqrs';
import { SETTINGS } from '#commands';
import { POLICY_SETTINGS_OF, type PolicySettingsOf } from '#http';
import type { Settings } from '#settings';
import { CreateWorkspaceHandler } from './create-workspace.handler.js';
import { NodeDns } from './dns.adapter.js';
import { DOMAIN_RESOLVER } from './domain-resolver.port.js';
import { OwnerFollowUp } from './owner-follow-up.js';
import { DomainController } from './domain.controller.js';
import { VerifyDomainHandler } from './domain.handler.js';
import { ConfigureSmtpHandler, SendTestMailHandler } from './smtp.handler.js';
import { WorkspaceController } from './workspace.controller.js';
import { ChangeWorkspaceHandler } from './workspace.handler.js';
import { GetWorkspaceHandler, IsVerifiedDomainHandler, ListWorkspacesHandler } from './workspace.queries.js';
import { WorkspaceReplays } from './workspace.replays.js';
import { WorkspaceRunner } from './workspace-runner.js';
import { WorkspaceViews } from './workspace.views.js';
import { Workspaces } from './workspaces.js';
import { WorkspacesController } from './workspaces.controller.js';

/**
 * Workspaces, their domains, branding, mail servers and pools. Composition provides, globally: `EventLog`, `CommandRunner`, `Resources`,
 * the ports of `#commands` and `PORT_IN_USE`. The library of accounts provides `OWNER_RULES` and handles `CreateWorkspaceOwner`.
 */
@Global()
@Module({
  imports: [CqrsModule],
  controllers: [WorkspacesController, DomainController, WorkspaceController],
  providers: [
    Workspaces,
    WorkspaceRunner,
    WorkspaceViews,
    WorkspaceReplays,
    OwnerFollowUp,
    { provide: DOMAIN_RESOLVER, inject: [SETTINGS], useFactory: (settings: Settings) => new NodeDns(settings.dnsServers) },
    {
      provide: POLICY_SETTINGS_OF,
      inject: [Workspaces],
      useFactory:
        (workspaces: Workspaces): PolicySettingsOf =>
        async (workspace) =>
          (await workspaces.facts(workspace))?.settings ?? null,
    },
    ChangeWorkspaceHandler,
    ConfigureSmtpHandler,
    CreateWorkspaceHandler,
    SendTestMailHandler,
    VerifyDomainHandler,
    GetWorkspaceHandler,
    IsVerifiedDomainHandler,
    ListWorkspacesHandler,
  ],
  exports: [Workspaces, OwnerFollowUp],
})
export class WorkspacesModule {}
