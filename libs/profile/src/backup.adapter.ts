import { open } from 'node:fs/promises';
import Database from 'better-sqlite3';
import type { BackupManifest } from './backup-manifest.js';

/** Milliseconds that a statement waits for a lock: only a checkpoint ever holds one. */
const BUSY_MS = 5_000;
/** Pages of 4 KiB that are copied in one go. */
const PAGES_AT_ONCE = 2_000;
const TRIES = 1_000;

/** Log and vault of one moment, or copies of them. */
export interface Databases {
  readonly log: string;
  readonly vault: string;
}

/**
 * COR-28: copies log and vault as they are at one moment, beside a service that goes on writing, and without a lock on the folder.
 * The log's moment comes first: whatever it names (keys, credentials) is in the vault by then. That nothing is recorded until the vault's
 * moment is made sure of: a key that is gone there belongs to somebody whose end the log tells. Copies are synced, for the owner's eyes only.
 */
export async function copyDatabases(from: Databases, to: Databases): Promise<void> {
  const log = openToRead(from.log);
  const vault = openToRead(from.vault);
  try {
    holdOneMoment(log, vault, from.log);
    // The vault is small, and is let go soon: as long as it is held, what is deleted there stays in its write-ahead log.
    await copy(vault, to.vault);
    vault.close();
    await copy(log, to.log);
  } finally {
    vault.close();
    log.close();
  }
}

/** How far a log has come: what a manifest says of it. Nobody needs to have it open. */
export function headsOf(logFile: string): Pick<BackupManifest, 'head' | 'chains'> {
  const log = openToRead(logFile);
  try {
    const last = log.prepare<[], BackupManifest['head']>('SELECT position, id FROM events ORDER BY position DESC LIMIT 1').get();
    // beside a maximum, SQLite gives the other columns of that very row
    const heads = log.prepare<[], { workspace: string; number: number; chain: string }>(
      'SELECT workspace, max(number) AS number, chain FROM events GROUP BY workspace',
    );
    const chains = heads.all().map(({ workspace, number, chain }) => [workspace, { number, chain }]);
    return { head: last ?? { position: 0, id: null }, chains: Object.fromEntries(chains) as BackupManifest['chains'] };
  } finally {
    log.close();
  }
}

/** Brings all of a database into its one file, so that it can be moved. Nobody else may have it open. */
export function foldIn(file: string): void {
  const db = new Database(file, { fileMustExist: true, timeout: BUSY_MS });
  try {
    db.pragma('wal_checkpoint(TRUNCATE)');
  } finally {
    db.close();
  }
}

const openToRead = (file: string): Database.Database =>
  new Database(file, { readonly: true, fileMustExist: true, timeout: BUSY_MS });

const headOf = (log: Database.Database): number =>
  log.prepare<[], number>('SELECT coalesce(max(position), 0) FROM events').pluck().get() ?? 0;

/** Begins a read of both that sees the same moment until it is closed. */
function holdOneMoment(log: Database.Database, vault: Database.Database, logFile: string): void {
  const now = openToRead(logFile);
  try {
    for (let left = TRIES; left > 0; left--) {
      log.exec('BEGIN');
      const head = headOf(log);
      vault.exec('BEGIN');
      vault.prepare('SELECT 1 FROM sqlite_master LIMIT 1').get(); // a read is what begins it
      if (headOf(now) === head) return;
      vault.exec('ROLLBACK');
      log.exec('ROLLBACK');
    }
  } finally {
    now.close();
  }
  throw new Error('the service writes without a pause: try again');
}

async function copy(db: Database.Database, file: string): Promise<void> {
  await (await open(file, 'wx', 0o600)).close();
  await db.backup(file, { progress: () => PAGES_AT_ONCE });
  const whole = new Database(file, { fileMustExist: true });
  whole.pragma('journal_mode = DELETE'); // one file, with nothing beside it
  whole.close();
  const handle = await open(file, 'r+');
  await handle.sync();
  await handle.close();
}
