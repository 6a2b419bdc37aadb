import { Global, Module } from '@nestjs/common';
import { CommandBus, CqrsModule } from '@nestjs/cqrs';
import { AccountCommands, Accounts } from '#accounts';
import { CLOCK, CommandRunner, IDS, JOBS, MAILER, PASSWORDS, SETTINGS, VAULT } from '#commands';
import { EventLog } from '#event-store';
import { AUTHENTICATOR, THROTTLES } from '#http';
import type { Jobs } from '#jobs';
import type { Clock, Ids } from '#kernel';
import type { Mailer } from '#mail';
import type { Settings } from '#settings';
import type { PasswordHasher, Vault } from '#vault';
import { Workspaces } from '#workspaces';
import { ACCESS, accessServices, type AccessServices } from './access-services.js';
import { ApiKeysController } from './api-keys.controller.js';
import { ImpersonationsController } from './impersonations.controller.js';
import { LinksController } from './links.controller.js';
import { LinksPageController } from './links-page.controller.js';
import { PermissionsController } from './permissions.controller.js';
import { SecurityController } from './security.controller.js';
import { SessionsController } from './sessions.controller.js';

/**
 * Log-in, sessions, API keys, impersonation and mailed links. Composition provides, globally: `EventLog`, `CommandRunner`, the ports of
 * `#commands` (`VAULT` watched by `watchedVault`), and what `AccountsModule` and `WorkspacesModule` export.
 */
@Global()
@Module({
  imports: [CqrsModule],
  controllers: [
    SessionsController,
    ImpersonationsController,
    ApiKeysController,
    SecurityController,
    LinksController,
    LinksPageController,
    PermissionsController,
  ],
  providers: [
    {
      provide: ACCESS,
      inject: [
        EventLog,
        CommandRunner,
        VAULT,
        PASSWORDS,
        Accounts,
        AccountCommands,
        Workspaces,
        CommandBus,
        JOBS,
        MAILER,
        SETTINGS,
        CLOCK,
        IDS,
      ],
      useFactory: (
        log: EventLog,
        runner: CommandRunner,
        vault: Vault,
        passwords: PasswordHasher,
        accounts: Accounts,
        commands: AccountCommands,
        workspaces: Workspaces,
        bus: CommandBus,
        jobs: Jobs,
        mailer: Mailer,
        settings: Settings,
        clock: Clock,
        ids: Ids,
      ) =>
        accessServices({
          log,
          runner,
          vault,
          passwords,
          accounts,
          commands,
          workspaces,
          bus,
          jobs,
          mailer,
          settings,
          clock,
          ids,
        }),
    },
    { provide: AUTHENTICATOR, inject: [ACCESS], useFactory: (access: AccessServices) => access.authenticator },
    { provide: THROTTLES, inject: [ACCESS], useFactory: (access: AccessServices) => access.throttle },
  ],
  exports: [ACCESS, AUTHENTICATOR, THROTTLES],
})
export class AccessModule {}
