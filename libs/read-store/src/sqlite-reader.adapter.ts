import type { Database, Statement } from 'better-sqlite3';
import { START, type Checkpoint, type Find, type Group, type Groups, type Row, type Tally } from './read-store.port.js';
import { readCursor, writeCursor } from './cursor.js';
import type { Narrow } from './search-text.js';
import { buildOfRow, type BuildRow } from './sqlite-catalogue.adapter.js';
import { fileOfBuild, openForReading, Statements } from './sqlite-database.adapter.js';
import { countersOf, gramsOf, plansFrom, tableOf, type CollectionPlan, type SqlValue } from './sqlite-layout.js';
import { every, filteredAccess, filtersSql, groupsSql, searchOf, sql, tallySql, type Sql } from './sqlite-query.js';
import { PageFinder, USUAL_EFFORT, type Effort } from './sqlite-page.adapter.js';

/** A page whose rows are JSON text still: it is parsed where it is used. */
export interface TextPage {
  readonly rows: string;
  readonly next: string | null;
}

export type Aggregate = Pick<Find, 'collection' | 'filters' | 'search'>;

/** The build that serves a projection, as this thread reads it. */
interface ServedBuild {
  readonly db: Database;
  readonly statements: Statements;
  readonly plans: ReadonlyMap<string, CollectionPlan>;
}

export interface SqliteReaderOptions {
  /** The catalogue; builds lie beside it. */
  readonly file: string;
  readonly effort?: Effort;
  readonly open?: (file: string) => Database;
  /** Another build serves than before. */
  readonly onChange?: () => void;
}

/** All reads of one thread. Each read sees one state of its collection's build, however many statements it takes. */
export class SqliteReader {
  private readonly catalogue: Database;
  private readonly changes: Statement<[], number>;
  private readonly builds = new Map<string, ServedBuild>();
  private readonly effort: Effort;
  private readonly openFile: (file: string) => Database;
  private seen = -1;

  constructor(private readonly options: SqliteReaderOptions) {
    this.effort = options.effort ?? USUAL_EFFORT;
    this.openFile = options.open ?? openForReading;
    this.catalogue = this.openFile(options.file);
    this.changes = this.catalogue.prepare<[], number>('SELECT n FROM changes_of_builds').pluck();
  }

  get(collection: string, id: string): Row | null {
    return this.reading(collection, (plan, statements) => rowOf(plan, statements, id));
  }

  getMany(collection: string, ids: readonly string[]): Map<string, Row> {
    return this.reading(collection, (plan, statements) => {
      const rows = new Map<string, Row>();
      for (const id of ids) {
        const row = rowOf(plan, statements, id);
        if (row) rows.set(id, row);
      }
      return rows;
    });
  }

  counters(collection: string, buckets?: readonly string[]): Record<string, number> {
    return this.reading(collection, (plan, statements) => {
      const counters = countersOf(plan);
      if (!buckets) {
        const all = statements.of<{ bucket: string; n: number }>(`SELECT bucket, n FROM ${counters}`).all();
        return Object.fromEntries(all.map(({ bucket, n }) => [bucket, n]));
      }
      const counter = statements.of<{ n: number }>(`SELECT n FROM ${counters} WHERE bucket = ?`);
      return Object.fromEntries(buckets.map((bucket) => [bucket, counter.get(bucket)?.n ?? 0]));
    });
  }

  checkpoint(projection: string): Checkpoint {
    const build = this.buildOf(projection);
    return build?.statements.of<Checkpoint>('SELECT position, event_id AS eventId FROM progress').get() ?? START;
  }

  find(query: Find): TextPage {
    return this.reading(query.collection, (plan, statements) => {
      const search = searchOf(plan, query, narrowTo(plan, statements));
      const finder = new PageFinder(statements, plan, query, search, this.effort);
      const found = finder.page(readCursor(query), query.limit + 1);
      const page = found.slice(0, query.limit);
      const last = page.at(-1);
      const row = statements.of<{ row: string }>(`SELECT row FROM ${tableOf(plan)} WHERE n = ?`);
      const rows = `[${page.map(({ n }) => row.get(n)?.row).join(',')}]`;
      return { rows, next: last && found.length > query.limit ? writeCursor(query, last) : null };
    });
  }

  tally(query: Aggregate, tallies: Readonly<Record<string, Tally>>): Record<string, number> {
    return this.reading(query.collection, (plan, statements) => {
      const names = Object.keys(tallies);
      if (names.length === 0) return {};
      const columns = Object.values(tallies).map((tally, at) => aliased(tallySql(plan, tally), `t${at}`));
      const { from, where } = setOf(plan, query, narrowTo(plan, statements));
      const text = `SELECT ${columns.map((column) => column.text).join(', ')} FROM ${from} WHERE ${where.text}`;
      const values = [...columns.flatMap((column) => column.values), ...where.values];
      const row = statements.of<Record<string, number>>(text).get(...values);
      return Object.fromEntries(names.map((name, at) => [name, row?.[`t${at}`] ?? 0]));
    });
  }

