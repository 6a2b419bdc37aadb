import type { JsonObject } from '#kernel';
import type { Checkpoint, Position } from '#event-store';

export type { Checkpoint };
/** Of types alone: threads that read load no event store. */
export const START: Checkpoint = { position: 0, eventId: null };

/** A row of a read model: JSON, under a string id. */
export type Row = { id: string } & JsonObject;
export type Value = string | number | boolean | null;

/**
 * How a field of a row can be filtered and sorted. `key`: text compared as it is (ids, states, instants). `text`: compared and sorted
 * without case and accents. `number`, `flag`: as such. In every sort empty values come last.
 */
export type FieldKind = 'key' | 'text' | 'number' | 'flag';

export interface Collection<R extends Row = Row> {
  /** Name within its projection: lower-case words with dashes. */
  readonly name: string;
  /** Fields that filters and sorts may name; others are kept in the row and only shown. */
  readonly fields: Readonly<Record<string, FieldKind>>;
  /** Lists of fields, the tenant first; each sort and filter of the queries is served by one. The id is always the last part. */
  readonly indexes: readonly (readonly string[])[];
  /** Texts in which `search` looks: one entry per field; null and '' are left out. `digits` are compared by their digits only. */
  readonly search?: {
    readonly tenant: string;
    readonly texts: readonly (keyof R & string)[];
    readonly digits?: readonly (keyof R & string)[];
  };
  /** Names of the counters in which a row counts one each, tenant first (`<workspace>/status:active`). */
  buckets?(row: R): readonly string[];
}

/** Values, never differences, so that a replay from an older checkpoint ends in the same rows. */
export type Change =
  | { readonly op: 'put'; readonly collection: string; readonly id: string; readonly row: JsonObject }
  /** A missing row stays missing. */
  | { readonly op: 'set'; readonly collection: string; readonly id: string; readonly fields: JsonObject }
  | { readonly op: 'remove'; readonly collection: string; readonly id: string };

/** A subject whose events a projection cannot handle: it is passed over until it is replayed; everybody else goes on. */
export interface Parked {
  readonly subject: string;
  /** Position of the first event that was passed over. */
  readonly position: Position;
  /** Why, without personal data: error name and event type. */
  readonly reason: string;
  /** Numbers that its passed-over events took, by position: the replay gives the same ones. */
  readonly numbers?: Readonly<Record<string, number>>;
}

/** What one step of a projection writes: all of it or nothing. */
export interface Batch {
  readonly changes: readonly Change[];
  /** Position and id of the last event of the batch: the new checkpoint. */
  readonly checkpoint: Checkpoint;
  /** The checkpoint that the batch was made from; another one in the store: nothing is written and `StaleBatch` is thrown. */
  readonly from: Checkpoint;
  /** Each replaces the entry of its subject. */
  readonly park?: readonly Parked[];
  readonly unpark?: readonly string[];
  /** New values of the projection's sequences (numbers of a list). */
  readonly sequences?: Readonly<Record<string, number>>;
}

export class StaleBatch extends Error {
  override readonly name = 'StaleBatch';
}

export type Filter =
  | { readonly field: string; readonly op: 'eq'; readonly value: Value }
  | { readonly field: string; readonly op: 'in'; readonly values: readonly Value[] }
  /** From (included) to (excluded); rows without a value are never inside. */
  | { readonly field: string; readonly op: 'range'; readonly from?: Value; readonly to?: Value };

export interface Find {
  readonly collection: string;
  readonly filters: readonly Filter[];
  /** Any part of the texts; several words must all match. Blank is no search. Exact and prefix hits come first. */
  readonly search?: string;
  /** One field; ties are ordered by id in the same direction. */
  readonly sort: { readonly field: string; readonly descending: boolean };
  /** 1–200. */
  readonly limit: number;
  /** Opaque, from the page before, good for the same query only: another one is a `BadCursor`. */
  readonly cursor?: string;
}

export class BadCursor extends Error {
  override readonly name = 'BadCursor';
}

export interface Page {
  readonly rows: readonly Row[];
  /** Null on the last page. */
  readonly next: string | null;
}

/** Tallies over one set of rows: `count` of those that match further filters, or the `sum` of a number field. */
export type Tally = { readonly count: readonly Filter[] } | { readonly sum: string };

