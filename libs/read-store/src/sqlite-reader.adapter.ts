import type { Database } from 'better-sqlite3';
import {
  START,
  BadCursor,
  type Checkpoint,
  type Find,
  type Group,
  type Groups,
  type Row,
  type Tally,
} from './read-store.port.js';
import { readCursor, writeCursor, type Place } from './cursor.js';
import type { Narrow } from './search-text.js';
import { Statements } from './sqlite-database.adapter.js';
import { countersOf, gramsOf, plansFrom, tableOf, type CollectionPlan, type SqlValue } from './sqlite-layout.js';
import { every, filtersSql, groupsSql, searchOf, sql, tallySql, type Sql } from './sqlite-query.js';
import { PageFinder, USUAL_EFFORT, type Effort, type Phase } from './sqlite-page.adapter.js';

/** A page whose rows are JSON text still: it is parsed where it is used. */
export interface TextPage {
  readonly rows: string;
  readonly next: string | null;
}

export type Aggregate = Pick<Find, 'collection' | 'filters' | 'search'>;

/** All reads of one connection, on the calling thread. Each read sees one state of the database, however many statements it takes. */
export class SqliteReader {
  private readonly statements: Statements;
  private readonly plans = new Map<string, CollectionPlan>();
  private seen = -1;

  constructor(
    private readonly db: Database,
    private readonly effort: Effort = USUAL_EFFORT,
  ) {
    this.statements = new Statements(db);
  }

  get(collection: string, id: string): Row | null {
    return this.reading(() => this.row(this.planOf(collection), id));
  }

  getMany(collection: string, ids: readonly string[]): Map<string, Row> {
    return this.reading(() => {
      const plan = this.planOf(collection);
      const rows = new Map<string, Row>();
      for (const id of ids) {
        const row = this.row(plan, id);
        if (row) rows.set(id, row);
      }
      return rows;
    });
  }

  counters(collection: string, buckets?: readonly string[]): Record<string, number> {
    return this.reading(() => {
      const counters = countersOf(this.planOf(collection));
      if (!buckets) {
        const all = this.statements.of<{ bucket: string; n: number }>(`SELECT bucket, n FROM ${counters}`).all();
        return Object.fromEntries(all.map(({ bucket, n }) => [bucket, n]));
      }
      const counter = this.statements.of<{ n: number }>(`SELECT n FROM ${counters} WHERE bucket = ?`);
      return Object.fromEntries(buckets.map((bucket) => [bucket, counter.get(bucket)?.n ?? 0]));
    });
  }

  checkpoint(projection: string): Checkpoint {
    const text = 'SELECT position, event_id AS eventId FROM builds WHERE projection = ? AND serving = 1';
    return this.statements.of<Checkpoint>(text).get(projection) ?? START;
  }

  find(query: Find): TextPage {
    return this.reading(() => {
      const plan = this.planOf(query.collection);
      const phases = phasesOf(plan, query, this.narrowTo(plan));
      const place = readCursor(query);
      if (place && place.phase >= phases.length) throw new BadCursor('not a cursor');
      const finder = new PageFinder(this.statements, plan, query, this.effort);
      const found: (Place & { n: number })[] = [];
      for (let at = place?.phase ?? 0; at < phases.length && found.length <= query.limit; at++) {
        const phase = phases[at];
        const after = place?.phase === at ? place : null;
        if (phase) found.push(...finder.rows(phase, after, query.limit + 1 - found.length).map((row) => ({ ...row, phase: at })));
      }
      const page = found.slice(0, query.limit);
      const last = page.at(-1);
      const row = this.statements.of<{ row: string }>(`SELECT row FROM ${tableOf(plan)} WHERE n = ?`);
      const rows = `[${page.map(({ n }) => row.get(n)?.row).join(',')}]`;
      return { rows, next: last && found.length > query.limit ? writeCursor(query, last) : null };
    });
  }

