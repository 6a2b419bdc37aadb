import { chmod, copyFile, mkdir, open, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { lockFolder } from '#event-store';
import { canonicalJson, systemClock } from '#kernel';
import {
  BACKUP_FILES,
  checkBackup,
  DamagedBackup,
  dataFiles,
  foldIn,
  headsOf,
  makeDataFolder,
  masterKeySource,
  readErasureLedger,
  type BackupManifest,
  type Erased,
} from '#profile';
import { BadSetting, type Settings } from '#settings';
import { forgetTheMoment, loadMasterKey } from '#vault';
import { openApplication } from './application.js';
import { argumentsOf, WrongUse, type Standalone, type Terminal } from './command.js';
import { eraseAgain } from './erase-again.js';

type Files = ReturnType<typeof dataFiles>;

interface Source {
  readonly folder: string;
  readonly manifest: BackupManifest;
  /** The file that came with the command line; null without one. */
  readonly ledger: string | null;
  readonly keyFile: string | null;
}

/**
 * RUN-5, COR-28: makes an empty data folder from a backup. All is made ready in a folder inside it and moved into place last; what serves or
 * works there refuses until then. Sessions end, and whoever is in the ledger is deleted again, by the same rules as the first time.
 */
export const restore: Standalone = async (terminal, args) => {
  const options = { ledger: { type: 'string' }, 'key-file': { type: 'string' } } as const;
  const { positionals, values } = argumentsOf(args, options);
  const [folder] = positionals;
  if (folder === undefined || positionals.length > 1) throw new WrongUse('restore takes the folder of a backup');
  const settings = terminal.settings();
  const pathOf = (path: string | undefined): string | null => (path === undefined ? null : resolve(path));
  const ledger = pathOf(values.ledger);
  const { erased, unread } = ledger === null ? { erased: [], unread: 0 } : await readLedger(ledger);
  const manifest = await checkBackup(folder);
  const source = { folder: resolve(folder), manifest, ledger, keyFile: pathOf(values['key-file']) };
  await requireEmpty(settings.dataDir);
  await makeDataFolder(settings.dataDir);
  const unlock = await lockFolder(settings.dataDir);
  try {
    await requireEmpty(settings.dataDir);
    await into(settings, source, erased, terminal);
  } finally {
    unlock();
  }
  if (unread > 0) terminal.say(`${unread} lines of the ledger say nothing: torn when a process died`);
  if (ledger === null) terminal.complain('Without --ledger, whoever was deleted after the backup is back.');
  terminal.say('Start the service: it makes the read models anew, and does again what follows from the log.');
  return 0;
};

/** What is no ledger must not pass for one that is empty: whoever was deleted would be back, unsaid. */
async function readLedger(file: string): ReturnType<typeof readErasureLedger> {
  const read = await readErasureLedger(file).catch(() => {
    throw new WrongUse(`--ledger: ${file} cannot be read`);
  });
  if (read.erased.length === 0 && read.unread > 0) throw new WrongUse(`--ledger: ${file} is no ledger`);
  return read;
}

/** Only the lock may be there: what else there is belongs to an installation, or to somebody else. */
async function requireEmpty(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  if (names.some((name) => !name.startsWith('lock.db')))
    throw new BadSetting(`WHITEBOOK_DATA_DIR: ${folder} is not empty, and nothing is written over`);
}

async function into(settings: Settings, source: Source, erased: readonly Erased[], terminal: Terminal): Promise<void> {
  const files = dataFiles(settings.dataDir);
  const staged = dataFiles(files.restoring);
  let moving = false;
  try {
    await copyIn(staged, settings, source);
    const staging = { ...settings, dataDir: files.restoring };
    const forgotten = forgetTheMoment(staged.vault, await loadMasterKey(masterKeySource(staging)), systemClock());
    const deleted = erased.length > 0 ? await eraseIn(staging, erased, terminal) : 0;
    foldIn(staged.vault);
    foldIn(staged.log);
    moving = true;
    await moveOut(files, staged);
    const { manifest } = source;
    terminal.say(
      `restored ${manifest.head.position} events and ${Object.keys(manifest.chains).length} chains of ${manifest.time}`,
    );
    const { sessions, impersonations, answers } = forgotten;
    terminal.say(`ended ${sessions} sessions, ${impersonations} of them impersonations; forgot ${answers} kept answers`);
    terminal.say(`erased ${erased.length} of the ledger, ${deleted} of whom the backup had alive`);
  } catch (error) {
    if (!moving) await rm(files.restoring, { recursive: true, force: true });
    throw error;
  }
}

/** The files as they were backed up, with the master key and the ledger beside them. */
async function copyIn(staged: Files, settings: Settings, { folder, manifest, ledger, keyFile }: Source): Promise<void> {
  await mkdir(dirname(staged.log), { mode: 0o700 });
  for (const name of ['log', 'vault'] as const) await copyPrivately(join(folder, BACKUP_FILES[name]), staged[name]);
  if (canonicalJson(headsOf(staged.log)) !== canonicalJson({ head: manifest.head, chains: manifest.chains }))
    throw new DamagedBackup(`${BACKUP_FILES.log} does not end where ${BACKUP_FILES.manifest} says`);
  if (ledger === null) await writeFile(staged.ledger, '', { mode: 0o600 });
  else await copyPrivately(ledger, staged.ledger);
  const given = settings.masterKey !== null || settings.masterKeyFile !== null;
  if (given && keyFile !== null) throw new WrongUse('--key-file: the environment names a master key already');
  if (given) return;
  const key = keyFile ?? (BACKUP_FILES.masterKey in manifest.files ? join(folder, BACKUP_FILES.masterKey) : null);
  if (key === null) throw new WrongUse('the backup has no master key: give --key-file, or WHITEBOOK_MASTER_KEY');
  await copyPrivately(key, staged.masterKey).catch(() => {
    throw new WrongUse('--key-file: it cannot be read');
  });
}

async function copyPrivately(from: string, to: string): Promise<void> {
  await copyFile(from, to);
  await chmod(to, 0o600);
}

async function eraseIn(staging: Settings, erased: readonly Erased[], terminal: Terminal): Promise<number> {
  const application = await openApplication(staging, terminal);
  try {
    return await eraseAgain(application, erased);
  } finally {
    await application.close();
  }
}

/** Into their places, the log last; what the application has made beside them goes. */
async function moveOut(files: Files, staged: Files): Promise<void> {
  const left = new Set(await readdir(files.restoring));
  for (const name of ['masterKey', 'ledger', 'vault', 'log'] as const) {
    if (!left.has(staged[name].slice(files.restoring.length + 1))) continue;
    await sync(staged[name]);
    await rename(staged[name], files[name]);
  }
  const folder = dirname(files.log);
  await sync(folder);
  await rm(files.restoring, { recursive: true });
  await sync(folder);
}

async function sync(path: string): Promise<void> {
  const handle = await open(path, 'r');
  await handle.sync();
  await handle.close();
}
