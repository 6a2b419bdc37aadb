import { existsSync } from 'node:fs';
import { EventCodec, lockFolder, openSqliteLogReader, type LogReader } from '#event-store';
import { systemClock } from '#kernel';
import { dataFiles, eventDefinitions, masterKeySource, projections, requireWhole, threadEntries } from '#profile';
import {
  openSqliteProjectionStore,
  openSqliteReadStore,
  ProjectionRunner,
  type ErrorReport,
  type ProjectionStore,
  type ReadStore,
} from '#read-store';
import { BadSetting, type Settings } from '#settings';
import { loadMasterKey, openSqlitePersonKeys } from '#vault';
import type { PersonKeys } from '#event-store';

/** Read models in a file, and who writes them. */
export interface Views {
  readonly store: ProjectionStore;
  readonly runner: ProjectionRunner;
  close(): Promise<void>;
}

/** A data folder that no service works on. */
export interface Folder {
  readonly dataDir: string;
  readonly log: LogReader;
  readonly codec: EventCodec;
  readonly keys: PersonKeys;
  /** File of the read models that serve. */
  readonly viewsFile: string;
  /** Read models in `file`, made by the same code as the service's. Not yet caught up. */
  views(file: string, onError?: (report: ErrorReport) => void): Views;
  reader(file: string): Promise<ReadStore>;
  close(): Promise<void>;
}

/** Takes the folder for this process alone. Rejects with `FolderInUse`, and with `BadSetting` where there is no log. */
export async function openFolder(settings: Settings, dist: string): Promise<Folder> {
  const { dataDir } = settings;
  const files = dataFiles(dataDir);
  requireWhole(files);
  if (!existsSync(files.log)) throw new BadSetting(`WHITEBOOK_DATA_DIR: there is no log in ${dataDir}`);
  const unlock = await lockFolder(dataDir);
  const masterKey = await loadMasterKey(masterKeySource(settings));
  const log = openSqliteLogReader({ file: files.log, clock: systemClock });
  const keys = openSqlitePersonKeys({ file: files.vault, masterKey });
  const codec = new EventCodec(eventDefinitions, keys);
  return {
    dataDir,
    log,
    codec,
    keys,
    viewsFile: files.views,
    views(viewsFile, onError) {
      const store = openSqliteProjectionStore({ file: viewsFile });
      const decode = codec.decode.bind(codec);
      const runner = new ProjectionRunner({ source: log, decode, store, projections, ...(onError ? { onError } : {}) });
      return { store, runner, close: () => store.close() };
    },
    reader: (viewsFile) => openSqliteReadStore({ file: viewsFile, readerEntry: threadEntries(dist).reader, readers: 1 }),
    async close() {
      keys.close();
      await log.close();
      unlock();
    },
  };
}
