import type { Database } from 'better-sqlite3';
import {
  StaleBatch,
  START,
  type Batch,
  type Build,
  type Checkpoint,
  type Parked,
  type ProjectionShape,
  type ProjectionStore,
  type ServingBuild,
} from './read-store.port.js';
import { openForWriting, Statements } from './sqlite-database.adapter.js';
import { buildOf, creation, indexing, plansFrom, plansOf, removal, signatureOf } from './sqlite-layout.js';
import { bucketsOf, byCollection } from './row-changes.js';
import { TableWriter } from './sqlite-table.adapter.js';

type BuildRow = Build & { readonly projection: string; readonly signature: string; readonly serving: number };

/** The write side of the read models in one SQLite file. Works on the calling thread: call it from the projections' own. */
export function openSqliteProjectionStore({ file }: { readonly file: string }): ProjectionStore {
  return new SqliteProjectionStore(openForWriting(file));
}

const ONE = 'projection = ? AND version = ? AND generation = ?';

class SqliteProjectionStore implements ProjectionStore {
  private readonly statements: Statements;
  private readonly writers = new Map<string, ReadonlyMap<string, TableWriter>>();

  constructor(private readonly db: Database) {
    this.statements = new Statements(db);
  }

  async open(shape: ProjectionShape): Promise<Checkpoint> {
    const plans = plansOf(shape);
    const signature = signatureOf(plans);
    this.inTransaction(() => {
      const found = this.statements.of<BuildRow>(`SELECT * FROM builds WHERE ${ONE}`).get(...keyOf(shape));
      if (found?.signature === signature) return;
      const serves = found ? found.serving : Number(this.servingOf(shape.name) === undefined);
      if (found) this.drop(found);
      for (const statement of plans.flatMap(creation)) this.db.exec(statement);
      this.statements.of(`INSERT INTO builds VALUES (?, ?, ?, ?, 0, NULL, ?, 0)`).run(...keyOf(shape), signature, serves);
      this.buildsHaveChanged();
    });
    this.writers.set(
      buildOf(shape),
      new Map(
        plans.map((plan, at) => {
          const collection = shape.collections[at];
          return [plan.name, new TableWriter(this.db, plan, collection ? bucketsOf(collection) : () => [])];
        }),
      ),
    );
    return this.checkpoint(shape);
  }

  async apply(shape: ProjectionShape, batch: Batch): Promise<void> {
    const writers = this.writers.get(buildOf(shape));
    if (!writers) throw new Error(`build ${buildOf(shape)} is not open`);
    this.inTransaction(() => {
      const stored = this.checkpoint(shape);
      if (stored.position !== batch.from.position || stored.eventId !== batch.from.eventId) {
        throw new StaleBatch(`${buildOf(shape)} is at ${stored.position}, the batch was made at ${batch.from.position}`);
      }
      for (const [name, changes] of byCollection(batch.changes)) {
        const writer = writers.get(name);
        if (!writer) throw new Error(`build ${buildOf(shape)} has no collection ${name}`);
        writer.write(changes);
      }
      this.writeProgress(shape, batch);
    });
  }

  async parked(shape: ProjectionShape): Promise<Parked[]> {
    const rows = this.statements
      .of<Omit<Parked, 'numbers'> & { numbers: string }>(
        'SELECT subject, position, reason, numbers FROM parked WHERE build = ? ORDER BY position',
      )
      .all(buildOf(shape));
    return rows.map((row) => ({ ...row, numbers: JSON.parse(row.numbers) as Record<string, number> }));
  }

  async sequences(shape: ProjectionShape): Promise<Record<string, number>> {
    const rows = this.statements
      .of<{ name: string; value: number }>('SELECT name, value FROM sequences WHERE build = ?')
      .all(buildOf(shape));
    return Object.fromEntries(rows.map(({ name, value }) => [name, value]));
  }

  async takeOver(shape: ProjectionShape): Promise<void> {
    for (const statement of plansOf(shape).flatMap(indexing)) this.db.exec(statement);
    this.inTransaction(() => {
      this.statements.of('UPDATE builds SET serving = 0 WHERE projection = ?').run(shape.name);
      this.statements.of(`UPDATE builds SET serving = 1, complete = 1 WHERE ${ONE}`).run(...keyOf(shape));
      this.buildsHaveChanged();
    });
    this.dropWhere((build) => build.projection === shape.name && build.serving === 0);
  }

