import type { Place } from './cursor.js';
import { BadCursor, type Find } from './read-store.port.js';
import type { Statements } from './sqlite-database.adapter.js';
import { columnOf, gramsOf, tableOf, type CollectionPlan, type SqlValue } from './sqlite-layout.js';
import {
  every,
  filteredAccess,
  filtersSql,
  orderedAccess,
  orderOf,
  orderWithin,
  sql,
  type Access,
  type Match,
  type Order,
  type SearchMatches,
  type Sql,
} from './sqlite-query.js';

/** One part of the order of a query: a rank of the search, and in it the rows with a sort value or those without. */
interface Phase {
  readonly match: Match | null;
  /** The rows without a sort value. */
  readonly empty: boolean;
}

export interface FoundRow {
  /** Number in the table. */
  readonly n: number;
  readonly id: string;
  /** Of the sort column. */
  readonly value: SqlValue;
}
type PlacedRow = FoundRow & Pick<Place, 'phase'>;

type After = { readonly value: SqlValue; readonly id: string } | null;

/** How much work is worth doing to save more. */
export interface Effort {
  /** So many candidates are looked up and sorted sooner than the list is walked for them. */
  readonly few: number;
  /** So many rows of the list are walked before it is clear that what is looked for is far away. */
  readonly walked: number;
  /** So many are walked before anything else is tried for what is common. */
  readonly glanced: number;
  /** Numbers of so many candidates are held in memory. */
  readonly held: number;
}
/** Of a million rows, a page of fifty is met within ten thousand where five thousand match. */
export const USUAL_EFFORT: Effort = { few: 5000, walked: 10_000, glanced: 1000, held: 20_000 };

/** Candidates that are cheap to find but in no order. */
interface Candidates {
  readonly from: Sql;
  readonly where: Sql;
  /** Whether sorting them costs little. */
  isFew(): boolean;
}

/**
 * Finds the rows of a page. What is rare is found first and sorted then; what is common is met soon enough by walking the list in its order. What
 * is neither is walked where it lies side by side, or held against the list's index by its numbers, before all of it is sorted.
 */
export class PageFinder {
  private readonly filters: readonly Sql[];
  private readonly ordered: Access | null;
  private readonly picked = new Map<string, string | null>();

  constructor(
    private readonly statements: Statements,
    private readonly plan: CollectionPlan,
    private readonly query: Find,
    private readonly search: SearchMatches | null,
    private readonly effort: Effort,
  ) {
    this.filters = filtersSql(plan, query.filters);
    this.ordered = orderedAccess(plan, query.filters, query.sort.field);
  }

  /** At most `limit` rows after a place, in order. */
  page(place: Place | null, limit: number): PlacedRow[] {
    const empties = this.query.sort.field === 'id' ? [false] : [false, true];
    const phases = (this.search?.ranks ?? [null]).flatMap((match) => empties.map((empty) => ({ match, empty })));
    if (place && place.phase >= phases.length) throw new BadCursor('not a cursor');
    const few = this.search && this.pick(this.search.all.candidates);
    if (few) return this.sortFew(few, phases, place, limit);
    const found: PlacedRow[] = [];
    for (let at = place?.phase ?? 0; at < phases.length && found.length < limit; at++) {
      const phase = phases[at];
      const after = place?.phase === at ? place : null;
      if (phase) found.push(...this.rows(phase, after, limit - found.length).map((row) => ({ ...row, phase: at })));
    }
    return found;
  }

  /** The full-text index is asked once, and its few rows are put in order, all phases at a time. */
  private sortFew(few: string, phases: readonly Phase[], place: Place | null, limit: number): PlacedRow[] {
    const { descending } = this.query.sort;
    const [direction, beyond] = descending ? ['DESC', '<'] : ['ASC', '>'];
    const cases = phases.map((phase, at) => {
      const { text, values } = every([...this.emptinessOf(phase), ...conditionOf(phase)]);
      return sql(`WHEN ${text} THEN ${at}`, ...values);
    });
    const phase = sql(`CASE ${cases.map(({ text }) => text).join(' ')} END`, ...cases.flatMap(({ values }) => values));
    const from = this.listed(few);
    const where = every(this.filters);
    const rows = `SELECT n, id, ${this.sortColumn} AS value, ${phase.text} AS phase FROM ${from.text} WHERE ${where.text}`;
    const after = place ? afterPlace(place, beyond) : sql('phase >= 0');
    const text = `SELECT * FROM (${rows}) WHERE ${after.text} ORDER BY phase, value ${direction}, id ${direction} LIMIT ?`;
    const values = [...phase.values, ...from.values, ...where.values, ...after.values, limit];
    return this.statements.of<PlacedRow>(text).all(...values);
  }

