/** Values of a document; a Buffer comes back as one. */
export type Value = string | number | boolean | null | Buffer | readonly Value[] | { readonly [field: string]: Value };
export type Fields = Readonly<Record<string, Value>>;
/** What a document must be like: fields with exactly this value (a list: one of its values), `null` where it has none, or in a range. */
export type Filter = Readonly<Record<string, string | number | null | Range>>;
export interface Range {
  readonly $lt?: string;
  readonly $lte?: string;
  readonly $gt?: string;
  readonly $gte?: string;
  readonly $in?: readonly string[];
}

export interface Found {
  /** Fields to sort by, ascending. */
  readonly sort?: readonly string[];
  readonly limit?: number;
}

/**
 * One collection, as little of it as the vault needs. Each call changes one document in one step, or none; what it found before may be another
 * one by then, so whatever must still hold stands in the filter. Every document has an `_id`. All reject with `StoreUnavailable`.
 */
export interface Documents {
  /** False where the `_id` is there already. */
  insert(document: Fields): Promise<boolean>;
  /** One of those found, as it is now: nothing that was answered before is missed, whatever member of a set is asked. */
  current<T>(filter: Filter): Promise<T | null>;
  find<T>(filter: Filter, found?: Found): Promise<T[]>;
  count(filter: Filter): Promise<number>;
  /** Sets fields of the document found; false where there is none. */
  update(filter: Filter, set: Fields): Promise<boolean>;
  /** Sets fields of the document with this `_id`, which is made where it is missing. */
  put(id: string, set: Fields): Promise<void>;
  /** Puts another document in the place of the one found, and gives that. `orMake`: where there is none with the filter's `_id`, makes it. */
  replace<T>(
    filter: Filter & { readonly _id: string },
    document: Fields,
    options?: { readonly orMake: boolean },
  ): Promise<T | null>;
  /** Removes all that are found. */
  remove(filter: Filter): Promise<void>;
  /** Without waiting that it is safe: may be lost. */
  note(notes: readonly Note[]): Promise<void>;
}

/** Sets fields of the document found, and raises others to what is later. */
export interface Note {
  readonly filter: Filter;
  readonly later: Readonly<Record<string, string>>;
  readonly set: Fields;
}

export const COLLECTIONS = [
  'personKeys',
  'credentials',
  'sessions',
  'apiKeys',
  'secrets',
  'answers',
  'failures',
  'errands',
  'checkpoints',
] as const;
export type CollectionName = (typeof COLLECTIONS)[number];
export type Collections = (name: CollectionName) => Documents;

/** Fields by which documents are looked up. None of them need be unique: only an `_id` is. */
export const LOOK_UPS: Readonly<Record<CollectionName, readonly string[]>> = {
  personKeys: [],
  credentials: ['account'],
  sessions: [
    'tokenHash',
    'refreshHash',
    'previousRefreshHash',
    'account',
    'streams',
    'actSession',
    'refreshExpiresAt',
    'endedAt',
  ],
  apiKeys: ['keyHash', 'account', 'streams'],
  secrets: [],
  answers: ['at'],
  failures: ['key', 'at'],
  errands: ['openSince', 'at'],
  checkpoints: [],
};
