import { closeSync, openSync } from 'node:fs';
import Database from 'better-sqlite3';
import { SCHEMA } from './schema.sql.js';
import type { Sql, SqlValue } from './sql.js';

export type Connection = Database.Database;

/** How long a statement waits for a lock that another connection holds. */
const BUSY_TIMEOUT_MS = 1000;

/** Opens the vault's file for writing and makes its tables. Deleted content is overwritten, commits are synced. */
export function openForWriting(file: string): Connection {
  closeSync(openSync(file, 'a', 0o600)); // SQLite would make it readable for all
  const db = new Database(file, { timeout: BUSY_TIMEOUT_MS });
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = FULL');
  db.pragma('secure_delete = ON');
  db.exec(SCHEMA);
  return db;
}

/** Opens the vault's file for reading only. The tables must be there. */
export const openForReading = (file: string): Connection =>
  new Database(file, { readonly: true, fileMustExist: true, timeout: BUSY_TIMEOUT_MS });

/** A database in memory with the vault's tables. */
export function openInMemory(): Connection {
  const db = new Database(':memory:');
  db.exec(SCHEMA);
  return db;
}

/** Each statement is prepared once per connection. */
export function sqlOn(db: Connection): Sql {
  const statements = new Map<string, Database.Statement<SqlValue[]>>();
  const prepared = (text: string): Database.Statement<SqlValue[]> => {
    const known = statements.get(text);
    if (known !== undefined) return known;
    const statement = db.prepare<SqlValue[]>(text);
    statements.set(text, statement);
    return statement;
  };
  return {
    run: (text, ...values) => prepared(text).run(...values).changes,
    get: <Row>(text: string, ...values: SqlValue[]) => prepared(text).get(...values) as Row | undefined,
    all: <Row>(text: string, ...values: SqlValue[]) => prepared(text).all(...values) as Row[],
  };
}

/** What stays out of reach for now (disk full, locked, unreadable), as opposed to a mistake of ours. */
export const isOutOfReach = (error: unknown): boolean =>
  error instanceof Object &&
  'code' in error &&
  /^SQLITE_(FULL|IOERR|BUSY|LOCKED|READONLY|CANTOPEN|NOMEM)/.test(String(error.code));
