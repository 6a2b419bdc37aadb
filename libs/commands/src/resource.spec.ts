import { NOON, recordedAt } from '../../../test/support/claims.js';
import type { ResourceEvent } from './claims.events.js';
import { claimOf, emptyResource, entryAfter, evolveResource, type ClaimEntry } from './resource.js';

const taken = (claim: string, amount = 1, settled = true): ResourceEvent => ({
  type: 'ClaimTaken',
  data: { claim, holder: `holder-${claim}`, amount, settled },
});
const settled = (claim: string): ResourceEvent => ({ type: 'ClaimSettled', data: { claim } });
const released = (claim: string, left: number): ResourceEvent => ({ type: 'ClaimReleased', data: { claim, left } });
const resized = (botSlots: number): ResourceEvent => ({ type: 'PoolResized', data: { botSlots } });
const listed = (account: string): ResourceEvent => ({ type: 'OwnerListed', data: { account } });

/** Head and entries after the events, as the books of the resources keep them. */
function folded(...events: ResourceEvent[]) {
  const entries = new Map<string, ClaimEntry>();
  const head = events.reduce((before, event, revision) => {
    const claim = claimOf(event);
    const known = (claim === null ? undefined : entries.get(claim)) ?? null;
    const changed = entryAfter(event, known);
    if (changed) entries.set(...changed);
    return evolveResource(before, recordedAt(revision, event), known);
  }, emptyResource);
  return { head, entries: Object.fromEntries(entries) };
}

it('ACC-11: a resource has one place unless its stream says otherwise', () => {
  expect(emptyResource).toEqual({ revision: -1, capacity: 1, used: 0, open: {}, owners: [] });
  expect(folded(resized(5), resized(3)).head).toEqual({ ...emptyResource, revision: 1, capacity: 3 });
});
it('WS-8: a claim counts with its amount', () =>
  expect(folded(resized(9), taken('a', 2), taken('b', 3))).toEqual({
    head: { ...emptyResource, revision: 2, capacity: 9, used: 5 },
    entries: { a: { holder: 'holder-a', amount: 2, left: 2 }, b: { holder: 'holder-b', amount: 3, left: 3 } },
  }));
it('a claim that is not settled is open, with holder, amount and time, until it is', () => {
  const open = { claim: 'a', holder: 'holder-a', amount: 2, at: NOON };
  expect(folded(taken('a', 2, false)).head).toMatchObject({ used: 2, open: { a: open } });
  expect(folded(taken('a', 2, false), settled('a')).head).toMatchObject({ used: 2, open: {} });
  expect(folded(taken('a', 2, false), settled('b')).head.open).toEqual({ a: open });
});
it('WS-8: a release carries what is left, and the smallest counts', () => {
  expect(folded(taken('a', 5), released('a', 3)).head.used).toBe(3);
  expect(folded(taken('a', 5), released('a', 3), released('a', 4)).head.used).toBe(3);
  expect(folded(taken('a', 5), released('a', 3), released('a', 3)).head.used).toBe(3);
  expect(folded(taken('a', 5), released('a', 3), released('a', 0)).head.used).toBe(0);
  expect(folded(taken('a', 5), released('a', 0), released('a', 3))).toMatchObject({
    head: { used: 0 },
    entries: { a: { amount: 5, left: 0 } },
  });
});
it('a release says what the holder made of the claim: nothing about it is open any more', () => {
  for (const left of [0, 3])
    expect(folded(taken('a', 5, false), taken('b', 1, false), released('a', left)).head).toMatchObject({
      used: left + 1,
      open: { b: expect.anything() },
    });
  expect(Object.keys(folded(taken('a', 5, false), released('a', 3)).head.open)).toEqual([]);
});
it('an id that comes again counts nothing, released or not', () => {
  expect(folded(taken('a', 2), taken('a', 2)).head.used).toBe(2);
  expect(folded(taken('a', 2), released('a', 0), taken('a', 2)).head.used).toBe(0);
});
it('a release of what was never taken does nothing', () =>
  expect(folded(released('a', 0))).toEqual({ head: { ...emptyResource, revision: 0 }, entries: {} }));
it('AUTH-2: owners are named once, in order', () =>
  expect(folded(listed('x'), listed('y'), listed('x')).head.owners).toEqual(['x', 'y']));
it('every event moves the revision', () =>
  expect(folded(taken('a'), taken('a'), settled('a'), released('z', 0), listed('x'), resized(2)).head.revision).toBe(5));
