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
import { RowTokens } from './search-tokens.js';
import { digitsOf, fold, lines, tokensOf } from './search-text.js';

/** A row as it was; `n` is its number in the table. */
interface Found {
  readonly n: number | null;
  readonly before: Row | null;
}

/** A row as it will be. Not looked up yet where its first change is a put: that needs none, and most are new. */
interface Touched {
  readonly found: Found | null;
  after: Row | null;
}

/** What is searched of a row, folded. */
interface Searched {
  readonly tenant: string;
  /** One for each field of the search, empty ones too. */
  readonly texts: readonly string[];
  /** Those that are not empty. */
  readonly digits: readonly string[];
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
  private rowTokens: RowTokens | null = null;

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

  /** Each row that is touched is read once at most and written once, however many changes it has. */
  write(changes: readonly Change[]): void {
    const touched = new Map<string, Touched>();
    for (const change of changes) {
      let row = touched.get(change.id);
      if (!row) touched.set(change.id, (row = this.touch(change)));
      row.after = outcome(row.after, change);
    }
    const counts = new Map<string, number>();
    // In order of their numbers: the search index takes rows in one direction only without starting a new segment.
    const number = ([, { found }]: [string, Touched]): number => found?.n ?? Infinity;
    for (const [id, { found, after }] of [...touched].sort((a, b) => number(a) - number(b) || 0)) {
      const before = this.store(id, found, after);
      for (const bucket of before ? this.buckets(before) : []) counts.set(bucket, (counts.get(bucket) ?? 0) - 1);
      for (const bucket of after ? this.buckets(after) : []) counts.set(bucket, (counts.get(bucket) ?? 0) + 1);
    }
    this.count(counts);
  }

  private touch({ op, id }: Change): Touched {
    if (op === 'put') return { found: null, after: null };
    const found = this.load(id);
    return { found, after: found.before };
  }

  private load(id: string): Found {
    const found = this.statements.of<{ n: number; row: string }>(`SELECT n, row FROM ${this.table} WHERE id = ?`).get(id);
    return { n: found?.n ?? null, before: found ? (JSON.parse(found.row) as Row) : null };
  }

  /** Gives the row that was there before. */
  private store(id: string, found: Found | null, after: Row | null): Row | null {
    if (!found && after && this.insert(after)) return null;
    const { n, before } = found ?? this.load(id);
    if (n === null || before === null) {
      if (after) this.insert(after);
    } else if (after === null) {
      this.statements.of(`DELETE FROM ${this.table} WHERE n = ?`).run(n);
      this.index(n, before, null);
    } else if (after !== before) this.update(n, before, after);
    return before;
  }

  /** False where there is a row of this id: nothing is written then. */
  private insert(row: Row): boolean {
    const n = this.nextNumber();
    const columns = this.fields.map((field) => columnValue(this.plan.fields[field] ?? 'key', scalar(row, field)));
    const searched = this.searchedOf(row);
    const { s_texts, s_digits } = searchColumns(searched);
    this.insertion ??= this.statements.of(this.insertionText());
    if (this.insertion.run(n, row.id, JSON.stringify(row), ...columns, s_texts, s_digits).changes === 0) return false;
    if (this.plan.search) this.addTokens(n, this.newTokens(searched));
    return true;
  }

  private insertionText(): string {
    const names = ['n', 'id', 'row', ...this.fields.map(columnOf), 's_texts', 's_digits'];
    return `INSERT INTO ${this.table} (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')}) ON CONFLICT (id) DO NOTHING`;
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
    const values = { ...this.fieldColumns(after, fields), ...(isSearched ? searchColumns(this.searchedOf(after)) : {}) };
    const text = `UPDATE ${this.table} SET ${['row', ...Object.keys(values)].map((name) => `${name} = ?`).join(', ')} WHERE n = ?`;
    this.statements.of(text).run(JSON.stringify(after), ...Object.values(values), n);
    if (isSearched) this.index(n, before, after);
  }

  private fieldColumns(row: Row, fields: readonly string[]): Record<string, SqlValue> {
    const values: Record<string, SqlValue> = {};
    for (const field of fields) values[columnOf(field)] = columnValue(this.plan.fields[field] ?? 'key', scalar(row, field));
    return values;
  }

  private searchedOf(row: Row): Searched {
    const { tenant, texts = [], digits = [] } = this.plan.search ?? {};
    return {
      tenant: tenant === undefined ? '' : String(columnValue('key', scalar(row, tenant))),
      texts: texts.map((field) => fold(String(scalar(row, field) ?? ''))),
      digits: present(digits.map((field) => digitsOf(fold(String(scalar(row, field) ?? ''))))),
    };
  }

  /** Brings the search index from the tokens of the old row to those of the new one. */
  private index(n: number, old: Row, row: Row | null): void {
    if (!this.plan.search) return;
    const before = setOf(this.searchedOf(old));
    const after = row ? setOf(this.searchedOf(row)) : new Set<string>();
    const grams = gramsOf(this.plan);
    const gone = [...before].filter((token) => !after.has(token)).join(' ');
    this.statements.of(`INSERT INTO ${grams} (${grams}, rowid, tokens) VALUES ('delete', ?, ?)`).run(n, gone);
    if (row) this.addTokens(n, [...after].filter((token) => !before.has(token)).join(' '));
  }

  private addTokens(n: number, tokens: string | Buffer): void {
    this.statements.of(`INSERT INTO ${gramsOf(this.plan)} (rowid, tokens) VALUES (?, CAST(? AS TEXT))`).run(n, tokens);
  }

  private newTokens(searched: Searched): string | Buffer {
    this.rowTokens ??= new RowTokens();
    return this.rowTokens.of(searched.tenant, searched.texts, searched.digits) ?? [...setOf(searched)].join(' ');
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

const searchColumns = ({ texts, digits }: Searched): { s_texts: string; s_digits: string } => ({
  s_texts: lines(present(texts)),
  s_digits: lines(digits),
});
const setOf = ({ tenant, texts, digits }: Searched): Set<string> => tokensOf(tenant, texts, digits);
const present = (texts: readonly string[]): string[] => texts.filter((text) => text !== '');
