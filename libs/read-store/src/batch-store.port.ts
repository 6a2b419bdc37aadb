import type { Json } from '#kernel';
import type { Checkpoint } from './read-store.port.js';

/** What a batch leaves in one document: its final value, never a difference. */
export interface Write {
  /** Rows or counters of a collection, parked subjects, or sequences (see `rowsOf` …). */
  readonly to: string;
  readonly id: string;
  /** Null: a stub is left, which holds nothing but the batch's number. */
  readonly value: Json | null;
  /** Nothing was there when the batch was made: a hint that the document is most likely to be inserted. */
  readonly fresh?: true;
}

/** A batch on the checkpoint document: put there, and not moved over yet. */
export interface PutBatch {
  readonly number: number;
  /** Where the checkpoint moves to. */
  readonly to: Checkpoint;
  /** Its writes as text; in pieces beside the document where they are too many for one. */
  readonly body: string | null;
  readonly pieces: readonly string[];
}

/** The checkpoint document of a build. */
export interface Standing extends Checkpoint {
  /** What the collections of this build are named after; another one after each reset. */
  readonly tables: string;
  /** Of the last batch that is written. */
  readonly number: number;
  readonly batch: PutBatch | null;
}

/**
 * One build's documents in a store that is atomic in one document only. Each call may fail or never return, with or without its effect; `write`
 * may stop between any two documents.
 */
export interface BatchStore {
  /** Null where the build is gone. */
  read(): Promise<Standing | null>;
  /** Values by id; ids without a value are left out. */
  values(tables: string, to: string, ids: readonly string[]): Promise<Map<string, Json>>;
  /** All values. */
  all(tables: string, to: string): Promise<Map<string, Json>>;
  /** Puts a batch onto the checkpoint, if tables and number are as in `at` and no batch is there. False where they are not. */
  put(at: Standing, batch: PutBatch): Promise<boolean>;
  /** Moves the checkpoint over what changes nothing, in one step, if tables and number are as in `at` and no batch is there. False where they are not. */
  pass(at: Standing, batch: Pick<PutBatch, 'number' | 'to'>): Promise<boolean>;
  /** Writes each document that is missing or has an older number. */
  write(tables: string, number: number, writes: readonly Write[]): Promise<void>;
  /** Moves the checkpoint to where the batch of this number leads, and clears it. False where it is not there any more. */
  move(tables: string, batch: PutBatch): Promise<boolean>;
  /** Pieces of a batch that is too large for the checkpoint document. */
  putPiece(name: string, body: string): Promise<void>;
  piece(name: string): Promise<string | null>;
  dropPieces(names: readonly string[]): Promise<void>;
  /** Drops tables that no build has any more. */
  discard(tables: string): Promise<void>;
}

export const rowsOf = (collection: string): string => `rows.${collection}`;
export const countersOf = (collection: string): string => `counters.${collection}`;
export const PARKED = 'parked';
export const SEQUENCES = 'sequences';
