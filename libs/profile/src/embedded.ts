import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { EventCodec, EventLog, lockFolder, openSqliteEventStore } from '#event-store';
import { openSqliteJobs } from '#jobs';
import { randomIds, systemClock } from '#kernel';
import { openSqliteReadStore } from '#read-store';
import { BadSetting, type Settings } from '#settings';
import { argon2Hasher, loadMasterKey, openSqliteVault } from '#vault';
import { eventDefinitions } from './catalogue.js';
import { openErasureLedger } from './erasure-ledger.adapter.js';
import { masterKeySource, openMailer } from './installation.js';
import { soleProcess } from './leases.js';
import { openOperatorDesk } from './operator-desk.adapter.js';
import type { OpenOptions, Parts } from './parts.js';
import { dataFiles, threadEntries } from './paths.js';
import { startProjector, type Projector } from './projector.adapter.js';
import { ALL_ROLES } from './roles.js';

/** Opens the embedded profile: everything in one folder, in this process alone. Rejects with `FolderInUse` where another has it. */
export async function openEmbedded(
  settings: Settings,
  { dist, clock = systemClock, ids = randomIds, onError }: OpenOptions,
): Promise<Parts> {
  await mkdir(settings.dataDir, { recursive: true, mode: 0o700 });
  const unlock = await lockFolder(settings.dataDir);
  const files = dataFiles(settings.dataDir);
  requireWhole(files);
  const threads = threadEntries(dist);
  const masterKey = await loadMasterKey(masterKeySource(settings));
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
  const jobs = openSqliteJobs({
    file: files.jobs,
    // The store's time, as deciders have it: after a clock has jumped back, what an event asks for at its own time is due all the same.
    clock: () => store.now(),
    onError: (error, key) => onError(error, `job ${key}`, false),
  });
  const mailer = await openMailer(settings, clock);
  const ledger = await openErasureLedger({ file: files.ledger, clock });
  const codec = new EventCodec(eventDefinitions, vault.keys);
  const running = projector;
  const closeDesk = await openOperatorDesk(files.desk, ({ projection }) => running.rebuild(projection));
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
    mailer,
    passwords: argon2Hasher({}),
    ledger,
    leases: soleProcess,
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
