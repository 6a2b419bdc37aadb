import type { Change, Collection, Row } from './read-store.port.js';

/** What changes do to rows, whatever the store. Pure. */

/** Buckets of a collection as a function of any row. */
export const bucketsOf =
  (collection: Collection<never>): ((row: Row) => readonly string[]) =>
  (row) =>
    collection.buckets?.(row as never) ?? [];

/** The row after a change; null where there is none. */
export function outcome(row: Row | null, change: Change): Row | null {
  switch (change.op) {
    case 'put':
      return { ...change.row, id: change.id };
    case 'set':
      return row && { ...row, ...change.fields, id: change.id };
    case 'remove':
      return null;
  }
}

/** Changes by the collection that they name, in their order. */
export function byCollection(changes: readonly Change[]): Map<string, Change[]> {
  const groups = new Map<string, Change[]>();
  for (const change of changes) {
    const group = groups.get(change.collection);
    if (group) group.push(change);
    else groups.set(change.collection, [change]);
  }
  return groups;
}
