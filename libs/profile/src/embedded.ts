import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import type { ErasureLedger } from '#accounts';
import { EventCodec, EventLog, lockFolder, openSqliteEventStore, type EventStore, type Snapshots } from '#event-store';
import { openSqliteJobs, type Jobs } from '#jobs';
import { randomIds, systemClock, type Clock, type Ids } from '#kernel';
import { composeMailer, type Mailer } from '#mail';
import { openSqliteReadStore, type ReadStore } from '#read-store';
import { BadSetting, type Settings } from '#settings';
import { argon2Hasher, loadMasterKey, openSqliteVault, type PasswordHasher, type Vault } from '#vault';
import { eventDefinitions } from './catalogue.js';
import { openErasureLedger } from './erasure-ledger.adapter.js';
import { openOperatorDesk } from './operator-desk.adapter.js';
import { dataFiles, threadEntries } from './paths.js';
import { startProjector, type Projector } from './projector.adapter.js';

/** All ports of one process, open. */
export interface Parts {
  readonly settings: Settings;
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
  close(): Promise<void>;
}

export interface EmbeddedOptions {
  /** Folder of the compiled files, with the entries of threads. */
  readonly dist: string;
  readonly clock?: Clock;
  readonly ids?: Ids;
  /** Something failed that nobody waits for. `fatal`: the process must end. Holds no personal data. */
  readonly onError: (error: unknown, what: string, fatal: boolean) => void;
}

/** Opens the embedded profile: everything in one folder, in this process alone. Rejects with `FolderInUse` where another has it. */
export async function openEmbedded(
  settings: Settings,
  { dist, clock = systemClock, ids = randomIds, onError }: EmbeddedOptions,
): Promise<Parts> {
  await mkdir(settings.dataDir, { recursive: true, mode: 0o700 });
  const unlock = await lockFolder(settings.dataDir);
  const files = dataFiles(settings.dataDir);
  requireWhole(files);
  const threads = threadEntries(dist);
  const masterKey = await loadMasterKey({
    ...(settings.masterKey === null ? {} : { value: settings.masterKey }),
    ...(settings.masterKeyFile === null ? {} : { file: settings.masterKeyFile }),
    dataDir: settings.dataDir,
  });
  let projector: Projector | null = null;
  const store = await openSqliteEventStore({
    file: files.log,
    writerEntry: threads.logWriter,
    clock,
    onCommit: () => projector?.nudge(),
    onFailure: (error) => onError(error, 'the log cannot be written any more', true),
  });
  const vault = await openSqliteVault({ file: files.vault, writerEntry: threads.vaultWriter, masterKey, clock });
  const readStore = await openSqliteReadStore({ file: files.views, readerEntry: threads.reader });
  projector = await startProjector({
    entry: threads.projector,
    logFile: files.log,
    viewsFile: files.views,
    vaultFile: files.vault,
    masterKey,
    rebuildEntry: threads.rebuild,
    onProgress: () => readStore.nudge(),
    onError: (report) =>
      onError(new Error(`${report.kind}: ${report.reason}`), `projection ${report.projection} at ${report.position}`, false),
    onFailure: (error) => onError(error, 'the projector', true),
  });
  const jobs = openSqliteJobs({ file: files.jobs, clock, onError: (error, key) => onError(error, `job ${key}`, false) });
  const mailer = await composeMailer({
    installation: installationOf(settings),
    outboxDir: files.outbox,
    allowPrivate: settings.smtpAllowPrivate,
    clock,
  });
  const ledger = await openErasureLedger({ file: files.ledger, clock });
  const codec = new EventCodec(eventDefinitions, vault.keys);
  const running = projector;
  const closeDesk = await openOperatorDesk(files.desk, ({ projection }) => running.rebuild(projection));
  return {
    settings,
    clock,
    ids,
    store,
    codec,
    log: new EventLog(store, codec),
    snapshots: store.snapshots,
    vault,
    readStore,
    projector,
    jobs,
    mailer,
    passwords: argon2Hasher({}),
    ledger,
    async close() {
      await closeDesk();
      await jobs.stop();
      await running.stop();
      await readStore.close();
      await vault.close();
      await store.close();
      await ledger.close();
      unlock();
    },
  };
}

/** Throws `BadSetting` where a restore was cut off: log and vault may not belong together. */
export function requireWhole({ restoring }: Pick<ReturnType<typeof dataFiles>, 'restoring'>): void {
  if (existsSync(restoring))
    throw new BadSetting('WHITEBOOK_DATA_DIR: a restore into it was cut off: empty the folder, and restore again');
}

const installationOf = ({ mail }: Settings): string => (typeof mail === 'string' ? mail : mail.smtpUrl);
