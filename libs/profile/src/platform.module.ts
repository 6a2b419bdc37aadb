import { Global, Module, type DynamicModule, type OnApplicationBootstrap, type Provider } from '@nestjs/common';
import { AccessModule, watchedVault } from '#access';
import { AccountsModule, ERASURE_LEDGER, SNAPSHOTS } from '#accounts';
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
import { FINGERPRINTS, Reads, ReplayBook, REPLAYS, RouteTable } from '#http';
import { HistoryModule } from '#history';
import { PORT_IN_USE, WorkspacesModule } from '#workspaces';
import { Background } from './background.js';
import type { Parts } from './parts.js';
import { bodyFingerprints } from './fingerprints.js';
import { PARTS } from './ports.js';

/** The open ports, for all features. */
@Global()
@Module({})
class PortsModule {
  static of(parts: Parts, portInUse: () => number): DynamicModule {
    const { log, snapshots } = parts;
    const loader = new StreamLoader(log, snapshots, parts.vault.keys);
    const vault = watchedVault(parts.vault, log, loader);
    const resources = new Resources(log, snapshots);
    const values: [symbol | typeof EventLog | typeof StreamLoader | typeof Resources | typeof CommandRunner, unknown][] = [
      [PARTS, parts],
      [SETTINGS, parts.settings],
      [CLOCK, parts.clock],
      [IDS, parts.ids],
      [VAULT, vault],
      [PASSWORDS, parts.passwords],
      [READ_STORE, parts.readStore],
      [JOBS, parts.jobs],
      [MAILER, parts.mailer],
      [SNAPSHOTS, snapshots],
      [ERASURE_LEDGER, parts.ledger],
      [PORT_IN_USE, portInUse],
      [FINGERPRINTS, bodyFingerprints(vault.secrets)],
      [EventLog, log],
      [StreamLoader, loader],
      [Resources, resources],
      [CommandRunner, new CommandRunner(log, loader, resources, vault.answers)],
    ];
    const providers: Provider[] = [
      ...values.map(([provide, useValue]) => ({ provide, useValue })),
      Reads,
      ReplayBook,
      { provide: REPLAYS, useExisting: ReplayBook },
    ];
    return {
      module: PortsModule,
      providers,
      exports: providers.map((provider) => ('provide' in provider ? provider.provide : provider)),
    };
  }
}

/** The whole of Whitebook over a set of open ports. */
@Module({})
export class WhitebookModule implements OnApplicationBootstrap {
  constructor(
    private readonly table: RouteTable,
    private readonly replays: ReplayBook,
  ) {}

  /** Nothing starts with a write whose repeats nobody answers. */
  onApplicationBootstrap(): void {
    const silent = this.table.routes.find((route) => route.write && !this.replays.knows(route));
    if (silent) throw new Error(`${silent.method} ${silent.path}: nobody answers its repeated commands`);
  }

  /** `portInUse` gives the port that the API listens on, once it does. */
  static over(parts: Parts, portInUse: () => number): DynamicModule {
    return {
      module: WhitebookModule,
      imports: [PortsModule.of(parts, portInUse), WorkspacesModule, AccountsModule, AccessModule, HistoryModule],
      providers: [Background],
      exports: [Background],
    };
  }
}
