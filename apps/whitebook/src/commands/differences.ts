import { canonicalJson } from '#kernel';
import type { Collection, ReadStore, Row, StandingBuild } from '#read-store';

/** What is not as it should be, in words that hold no more than ids, and how to look at it again. */
export interface Finding {
  readonly texts: readonly string[];
  readonly again: Look;
}
/** Gives what is not as it should be; empty where all is. */
export type Look = () => Promise<readonly string[]>;

/** A finding, unless all is as it should be. */
export async function* found(again: Look): AsyncIterable<Finding> {
  const texts = await again();
  if (texts.length > 0) yield { texts, again };
}

/** Checkpoints, the sequences that numbers are given from, and who is parked. */
export function progressDifferences(is: StandingBuild | null, should: StandingBuild | null): string[] {
  if (!is || !should) return ['nothing serves'];
  const texts: string[] = [];
  if (canonicalJson(is.checkpoint) !== canonicalJson(should.checkpoint))
    texts.push(`stands at ${is.checkpoint.position}, not at ${should.checkpoint.position}`);
  texts.push(...unequal('sequence', is.sequences, should.sequences));
  for (const { subject, position, reason } of is.parked) texts.push(`${subject} is parked since position ${position}: ${reason}`);
  return texts;
}

/** Rows that are missing, too many, or unequal; both sides come in order of their ids. */
export async function* rowDifferences(collection: string, live: ReadStore, fresh: ReadStore): AsyncIterable<Finding> {
  const [left, right] = [rowsOf(live, collection), rowsOf(fresh, collection)];
  let [is, should] = [await left(), await right()];
  while (is || should) {
    const isFirst = is !== null && (should === null || is.id <= should.id);
    const shouldFirst = should !== null && (is === null || should.id <= is.id);
    const id = (isFirst ? is?.id : should?.id) ?? '';
    const texts = rowDifference(id, isFirst ? is : null, shouldFirst ? should : null);
    if (texts.length > 0)
      yield { texts, again: async () => rowDifference(id, await live.get(collection, id), await fresh.get(collection, id)) };
    if (isFirst) is = await left();
    if (shouldFirst) should = await right();
  }
}

function rowDifference(id: string, is: Row | null, should: Row | null): string[] {
  if (!should) return is ? [`${id} has a row that the log does not tell of`] : [];
  if (!is) return [`${id} has no row`];
  const fields = unequalFields(is, should);
  return fields.length > 0 ? [`${id} differs in ${fields.join(', ')}`] : [];
}

function rowsOf(read: ReadStore, collection: string): () => Promise<Row | null> {
  const rows = read.stream(collection)[Symbol.asyncIterator]();
  return async () => {
    const next = await rows.next();
    return next.done ? null : next.value;
  };
}

/** Counters against a count over the rows, and against those that were made anew; looked at again, against these alone: rows were compared before. */
export async function* counterDifferences(
  name: string,
  collection: Collection<never>,
  live: ReadStore,
  fresh: ReadStore,
): AsyncIterable<Finding> {
  const counted = new Map<string, number>();
  for await (const row of live.stream(name)) {
    for (const bucket of collection.buckets?.(row as never) ?? []) counted.set(bucket, (counted.get(bucket) ?? 0) + 1);
  }
  const [kept, should] = [await live.counters(name), await fresh.counters(name)];
  for (const bucket of new Set([...Object.keys(kept), ...counted.keys(), ...Object.keys(should)])) {
    const texts = [
      ...counterDifference(bucket, 'counted over the rows', kept[bucket], counted.get(bucket)),
      ...counterDifference(bucket, 'made anew', kept[bucket], should[bucket]),
    ];
    const again: Look = async () => {
      const [is, anew] = [await live.counters(name, [bucket]), await fresh.counters(name, [bucket])];
      return counterDifference(bucket, 'made anew', is[bucket], anew[bucket]);
    };
    if (texts.length > 0) yield { texts, again };
  }
}

const counterDifference = (name: string, what: string, is = 0, should = 0): string[] =>
  is === should ? [] : [`${name} is ${is}, ${what} ${should}`];

const unequal = (what: string, is: Readonly<Record<string, number>>, should: Readonly<Record<string, number>>): string[] =>
  [...new Set([...Object.keys(is), ...Object.keys(should)])].flatMap((name) =>
    counterDifference(name, what, is[name], should[name]),
  );

/** Names of the fields in which two objects differ; their values may be about people and are not shown. */
export function unequalFields(is: object, should: object): string[] {
  const [left, right] = [is as Record<string, unknown>, should as Record<string, unknown>];
  return [...new Set([...Object.keys(left), ...Object.keys(right)])]
    .filter((field) => canonicalJson(left[field] ?? null) !== canonicalJson(right[field] ?? null))
    .sort();
}