  private emptinessOf({ empty }: Phase): Sql[] {
    return this.query.sort.field === 'id' ? [] : [sql(`${this.sortColumn} IS ${empty ? '' : 'NOT '}NULL`)];
  }

  private rows(phase: Phase, after: After, limit: number): FoundRow[] {
    const candidates = this.candidatesOf(phase);
    if (candidates && (!this.ordered || candidates.isFew())) return this.sort(candidates, phase, after, limit);
    const order = orderOf(this.query, this.plan, phase.empty, after);
    if (!candidates || !this.ordered) return this.walk(order, phase, limit, null);
    return (
      (phase.match && this.near(order, phase, limit, this.effort.glanced)) ??
      this.beside(phase, after, limit) ??
      this.held(phase, after, limit) ??
      this.near(order, phase, limit, this.effort.walked) ??
      this.sort(candidates, phase, after, limit)
    );
  }

  /**
   * Where the values of a field begin with what is looked for, their rows are side by side in its order: those are walked, and only other
   * candidates are looked up. Null where that does not help.
   */
  private beside(phase: Phase, after: After, limit: number): FoundRow[] | null {
    const side = phase.match?.side(this.query.sort.field);
    const others = side && this.pick(side.others);
    if (!side || !others) return null;
    const within = orderWithin(this.query, this.plan, side, after);
    const walked = phase.empty ? [] : this.near(within, phase, limit, this.effort.walked);
    if (!walked) return null;
    return this.sortThese([...walked.map(({ n }) => n), ...numbersIn(others)], phase, after, limit);
  }

  /** By the numbers of the candidates: those that are among the next entries of the list's index, or all of them. Null where they are too many. */
  private held(phase: Phase, after: After, limit: number): FoundRow[] | null {
    const all = phase.match && this.pick(phase.match.candidates, this.effort.held);
    if (!all) return null;
    const numbers = new Set(numbersIn(all));
    const met = this.nextEntries(phase, after).filter((n) => numbers.has(n));
    const soon = this.sortThese(met, phase, after, limit);
    return soon.length === limit ? soon : this.sortThese([...numbers], phase, after, limit);
  }

  /** Numbers of the rows that come next in the list's index, by which its own filters leave them: rows are not looked at. */
  private nextEntries(phase: Phase, after: After): number[] {
    const order = orderOf(this.query, this.plan, phase.empty, after);
    const where = every([...filtersSql(this.plan, this.ordered?.covered ?? []), ...order.keys]);
    const next = `SELECT n FROM ${tableOf(this.plan)} ${this.ordered?.by ?? ''} WHERE ${where.text} ORDER BY ${order.by} LIMIT ${this.effort.walked}`;
    const text = `SELECT json_group_array(n) AS list FROM (${next})`;
    return numbersIn(this.statements.of<{ list: string }>(text).get(...where.values)?.list ?? '[]');
  }

  private sortThese(numbers: readonly number[], phase: Phase, after: After, limit: number): FoundRow[] {
    const from = this.listed(JSON.stringify([...new Set(numbers)]));
    return this.sort({ from, where: every([]) }, phase, after, limit);
  }

  private candidatesOf({ match }: Phase): Candidates | null {
    if (match) {
      const few = this.pick(match.candidates);
      const grams = gramsOf(this.plan);
      if (few !== null) return { from: this.listed(few), where: every([]), isFew: () => true };
      const from = sql(`${grams} AS g CROSS JOIN ${tableOf(this.plan)} ON n = g.rowid`);
      return { from, where: sql(`${grams} MATCH ?`, match.candidates), isFew: () => false };
    }
    const filtered = filteredAccess(this.plan, this.query.filters);
    if (!filtered || filtered.covered.length <= (this.ordered?.covered.length ?? 0)) return null;
    const from = sql(`${tableOf(this.plan)} ${filtered.by}`);
    const where = every(filtersSql(this.plan, filtered.covered));
    const text = `SELECT count(*) AS found FROM (SELECT 1 FROM ${from.text} WHERE ${where.text} LIMIT ${this.effort.few + 1})`;
    const isFew = () => (this.statements.of<{ found: number }>(text).get(...where.values)?.found ?? 0) <= this.effort.few;
    return { from, where, isFew };
  }

