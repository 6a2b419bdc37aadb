import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { FolderInUse, lockFolder, syncFolder } from '#event-store';
import { systemClock } from '#kernel';
import {
  BACKUP_FILES,
  copyDatabases,
  dataFiles,
  digestOf,
  headsOf,
  masterKeySource,
  requireWhole,
  type BackupManifest,
} from '#profile';
import { BadSetting, type Settings } from '#settings';
import { loadMasterKey } from '#vault';
import { argumentsOf, WrongUse, type Standalone } from './command.js';

/**
 * RUN-5: log and vault of one moment in a new folder, beside a service that goes on. Read models, jobs and outbox are made anew from them.
 * The master key is left out unless it is asked for: who has the backup and the key can read everybody's data, who has one of them cannot.
 */
export const backup: Standalone = async ({ settings: read, say }, args) => {
  const { positionals, values } = argumentsOf(args, { 'with-key': { type: 'boolean' } });
  const [folder] = positionals;
  if (folder === undefined || positionals.length > 1) throw new WrongUse('backup takes a folder that is not there yet');
  const target = resolve(folder);
  if (existsSync(target)) throw new WrongUse(`${target} is there already: a backup is never written over`);
  const settings = read();
  if (isWithin(resolve(settings.dataDir), target))
    throw new WrongUse(`${target} is in the data folder: whoever is deleted later would stay in it`);
  const files = dataFiles(settings.dataDir);
  requireWhole(files);
  if (!existsSync(files.log) || !existsSync(files.vault))
    throw new BadSetting(`WHITEBOOK_DATA_DIR: there is no log in ${settings.dataDir}`);
  const withKey = values['with-key'] === true;
  await removeCutOff(target);
  const unfinished = `${target}.${randomBytes(4).toString('hex')}.unfinished`;
  await mkdir(unfinished, { recursive: true, mode: 0o700 });
  const unlock = await lockFolder(unfinished);
  try {
    const manifest = await write(unfinished, settings, withKey);
    unlock();
    await rm(join(unfinished, 'lock.db'));
    await rename(unfinished, target);
    await syncFolder(dirname(target));
    say(`backed up ${manifest.head.position} events, ${Object.keys(manifest.chains).length} chains: ${target}`);
    say(
      withKey
        ? 'The master key is in it: who has this folder has everything.'
        : 'The master key is not in it: keep it elsewhere.',
    );
    say(`Keep ${files.ledger} elsewhere too: a restore deletes again whoever is in it.`);
    return 0;
  } catch (error) {
    unlock();
    await rm(unfinished, { recursive: true, force: true });
    throw error;
  }
};

/** What backups to the same folder left behind that were killed: each may hold a vault. One that is being made is locked, and left alone. */
async function removeCutOff(target: string): Promise<void> {
  const folder = dirname(target);
  const names = existsSync(folder) ? await readdir(folder) : [];
  for (const name of names.filter(
    (each) => each.startsWith(basename(target)) && CUT_OFF.test(each.slice(basename(target).length)),
  )) {
    const unlock = await lockFolder(join(folder, name)).catch((error: unknown) => {
      if (error instanceof FolderInUse) return null;
      throw error;
    });
    if (unlock) await rm(join(folder, name), { recursive: true, force: true });
    unlock?.();
  }
}

const CUT_OFF = /^\.[0-9a-f]{8}\.unfinished$/;
const isWithin = (folder: string, path: string): boolean => path.startsWith(join(folder, sep));

async function write(folder: string, settings: Settings, withKey: boolean): Promise<BackupManifest> {
  const time = systemClock();
  const place = (name: keyof typeof BACKUP_FILES): string => join(folder, BACKUP_FILES[name]);
  const { log, vault } = dataFiles(settings.dataDir);
  await copyDatabases({ log, vault }, { log: place('log'), vault: place('vault') });
  if (withKey) await writeSynced(place('masterKey'), `${(await loadMasterKey(masterKeySource(settings))).toString('hex')}\n`);
  const heads = headsOf(place('log'));
  const files: Record<string, string> = {};
  for (const name of ['log', 'vault', ...(withKey ? (['masterKey'] as const) : [])] as const)
    files[BACKUP_FILES[name]] = await digestOf(place(name));
  const manifest: BackupManifest = { version: 1, time, ...heads, files };
  await writeSynced(place('manifest'), `${JSON.stringify(manifest, null, 2)}\n`);
  await syncFolder(folder);
  return manifest;
}

async function writeSynced(file: string, text: string): Promise<void> {
  await writeFile(file, text, { mode: 0o600, flag: 'wx', flush: true });
}
