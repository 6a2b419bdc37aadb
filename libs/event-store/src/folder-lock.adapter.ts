import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { sqliteCode } from './sqlite-connection.adapter.js';

/** Another process works on the folder. */
export class FolderInUse extends Error {
  override readonly name = 'FolderInUse';
  constructor(readonly folder: string) {
    super(`the data folder is in use by another process: ${folder}`);
  }
}

/**
 * Takes a folder (made where it is missing) for this process alone; gives the function that lets it go. Rejects with `FolderInUse`.
 * SQLite's lock on `lock.db` is the kernel's: it goes when the process dies, in whatever way. Nothing else in the process may open
 * that file, for closing it anew would drop the lock.
 */
export async function lockFolder(folder: string): Promise<() => void> {
  await mkdir(folder, { recursive: true });
  const db = new Database(join(folder, 'lock.db'), { timeout: 0 });
  try {
    db.pragma('locking_mode = EXCLUSIVE');
    db.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    db.close();
    throw sqliteCode(error)?.startsWith('SQLITE_BUSY') ? new FolderInUse(folder) : error;
  }
  return () => db.close();
}
