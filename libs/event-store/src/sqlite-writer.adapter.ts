import type Database from 'better-sqlite3';
import type { Instant } from '#kernel';
import { appendAll, type Place, type WritableLog } from './append.js';
import { CHAIN_START, type ChainHead } from './chain.js';
import { Conflict, NO_STREAM, type Appended, type Revision, type StoredEvent, type StreamAppend } from './event-store.port.js';
import { openForWriting, sqliteCode } from './sqlite-connection.adapter.js';

/** What the writer is asked for. `ticket` tells its answer from others. */
export type WriteRequest = { readonly ticket: number } & (
  | { readonly kind: 'append'; readonly appends: readonly StreamAppend[]; readonly at: Instant }
  | { readonly kind: 'save'; readonly snapshot: SnapshotToSave }
  | { readonly kind: 'forget'; readonly stream: string }
);

export interface SnapshotToSave {
  readonly stream: string;
  readonly revision: Revision;
  readonly state: string;
  readonly entries: readonly (readonly [key: string, value: string])[];
}

export type WriteAnswer = { readonly ticket: number } & (
  | { readonly kind: 'appended'; readonly appended: Appended }
  | { readonly kind: 'conflict'; readonly stream: string; readonly expected: Revision }
  | { readonly kind: 'done' }
  /** Nothing of the request is written; `code` is SQLite's. */
  | { readonly kind: 'unavailable'; readonly code: string }
);

/** Group commit: whatever is asked for at the same time shares one transaction and one fsync. */
export class SqliteWriter {
  private readonly begin: Database.Statement<[]>;
  private readonly end: Database.Statement<[]>;
  private readonly rollback: Database.Statement<[]>;
  private readonly savepoint: Database.Statement<[]>;
  private readonly release: Database.Statement<[]>;
  private readonly undo: Database.Statement<[]>;
  private readonly log: SqliteWritableLog;
  private readonly snapshots: SnapshotWriter;

  constructor(private readonly db: Database.Database) {
    this.begin = db.prepare('BEGIN IMMEDIATE');
    this.end = db.prepare('COMMIT');
    this.rollback = db.prepare('ROLLBACK');
    this.savepoint = db.prepare('SAVEPOINT request');
    this.release = db.prepare('RELEASE request');
    this.undo = db.prepare('ROLLBACK TO request');
    this.log = new SqliteWritableLog(db);
    this.snapshots = new SnapshotWriter(db);
  }

  /** Throws where the file cannot be opened or is no database. */
  static open(file: string): SqliteWriter {
    try {
      return new SqliteWriter(openForWriting(file));
    } catch (error) {
      const code = sqliteCode(error);
      // The driver's own errors do not travel between threads.
      throw code === null ? error : new Error(`${file} cannot be opened: ${code}`, { cause: error });
    }
  }

  /**
   * The answers to all requests, in their order, once they are durable: a conflict undoes its own request alone. Where SQLite cannot
   * write now (disk full), nothing of the batch is written and all are `unavailable`. Throws what is unforeseen: then write no more.
   */
  commit(requests: readonly WriteRequest[]): WriteAnswer[] {
    try {
      this.begin.run();
      const answers = requests.map((request) => this.answer(request));
      this.end.run();
      return answers;
    } catch (error) {
      if (this.db.inTransaction) this.rollback.run();
      const code = sqliteCode(error);
      if (code === null) throw error;
      // The driver's own errors do not travel between threads.
      if (!mayPass(code)) throw new Error(`the commit failed with ${code}`, { cause: error });
      return requests.map(({ ticket }) => ({ ticket, kind: 'unavailable', code }));
    }
  }

  close(): void {
    this.db.close();
  }

  private answer(request: WriteRequest): WriteAnswer {
    const { ticket } = request;
    switch (request.kind) {
      case 'append':
        return this.append(ticket, request.appends, request.at);
      case 'save':
        this.snapshots.save(request.snapshot);
        return { ticket, kind: 'done' };
      case 'forget':
        this.snapshots.forget(request.stream);
        return { ticket, kind: 'done' };
    }
  }

