import type { ErasureLedger } from '#accounts';
import type { EventCodec, EventLog, EventStore, Snapshots } from '#event-store';
import type { Jobs } from '#jobs';
import type { Clock, Ids } from '#kernel';
import type { Mailer } from '#mail';
import type { ReadStore } from '#read-store';
import type { Settings } from '#settings';
import type { PasswordHasher, Vault } from '#vault';
import type { Leases } from './leases.js';
import type { Projector } from './projector.adapter.js';
import type { Role } from './roles.js';

/** All ports of one process, open. */
export interface Parts {
  readonly settings: Settings;
  readonly roles: ReadonlySet<Role>;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly store: EventStore;
  readonly codec: EventCodec;
  readonly log: EventLog;
  readonly snapshots: Snapshots;
  readonly vault: Vault;
  readonly readStore: ReadStore;
  readonly projector: Projector;
  readonly jobs: Jobs;
  readonly mailer: Mailer;
  readonly passwords: PasswordHasher;
  readonly ledger: ErasureLedger;
  readonly leases: Leases;
  close(): Promise<void>;
}

export interface OpenOptions {
  /** Folder of the compiled files, with the entries of threads. */
  readonly dist: string;
  /** Default: all. The embedded profile has no other. */
  readonly roles?: ReadonlySet<Role>;
  readonly clock?: Clock;
  readonly ids?: Ids;
  /** Milliseconds between two ticks of a store whose time is a server's. Default: 1000. */
  readonly tickMs?: number;
  /** Something failed that nobody waits for. `fatal`: the process must end. Holds no personal data. */
  readonly onError: (error: unknown, what: string, fatal: boolean) => void;
}