  async serving(name: string): Promise<ServingBuild | null> {
    return this.servingOf(name) ?? null;
  }

  async retain(names: readonly string[]): Promise<void> {
    this.dropWhere((build) => !names.includes(build.projection) || build.serving === 0);
  }

  async reset(shape: ProjectionShape): Promise<void> {
    this.inTransaction(() => {
      const plans = plansOf(shape);
      for (const statement of [removal, creation, indexing].flatMap((statements) => plans.flatMap(statements)))
        this.db.exec(statement);
      this.forgetProgress(buildOf(shape));
      this.statements.of(`UPDATE builds SET position = 0, event_id = NULL, complete = 0 WHERE ${ONE}`).run(...keyOf(shape));
      this.buildsHaveChanged();
    });
  }

  async scrub(): Promise<void> {
    const [result] = this.db.pragma('wal_checkpoint(TRUNCATE)') as { busy: number }[];
    if (result?.busy !== 0) throw new Error('a read of long duration keeps the write-ahead log from being emptied');
  }

  async close(): Promise<void> {
    this.db.close();
  }

  private inTransaction(work: () => void): void {
    this.db.transaction(work).immediate();
  }

  private checkpoint(shape: ProjectionShape): Checkpoint {
    const text = `SELECT position, event_id AS eventId FROM builds WHERE ${ONE}`;
    return this.statements.of<Checkpoint>(text).get(...keyOf(shape)) ?? START;
  }

  private servingOf(name: string): ServingBuild | undefined {
    const text = 'SELECT version, generation, complete FROM builds WHERE projection = ? AND serving = 1';
    const found = this.statements.of<Build & { complete: number }>(text).get(name);
    return found && { ...found, complete: found.complete === 1 };
  }

  private writeProgress(shape: ProjectionShape, { park = [], unpark = [], sequences = {}, checkpoint }: Batch): void {
    const build = buildOf(shape);
    for (const { subject, position, reason, numbers = {} } of park) {
      this.statements
        .of('INSERT OR REPLACE INTO parked VALUES (?, ?, ?, ?, ?)')
        .run(build, subject, position, reason, JSON.stringify(numbers));
    }
    for (const subject of unpark) this.statements.of('DELETE FROM parked WHERE build = ? AND subject = ?').run(build, subject);
    for (const [name, value] of Object.entries(sequences)) {
      this.statements.of('INSERT OR REPLACE INTO sequences VALUES (?, ?, ?)').run(build, name, value);
    }
    const move = this.statements.of(`UPDATE builds SET position = ?, event_id = ? WHERE ${ONE}`);
    move.run(checkpoint.position, checkpoint.eventId, ...keyOf(shape));
  }

  private forgetProgress(build: string): void {
    this.statements.of('DELETE FROM parked WHERE build = ?').run(build);
    this.statements.of('DELETE FROM sequences WHERE build = ?').run(build);
  }

  private dropWhere(condition: (build: BuildRow) => boolean): void {
    for (const build of this.statements.of<BuildRow>('SELECT * FROM builds').all().filter(condition)) {
      this.inTransaction(() => {
        this.drop(build);
        this.buildsHaveChanged();
      });
    }
  }

  private drop({ projection, version, generation, signature }: BuildRow): void {
    const shape = { name: projection, version, generation, collections: [] };
    for (const statement of plansFrom(signature).flatMap(removal)) this.db.exec(statement);
    this.forgetProgress(buildOf(shape));
    this.statements.of(`DELETE FROM builds WHERE ${ONE}`).run(...keyOf(shape));
    this.writers.delete(buildOf(shape));
  }

  /** Tells readers, within the same transaction, to look again at what serves. */
  private buildsHaveChanged(): void {
    this.statements.of('UPDATE changes_of_builds SET n = n + 1').run();
  }
}

const keyOf = ({ name, version, generation = 0 }: ProjectionShape): [string, number, number] => [name, version, generation];