  groups(query: Groups): Group[] {
    return this.reading(query.collection, (plan, statements) => {
      const { text, values } = groupsSql(plan, query);
      const name = statements.of<{ label: string }>(`SELECT row ->> ? AS label FROM ${tableOf(plan)} WHERE n = ?`);
      const groups = statements.of<{ n: number; found: number }>(text).all(...values);
      return groups.map(({ n, found }) => ({ label: name.get(query.label, n)?.label ?? '', rows: found }));
    });
  }

  /** Looks whether another build serves, and lets go of the files of those that did. */
  refresh(): void {
    const changes = this.changes.get() ?? 0;
    if (changes === this.seen) return;
    const isFirst = this.seen === -1;
    this.seen = changes;
    this.letGo();
    if (!isFirst) this.options.onChange?.();
  }

  close(): void {
    this.letGo();
    this.catalogue.close();
  }

  /** `collection` is `<projection>/<name>`. */
  private reading<Result>(collection: string, work: (plan: CollectionPlan, statements: Statements) => Result): Result {
    const [projection = '', name = ''] = collection.split('/');
    const build = this.buildOf(projection);
    const plan = build?.plans.get(name);
    if (!build || !plan) throw new Error(`no build serves ${collection}`);
    return build.db.transaction(() => work(plan, build.statements)).deferred();
  }

  private buildOf(projection: string): ServedBuild | null {
    this.refresh();
    const known = this.builds.get(projection);
    if (known) return known;
    const row = this.servingRow(projection);
    const build = row && this.openBuild(row);
    if (build) this.builds.set(projection, build);
    return build ?? null;
  }

  private servingRow(projection: string): BuildRow | undefined {
    return this.catalogue
      .prepare<[string], BuildRow>('SELECT * FROM builds WHERE projection = ? AND serving = 1')
      .get(projection);
  }

  private openBuild(row: BuildRow): ServedBuild {
    const file = fileOfBuild(this.options.file, buildOfRow(row));
    try {
      const db = this.openFile(file);
      const plans = plansFrom(row.signature).map((plan) => [plan.name, row.complete ? plan : { ...plan, indexes: [] }] as const);
      return { db, statements: new Statements(db), plans: new Map(plans) };
    } catch (error) {
      // It was replaced between two looks.
      const later = this.servingRow(row.projection);
      if (!later || buildOfRow(later) === buildOfRow(row)) throw error;
      return this.openBuild(later);
    }
  }

  private letGo(): void {
    for (const { db } of this.builds.values()) db.close();
    this.builds.clear();
  }
}

/** One rare part of a word tells more than all its common ones, whose long lists the index would walk. */
function narrowTo(plan: CollectionPlan, statements: Statements): Narrow {
  const grams = gramsOf(plan);
  const text = `SELECT count(*) AS found FROM (SELECT 1 FROM ${grams} WHERE ${grams} MATCH ? LIMIT ?)`;
  return (tokens) => {
    for (const limit of tokens.length > 1 ? RARE : []) {
      const counted = tokens.map((token) => {
        const { found = 0 } = statements.of<{ found: number }>(text).get(`"${token}"`, limit) ?? {};
        return { token, found };
      });
      const rare = counted.filter(({ found }) => found < limit).sort((one, other) => one.found - other.found);
      if (rare.length > 0) return rare.slice(0, RAREST).map(({ token }) => token);
    }
    return tokens;
  };
}

function rowOf(plan: CollectionPlan, statements: Statements, id: string): Row | null {
  const found = statements.of<{ row: string }>(`SELECT row FROM ${tableOf(plan)} WHERE id = ?`).get(id);
  return found ? (JSON.parse(found.row) as Row) : null;
}

/** Parts of a word that fewer rows have than this are rare: very rare ones are looked for first. More than are sorted at once are not rare. */
const RARE = [500, USUAL_EFFORT.few];
/** So many rare parts are enough. */
const RAREST = 3;

/** Rows under filters and search, in no order. */
function setOf(plan: CollectionPlan, query: Aggregate, narrow: Narrow): { from: string; where: Sql } {
  const match = searchOf(plan, query, narrow)?.all;
  const filters = filtersSql(plan, query.filters);
  if (!match) {
    const access = filteredAccess(plan, query.filters);
    const by = access && access.covered.length > 0 ? access.by : '';
    return { from: `${tableOf(plan)} ${by}`, where: every(filters) };
  }
  const grams = gramsOf(plan);
  return {
    from: `${grams} AS g CROSS JOIN ${tableOf(plan)} ON n = g.rowid`,
    where: every([sql(`${grams} MATCH ?`, match.candidates), ...filters, match.condition]),
  };
}

const aliased = ({ text, values }: Sql, name: string): { text: string; values: readonly SqlValue[] } => ({
  text: `${text} AS ${name}`,
  values,
});
