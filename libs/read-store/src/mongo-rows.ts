import type { Json, JsonObject } from '#kernel';
import type { MongoDocument } from '#mongo';
import { PARKED, rowsOf, SEQUENCES, type Write } from './batch-store.port.js';
import type { FieldKind, Row } from './read-store.port.js';
import { partsOf } from './search-parts.js';
import { digitsOf, fold, lines } from './search-text.js';
import { columnValue, scalar, type CollectionPlan, type SqlValue } from './sqlite-layout.js';

/** How rows and other values lie in documents. Pure. */

/** A document that batches write: `n` is the number of the last one. Without anything else it is a stub. */
export interface Guarded {
  readonly _id: string;
  readonly n: number;
}

export interface RowDocument extends Guarded {
  /** The row as JSON: its fields may have any names, and come back in their order. */
  readonly row?: string;
  /** Values that are filtered and sorted by; null where empty. */
  readonly f?: Readonly<Record<string, SqlValue>>;
  /** Texts that are searched, and digits: one per line. */
  readonly t?: string;
  readonly d?: string;
  /** Parts of both. */
  readonly g?: readonly string[];
}

export interface ValueDocument extends Guarded {
  /** A number as it is, anything else as JSON. */
  readonly v?: number | string;
}

/** Raised with the form of the documents: builds of another form are emptied and filled again. */
export const FORM = 1;

export const fieldPath = (field: string): string => (field === 'id' ? '_id' : `f.${field}`);

/** The whole document that a write leaves. */
export function documentOf(plans: readonly CollectionPlan[], { to, id, value }: Write, n: number): Guarded {
  if (value === null) return { _id: id, n };
  const plan = plans.find(({ name }) => rowsOf(name) === to);
  if (plan) return rowDocument(plan, { ...(value as JsonObject), id }, n);
  return { _id: id, n, v: typeof value === 'number' ? value : JSON.stringify(value) } as ValueDocument;
}

function rowDocument(plan: CollectionPlan, row: Row, n: number): RowDocument {
  const f: Record<string, SqlValue> = {};
  for (const [field, kind] of Object.entries<FieldKind>(plan.fields)) f[field] = columnValue(kind, scalar(row, field));
  const document = { _id: row.id, n, row: JSON.stringify(row), f };
  if (!plan.search) return document;
  const texts = textsOf(row, plan.search.texts, fold);
  const digits = textsOf(row, plan.search.digits, (text) => digitsOf(fold(text)));
  return { ...document, t: lines(texts), d: lines(digits), g: partsOf([...texts, ...digits]) };
}

const textsOf = (row: Row, fields: readonly string[], form: (text: string) => string): string[] =>
  fields.map((field) => form(String(scalar(row, field) ?? ''))).filter((text) => text !== '');

export const rowIn = ({ row }: RowDocument): Row | null => (row === undefined ? null : (JSON.parse(row) as Row));

/** The value of a document; null of a stub. */
export function valueIn(document: RowDocument & ValueDocument): Json | null {
  const { row, v } = document;
  if (row !== undefined) return JSON.parse(row) as Json;
  return typeof v === 'string' ? (JSON.parse(v) as Json) : (v ?? null);
}

/** Names of all collections of a build. */
export const tablesOf = (plans: readonly CollectionPlan[]): string[] => [
  ...plans.flatMap(({ name }) => [rowsOf(name), `counters.${name}`]),
  PARKED,
  SEQUENCES,
];

/** Keys of the indexes of a collection, by the index's name. The id comes last, so that each gives an order without ties. */
export function indexesOf({ indexes, search }: CollectionPlan): Map<string, MongoDocument> {
  const keys = new Map<string, MongoDocument>();
  for (const fields of indexes) {
    const names = fields.includes('id') ? fields : [...fields, 'id'];
    keys.set(`by-${fields.join('-')}`, Object.fromEntries(names.map((field) => [fieldPath(field), 1])));
  }
  if (search) keys.set('search', { [fieldPath(search.tenant)]: 1, g: 1 });
  return keys;
}
