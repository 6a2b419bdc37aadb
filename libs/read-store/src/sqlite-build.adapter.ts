import type { Database } from 'better-sqlite3';
import { StaleBatch, START, type Batch, type Checkpoint, type Parked, type ProjectionShape } from './read-store.port.js';
import {
  becomeServable,
  bringToDisk,
  BUSY_MS,
  makeBuild,
  openBuild,
  Statements,
  withoutCopies,
} from './sqlite-database.adapter.js';
import { beginMerging, buildOf, creation, goOnMerging, indexing, plansOf, removal, unmerged } from './sqlite-layout.js';
import { bucketsOf, byCollection } from './row-changes.js';
import { TableWriter } from './sqlite-table.adapter.js';

/** How long one try to empty the write-ahead log waits for readers. */
const FOLD_WAIT_MS = 20;

/** A build that is filled beside is brought to the disk each so many batches. */
const UNSYNCED = 16;

/** One build: its tables and how far it is, in a file of its own. */
export class BuildWriter {
  private readonly statements: Statements;
  private readonly tables: ReadonlyMap<string, TableWriter>;
  private batches = 0;

  private constructor(
    readonly db: Database,
    private readonly shape: ProjectionShape,
    private servable: boolean,
  ) {
    this.statements = new Statements(db);
    this.tables = new Map(
      plansOf(shape).map((plan, at) => {
        const collection = shape.collections[at];
        return [plan.name, new TableWriter(db, plan, collection ? bucketsOf(collection) : () => [])];
      }),
    );
  }

  static make(file: string, shape: ProjectionShape, served: boolean): BuildWriter {
    const statements = served ? [creation] : [creation, unmerged];
    const plans = plansOf(shape);
    return new BuildWriter(
      makeBuild(
        file,
        statements.flatMap((each) => plans.flatMap(each)),
        served,
      ),
      shape,
      served,
    );
  }

  static open(file: string, shape: ProjectionShape): BuildWriter {
    return new BuildWriter(openBuild(file), shape, true);
  }

  apply(batch: Batch): void {
    // A little at a time: all at once at the end, the log's own commits would wait for it.
    if (!this.servable) bringToDisk(this.db, this.batches++ % UNSYNCED === 0);
    this.inTransaction(() => {
      const stored = this.checkpoint();
      if (stored.position !== batch.from.position || stored.eventId !== batch.from.eventId) {
        throw new StaleBatch(`${buildOf(this.shape)} is at ${stored.position}, the batch was made at ${batch.from.position}`);
      }
      for (const [name, changes] of byCollection(batch.changes)) {
        const table = this.tables.get(name);
        if (!table) throw new Error(`build ${buildOf(this.shape)} has no collection ${name}`);
        table.write(changes);
      }
      this.writeProgress(batch);
    });
  }

  checkpoint(): Checkpoint {
    return this.statements.of<Checkpoint>('SELECT position, event_id AS eventId FROM progress').get() ?? START;
  }

  parked(): Parked[] {
    const text = 'SELECT subject, position, reason, numbers FROM parked ORDER BY position';
    const rows = this.statements.of<Omit<Parked, 'numbers'> & { numbers: string }>(text).all();
    return rows.map((row) => ({ ...row, numbers: JSON.parse(row.numbers) as Record<string, number> }));
  }

  sequences(): Record<string, number> {
    const rows = this.statements.of<{ name: string; value: number }>('SELECT name, value FROM sequences').all();
    return Object.fromEntries(rows.map(({ name, value }) => [name, value]));
  }

  empty(): void {
    const plans = plansOf(this.shape);
    this.inTransaction(() => {
      for (const statement of [removal, creation, indexing].flatMap((statements) => plans.flatMap(statements)))
        this.db.exec(statement);
      this.db.exec('DELETE FROM parked; DELETE FROM sequences; UPDATE progress SET position = 0, event_id = NULL');
    });
  }

  /** Makes what reads need and filling did without, one step at a time, and brings it all to the disk. */
  *becomeReadable(): Iterable<void> {
    const plans = plansOf(this.shape);
    if (!this.servable) bringToDisk(this.db, true);
    withoutCopies(this.db, true);
    for (const statement of plans.flatMap(indexing)) yield void this.db.exec(statement);
    withoutCopies(this.db, false);
    for (const statement of plans.flatMap(beginMerging)) yield void this.db.exec(statement);
    for (const statement of plans.flatMap(goOnMerging)) while (this.changesOf(statement) > 1) yield;
    becomeServable(this.db);
    this.servable = true;
  }

  /** Empties the write-ahead log, where the pages before a deletion are. False where a reader is in the way still. */
  isFoldedIn(): boolean {
    if (!this.db.open) return true;
    this.db.pragma(`busy_timeout = ${FOLD_WAIT_MS}`);
    try {
      const [result] = this.db.pragma('wal_checkpoint(TRUNCATE)') as { busy: number }[];
      return result?.busy === 0;
    } finally {
      this.db.pragma(`busy_timeout = ${BUSY_MS}`);
    }
  }

  private changesOf(statement: string): number {
    const changes = this.statements.of<{ n: number }>('SELECT total_changes() AS n');
    const before = changes.get()?.n ?? 0;
    this.db.exec(statement);
    return (changes.get()?.n ?? 0) - before;
  }

  private writeProgress({ park = [], unpark = [], sequences = {}, checkpoint }: Batch): void {
    for (const { subject, position, reason, numbers = {} } of park) {
      const put = this.statements.of('INSERT OR REPLACE INTO parked VALUES (?, ?, ?, ?)');
      put.run(subject, position, reason, JSON.stringify(numbers));
    }
    for (const subject of unpark) this.statements.of('DELETE FROM parked WHERE subject = ?').run(subject);
    for (const [name, value] of Object.entries(sequences))
      this.statements.of('INSERT OR REPLACE INTO sequences VALUES (?, ?)').run(name, value);
    this.statements.of('UPDATE progress SET position = ?, event_id = ?').run(checkpoint.position, checkpoint.eventId);
  }

  private inTransaction(work: () => void): void {
    this.db.transaction(work).immediate();
  }
}