/** Asks for the values of a field, and how many rows have each. */
export interface Groups {
  readonly collection: string;
  readonly filters: readonly Filter[];
  /** A `key`: rows without a value are in no group. */
  readonly by: string;
  /** A `text` that names a group: groups come in its order. */
  readonly label: string;
  /** Only groups with this part in their name, without case and accents. Blank: all. */
  readonly part?: string;
  /** 1–200. */
  readonly limit: number;
}

export interface Group {
  /** The name as one of its rows has it. */
  readonly label: string;
  readonly rows: number;
}

/** Reads. Collections are named `<projection>/<collection>`, e.g. `accounts/list`; the version that serves is found by the store. */
export interface ReadStore {
  get(collection: string, id: string): Promise<Row | null>;
  /** Rows by id; ids without a row are left out. */
  getMany(collection: string, ids: readonly string[]): Promise<Map<string, Row>>;
  find(query: Find): Promise<Page>;
  /** Number of rows under `filters` and `search`. */
  count(query: Pick<Find, 'collection' | 'filters' | 'search'>): Promise<number>;
  /** Several tallies over the rows under `filters` and `search`, in one pass. */
  tally(
    query: Pick<Find, 'collection' | 'filters' | 'search'>,
    tallies: Readonly<Record<string, Tally>>,
  ): Promise<Record<string, number>>;
  /** Values of counters by bucket name; absent ones are 0. Without names: all that there are, for recounts. */
  counters(collection: string, buckets?: readonly string[]): Promise<Record<string, number>>;
  /** Groups of the rows under `filters`, by name. */
  groups(query: Groups): Promise<Group[]>;
  /** All rows under `filters`, in order of id, for recounts and exports, in constant memory. */
  stream(collection: string, filters?: readonly Filter[]): AsyncIterable<Row>;
  /** The serving version's checkpoint of each projection; the lowest is how fresh a read over them is. */
  checkpoint(projection: string): Promise<Checkpoint>;
  /** Resolves true once all `projections` have reached `position`, false after `timeoutMs`. */
  reached(projections: readonly string[], position: Position, timeoutMs: number): Promise<boolean>;
  close(): Promise<void>;
}

/** What the projection runner writes through. One handle per build (`<projection>-<version>.<generation>`). */
export interface ProjectionStore {
  /**
   * Creates what is missing for this build; returns its checkpoint. A build whose collections are declared otherwise than they were is emptied.
   * The first build of a projection serves from the beginning, slowly until `takeOver` has made its indexes.
   */
  open(projection: ProjectionShape): Promise<Checkpoint>;
  /** Whether this build is there with its collections declared as here, so that `open` keeps its rows. */
  keeps(projection: ProjectionShape): Promise<boolean>;
  /** One step: rows, counters, parked subjects, sequences and checkpoint. */
  apply(projection: ProjectionShape, batch: Batch): Promise<void>;
  parked(projection: ProjectionShape): Promise<Parked[]>;
  sequences(projection: ProjectionShape): Promise<Record<string, number>>;
  /** Makes what reads of this build will need and filling it did not (indexes), so that `takeOver` is short. May take long; a store without such things has none. */
  prepare?(projection: ProjectionShape): Promise<void>;
  /** Says that this build has caught up: it is indexed, serves reads in place of the one before, and all others of its projection are dropped. */
  takeOver(projection: ProjectionShape): Promise<void>;
  /** The build that serves; null where none does yet. */
  serving(name: string): Promise<ServingBuild | null>;
  /** Drops builds of projections that are not named, and builds that were never finished. What serves a named projection stays. */
  retain(names: readonly string[]): Promise<void>;
  /** Empties a build and sets it back to the start. */
  reset(projection: ProjectionShape): Promise<void>;
  /** Removes what deleted rows have left in files (write-ahead log, free pages), within the call. Rejects where a long read stands in the way: try again. */
  scrub(): Promise<void>;
  close(): Promise<void>;
}

/** One set of tables of a projection. */
export interface Build {
  readonly version: number;
  /** Counts the rebuilds of one version: 0, 1, … */
  readonly generation: number;
}

export interface ServingBuild extends Build {
  /** It has caught up with the log once. */
  readonly complete: boolean;
}

export interface ProjectionShape {
  readonly name: string;
  readonly version: number;
  /** Default: 0. Set by the runner when it rebuilds a version beside the build that serves. */
  readonly generation?: number;
  readonly collections: readonly Collection<never>[];
}
