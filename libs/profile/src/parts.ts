import type { ErasureLedger } from '#accounts';
import type { EventCodec, EventLog, EventStore, Snapshots } from '#event-store';
import type { Jobs } from '#jobs';
import type { Clock, Ids } from '#kernel';
import type { Mailer } from '#mail';
import type { ReadStore, StandingBuild } from '#read-store';
import type { Settings } from '#settings';
import type { PasswordHasher, Vault } from '#vault';
import type { Leases } from './leases.js';
import type { ProjectorDesk } from './mongo-projector-desk.adapter.js';
import type { Projector } from './projector.adapter.js';
import type { Role } from './roles.js';
import type { Settlement } from './settlement.adapter.js';

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

/** A process of the distributed profile: what a command line needs beside. */
export interface ServerParts extends Parts {
  /** A read model that serves, as it is now; null where none serves yet. */
  readonly standing: (projection: string) => Promise<StandingBuild | null>;
  /** Where the active projector is asked. */
  readonly desk: Pick<ProjectorDesk, 'ask'>;
  readonly settlement: Settlement;
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
  /** Also while stores that were put back are not settled with each other: for who reads the log alone, or settles them. */
  readonly unsettled?: boolean;
  /** Something failed that nobody waits for. `fatal`: the process must end. Holds no personal data. */
  readonly onError: (error: unknown, what: string, fatal: boolean) => void;
}
