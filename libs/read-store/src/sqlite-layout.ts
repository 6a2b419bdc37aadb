import { canonicalJson } from '#kernel';
import { fold } from './search-text.js';
import type { Collection, FieldKind, ProjectionShape, Row, Value } from './read-store.port.js';

/** What a reader must know of a collection: kept in the database, so that a reader needs no code of projections. */
export interface CollectionPlan {
  readonly name: string;
  readonly table: string;
  readonly fields: Readonly<Record<string, FieldKind>>;
  readonly indexes: readonly (readonly string[])[];
  readonly search: { readonly tenant: string; readonly texts: readonly string[]; readonly digits: readonly string[] } | null;
}

export type SqlValue = string | number | null;

/** Raised with the layout of the tables: builds of another layout are emptied and filled again. */
const LAYOUT = 1;

const WORDS = /^[a-z][a-z0-9-]*$/;
const FIELD = /^[A-Za-z][A-Za-z0-9_]*$/;

export const buildOf = ({ name, version, generation = 0 }: ProjectionShape): string => `${name}-${version}.${generation}`;

export function plansOf(shape: ProjectionShape): CollectionPlan[] {
  return shape.collections.map((collection) => planOf(`${buildOf(shape)}/${collection.name}`, collection));
}

/** The plans as text: equal for equal tables. */
export const signatureOf = (plans: readonly CollectionPlan[]): string => canonicalJson({ layout: LAYOUT, collections: plans });
export const plansFrom = (signature: string): CollectionPlan[] =>
  (JSON.parse(signature) as { collections: CollectionPlan[] }).collections;

function planOf(table: string, { name, fields, indexes, search }: Collection<never>): CollectionPlan {
  const used = indexes.flat().filter((field) => !(field in fields));
  const wrong = [...Object.keys(fields).filter((field) => !FIELD.test(field) || field === 'id'), ...used];
  if (search && fields[search.tenant] !== 'key') throw new Error(`collection ${name}: the tenant of a search must be a key`);
  if (!WORDS.test(name) || wrong.length > 0)
    throw new Error(`collection ${name}: not a field that can be declared or used: ${wrong.join(', ')}`);
  return {
    name,
    table,
    fields,
    indexes,
    search: search ? { tenant: search.tenant, texts: search.texts, digits: search.digits ?? [] } : null,
  };
}

export const tableOf = (plan: CollectionPlan): string => `"${plan.table}"`;
export const gramsOf = (plan: CollectionPlan): string => `"${plan.table}/grams"`;
export const countersOf = (plan: CollectionPlan): string => `"${plan.table}/counters"`;
export const indexOf = (plan: CollectionPlan, fields: readonly string[]): string => `"${plan.table}/by-${fields.join('-')}"`;
export const columnOf = (field: string): string => (field === 'id' ? 'id' : `f_${field}`);

const TYPES: Record<FieldKind, string> = { key: 'TEXT', text: 'TEXT', number: 'NUMERIC', flag: 'INTEGER' };

/** Statements that make the tables of a collection. The row itself comes last: what filters and sorts is read without it. */
export function creation(plan: CollectionPlan): string[] {
  const columns = Object.entries(plan.fields).map(([field, kind]) => `${columnOf(field)} ${TYPES[kind]}`);
  const table = `n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, ${[...columns, 's_texts TEXT', 's_digits TEXT'].join(', ')}, row TEXT NOT NULL`;
  return [
    `CREATE TABLE ${tableOf(plan)} (${table})`,
    `CREATE TABLE ${countersOf(plan)} (bucket TEXT PRIMARY KEY, n INTEGER NOT NULL) WITHOUT ROWID`,
    ...(plan.search ? searchIndex(gramsOf(plan)) : []),
  ];
}

/** Kept apart from the tables: a build is filled in a fraction of the time without them. */
export const indexing = (plan: CollectionPlan): string[] =>
  plan.indexes.map(
    (fields) =>
      `CREATE INDEX IF NOT EXISTS ${indexOf(plan, fields)} ON ${tableOf(plan)} (${[...fields, 'id'].map(columnOf).join(', ')})`,
  );

/** Holds no content, only parts of three characters (see `tokensOf`), and forgets those of a removed row within the transaction. */
const searchIndex = (grams: string): string[] => [
  `CREATE VIRTUAL TABLE ${grams} USING fts5(tokens, content='', columnsize=0, detail=none, tokenize='ascii')`,
  `INSERT INTO ${grams}(${grams}, rank) VALUES ('secure-delete', 1)`,
  `INSERT INTO ${grams}(${grams}, rank) VALUES ('pgsz', ${INDEX_PAGE_BYTES})`,
];

/**
 * Bytes of one page of the search index: eight of them fill a page of the database. A row that leaves is looked for from the beginning of a page, by
 * each of its tokens; in pages eight times as large that takes four times as long.
 */
const INDEX_PAGE_BYTES = 490;

/** While a build is filled its search index is left in the parts in which it is written: merged again and again they would cost as much as writing them. */
export const unmerged = (plan: CollectionPlan): string[] => setting(plan, 'automerge', 0);
/** One part of all, by and by: begun once, and then gone on with until nothing changes any more. */
export const beginMerging = (plan: CollectionPlan): string[] => [
  ...setting(plan, 'automerge', AUTOMERGE),
  ...setting(plan, 'merge', -MERGED_PAGES),
];
export const goOnMerging = (plan: CollectionPlan): string[] => setting(plan, 'merge', MERGED_PAGES);

/** What SQLite does by itself. */
const AUTOMERGE = 4;
/** Written in one step: a quarter of a second with pages as FTS5 makes them, an eighth of that with these. */
const MERGED_PAGES = 2000;
const setting = (plan: CollectionPlan, name: string, value: number): string[] =>
  plan.search ? [`INSERT INTO ${gramsOf(plan)}(${gramsOf(plan)}, rank) VALUES ('${name}', ${value})`] : [];

export const removal = (plan: CollectionPlan): string[] =>
  [...(plan.search ? [gramsOf(plan)] : []), countersOf(plan), tableOf(plan)].map((table) => `DROP TABLE IF EXISTS ${table}`);

/** A value as its column holds it, and as filters compare it; '' is empty like null. */
export function columnValue(kind: FieldKind, value: Value | undefined): SqlValue {
  if (value === null || value === undefined || value === '') return null;
  switch (kind) {
    case 'key':
      return String(value);
    case 'text':
      return fold(String(value)) || null;
    case 'number':
      return Number.isFinite(Number(value)) ? Number(value) : null;
    case 'flag':
      return value ? 1 : 0;
  }
}

/** A field of a row, where it can be compared; objects and lists cannot. */
export function scalar(row: Row, field: string): Value | undefined {
  const value = row[field];
  return typeof value === 'object' ? null : value;
}
