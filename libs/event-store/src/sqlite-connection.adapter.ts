import Database from 'better-sqlite3';
import { StoreUnavailable } from './event-store.port.js';

/** Before this version a checkpoint that meets a write could corrupt a database in WAL mode. */
const OLDEST_SQLITE = [3, 51, 3] as const;
/** Milliseconds that a statement waits for a lock: only a backup or a checkpoint ever holds one. */
const BUSY_MS = 5000;
/** Pages of 4 KiB in the write-ahead log before the writer copies them into the database. */
const CHECKPOINT_PAGES = 4000;

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS events (
    position INTEGER PRIMARY KEY,
    stream TEXT NOT NULL,
    revision INTEGER NOT NULL,
    id TEXT NOT NULL,
    type TEXT NOT NULL,
    data TEXT NOT NULL,
    metadata TEXT NOT NULL,
    created TEXT NOT NULL,
    workspace TEXT NOT NULL,
    number INTEGER NOT NULL,
    leaf TEXT NOT NULL,
    chain TEXT NOT NULL,
    UNIQUE (stream, revision),
    UNIQUE (workspace, number)
  ) STRICT;
  CREATE TABLE IF NOT EXISTS snapshots (
    stream TEXT PRIMARY KEY,
    revision INTEGER NOT NULL,
    state TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS snapshot_entries (
    stream TEXT NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (stream, key)
  ) STRICT, WITHOUT ROWID;
`;

/** The one connection that writes; makes file and tables where they are missing. Every commit is on disk when it returns. */
export function openForWriting(file: string): Database.Database {
  const db = new Database(file, { timeout: BUSY_MS });
  requireVersion(db.prepare<[], string>('SELECT sqlite_version()').pluck().get() ?? '');
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = FULL');
  db.pragma('secure_delete = ON');
  db.pragma(`wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
  db.pragma(`journal_size_limit = ${4 * CHECKPOINT_PAGES * 4096}`);
  db.exec(SCHEMA);
  return db;
}

/** A connection for one thread's reads. The file and its tables are there already. */
export function openForReading(file: string): Database.Database {
  return new Database(file, { readonly: true, fileMustExist: true, timeout: BUSY_MS });
}

/** Throws for a version of SQLite (`3.53.2`) that is too old to be trusted. */
export function requireVersion(version: string): void {
  const parts = version.split('.').map(Number);
  const differing = OLDEST_SQLITE.findIndex((least, index) => parts[index] !== least);
  if (differing === -1) return;
  const [found = 0, least = 0] = [parts[differing], OLDEST_SQLITE[differing]];
  if (!(found > least)) throw new Error(`SQLite ${version} is too old: ${OLDEST_SQLITE.join('.')} or later is needed`);
}

/** SQLite's name of an error (`SQLITE_FULL`); null for errors that are not SQLite's. */
export function sqliteCode(error: unknown): string | null {
  // By its code, not its class: the driver keeps the class of whoever loaded it first in the process.
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : null;
  return typeof code === 'string' && code.startsWith('SQLITE_') ? code : null;
}

/** The result of a read; SQLite's own errors, and a closed connection, come as `StoreUnavailable`. */
export function reading<T>(db: Database.Database, read: () => T): T {
  if (!db.open) throw new StoreUnavailable('the event store is closed');
  try {
    return read();
  } catch (error) {
    const code = sqliteCode(error);
    throw code === null ? error : new StoreUnavailable(`the event store cannot be read: ${code}`, { cause: error });
  }
}
