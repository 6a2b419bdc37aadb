import { existsSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join, parse } from 'node:path';
import Sqlite, { type Database, type Statement } from 'better-sqlite3';

/** How long one connection waits for another one's transaction, in milliseconds. */
export const BUSY_MS = 5000;
/** Bytes of a file that may be read without copying them. */
const MAPPED = 4 * 2 ** 30;
/** Raised when the files are laid out otherwise: older ones are thrown away and made anew from the log. */
const LAYOUT = 2;

/** Which builds there are, and which of them serve. */
const CATALOGUE = `
CREATE TABLE IF NOT EXISTS builds (
  projection TEXT NOT NULL, version INTEGER NOT NULL, generation INTEGER NOT NULL,
  signature TEXT NOT NULL, serving INTEGER NOT NULL, complete INTEGER NOT NULL,
  PRIMARY KEY (projection, version, generation)
);
CREATE TABLE IF NOT EXISTS changes_of_builds (n INTEGER NOT NULL);
INSERT INTO changes_of_builds SELECT 0 WHERE NOT EXISTS (SELECT 1 FROM changes_of_builds);
`;

/** Beside the rows of one build, in its own file: how far it is. */
const PROGRESS = `
CREATE TABLE progress (position INTEGER NOT NULL, event_id TEXT);
INSERT INTO progress VALUES (0, NULL);
CREATE TABLE parked (subject TEXT PRIMARY KEY, position INTEGER NOT NULL, reason TEXT NOT NULL, numbers TEXT NOT NULL);
CREATE TABLE sequences (name TEXT PRIMARY KEY, value INTEGER NOT NULL);
`;

/** The file of one build, beside the catalogue: `views.db` has `views.accounts-1.0.db`. */
export function fileOfBuild(catalogue: string, build: string): string {
  const { dir, name, ext } = parse(catalogue);
  return join(dir, `${name}.${build}${ext}`);
}

/** Files of builds that lie beside the catalogue, whether it knows them or not. */
export function filesOfBuilds(catalogue: string): string[] {
  const { name, ext } = parse(catalogue);
  const folder = dirname(catalogue);
  return readdirSync(folder)
    .filter((file) => file.startsWith(`${name}.`) && file.endsWith(ext) && file !== `${name}${ext}`)
    .map((file) => join(folder, file));
}

/** Removes a database with all that SQLite keeps beside it. What is in use on a system that does not allow it stays until the next start. */
export function removeFile(file: string): void {
  for (const suffix of ['', '-wal', '-shm', '-journal']) rmSync(`${file}${suffix}`, { force: true, maxRetries: 2 });
}

/** The catalogue for writing; makes the file. A change that a power cut takes is made again: a build whose file is gone is made anew. */
export function openCatalogue(file: string): Database {
  const db = new Sqlite(file, { timeout: BUSY_MS });
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = NORMAL');
  const layout = db.pragma('user_version', { simple: true });
  const isEmpty = db.prepare('SELECT 1 FROM sqlite_master').get() === undefined;
  if (layout !== LAYOUT && !isEmpty) {
    db.close();
    for (const old of [file, ...filesOfBuilds(file)]) removeFile(old);
    return openCatalogue(file);
  }
  db.transaction(() => {
    db.exec(CATALOGUE);
    db.pragma(`user_version = ${LAYOUT}`);
  })();
  return db;
}

/**
 * The connection that writes a build. Rows can be made anew from the log, so a commit need not be on the disk (NORMAL):
 * a power cut may lose the last steps, never half of one. What is deleted is overwritten.
 */
export function openBuild(file: string): Database {
  const db = new Sqlite(file, { timeout: BUSY_MS, fileMustExist: true });
  writing(db);
  return db;
}

/**
 * A new build with the tables of `creation`. `served`: readers look into it from the beginning. Else nobody does until `becomeServable`, and
 * nothing is lost with it: it is filled without a log of its own.
 */
export function makeBuild(file: string, creation: readonly string[], served: boolean): Database {
  removeFile(file);
  const db = new Sqlite(file, { timeout: BUSY_MS });
  if (served) writing(db);
  else {
    db.pragma('journal_mode = MEMORY');
    db.pragma('synchronous = OFF');
    common(db);
  }
  db.transaction(() => {
    for (const statement of [PROGRESS, ...creation]) db.exec(statement);
  })();
  return db;
}

/** Whether the commits that follow bring a build that nobody reads yet to the disk, with all that was written before. */
export function bringToDisk(db: Database, wanted: boolean): void {
  db.pragma(`synchronous = ${wanted ? 'NORMAL' : 'OFF'}`);
}

/** Brings a build that was filled beside to the disk, and gives it the log that readers need. */
export function becomeServable(db: Database): void {
  if (db.pragma('journal_mode', { simple: true }) === 'wal') return;
  db.pragma('synchronous = FULL');
  db.exec('UPDATE progress SET position = position');
  writing(db);
}

/** Whether pages are read where the system has them. For a file that is read again and again from end to end, as by each index that is made. */
export function withoutCopies(db: Database, wanted: boolean): void {
  db.pragma(`mmap_size = ${wanted ? MAPPED : 0}`);
}

function writing(db: Database): void {
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = NORMAL');
  // Small checkpoints often: each is part of a commit, which somebody waits for.
  db.pragma('wal_autocheckpoint = 2000');
  common(db);
}

function common(db: Database): void {
  db.pragma('secure_delete = ON');
  db.pragma('temp_store = MEMORY');
  db.pragma('cache_size = -65536');
}

export const exists = (file: string): boolean => existsSync(file);

export function openForReading(file: string): Database {
  const db = new Sqlite(file, { timeout: BUSY_MS, readonly: true, fileMustExist: true });
  db.pragma('temp_store = MEMORY');
  db.pragma('cache_size = -8192');
  withoutCopies(db, true);
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
}

const MAX_STATEMENTS = 500;
