import { canonicalJson } from '#kernel';
import type { Collection, Projection, ProjectionStore, ReadStore, Row } from '#read-store';

/** One set of read models: those that serve, or those that were made anew. */
export interface Side {
  readonly store: ProjectionStore;
  readonly read: ReadStore;
}

/** Checkpoints, the sequences that numbers are given from, and who is parked. No difference names more than ids. */
export async function* progressDifferences(projection: Projection, live: Side, fresh: Side): AsyncIterable<string> {
  const [is, should] = [await progressOf(projection, live), await progressOf(projection, fresh)];
  if (canonicalJson(is.checkpoint) !== canonicalJson(should.checkpoint))
    yield `stands at ${is.checkpoint.position}, not at ${should.checkpoint.position}`;
  yield* unequal('sequence', is.sequences, should.sequences);
  for (const { subject, position, reason } of is.parked) yield `${subject} is parked since position ${position}: ${reason}`;
}

async function progressOf(projection: Projection, { store, read }: Side) {
  const build = await store.serving(projection.name);
  const shape = { ...projection, generation: build?.generation ?? 0 };
  const [checkpoint, sequences, parked] = [read.checkpoint(projection.name), store.sequences(shape), store.parked(shape)];
  return { checkpoint: await checkpoint, sequences: await sequences, parked: await parked };
}

/** Rows that are missing, too many, or unequal; both sides come in order of their ids. */
export async function* rowDifferences(collection: string, live: Side, fresh: Side): AsyncIterable<string> {
  const [left, right] = [rowsOf(live.read, collection), rowsOf(fresh.read, collection)];
  let [is, should] = [await left(), await right()];
  while (is || should) {
    if (!should || (is && is.id < should.id)) {
      yield `${is?.id} has a row that the log does not tell of`;
      is = await left();
    } else if (!is || should.id < is.id) {
      yield `${should.id} has no row`;
      should = await right();
    } else {
      const fields = unequalFields(is, should);
      if (fields.length > 0) yield `${is.id} differs in ${fields.join(', ')}`;
      [is, should] = [await left(), await right()];
    }
  }
}

function rowsOf(read: ReadStore, collection: string): () => Promise<Row | null> {
  const rows = read.stream(collection)[Symbol.asyncIterator]();
  return async () => {
    const next = await rows.next();
    return next.done ? null : next.value;
  };
}

/** Counters of both sides against a count over the rows that serve. */
export async function* counterDifferences(
  name: string,
  collection: Collection<never>,
  live: Side,
  fresh: Side,
): AsyncIterable<string> {
  const counted = new Map<string, number>();
  for await (const row of live.read.stream(name)) {
    for (const bucket of collection.buckets?.(row as never) ?? []) counted.set(bucket, (counted.get(bucket) ?? 0) + 1);
  }
  const kept = await live.read.counters(name);
  yield* unequal('counted over the rows', kept, Object.fromEntries(counted));
  yield* unequal('made anew', kept, await fresh.read.counters(name));
}

function* unequal(
  what: string,
  is: Readonly<Record<string, number>>,
  should: Readonly<Record<string, number>>,
): Generator<string> {
  for (const name of new Set([...Object.keys(is), ...Object.keys(should)])) {
    if ((is[name] ?? 0) !== (should[name] ?? 0)) yield `${name} is ${is[name] ?? 0}, ${what} ${should[name] ?? 0}`;
  }
}

/** Names of the fields in which two objects differ; their values may be about people and are not shown. */
export function unequalFields(is: object, should: object): string[] {
  const [left, right] = [is as Record<string, unknown>, should as Record<string, unknown>];
  return [...new Set([...Object.keys(left), ...Object.keys(right)])]
    .filter((field) => canonicalJson(left[field] ?? null) !== canonicalJson(right[field] ?? null))
    .sort();
}