  private append(ticket: number, appends: readonly StreamAppend[], at: Instant): WriteAnswer {
    this.savepoint.run();
    try {
      const appended = appendAll(this.log, appends, at);
      this.release.run();
      return { ticket, kind: 'appended', appended };
    } catch (error) {
      if (!(error instanceof Conflict)) throw error;
      this.undo.run();
      this.release.run();
      return { ticket, kind: 'conflict', stream: error.stream, expected: error.expected };
    }
  }
}

/** Disk full, a failed read or write, a lock: it may be well again. A failed fsync is not among them: nobody knows what is on the disk then. */
function mayPass(code: string): boolean {
  return code === 'SQLITE_FULL' || code.startsWith('SQLITE_BUSY') || (code.startsWith('SQLITE_IOERR') && !code.endsWith('FSYNC'));
}

/** The log inside the open transaction. It remembers nothing itself, so that a rollback leaves nothing wrong behind. */
class SqliteWritableLog implements WritableLog {
  private readonly revision: Database.Statement<[string], Revision>;
  private readonly places: Database.Statement<[string, Revision, number], Place & { id: string }>;
  private readonly lastPlace: Database.Statement<[], Place>;
  private readonly chainHead: Database.Statement<[string], ChainHead>;
  private readonly put: Database.Statement<[StoredEvent]>;

  constructor(db: Database.Database) {
    this.revision = db.prepare<[string], Revision>('SELECT max(revision) FROM events WHERE stream = ?').pluck();
    this.places = db.prepare(
      'SELECT id, position, created FROM events WHERE stream = ? AND revision > ? ORDER BY revision LIMIT ?',
    );
    this.lastPlace = db.prepare('SELECT position, created FROM events ORDER BY position DESC LIMIT 1');
    this.chainHead = db.prepare('SELECT number, chain FROM events WHERE workspace = ? ORDER BY number DESC LIMIT 1');
    this.put = db.prepare(
      `INSERT INTO events (position, stream, revision, id, type, data, metadata, created, workspace, number, leaf, chain)
       VALUES (@position, @stream, @revision, @id, @type, @data, @metadata, @created, @workspace, @number, @leaf, @chain)`,
    );
  }

  revisionOf(stream: string): Revision {
    return this.revision.get(stream) ?? NO_STREAM;
  }

  placesAfter(stream: string, after: Revision, limit: number): (Place & { id: string })[] {
    return this.places.all(stream, after, limit);
  }

  last(): Place | null {
    return this.lastPlace.get() ?? null;
  }

  headOf(workspace: string): ChainHead {
    return this.chainHead.get(workspace) ?? CHAIN_START;
  }

  insert(event: StoredEvent): void {
    this.put.run(event);
  }
}

class SnapshotWriter {
  private readonly put: Database.Statement<[string, Revision, string]>;
  private readonly putEntry: Database.Statement<[string, string, string]>;
  private readonly remove: Database.Statement<[string]>;
  private readonly removeEntries: Database.Statement<[string]>;

  constructor(db: Database.Database) {
    this.put = db.prepare(
      `INSERT INTO snapshots (stream, revision, state) VALUES (?, ?, ?)
       ON CONFLICT (stream) DO UPDATE SET revision = excluded.revision, state = excluded.state
       WHERE excluded.revision >= snapshots.revision`,
    );
    this.putEntry = db.prepare('INSERT OR REPLACE INTO snapshot_entries (stream, key, value) VALUES (?, ?, ?)');
    this.remove = db.prepare('DELETE FROM snapshots WHERE stream = ?');
    this.removeEntries = db.prepare('DELETE FROM snapshot_entries WHERE stream = ?');
  }

  save({ stream, revision, state, entries }: SnapshotToSave): void {
    if (this.put.run(stream, revision, state).changes === 0) return;
    for (const [key, value] of entries) this.putEntry.run(stream, key, value);
  }

  forget(stream: string): void {
    this.remove.run(stream);
    this.removeEntries.run(stream);
  }
}
