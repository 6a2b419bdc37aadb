import { later, type Instant } from '#kernel';
import { chainOf, leafOf, type ChainHead } from './chain.js';
import {
  Conflict,
  type Appended,
  type NumberedEvent,
  type Position,
  type Revision,
  type StreamAppend,
} from './event-store.port.js';

/** Where an event stands. */
export interface Place {
  readonly position: Position;
  readonly created: Instant;
}

/** What the rules of an append ask of a log with positions 1, 2, 3 …, and do to it. Nobody else writes while they run. */
export interface WritableLog {
  /** Revision of the stream's last event; `NO_STREAM` without events. */
  revisionOf(stream: string): Revision;
  /** At most `limit` events of a stream after a revision, oldest first. */
  placesAfter(stream: string, after: Revision, limit: number): readonly (Place & { readonly id: string })[];
  /** The last event of the log; null while it is empty. */
  last(): Place | null;
  /** Where the workspace's chain ends; `CHAIN_START` before its first event. */
  headOf(workspace: string): ChainHead;
  insert(event: NumberedEvent): void;
}

/**
 * Appends to one stream. Gives the place of the last event, null for an empty list (whose expected revision counts all the same).
 * Events that stand at these very revisions already are a retry: their place, and nothing is written. Else throws `Conflict`.
 */
export function appendToStream(log: WritableLog, append: StreamAppend, at: Instant): Place | null {
  const { stream, expected, workspace, events } = append;
  if (log.revisionOf(stream) !== expected) return placeOfRetry(log, append);
  const last = log.last();
  const created = last ? later(last.created, at) : at;
  let position = last?.position ?? 0;
  let revision = expected;
  let { number, chain } = log.headOf(workspace);
  for (const { id, type, data, metadata } of events) {
    position += 1;
    revision += 1;
    number += 1;
    const leaf = leafOf({ data, id, metadata, number, revision, stream, type });
    chain = chainOf(chain, leaf);
    log.insert({ position, stream, revision, id, type, data, metadata, created, workspace, number, leaf, chain });
  }
  return events.length > 0 ? { position, created } : null;
}

function placeOfRetry(log: WritableLog, { stream, expected, events }: StreamAppend): Place {
  const there = log.placesAfter(stream, expected, events.length);
  const last = there.at(-1);
  if (!last || !events.every(({ id }, index) => there[index]?.id === id)) throw new Conflict(stream, expected);
  return { position: last.position, created: last.created };
}

/** Index of the stream in which a list decides; -1 for an empty list. */
export function decidingIndex(appends: readonly StreamAppend[]): number {
  const marked = appends.findIndex(({ deciding }) => deciding);
  return marked === -1 ? appends.length - 1 : marked;
}

/** The answer to a list of which `places` were written: without any event the end of the log, and `at` while that is empty. */
export function appendedAt(
  log: WritableLog,
  appends: readonly StreamAppend[],
  places: readonly (Place | null)[],
  at: Instant,
): Appended {
  const written = places.filter((place) => place !== null);
  const place = places[decidingIndex(appends)] ?? written.at(-1) ?? log.last();
  return { position: place?.position ?? 0, at: place?.created ?? at, complete: places.length === appends.length };
}

/** Appends a whole list; on a throw the caller undoes what was inserted. */
export function appendAll(log: WritableLog, appends: readonly StreamAppend[], at: Instant): Appended {
  const places = appends.map((append) => appendToStream(log, append, at));
  return appendedAt(log, appends, places, at);
}
