import type { Database, Statement } from 'better-sqlite3';
import type { Change, Row } from './read-store.port.js';
import { outcome } from './row-changes.js';
import { Statements } from './sqlite-database.adapter.js';
import {
  columnOf,
  columnValue,
  countersOf,
  gramsOf,
  scalar,
  tableOf,
  type CollectionPlan,
  type SqlValue,
} from './sqlite-layout.js';
import { digitsOf, fold, lines, tokensOf } from './search-text.js';

/** A row as it was and as it will be; `n` is its number in the table. */
interface Touched {
  readonly n: number | null;
  readonly before: Row | null;
  after: Row | null;
}

/** Writes one collection of one build: rows, their columns, counters and search index. Within the caller's transaction. */
export class TableWriter {
  private readonly statements: Statements;
  private readonly table: string;
  private readonly fields: readonly string[];
  /** Fields that the search index is made from. */
  private readonly searched: readonly string[];

  private lastNumber: number | null = null;
  private insertion: Statement<unknown[]> | null = null;

  constructor(
    db: Database,
    private readonly plan: CollectionPlan,
    private readonly buckets: (row: Row) => readonly string[],
  ) {
    this.statements = new Statements(db);
    this.table = tableOf(plan);
    this.fields = Object.keys(plan.fields);
    this.searched = plan.search ? [plan.search.tenant, ...plan.search.texts, ...plan.search.digits] : [];
  }

  /** Each row that is touched is read once and written once, however many changes it has. */
  write(changes: readonly Change[]): void {
    const touched = new Map<string, Touched>();
    for (const change of changes) {
      const row = touched.get(change.id) ?? this.load(change.id);
      row.after = outcome(row.after, change);
      touched.set(change.id, row);
    }
    const counts = new Map<string, number>();
    // In order of their numbers: the search index takes rows in one direction only without starting a new segment.
    for (const { n, before, after } of [...touched.values()].sort((a, b) => (a.n ?? Infinity) - (b.n ?? Infinity) || 0)) {
      this.store(n, before, after);
      for (const bucket of before ? this.buckets(before) : []) counts.set(bucket, (counts.get(bucket) ?? 0) - 1);
      for (const bucket of after ? this.buckets(after) : []) counts.set(bucket, (counts.get(bucket) ?? 0) + 1);
    }
    this.count(counts);
  }

  private load(id: string): Touched {
    const found = this.statements.of<{ n: number; row: string }>(`SELECT n, row FROM ${this.table} WHERE id = ?`).get(id);
    const row = found ? (JSON.parse(found.row) as Row) : null;
    return { n: found?.n ?? null, before: row, after: row };
  }

  private store(n: number | null, before: Row | null, after: Row | null): void {
    if (n === null || before === null) {
      if (after) this.insert(after);
    } else if (after === null) {
      this.statements.of(`DELETE FROM ${this.table} WHERE n = ?`).run(n);
      this.index(n, before, null);
    } else if (after !== before) this.update(n, before, after);
  }

  private insert(row: Row): void {
    const n = this.nextNumber();
    const columns = this.fields.map((field) => columnValue(this.plan.fields[field] ?? 'key', scalar(row, field)));
    const { s_texts, s_digits } = this.searchColumns(row);
    this.insertion ??= this.statements.of(this.insertionText());
    this.insertion.run(n, row.id, JSON.stringify(row), ...columns, s_texts, s_digits);
    this.index(n, null, row);
  }

  private insertionText(): string {
    const names = ['n', 'id', 'row', ...this.fields.map(columnOf), 's_texts', 's_digits'];
    return `INSERT INTO ${this.table} (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})`;
  }

  /** Never one that was removed in the same batch: FTS5 loses entries where a token leaves and enters a row within one flush. */
  private nextNumber(): number {
    this.lastNumber ??= this.statements.of<{ n: number | null }>(`SELECT max(n) AS n FROM ${this.table}`).get()?.n ?? 0;
    return ++this.lastNumber;
  }

  /** Sets the columns that differ: each column that is named costs its indexes a write. */
  private update(n: number, before: Row, after: Row): void {
    const fields = this.fields.filter((field) => before[field] !== after[field]);
    const isSearched = this.searched.some((field) => before[field] !== after[field]);
    const values = { ...this.fieldColumns(after, fields), ...(isSearched ? this.searchColumns(after) : {}) };
    const text = `UPDATE ${this.table} SET ${['row', ...Object.keys(values)].map((name) => `${name} = ?`).join(', ')} WHERE n = ?`;
    this.statements.of(text).run(JSON.stringify(after), ...Object.values(values), n);
    if (isSearched) this.index(n, before, after);
  }

  private fieldColumns(row: Row, fields: readonly string[]): Record<string, SqlValue> {
    const values: Record<string, SqlValue> = {};
    for (const field of fields) values[columnOf(field)] = columnValue(this.plan.fields[field] ?? 'key', scalar(row, field));
    return values;
  }

  private searchColumns(row: Row): { s_texts: string; s_digits: string } {
    return { s_texts: lines(present(this.texts(row))), s_digits: lines(this.digits(row)) };
  }

  /** One for each field of the search, empty ones too. */
  private texts(row: Row): string[] {
    return (this.plan.search?.texts ?? []).map((field) => fold(String(scalar(row, field) ?? '')));
  }

  private digits(row: Row): string[] {
    return present((this.plan.search?.digits ?? []).map((field) => digitsOf(fold(String(scalar(row, field) ?? '')))));
  }

  /** Brings the search index from the tokens of the old row to those of the new one. */
  private index(n: number, old: Row | null, row: Row | null): void {
    if (!this.plan.search) return;
    const before = old ? this.tokens(old, this.plan.search.tenant) : new Set<string>();
    const after = row ? this.tokens(row, this.plan.search.tenant) : new Set<string>();
    const grams = gramsOf(this.plan);
    if (old) {
      const gone = [...before].filter((token) => !after.has(token)).join(' ');
      this.statements.of(`INSERT INTO ${grams} (${grams}, rowid, tokens) VALUES ('delete', ?, ?)`).run(n, gone);
    }
    if (row) {
      const fresh = (old ? [...after].filter((token) => !before.has(token)) : [...after]).join(' ');
      this.statements.of(`INSERT INTO ${grams} (rowid, tokens) VALUES (?, ?)`).run(n, fresh);
    }
  }

  private tokens(row: Row, tenant: string): Set<string> {
    return tokensOf(String(columnValue('key', scalar(row, tenant))), this.texts(row), this.digits(row));
  }

  private count(counts: ReadonlyMap<string, number>): void {
    const counters = countersOf(this.plan);
    const add = `INSERT INTO ${counters} VALUES (?, ?) ON CONFLICT (bucket) DO UPDATE SET n = n + excluded.n`;
    for (const [bucket, n] of counts) {
      if (n !== 0) this.statements.of(add).run(bucket, n);
      if (n < 0) this.statements.of(`DELETE FROM ${counters} WHERE bucket = ? AND n = 0`).run(bucket);
    }
  }
}

const present = (texts: readonly string[]): string[] => texts.filter((text) => text !== '');
