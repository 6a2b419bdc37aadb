import type { Json } from '#kernel';
import { countersOf, PARKED, rowsOf, SEQUENCES, type Write } from './batch-store.port.js';
import type { Batch, Change, Collection, ProjectionShape, Row } from './read-store.port.js';
import { bucketsOf, byCollection, outcome } from './row-changes.js';

/** Values that are there now, by id. */
export type Values = (to: string, ids: readonly string[]) => Promise<ReadonlyMap<string, Json>>;

/** Final values of all documents that a batch changes: rows, counters, parked subjects and sequences. Throws for a collection that is not declared. */
export async function writesOf(shape: ProjectionShape, batch: Batch, values: Values): Promise<Write[]> {
  const groups = [...byCollection(batch.changes)].map(([name, changes]) => {
    const collection = shape.collections.find((each) => each.name === name);
    if (!collection) throw new Error(`projection ${shape.name} has no collection ${name}`);
    return { collection, changes };
  });
  const perCollection = await Promise.all(groups.map((group) => collectionWrites(group.collection, group.changes, values)));
  const { park = [], unpark = [], sequences = {} } = batch;
  return [
    ...perCollection.flat(),
    ...park
      .filter(({ subject }) => !unpark.includes(subject))
      .map((parked) => ({ to: PARKED, id: parked.subject, value: { ...parked, numbers: { ...parked.numbers } } })),
    ...unpark.map((subject) => ({ to: PARKED, id: subject, value: null })),
    ...Object.entries(sequences).map(([name, value]) => ({ to: SEQUENCES, id: name, value })),
  ];
}

async function collectionWrites(collection: Collection<never>, changes: readonly Change[], values: Values): Promise<Write[]> {
  const before = await values(rowsOf(collection.name), [...new Set(changes.map(({ id }) => id))]);
  const rows = new Map<string, Row | null>();
  for (const change of changes) {
    const row = rows.get(change.id);
    rows.set(change.id, outcome(row === undefined ? rowIn(before, change.id) : row, change));
  }
  const buckets = bucketsOf(collection);
  const counts = new Map<string, number>();
  const count = (row: Row | null, by: number): void => {
    for (const bucket of row ? buckets(row) : []) counts.set(bucket, (counts.get(bucket) ?? 0) + by);
  };
  const writes: Write[] = [];
  for (const [id, row] of rows) {
    const was = rowIn(before, id);
    if (row === was) continue;
    count(was, -1);
    count(row, 1);
    writes.push({ to: rowsOf(collection.name), id, value: row, ...(was === null ? { fresh: true } : {}) });
  }
  return [...writes, ...(await counterWrites(countersOf(collection.name), counts, values))];
}

async function counterWrites(to: string, counts: ReadonlyMap<string, number>, values: Values): Promise<Write[]> {
  const changed = [...counts].filter(([, by]) => by !== 0);
  const before = await values(
    to,
    changed.map(([bucket]) => bucket),
  );
  return changed.map(([bucket, by]) => {
    const was = before.get(bucket);
    return { to, id: bucket, value: Number(was ?? 0) + by, ...(was === undefined ? { fresh: true } : {}) };
  });
}

const rowIn = (values: ReadonlyMap<string, Json>, id: string): Row | null => (values.get(id) as Row | undefined) ?? null;
