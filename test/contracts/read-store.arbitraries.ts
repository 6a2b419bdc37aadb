import * as fc from 'fast-check';
import type { Change } from '#read-store';
import { put, remove, set, type Person } from './read-store.people.js';

const anyText = fc.string({ unit: fc.constantFrom('a', 'b', 'A', 'é', ' ', '@', '.', '"', '%', '1', '😀'), maxLength: 6 });
const anyPerson = fc.record({
  id: fc.constantFrom('p1', 'p2', 'p3', 'p4', 'p5', 'p6', 'p7', 'p8', 'p9'),
  workspace: fc.constantFrom('w', 'w', 'w', 'v'),
  name: fc.option(anyText),
  email: fc.option(anyText),
  phone: fc.option(fc.string({ unit: fc.constantFrom('+', '1', '2', ' ', '-'), maxLength: 6 })),
  state: fc.constantFrom('active', 'blocked'),
  score: fc.option(fc.integer({ min: -2, max: 2 })),
  vip: fc.boolean(),
}) satisfies fc.Arbitrary<Person>;
/** Changes over few ids, so that they meet. */
export const anyChange: fc.Arbitrary<Change> = fc.oneof(
  { weight: 4, arbitrary: anyPerson.map((row) => put(row)) },
  { weight: 2, arbitrary: anyPerson.map(({ id, name, state, score }) => set(id, { name, state, score })) },
  { weight: 1, arbitrary: anyPerson.map(({ id }) => remove(id)) },
);

const anyFilter = fc.oneof(
  fc.record({ field: fc.constant('state'), op: fc.constant('eq' as const), value: fc.constantFrom('active', 'blocked') }),
  fc.record({
    field: fc.constant('score'),
    op: fc.constant('in' as const),
    values: fc.array(fc.constantFrom(null, -1, 0, 1), { maxLength: 3 }),
  }),
  fc.record({
    field: fc.constant('score'),
    op: fc.constant('range' as const),
    from: fc.constantFrom(undefined, -1),
    to: fc.constantFrom(undefined, 1),
  }),
  fc.record({ field: fc.constant('vip'), op: fc.constant('eq' as const), value: fc.boolean() }),
  fc.record({ field: fc.constant('name'), op: fc.constant('eq' as const), value: fc.option(anyText) }),
);
export const anyQuery = fc.record({
  filters: fc.array(anyFilter, { maxLength: 2 }),
  search: fc.option(fc.oneof(anyText, fc.constantFrom('1', '12', '+1', 'a', 'ab', 'a b')), { nil: undefined }),
  sort: fc.record({ field: fc.constantFrom('name', 'score', 'state', 'vip', 'id'), descending: fc.boolean() }),
  limit: fc.integer({ min: 1, max: 4 }),
});
