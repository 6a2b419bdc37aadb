import type { Database } from 'better-sqlite3';
import type { Build, ProjectionShape, ServingBuild } from './read-store.port.js';
import { openCatalogue, Statements } from './sqlite-database.adapter.js';
import { buildOf } from './sqlite-layout.js';

/** A build as the catalogue knows it. */
export interface BuildRow extends Build {
  readonly projection: string;
  readonly signature: string;
  readonly serving: number;
  readonly complete: number;
}

export const buildOfRow = ({ projection, version, generation }: BuildRow): string =>
  buildOf({ name: projection, version, generation, collections: [] });

const ONE = 'projection = ? AND version = ? AND generation = ?';
const keyOf = ({ name, version, generation = 0 }: ProjectionShape): [string, number, number] => [name, version, generation];

/** Which builds there are. Readers are told with a number that grows when another one serves, or the same one otherwise. */
export class Catalogue {
  private readonly statements: Statements;

  private constructor(private readonly db: Database) {
    this.statements = new Statements(db);
  }

  /** Makes the file where it is missing. */
  static open(file: string): Catalogue {
    return new Catalogue(openCatalogue(file));
  }

  rows(): BuildRow[] {
    return this.statements.of<BuildRow>('SELECT * FROM builds').all();
  }

  row(shape: ProjectionShape): BuildRow | undefined {
    return this.statements.of<BuildRow>(`SELECT * FROM builds WHERE ${ONE}`).get(...keyOf(shape));
  }

  serving(name: string): ServingBuild | null {
    const found = this.statements.of<BuildRow>('SELECT * FROM builds WHERE projection = ? AND serving = 1').get(name);
    return found ? { version: found.version, generation: found.generation, complete: found.complete === 1 } : null;
  }

  add(shape: ProjectionShape, signature: string, serves: boolean): void {
    this.change(() =>
      this.statements.of('INSERT INTO builds VALUES (?, ?, ?, ?, ?, 0)').run(...keyOf(shape), signature, Number(serves)),
    );
  }

  remove({ projection, version, generation }: BuildRow): void {
    this.change(() => this.statements.of(`DELETE FROM builds WHERE ${ONE}`).run(projection, version, generation));
  }

  serve(shape: ProjectionShape): void {
    this.change(() => {
      this.statements.of('UPDATE builds SET serving = 0 WHERE projection = ?').run(shape.name);
      this.statements.of(`UPDATE builds SET serving = 1, complete = 1 WHERE ${ONE}`).run(...keyOf(shape));
    });
  }

  restart(shape: ProjectionShape): void {
    this.change(() => this.statements.of(`UPDATE builds SET complete = 0 WHERE ${ONE}`).run(...keyOf(shape)));
  }

  close(): void {
    this.db.close();
  }

  private change(work: () => unknown): void {
    this.db
      .transaction(() => {
        work();
        this.statements.of('UPDATE changes_of_builds SET n = n + 1').run();
      })
      .immediate();
  }
}
