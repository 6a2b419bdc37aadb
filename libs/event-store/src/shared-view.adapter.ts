import type Database from 'better-sqlite3';

/**
 * Reads of one turn of the event loop share one view of a file in WAL mode: to begin and to end a view costs more than most reads do.
 * Whoever tells that something was written refreshes it first, so that nobody is told of what he cannot read.
 */
export class SharedView {
  private readonly begin: Database.Statement<[]>;
  private readonly end: Database.Statement<[]>;
  private begun = false;
  private readonly seen = new Map<string, unknown>();

  constructor(private readonly db: Database.Database) {
    this.begin = db.prepare('BEGIN');
    this.end = db.prepare('COMMIT');
  }

  /** Reads in the view of this turn; throws what SQLite throws. */
  read<T>(work: () => T): T {
    if (!this.begun) {
      this.begin.run();
      this.begun = true;
      setImmediate(() => this.refresh());
    }
    return work();
  }

  /** As `read`, and asked again for the same `key` gives what this view gave before. Nobody may change it. */
  readOnce<T>(key: string, work: () => T): T {
    if (this.begun && this.seen.has(key)) return this.seen.get(key) as T;
    const found = this.read(work);
    this.seen.set(key, found);
    return found;
  }

  /** The next read sees all that is committed by then. */
  refresh(): void {
    if (!this.begun) return;
    this.begun = false;
    this.seen.clear();
    if (this.db.open && this.db.inTransaction) this.end.run();
  }
}
