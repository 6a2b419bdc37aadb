import type { Find } from './read-store.port.js';
import type { Statements } from './sqlite-database.adapter.js';
import { columnOf, gramsOf, tableOf, type CollectionPlan, type SqlValue } from './sqlite-layout.js';
import {
  every,
  filteredAccess,
  filtersSql,
  orderedAccess,
  orderOf,
  sql,
  type Access,
  type Match,
  type Sql,
} from './sqlite-query.js';

/** One part of the order of a query. */
export interface Phase {
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

type After = { readonly value: SqlValue; readonly id: string } | null;

/** How much work is worth doing to save more. */
export interface Effort {
  /** So many candidates are looked up and sorted sooner than the list is walked for them. */
  readonly few: number;
  /** So many rows of the list are walked before it is clear that what is looked for is far away. */
  readonly walked: number;
}
/** Of a million rows, a page of fifty is met within ten thousand where five thousand match. */
export const USUAL_EFFORT: Effort = { few: 5000, walked: 10_000 };

/** Candidates that are cheap to find but in no order. */
interface Candidates {
  /** Where they are found. */
  readonly source: string;
  /** The same with the rows themselves. */
  readonly from: string;
  readonly where: Sql;
}

/**
 * Finds the rows of a page in one of two ways. What is rare is found first and sorted then; what is common is met soon
 * enough by walking the list in its order. So neither a rare nor a common word makes a page cost more than some thousand rows.
 */
export class PageFinder {
  private readonly filters: readonly Sql[];
  private readonly ordered: Access | null;

  constructor(
    private readonly statements: Statements,
    private readonly plan: CollectionPlan,
    private readonly query: Find,
    private readonly effort: Effort,
  ) {
    this.filters = filtersSql(plan, query.filters);
    this.ordered = orderedAccess(plan, query.filters, query.sort.field);
  }

  rows(phase: Phase, after: After, limit: number): FoundRow[] {
    const candidates = this.candidatesOf(phase);
    if (candidates && (!this.ordered || this.isFew(candidates))) return this.sort(candidates, phase, after, limit);
    if (!candidates || !this.ordered) return this.walk(phase, after, limit, null);
    const near = this.walk(phase, after, limit, this.effort.walked);
    return near.length === limit || this.isWhole(phase, after) ? near : this.sort(candidates, phase, after, limit);
  }

  private candidatesOf({ match }: Phase): Candidates | null {
    if (match) {
      const grams = gramsOf(this.plan);
      const from = `${grams} AS g CROSS JOIN ${tableOf(this.plan)} ON n = g.rowid`;
      return { source: grams, from, where: sql(`${grams} MATCH ?`, match.candidates) };
    }
    const filtered = filteredAccess(this.plan, this.query.filters);
    if (!filtered || filtered.covered.length <= (this.ordered?.covered.length ?? 0)) return null;
    const source = `${tableOf(this.plan)} ${filtered.by}`;
    return { source, from: source, where: every(filtersSql(this.plan, filtered.covered)) };
  }

  private isFew({ source, where }: Candidates): boolean {
    const text = `SELECT count(*) AS found FROM (SELECT 1 FROM ${source} WHERE ${where.text} LIMIT ${this.effort.few + 1})`;
    return (this.statements.of<{ found: number }>(text).get(...where.values)?.found ?? 0) <= this.effort.few;
  }

  private sort({ from, where }: Candidates, phase: Phase, after: After, limit: number): FoundRow[] {
    const order = orderOf(this.query, this.plan, phase.empty, after);
    return this.select(from, [where, ...this.filters, ...order.keys, ...conditionOf(phase)], order.by, limit);
  }

  /** In the order of the index; looks at no more than `budget` rows. */
  private walk(phase: Phase, after: After, limit: number, budget: number | null): FoundRow[] {
    const order = orderOf(this.query, this.plan, phase.empty, after);
    const table = `${tableOf(this.plan)} ${this.ordered?.by ?? ''}`;
    const conditions = [...this.filters, ...order.keys];
    if (budget === null) return this.select(table, [...conditions, ...conditionOf(phase)], order.by, limit);
    const where = every(conditions);
    const match = every(conditionOf(phase));
    const near = `SELECT n, id, ${this.sortColumn} AS value, s_texts, s_digits FROM ${table} WHERE ${where.text} ORDER BY ${order.by} LIMIT ${budget}`;
    const text = `SELECT n, id, value FROM (${near}) WHERE ${match.text} LIMIT ?`;
    return this.statements.of<FoundRow>(text).all(...where.values, ...match.values, limit);
  }

  /** Whether the walk with a budget has seen all there is. */
  private isWhole(phase: Phase, after: After): boolean {
    const order = orderOf(this.query, this.plan, phase.empty, after);
    const where = every([...this.filters, ...order.keys]);
    const text = `SELECT 1 FROM ${tableOf(this.plan)} ${this.ordered?.by ?? ''} WHERE ${where.text} LIMIT 1 OFFSET ${this.effort.walked}`;
    return this.statements.of(text).get(...where.values) === undefined;
  }

  private select(from: string, conditions: readonly Sql[], by: string, limit: number): FoundRow[] {
    const where = every(conditions);
    const text = `SELECT n, id, ${this.sortColumn} AS value FROM ${from} WHERE ${where.text} ORDER BY ${by} LIMIT ?`;
    return this.statements.of<FoundRow>(text).all(...where.values, limit);
  }

  private get sortColumn(): string {
    return columnOf(this.query.sort.field);
  }
}

const conditionOf = ({ match }: Phase): Sql[] => (match ? [match.condition] : []);
