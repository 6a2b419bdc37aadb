import Sqlite, { type Database, type Statement } from 'better-sqlite3';

/** How long one connection waits for another one's transaction, in milliseconds. */
const BUSY_MS = 5000;

const SCHEMA = `
CREATE TABLE IF NOT EXISTS builds (
  projection TEXT NOT NULL, version INTEGER NOT NULL, generation INTEGER NOT NULL,
  signature TEXT NOT NULL, position INTEGER NOT NULL, event_id TEXT,
  serving INTEGER NOT NULL, complete INTEGER NOT NULL,
  PRIMARY KEY (projection, version, generation)
);
CREATE TABLE IF NOT EXISTS parked (
  build TEXT NOT NULL, subject TEXT NOT NULL, position INTEGER NOT NULL, reason TEXT NOT NULL, numbers TEXT NOT NULL, PRIMARY KEY (build, subject)
);
CREATE TABLE IF NOT EXISTS sequences (build TEXT NOT NULL, name TEXT NOT NULL, value INTEGER NOT NULL, PRIMARY KEY (build, name));
CREATE TABLE IF NOT EXISTS changes_of_builds (n INTEGER NOT NULL);
INSERT INTO changes_of_builds SELECT 0 WHERE NOT EXISTS (SELECT 1 FROM changes_of_builds);
`;

/**
 * The connection that writes; makes the file. Rows can be rebuilt from the log, so a commit need not be on the disk (NORMAL):
 * a power cut may lose the last steps, never half of one. What is deleted is overwritten.
 */
export function openForWriting(file: string): Database {
  const db = new Sqlite(file, { timeout: BUSY_MS });
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = NORMAL');
  db.pragma('secure_delete = ON');
  db.pragma('temp_store = MEMORY');
  db.pragma('cache_size = -65536');
  db.pragma('wal_autocheckpoint = 16000');
  db.exec(SCHEMA);
  return db;
}

export function openForReading(file: string): Database {
  const db = new Sqlite(file, { timeout: BUSY_MS, readonly: true });
  db.pragma('temp_store = MEMORY');
  db.pragma('cache_size = -65536');
  db.pragma('mmap_size = 1073741824');
  return db;
}

/** Prepared statements by their text. */
export class Statements {
  private readonly prepared = new Map<string, Statement<unknown[]>>();

  constructor(private readonly db: Database) {}

  of<Result = unknown>(text: string): Statement<unknown[], Result> {
    let statement = this.prepared.get(text);
    if (!statement) {
      if (this.prepared.size >= MAX_STATEMENTS) this.prepared.clear();
      statement = this.db.prepare<unknown[]>(text);
      this.prepared.set(text, statement);
    }
    return statement as Statement<unknown[], Result>;
  }

  clear(): void {
    this.prepared.clear();
  }
}

const MAX_STATEMENTS = 500;
