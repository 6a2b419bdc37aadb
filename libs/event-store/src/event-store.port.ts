import type { Instant } from '#kernel';

/** Place of an event in the whole log: 1, 2, 3 … in SQLite, a commit position elsewhere. 0 lies before the first event. */
export type Position = number;
/** Place of an event in its stream: 0, 1, 2 …; `NO_STREAM` (-1) is the revision of a stream without events. */
export type Revision = number;
export const NO_STREAM: Revision = -1;

/** An event as bytes: `data` and `metadata` are canonical JSON, personal parts are sealed already. */
export interface EventBytes {
  /** uuid5(command id, stream, index, hash of the bytes): computed once and re-sent unchanged. */
  readonly id: string;
  readonly type: string;
  readonly data: string;
  readonly metadata: string;
}

/** What a store adds that numbers and chains in the append itself. */
export interface Numbering {
  /** The workspace's own number of the event: 1, 2, 3 …, no gaps. */
  readonly number: number;
  /** SHA-256(0x00 ‖ canonical JSON of data, id, metadata, number, revision, stream, type), hex. */
  readonly leaf: string;
  /** SHA-256(0x01 ‖ the workspace's chain before ‖ leaf), hex; 32 zero bytes before the first. */
  readonly chain: string;
}

/** Without numbering where the chain is made behind the log, from what was appended (`writeChains`). */
export interface StoredEvent extends EventBytes, Partial<Numbering> {
  readonly stream: string;
  readonly revision: Revision;
  readonly position: Position;
  /** The store's time of the append. Never earlier than that of the event before where the writer is ours (SQLite); else as the server's clock was. */
  readonly created: Instant;
  readonly workspace: string;
}
export type NumberedEvent = StoredEvent & Numbering;

export interface StreamAppend {
  readonly stream: string;
  /** The last revision that the writer has seen; `NO_STREAM` for a new stream. */
  readonly expected: Revision;
  /** Whose number and chain the events continue. */
  readonly workspace: string;
  readonly events: readonly EventBytes[];
  /** The stream in which the command decides. What comes after it in the list are follow-ups. Without a mark the last one decides. */
  readonly deciding?: boolean;
}

export interface Appended {
  /** Of the last event of the deciding stream (or of the last event at all where that one is empty). */
  readonly position: Position;
  /** `created` of that event. */
  readonly at: Instant;
  /** False where a store that is not atomic could not write all follow-ups: the caller settles them. */
  readonly complete: boolean;
}

/** Another writer was first in `stream`. What was before it in the list is written in a store that is not atomic, and nothing is in one that is. */
export class Conflict extends Error {
  override readonly name = 'Conflict';
  constructor(
    readonly stream: string,
    readonly expected: Revision,
  ) {
    super(`stream has moved: ${stream}`);
  }
}

/** The store cannot write or read now (disk full, closed, server down): nothing was written as far as is known. */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable';
}

export interface EventStore {
  /** Whether a list of appends is written as one step (SQLite), or one stream after the other (EventStoreDB). */
  readonly atomic: boolean;
  /**
   * Appends to one or more streams, in the order that is safe when it is cut off in between: claims, the deciding stream, follow-ups.
   * Resolves when all is durable. The same stream may come twice. Rejects with `Conflict` or `StoreUnavailable`.
   */
  append(appends: readonly StreamAppend[]): Promise<Appended>;
  /** Events of a stream with a revision greater than `after` (default: all), oldest first; empty for a missing stream. */
  read(stream: string, after?: Revision): Promise<StoredEvent[]>;
  /** The event at exactly this position; null where the log has none there. */
  at(position: Position): Promise<StoredEvent | null>;
  /** At most `limit` events of the whole log after `position`, which is 0 or that of an event, in order. Empty at the head. */
  readAll(after: Position, limit: number): Promise<StoredEvent[]>;
  /** The log after `position` in batches, then new events as they come, until `signal` aborts. At least once, in order. */
  follow(after: Position, signal: AbortSignal): AsyncIterable<StoredEvent[]>;
  /** Position of the last event; 0 for an empty log. */
  head(): Promise<Position>;
  /** The store's time: a lower bound of `created` of the next event. What decides about deadlines uses this. */
  now(): Instant;
  close(): Promise<void>;
}

/** A store that gives the end of a stream without what comes before it. */
export interface EndOfStream {
  /** The last event of a stream; null where it is missing. */
  last(stream: string): Promise<StoredEvent | null>;
}

/**
 * Folds kept beside the log, thrown away at will. A resource with many claims keeps one entry per claim, so that
 * neither its head nor a single look-up grows with the number of claims.
 */
export interface Snapshots {
  load(stream: string): Promise<{ revision: Revision; state: string } | null>;
  /** Entry `key` as of the stream's snapshot; null where there is none. */
  entry(stream: string, key: string): Promise<string | null>;
  /** Replaces the snapshot, and puts `entries`, in one step. Ignored where a later snapshot is there already. */
  save(
    stream: string,
    revision: Revision,
    state: string,
    entries?: readonly (readonly [key: string, value: string])[],
  ): Promise<void>;
  /** Drops snapshot and entries of a stream. */
  forget(stream: string): Promise<void>;
}
