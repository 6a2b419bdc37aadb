import { existsSync } from 'node:fs';
import { EventCodec, lockFolder, openSqliteLogReader } from '#event-store';
import { systemClock } from '#kernel';
import { dataFiles, eventDefinitions, masterKeySource, requireWhole } from '#profile';
import { standingIn } from '#read-store';
import { BadSetting, type Settings } from '#settings';
import { loadMasterKey, openSqlitePersonKeys } from '#vault';
import type { Installation } from './installation.js';
import { openViews, type Views } from './views.js';

/** Takes a data folder, which no service works on, for this process alone. Rejects with `FolderInUse`, and with `BadSetting` where there is no log. */
export async function openFolder(settings: Settings, dist: string): Promise<Installation> {
  const { dataDir } = settings;
  const files = dataFiles(dataDir);
  requireWhole(files);
  if (!existsSync(files.log)) throw new BadSetting(`WHITEBOOK_DATA_DIR: there is no log in ${dataDir}`);
  const unlock = await lockFolder(dataDir);
  const masterKey = await loadMasterKey(masterKeySource(settings));
  const log = openSqliteLogReader({ file: files.log, clock: systemClock });
  const keys = openSqlitePersonKeys({ file: files.vault, masterKey });
  const codec = new EventCodec(eventDefinitions, keys);
  let views: Views | null = null;
  return {
    log,
    codec,
    dataDir,
    async models() {
      const open = (views ??= openViews({ file: files.views, source: log, codec, dist }));
      const { store, runner } = open;
      await runner.catchUp();
      return {
        read: () => open.read(),
        standing: (projection) => standingIn(store, projection),
        async rebuild(name) {
          await runner.rebuild(name);
          return `from ${await log.head()} events`;
        },
        unpark: async () => void (await runner.unparkAll()),
      };
    },
    async close() {
      await views?.close();
      keys.close();
      await log.close();
      unlock();
    },
  };
}