  tally(query: Aggregate, tallies: Readonly<Record<string, Tally>>): Record<string, number> {
    return this.reading(() => {
      const plan = this.planOf(query.collection);
      const names = Object.keys(tallies);
      if (names.length === 0) return {};
      const columns = Object.values(tallies).map((tally, at) => aliased(tallySql(plan, tally), `t${at}`));
      const { from, where } = setOf(plan, query, this.narrowTo(plan));
      const text = `SELECT ${columns.map((column) => column.text).join(', ')} FROM ${from} WHERE ${where.text}`;
      const values = [...columns.flatMap((column) => column.values), ...where.values];
      const row = this.statements.of<Record<string, number>>(text).get(...values);
      return Object.fromEntries(names.map((name, at) => [name, row?.[`t${at}`] ?? 0]));
    });
  }

  groups(query: Groups): Group[] {
    return this.reading(() => {
      const plan = this.planOf(query.collection);
      const { text, values } = groupsSql(plan, query);
      const name = this.statements.of<{ label: string }>(`SELECT row ->> ? AS label FROM ${tableOf(plan)} WHERE n = ?`);
      const groups = this.statements.of<{ n: number; found: number }>(text).all(...values);
      return groups.map(({ n, found }) => ({ label: name.get(query.label, n)?.label ?? '', rows: found }));
    });
  }

  close(): void {
    this.db.close();
  }

  /** One rare part of a word tells more than all its common ones, whose long lists the index would walk. */
  private narrowTo(plan: CollectionPlan): Narrow {
    const grams = gramsOf(plan);
    const text = `SELECT count(*) AS found FROM (SELECT 1 FROM ${grams} WHERE ${grams} MATCH ? LIMIT ?)`;
    return (tokens) => {
      for (const limit of tokens.length > 1 ? RARE : []) {
        const counted = tokens.map((token) => {
          const { found = 0 } = this.statements.of<{ found: number }>(text).get(`"${token}"`, limit) ?? {};
          return { token, found };
        });
        const rare = counted.filter(({ found }) => found < limit).sort((one, other) => one.found - other.found);
        if (rare.length > 0) return rare.slice(0, RAREST).map(({ token }) => token);
      }
      return tokens;
    };
  }

  private reading<Result>(work: () => Result): Result {
    return this.db.transaction(work).deferred();
  }

  private row(plan: CollectionPlan, id: string): Row | null {
    const found = this.statements.of<{ row: string }>(`SELECT row FROM ${tableOf(plan)} WHERE id = ?`).get(id);
    return found ? (JSON.parse(found.row) as Row) : null;
  }

  /** The plan of `<projection>/<collection>` in the build that serves. */
  private planOf(collection: string): CollectionPlan {
    const changes = this.statements.of<{ n: number }>('SELECT n FROM changes_of_builds').get()?.n ?? 0;
    if (changes !== this.seen) this.readPlans(changes);
    const plan = this.plans.get(collection);
    if (!plan) throw new Error(`no build serves ${collection}`);
    return plan;
  }

  private readPlans(changes: number): void {
    this.plans.clear();
    this.statements.clear();
    const builds = this.statements.of<ServingBuild>('SELECT projection, signature, complete FROM builds WHERE serving = 1').all();
    for (const { projection, signature, complete } of builds) {
      for (const plan of plansFrom(signature))
        this.plans.set(`${projection}/${plan.name}`, complete ? plan : { ...plan, indexes: [] });
    }
    this.seen = changes;
  }
}

interface ServingBuild {
  readonly projection: string;
  readonly signature: string;
  /** 0: still being filled for the first time, without indexes. */
  readonly complete: number;
}

/** Parts of a word that fewer rows have than this are rare: very rare ones are looked for first. */
const RARE = [500, 20_000];
/** So many rare parts are enough. */
const RAREST = 3;

/** The parts of an order, one after the other: ranks of the search, and in each the rows without a sort value last. */
function phasesOf(plan: CollectionPlan, query: Find, narrow: Narrow): Phase[] {
  const search = searchOf(plan, query, narrow);
  const empties = query.sort.field === 'id' ? [false] : [false, true];
  return (search?.ranks ?? [null]).flatMap((match) => empties.map((empty) => ({ match, empty })));
}

/** Rows under filters and search, in no order. */
function setOf(plan: CollectionPlan, query: Aggregate, narrow: Narrow): { from: string; where: Sql } {
  const match = searchOf(plan, query, narrow)?.all;
  const filters = filtersSql(plan, query.filters);
  if (!match) return { from: tableOf(plan), where: every(filters) };
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