  /** Numbers of the candidates as a JSON list; null where there are more than so many. */
  private pick(candidates: string, most = this.effort.few): string | null {
    const name = `${most} ${candidates}`;
    const known = this.picked.get(name);
    if (known !== undefined) return known;
    const grams = gramsOf(this.plan);
    const some = `SELECT rowid AS n FROM ${grams} WHERE ${grams} MATCH ? LIMIT ${most + 1}`;
    const text = `SELECT json_group_array(n) AS list, count(*) AS found FROM (${some})`;
    const { list = '[]', found = 0 } = this.statements.of<{ list: string; found: number }>(text).get(candidates) ?? {};
    const picked = found <= most ? list : null;
    this.picked.set(name, picked);
    return picked;
  }

  /** Rows by a list of their numbers. */
  private listed(numbers: string): Sql {
    return sql(`(SELECT value AS picked FROM json_each(?)) CROSS JOIN ${tableOf(this.plan)} ON n = picked`, numbers);
  }

  private sort({ from, where }: Pick<Candidates, 'from' | 'where'>, phase: Phase, after: After, limit: number): FoundRow[] {
    const order = orderOf(this.query, this.plan, phase.empty, after);
    return this.select(from, [where, ...this.filters, ...order.keys, ...conditionOf(phase)], order.by, limit);
  }

  /** In the order of the index; looks at no more than `budget` rows. */
  private walk(order: Order, phase: Phase, limit: number, budget: number | null): FoundRow[] {
    const table = sql(`${tableOf(this.plan)} ${this.ordered?.by ?? ''}`);
    const conditions = [...this.filters, ...order.keys];
    if (budget === null) return this.select(table, [...conditions, ...conditionOf(phase)], order.by, limit);
    const where = every(conditions);
    const match = every(conditionOf(phase));
    const near = `SELECT n, id, ${this.sortColumn} AS value, s_texts, s_digits FROM ${table.text} WHERE ${where.text} ORDER BY ${order.by} LIMIT ${budget}`;
    const text = `SELECT n, id, value FROM (${near}) WHERE ${match.text} LIMIT ?`;
    return this.statements.of<FoundRow>(text).all(...where.values, ...match.values, limit);
  }

  /** What a walk with a budget finds; null where there is more to see. */
  private near(order: Order, phase: Phase, limit: number, budget: number): FoundRow[] | null {
    const found = this.walk(order, phase, limit, budget);
    if (found.length === limit) return found;
    const where = every([...this.filters, ...order.keys]);
    const text = `SELECT 1 FROM ${tableOf(this.plan)} ${this.ordered?.by ?? ''} WHERE ${where.text} LIMIT 1 OFFSET ${budget}`;
    return this.statements.of(text).get(...where.values) === undefined ? found : null;
  }

  private select(from: Sql, conditions: readonly Sql[], by: string, limit: number): FoundRow[] {
    const where = every(conditions);
    const text = `SELECT n, id, ${this.sortColumn} AS value FROM ${from.text} WHERE ${where.text} ORDER BY ${by} LIMIT ?`;
    return this.statements.of<FoundRow>(text).all(...from.values, ...where.values, limit);
  }

  private get sortColumn(): string {
    return columnOf(this.query.sort.field);
  }
}

/** What comes after a row in the order of phases, which is always ascending, and in each phase of the sort. */
function afterPlace({ phase, value, id }: Place, beyond: string): Sql {
  const within = value === null ? sql(`id ${beyond} ?`, id) : sql(`(value, id) ${beyond} (?, ?)`, value, id);
  return sql(`phase > ? OR (phase = ? AND ${within.text})`, phase, phase, ...within.values);
}

const numbersIn = (list: string): number[] => JSON.parse(list) as number[];
const conditionOf = ({ match }: Phase): Sql[] => (match ? [match.condition] : []);
