import { Global, Module, type DynamicModule } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { AccountsModule, ERASURE_LEDGER, noErasureLedger, SNAPSHOTS } from '#accounts';
import { AccessModule, watchedVault } from '#access';
import {
  CLOCK,
  CommandRunner,
  IDS,
  JOBS,
  MAILER,
  PASSWORDS,
  READ_STORE,
  Resources,
  SETTINGS,
  StreamLoader,
  VAULT,
} from '#commands';
import { EventLog } from '#event-store';
import { createApplication, createLogger, FINGERPRINTS, Reads, ReplayBook, REPLAYS } from '#http';
import { canonicalJson } from '#kernel';
import { readSettings } from '#settings';
import { PORT_IN_USE, WorkspacesModule } from '#workspaces';
import { AccessPlace } from './access.js';

@Global()
@Module({})
class Ground {}

@Module({})
class Root {}

/** An `AccessPlace` behind HTTP: accounts, workspaces and access as they are, without read models. */
export async function serve(place: AccessPlace): Promise<NestFastifyApplication> {
  return createApplication(rootOf(place), { logger: createLogger({ level: 'silent' }) });
}

function rootOf(place: AccessPlace): DynamicModule {
  const { log, store, jobs, mailer, passwords, nextId } = place;
  const resources = new Resources(log, store.snapshots);
  const loader = new StreamLoader(log, store.snapshots, place.vault.keys);
  const vault = watchedVault(place.vault, log, loader);
  const given: Record<symbol, unknown> = {
    [CLOCK]: () => place.now,
    [IDS]: nextId,
    [JOBS]: jobs,
    [MAILER]: mailer,
    [PASSWORDS]: passwords,
    [READ_STORE]: { reached: async () => true, checkpoint: async () => ({ position: 0, eventId: null }) },
    [SETTINGS]: readSettings({ WHITEBOOK_PLATFORM_HOST: 'whitebook.test', WHITEBOOK_MAIL: 'none' }),
    [SNAPSHOTS]: store.snapshots,
    [ERASURE_LEDGER]: noErasureLedger,
    [VAULT]: vault,
    [PORT_IN_USE]: () => 3000,
    [FINGERPRINTS]: { of: async (body: unknown) => canonicalJson(body) },
  };
  const providers = [
    ...Object.getOwnPropertySymbols(given).map((provide) => ({ provide, useValue: given[provide] })),
    { provide: EventLog, useValue: log },
    { provide: Resources, useValue: resources },
    { provide: StreamLoader, useValue: loader },
    { provide: CommandRunner, useValue: new CommandRunner(log, loader, resources, vault.answers) },
    Reads,
    ReplayBook,
    { provide: REPLAYS, useExisting: ReplayBook },
  ];
  const imports = [WorkspacesModule, AccountsModule, AccessModule];
  const ground: DynamicModule = { module: Ground, providers, imports, exports: [...providers, ...imports] };
  return { module: Root, imports: [ground] };
}
