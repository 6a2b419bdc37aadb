import type { Revision } from '#event-store';

/** A stream and the revision at which it was judged. Not a field of that name: names of streams may hold what names of fields may not. */
export type Pair = Readonly<{ stream: string; revision: Revision }>;

export const toPairs = (judged: Readonly<Record<string, Revision>>): Pair[] =>
  Object.entries(judged).map(([stream, revision]) => ({ stream, revision }));

export const fromPairs = (pairs: readonly Pair[]): Record<string, Revision> =>
  Object.fromEntries(pairs.map(({ stream, revision }) => [stream, revision]));
