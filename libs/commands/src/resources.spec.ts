import { EventCodec, EventLog, MemoryEventStore, type PersonKeys, type Revision, type StoredEvent } from '#event-store';
import { NOON } from '../../../test/support/claims.js';
import { claimEvents, type ResourceEvent } from './claims.events.js';
import { emptyResource } from './resource.js';
import { Resources } from './resources.js';

jest.setTimeout(60_000); // much work, on machines that are busy

const POOL = 'pool-w1';
const MANY = 20_000;
const noKeys: PersonKeys = { insert: async () => true, getMany: async () => new Map(), destroy: async () => {} };

/** Counts the events that are read. */
class CountingStore extends MemoryEventStore {
  count = 0;
  override async read(stream: string, after?: Revision): Promise<StoredEvent[]> {
    const events = await super.read(stream, after);
    this.count += events.length;
    return events;
  }
}

const store = new CountingStore({ clock: () => NOON, atomic: true });
const log = new EventLog(store, new EventCodec(claimEvents, noKeys));
/** Books over this log's own snapshots: as after a start of the process. */
const restarted = () => new Resources(log, store.snapshots);
/** Books without any snapshot: the plain fold of the log. */
const plain = () => new Resources(log, new MemoryEventStore({ clock: () => NOON }).snapshots);
let revision = -1;

const claimName = (index: number) => `c${index}/${POOL}/0`;
const taken = (index: number, amount = 1): ResourceEvent => ({
  type: 'ClaimTaken',
  data: { claim: claimName(index), holder: `account-w1-${index}`, amount, settled: index % 50 !== 0 },
});
const released = (index: number, left: number): ResourceEvent => ({
  type: 'ClaimReleased',
  data: { claim: claimName(index), left },
});

async function append(...events: ResourceEvent[]): Promise<void> {
  const metadata = {
    workspace: 'w1',
    subject: null,
    actor: { id: null, role: 'system' as const, workspace: 'w1' },
    commandId: null,
    correlationId: 'c',
    at: NOON,
  };
  await log.append([{ stream: POOL, expected: revision, workspace: 'w1', events, metadata }]);
  revision += events.length;
}
/** Events that `work` reads. */
async function reading(work: () => Promise<unknown>): Promise<number> {
  const before = store.count;
  await work();
  return store.count - before;
}

describe('a pool of many claims', () => {
  const books = restarted();
  const costs: number[] = [];

  beforeAll(async () => {
    await append({ type: 'PoolResized', data: { botSlots: MANY * 3 } });
    for (let index = 0; index < MANY; index += 50) {
      const claims = Array.from({ length: 50 }, (_, each) => taken(index + each, 1 + (each % 3)));
      // Old claims are given up again and again, in full or in part, and some that were never taken.
      const back = [released(index >> 1, 0), released((index >> 1) + 1, 1), released(MANY + index, 0)];
      await append(...claims, ...back, { type: 'ClaimSettled', data: { claim: claimName(index) } });
      await books.load(POOL);
      if (index % 1_000 === 950) {
        await append(taken(MANY * 2 + index + 1));
        costs.push(await reading(() => books.load(POOL)));
      }
    }
  });

  it('WS-8: costs one event per command, at ten claims and at twenty thousand', () =>
    expect(costs).toEqual(Array(MANY / 1_000).fill(1)));

  it('WS-8: folds the same from a snapshot, and reads but what came after it', async () => {
    const again = restarted();
    const read = await reading(() => again.load(POOL));
    expect(read).toBeLessThan(200);
    const whole = plain();
    expect(await reading(() => whole.load(POOL))).toBe(revision + 1);
    const { used, open, ...head } = await whole.load(POOL);
    expect(head).toEqual({ revision, capacity: MANY * 3, owners: [] });
    expect(open).toEqual({});
    expect(used).toBeGreaterThan(MANY);
    for (const other of [again, books]) expect(await other.load(POOL)).toEqual({ ...head, used, open });
  });

  it('WS-8: knows single claims behind the snapshot', async () => {
    const [again, whole] = [restarted(), plain()];
    const left = (index: number) => Promise.all([again, whole, books].map((each) => each.entry(POOL, claimName(index))));
    for (const index of [0, 1, 2, 3, 2_501, 9_999, 10_001, MANY - 1]) {
      const [one, ...others] = await left(index);
      expect(one).not.toBeNull();
      expect(others).toEqual([one, one]);
    }
    expect(await left(0)).toEqual(Array(3).fill({ holder: 'account-w1-0', amount: 1, left: 0 }));
    expect(await left(MANY + 50)).toEqual([null, null, null]);
  });

  it('WS-8: a release of a claim behind the snapshot counts once', async () => {
    const again = restarted();
    const { used } = await again.load(POOL);
    const index = MANY - 1;
    const amount = (await again.entry(POOL, claimName(index)))!.left;
    await append(released(index, 0), released(index, 0), taken(index, amount));
    for (const each of [again, restarted(), books, plain()]) expect((await each.load(POOL)).used).toBe(used - amount);
  });

  it('WS-8: books that somebody else’s snapshot has overtaken miss nothing', async () => {
    const [slow, fast] = [restarted(), restarted()];
    await slow.load(POOL);
    for (let index = MANY * 3; index < MANY * 3 + 500; index += 100) {
      await append(...Array.from({ length: 100 }, (_, each) => taken(index + each, 2)));
      await fast.load(POOL);
    }
    await append(released(MANY * 3, 1));
    await fast.load(POOL);
    const { used } = await plain().load(POOL);
    expect((await slow.load(POOL)).used).toBe(used);
    expect(await slow.entry(POOL, claimName(MANY * 3))).toEqual({ holder: `account-w1-${MANY * 3}`, amount: 2, left: 1 });
  });

  it('WS-8: many that look at once see the same', async () => {
    const again = restarted();
    await append(taken(MANY * 4), taken(MANY * 4 + 1));
    const { used } = await plain().load(POOL);
    const looks = await Promise.all(Array.from({ length: 20 }, () => again.load(POOL)));
    expect(new Set(looks.map((each) => each.used))).toEqual(new Set([used]));
  });
});

it('ACC-11: a resource without events has one free place and no claims', async () => {
  const books = restarted();
  expect(await books.load('email-w1-abc')).toEqual(emptyResource);
  expect(await books.entry('email-w1-abc', 'c')).toBeNull();
});
