import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { EventCodec, EventLog, isInLog, lockFolder, openSqliteEventStore, type EventStore } from '#event-store';
import { openSqliteJobs } from '#jobs';
import { randomIds, systemClock } from '#kernel';
import { openSqliteReadStore } from '#read-store';
import { BadSetting, type Settings } from '#settings';
import { argon2Hasher, loadMasterKey, openSqliteVault, type Vault } from '#vault';
import { eventDefinitions } from './catalogue.js';
import { openErasureLedger } from './erasure-ledger.adapter.js';
import { masterKeySource, openMailer } from './installation.js';
import { REACTIONS, soleProcess } from './leases.js';
import { Opened } from './opened.js';
import { openOperatorDesk } from './operator-desk.adapter.js';
import type { OpenOptions, Parts } from './parts.js';
import { dataFiles, threadEntries } from './paths.js';
import { startProjector } from './projector.adapter.js';
import { ALL_ROLES } from './roles.js';

/** Opens the embedded profile: everything in one folder, in this process alone. Rejects with `FolderInUse` where another has it. */
export const openEmbedded = (settings: Settings, options: OpenOptions): Promise<Parts> =>
  Opened.all((opened) => open(settings, options, opened));

async function open(
  settings: Settings,
  { dist, clock = systemClock, ids = randomIds, onError }: OpenOptions,
  opened: Opened,
): Promise<Parts> {
  await mkdir(settings.dataDir, { recursive: true, mode: 0o700 });
  await opened.add(lockFolder(settings.dataDir), (unlock) => unlock());
  const files = dataFiles(settings.dataDir);
  requireWhole(files);
  const threads = threadEntries(dist);
  const masterKey = await loadMasterKey(masterKeySource(settings));
  const closeIt = (port: { close(): Promise<void> }): Promise<void> => port.close();
  const stopIt = (runner: { stop(): Promise<void> }): Promise<void> => runner.stop();

  let nudge: () => void = () => undefined;
  const store = await opened.add(
    openSqliteEventStore({
      file: files.log,
      writerEntry: threads.logWriter,
      clock,
      onCommit: () => nudge(),
      onFailure: (error) => onError(error, 'the log cannot be written any more', true),
    }),
    closeIt,
  );
  if (!existsSync(files.vault) && (await store.head()) > 0) throw apart('there is a log and no vault');
  const vault = await opened.add(
    openSqliteVault({ file: files.vault, writerEntry: threads.vaultWriter, masterKey, clock }),
    closeIt,
  );
  await requireOneMoment(store, vault);
  const readStore = await opened.add(openSqliteReadStore({ file: files.views, readerEntry: threads.reader }), closeIt);
  const projector = await opened.add(
    startProjector({
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
    }),
    stopIt,
  );
  nudge = () => projector.nudge();
  const ledger = await opened.add(openErasureLedger({ file: files.ledger, clock }), closeIt);
  const jobs = await opened.add(
    openSqliteJobs({
      file: files.jobs,
      // The store's time, as deciders have it: after a clock has jumped back, what an event asks for at its own time is due all the same.
      clock: () => store.now(),
      onError: (error, key) => onError(error, `job ${key}`, false),
    }),
    stopIt,
  );
  await opened.add(
    openOperatorDesk(files.desk, ({ projection }) => projector.rebuild(projection)),
    (closeDesk) => closeDesk(),
  );
  const codec = new EventCodec(eventDefinitions, vault.keys);
  return {
    settings,
    roles: ALL_ROLES,
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
    mailer: await openMailer(settings, clock),
    passwords: argon2Hasher({}),
    ledger,
    leases: soleProcess,
    close: () => opened.close(),
  };
}

/** Throws `BadSetting` where a restore was cut off, or the log is gone: what is there does not belong together. */
export function requireWhole({ restoring, log, vault }: Pick<ReturnType<typeof dataFiles>, 'restoring' | 'log' | 'vault'>): void {
  if (existsSync(restoring))
    throw new BadSetting('WHITEBOOK_DATA_DIR: a restore into it was cut off: empty the folder, and restore again');
  if (existsSync(vault) && !existsSync(log)) throw apart('there is a vault and no log');
}

/** COR-22: a log that has not the event that the vault's reactions stand at is of another moment, or another's: nobody starts on it. */
async function requireOneMoment(store: EventStore, vault: Vault): Promise<void> {
  if (!(await isInLog(store, await vault.checkpoint(REACTIONS)))) throw apart('the log is not the one that the vault belongs to');
}

const apart = (what: string): BadSetting =>
  new BadSetting(`WHITEBOOK_DATA_DIR: ${what}: put back what was lost, or restore a backup into an empty folder`);
