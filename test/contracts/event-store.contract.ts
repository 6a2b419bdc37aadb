import { Conflict, NO_STREAM, StoreUnavailable, verifyChain } from '#event-store';
import type { EventBytes, EventStore, Snapshots, StoredEvent, StreamAppend } from '#event-store';
import { addSeconds, canonicalJson, type Clock, type Instant } from '#kernel';
import { v5 as uuid5 } from 'uuid';
import { snapshotsContract } from './event-store-snapshots.contract.js';

const NOON: Instant = '2026-03-01T12:00:00.000Z';

const NAMES = '0d7c62a2-95a4-5f5c-8ad3-6a3b0f5f8a55';
const names = new Map<string, string>();

/** The id of the event that is called so, which tells it from all others. */
const idOf = (name: string): string => {
  const id = uuid5(name, NAMES);
  names.set(id, name);
  return id;
};

const event = (name: string, data: Record<string, string | number> = {}, workspace = 'w1'): EventBytes => ({
  id: idOf(name),
  type: 'SomethingHappened',
  data: canonicalJson(data),
  metadata: canonicalJson({ workspace, note: 'ü "quoted" \\ \u2028' }),
});

/** An append of new events of these names to one stream of workspace `w1`. */
const appendOf = (stream: string, expected: number, ...called: string[]): StreamAppend => ({
  stream,
  expected,
  workspace: 'w1',
  events: called.map((name) => event(name)),
});

const namesOf = (events: readonly StoredEvent[]): string[] => events.map(({ id }) => names.get(id) ?? id);

/** Resolves once the store's time is later than that. */
const passed = (store: EventStore, at: Instant): Promise<void> => eventually(() => expect(store.now() > at).toBe(true));

/** Resolves once `check` holds; its last failure where it never does. */
async function eventually(check: () => void): Promise<void> {
  for (const end = performance.now() + 10_000; ;) {
    try {
      return check();
    } catch (error) {
      if (performance.now() > end) throw error;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
}

/** Runs `follow` from `after` until `enough` of its events says so, then aborts. */
async function followed(
  store: Pick<EventStore, 'follow'>,
  after: number,
  enough: (events: readonly StoredEvent[]) => boolean,
): Promise<StoredEvent[]> {
  const abort = new AbortController();
  const events: StoredEvent[] = [];
  for await (const batch of store.follow(after, abort.signal)) {
    events.push(...batch);
    if (enough(events)) abort.abort();
  }
  return events;
}

/** What every event store does; `open` gives an empty one. */
export function eventStoreContract(open: () => Promise<EventStore>): void {
  describe('what every store does', () => {
    let store: EventStore;

    beforeEach(async () => (store = await open()));
    afterEach(() => store.close());

    describe('append and read', () => {
      it('gives back what was appended, as it was', async () => {
        const bytes = event('a', { amount: 3, text: 'é\u0000"' });
        const { position, at } = await store.append([{ stream: 's-1', expected: NO_STREAM, workspace: 'w1', events: [bytes] }]);
        const place = { stream: 's-1', revision: 0, position, created: at, workspace: 'w1' };
        expect(await store.read('s-1')).toEqual([expect.objectContaining({ ...bytes, ...place })]);
      });

      it('is empty for a stream that is missing, and past its end', async () => {
        await store.append([appendOf('s-1', NO_STREAM, 'a', 'b', 'c')]);
        expect(await store.read('s-2')).toEqual([]);
        expect(namesOf(await store.read('s-1', 0))).toEqual(['b', 'c']);
        expect(await store.read('s-1', 2)).toEqual([]);
      });

      it('finds an event by its exact position', async () => {
        await store.append([appendOf('s-1', NO_STREAM, 'a', 'b')]);
        const events = await store.readAll(0, 10);
        for (const event of events) expect(await store.at(event.position)).toEqual(event);
        expect(await store.at(0)).toBeNull();
        expect(await store.at((await store.head()) + 1)).toBeNull();
      });

      it('reads the whole log in order, in pieces', async () => {
        expect(await store.head()).toBe(0);
        await store.append([appendOf('s-1', NO_STREAM, 'a', 'b')]);
        await store.append([appendOf('s-2', NO_STREAM, 'c')]);
        await store.append([appendOf('s-1', 1, 'd')]);
        expect(namesOf(await store.readAll(0, 3))).toEqual(['a', 'b', 'c']);
        const positions = (await store.readAll(0, 10)).map(({ position }) => position);
        expect([...positions].sort((a, b) => a - b)).toEqual(positions);
        const [, , third = 0, fourth = 0] = positions;
        expect(namesOf(await store.readAll(third, 3))).toEqual(['d']);
        expect(await store.readAll(fourth, 3)).toEqual([]);
        expect(namesOf(await store.readAll(third - 1, 1))).toEqual(['c']);
        expect(await store.readAll(fourth + 1000, 3)).toEqual([]);
        expect(await store.head()).toBe(fourth);
      });

      it.each([NO_STREAM, 0, 2])('rejects with Conflict at expected revision %i when the last one is 1', async (expected) => {
        await store.append([appendOf('s-1', NO_STREAM, 'a', 'b')]);
        const late = store.append([appendOf('s-1', expected, 'x')]);
        await expect(late).rejects.toMatchObject({ name: 'Conflict', stream: 's-1', expected });
        await expect(late).rejects.toBeInstanceOf(Conflict);
        expect(namesOf(await store.readAll(0, 10))).toEqual(['a', 'b']);
      });

      it('writes several streams, and one stream twice, in the order of the list', async () => {
        const list = [appendOf('s-1', NO_STREAM, 'a'), appendOf('s-2', NO_STREAM, 'b'), appendOf('s-1', 0, 'c')];
        expect(await store.append(list)).toMatchObject({ position: await store.head(), complete: true });
        expect(namesOf(await store.readAll(0, 10))).toEqual(['a', 'b', 'c']);
        expect(namesOf(await store.read('s-1'))).toEqual(['a', 'c']);
      });

      it('answers with the position of the deciding stream, not of its follow-ups', async () => {
        const deciding = { ...appendOf('s-1', NO_STREAM, 'b', 'c'), deciding: true };
        const answer = await store.append([appendOf('s-0', NO_STREAM, 'a'), deciding, appendOf('s-2', NO_STREAM, 'd')]);
        const [, , third] = await store.readAll(0, 10);
        expect(answer).toEqual({ position: third?.position, at: third?.created, complete: true });
      });

      it('writes nothing for empty lists, and checks their expected revision', async () => {
        expect(await store.append([])).toMatchObject({ position: 0, complete: true });
        await store.append([appendOf('s-1', NO_STREAM, 'a')]);
        const last = await store.append([appendOf('s-2', NO_STREAM, 'b'), appendOf('s-1', 0)]);
        expect(last.position).toBe(await store.head());
        expect(await store.append([])).toEqual(last);
        await expect(store.append([appendOf('s-1', NO_STREAM)])).rejects.toBeInstanceOf(Conflict);
        expect(namesOf(await store.readAll(0, 10))).toEqual(['a', 'b']);
      });

      it('rejects with StoreUnavailable once it is closed', async () => {
        await store.close();
        await expect(store.append([appendOf('s-1', NO_STREAM, 'a')])).rejects.toBeInstanceOf(StoreUnavailable);
        await expect(store.readAll(0, 1)).rejects.toBeInstanceOf(StoreUnavailable);
        await expect(store.read('s-1')).rejects.toBeInstanceOf(StoreUnavailable);
        await expect(store.head()).rejects.toBeInstanceOf(StoreUnavailable);
      });
    });

    describe('COR-2: a list that is re-sent unchanged', () => {
      const list = [appendOf('s-1', NO_STREAM, 'a', 'b'), appendOf('s-2', NO_STREAM, 'c')];

      it('has the first answer again, also after later events, and writes nothing', async () => {
        const first = await store.append(list);
        await passed(store, first.at);
        expect(await store.append(list)).toEqual(first);
        await store.append([appendOf('s-2', 0, 'd')]);
        expect(await store.append(list)).toEqual(first);
        expect(namesOf(await store.readAll(0, 10))).toEqual(['a', 'b', 'c', 'd']);
      });

      it('goes on where only the first streams of it were written', async () => {
        await store.append(list.slice(0, 1));
        expect(await store.append(list)).toMatchObject({ position: await store.head() });
        expect(namesOf(await store.readAll(0, 10))).toEqual(['a', 'b', 'c']);
      });

      it('is a Conflict with other ids, with more of them, or at another revision', async () => {
        await store.append(list);
        await expect(store.append([appendOf('s-1', NO_STREAM, 'a', 'x')])).rejects.toBeInstanceOf(Conflict);
        await expect(store.append([appendOf('s-1', NO_STREAM, 'a', 'b', 'c')])).rejects.toBeInstanceOf(Conflict);
        await expect(store.append([appendOf('s-1', 0, 'a', 'b')])).rejects.toBeInstanceOf(Conflict);
        await expect(store.append([appendOf('s-3', 0, 'a', 'b')])).rejects.toBeInstanceOf(Conflict);
      });
    });

    describe('many at once', () => {
      it('COR-26: answers each of 200 concurrent appends with a position of its own, and loses none', async () => {
        const answers = await Promise.all(
          Array.from({ length: 200 }, (_, n) => store.append([appendOf(`s-${n}`, NO_STREAM, `e-${n}`)])),
        );
        const streams = new Map((await store.readAll(0, 1000)).map(({ position, stream }) => [position, stream]));
        expect(streams.size).toBe(200);
        expect(answers.map(({ position }) => streams.get(position))).toEqual(answers.map((_, n) => `s-${n}`));
      });

      it('COR-26: lets exactly one of 100 win at the same expected revision, and the others know', async () => {
        const results = await Promise.allSettled(
          Array.from({ length: 100 }, (_, n) =>
            store.append([appendOf(`claim-${n}`, NO_STREAM), appendOf('s-1', NO_STREAM, `e-${n}`)]),
          ),
        );
        const lost = results.filter((result) => result.status === 'rejected');
        expect(lost).toHaveLength(99);
        expect(lost.every(({ reason }) => reason instanceof Conflict && reason.stream === 's-1')).toBe(true);
        expect(await store.read('s-1')).toHaveLength(1);
      });
    });

    describe('COR-23: store time', () => {
      it('is a lower bound of what comes next, never goes back, and goes on while somebody asks', async () => {
        const seen = [store.now()];
        for (let revision = NO_STREAM; revision < 5; revision++) {
          const { at } = await store.append([appendOf('s-1', revision, `e${revision}`)]);
          expect(at >= seen[0]!).toBe(true);
          seen.push(store.now());
          await passed(store, at);
        }
        expect([...seen].sort()).toEqual(seen);
      });
    });

    describe('follow', () => {
      it('gives what is there after a position, then what comes, in order, until it is aborted', async () => {
        await store.append([appendOf('s-1', NO_STREAM, 'a', 'b', 'c')]);
        const all = followed(store, 0, (events) => events.length >= 6);
        const [, second] = await store.readAll(0, 2);
        const later = followed(store, second?.position ?? 0, (events) => events.length >= 4);
        await store.append([appendOf('s-2', NO_STREAM, 'd')]);
        await store.append([appendOf('s-2', 0, 'e', 'f')]);
        expect(namesOf(await all)).toEqual(['a', 'b', 'c', 'd', 'e', 'f']);
        expect(namesOf(await later)).toEqual(['c', 'd', 'e', 'f']);
      });

      it('wakes all its followers at each append, without waiting for their next look', async () => {
        const abort = new AbortController();
        const followers = [1, 2, 3].map(() => store.follow(0, abort.signal)[Symbol.asyncIterator]());
        for (let revision = NO_STREAM; revision < 19; revision++) {
          const woken = Promise.all(followers.map((follower) => follower.next()));
          await store.append([appendOf('s-1', revision, `e${revision}`)]);
          for (const { value } of await woken) expect(namesOf(value as StoredEvent[])).toEqual([`e${revision}`]);
        }
        abort.abort();
      });

      it('gives a long log in several batches', async () => {
        const ids = Array.from({ length: 1203 }, (_, n) => `e${n}`);
        await store.append([appendOf('s-1', NO_STREAM, ...ids)]);
        expect(namesOf(await followed(store, 0, (events) => events.length >= ids.length))).toEqual(ids);
      });

      it('ends at once when it is aborted while it waits, and when the store closes', async () => {
        const abort = new AbortController();
        const idle = store.follow(0, abort.signal)[Symbol.asyncIterator]().next();
        abort.abort();
        expect(await idle).toEqual({ done: true, value: undefined });
        const open = store.follow(0, new AbortController().signal)[Symbol.asyncIterator]().next();
        await store.close();
        expect(await open).toEqual({ done: true, value: undefined });
      });
    });
  });
}

/** What a store does beyond that whose time is given: `open` gives one that reads the clock. */
export function givenTimeContract(open: (clock: Clock) => Promise<EventStore>): void {
  describe('where the time is given', () => {
    let store: EventStore;
    let time: Instant;

    beforeEach(async () => {
      time = NOON;
      store = await open(() => time);
    });
    afterEach(() => store.close());

    it('has the time of the append in its events and its answers', async () => {
      expect(await store.append([])).toMatchObject({ at: NOON });
      expect(await store.append([appendOf('s-1', NO_STREAM, 'a')])).toMatchObject({ at: NOON });
      expect(await store.read('s-1')).toMatchObject([{ created: NOON }]);
    });

    it('COR-23: store time is a lower bound that never goes back, and comes near the present while somebody asks', async () => {
      await store.append([appendOf('s-1', NO_STREAM, 'a')]);
      time = addSeconds(NOON, -3600);
      await store.append([appendOf('s-1', 0, 'b')]);
      expect(store.now()).toBe(NOON);
      time = addSeconds(NOON, 5);
      expect(store.now() <= time).toBe(true);
      await eventually(() => expect(store.now()).toBe(time));
      expect(await store.append([appendOf('s-1', 1, 'c')])).toMatchObject({ at: time });
      expect((await store.read('s-1', 1)).map(({ created }) => created)).toEqual([time]);
    });
  });
}

/** What a store does beyond that whose one writer is ours: it counts, chains and times in the append itself, and keeps snapshots beside. */
export function ownWriterContract(open: (clock: Clock) => Promise<EventStore & { readonly snapshots: Snapshots }>): void {
  describe('where the writer is ours', () => {
    let store: EventStore & { readonly snapshots: Snapshots };
    let time: Instant;

    beforeEach(async () => {
      time = NOON;
      store = await open(() => time);
    });
    afterEach(() => store.close());

    it('gives positions 1, 2, 3 …', async () => {
      await store.append([appendOf('s-1', NO_STREAM, 'a', 'b'), appendOf('s-2', NO_STREAM, 'c')]);
      expect((await store.readAll(0, 10)).map(({ position }) => position)).toEqual([1, 2, 3]);
    });

    describe('COR-25: numbers and chain', () => {
      const append = (stream: string, expected: number, workspace: string, ...called: string[]) =>
        store.append([{ stream, expected, workspace, events: called.map((name) => event(name, {}, workspace)) }]);

      beforeEach(async () => {
        await append('s-1', NO_STREAM, 'w1', 'a', 'b');
        await append('s-2', NO_STREAM, 'w2', 'c');
        await append('s-1', 0, 'w1', 'lost').catch(() => undefined);
        await append('s-3', NO_STREAM, 'w1', 'd');
        await append('s-2', 0, 'w2', 'e');
      });

      it('numbers the events of each workspace without gaps', async () => {
        const log = await store.readAll(0, 10);
        expect(log.map(({ id, workspace, number }) => [names.get(id), workspace, number])).toEqual([
          ['a', 'w1', 1],
          ['b', 'w1', 2],
          ['c', 'w2', 1],
          ['d', 'w1', 3],
          ['e', 'w2', 2],
        ]);
      });

      it('can be verified from the first event on, by recomputation', async () => {
        const log = await store.readAll(0, 10);
        const heads = new Map([
          ['w1', { number: 3, chain: log[3]?.chain }],
          ['w2', { number: 2, chain: log[4]?.chain }],
        ]);
        expect(await verifyChain(log)).toEqual({ ok: true, heads });
      });
    });

    describe('COR-23: store time', () => {
      it('never goes back when the clock jumps back, neither in events nor in now()', async () => {
        await store.append([appendOf('s-1', NO_STREAM, 'a')]);
        time = addSeconds(NOON, -3600);
        expect(store.now()).toBe(NOON);
        expect(await store.append([appendOf('s-1', 0, 'b')])).toMatchObject({ at: NOON });
        time = addSeconds(NOON, 5);
        expect(store.now()).toBe(time);
        expect(await store.append([appendOf('s-1', 1, 'c')])).toMatchObject({ at: time });
        expect((await store.read('s-1')).map(({ created }) => created)).toEqual([NOON, NOON, time]);
      });
    });

    describe('snapshots', () => snapshotsContract(() => store.snapshots));
  });
}

/** What a store does beyond that where a list of appends is one step. */
export function atomicEventStoreContract(open: () => Promise<EventStore>): void {
  describe('where a list is one step', () => {
    let store: EventStore;
    beforeEach(async () => (store = await open()));
    afterEach(() => store.close());

    it('says that it is atomic, and writes all streams of a list or none, wherever in the list the conflict is', async () => {
      expect(store.atomic).toBe(true);
      await store.append([appendOf('taken', NO_STREAM, 'a')]);
      const late = appendOf('taken', NO_STREAM, 'x');
      const free = appendOf('free', NO_STREAM, 'y');
      const lists = [
        [late, free],
        [free, late],
        [{ ...free, deciding: true }, late],
      ];
      for (const list of lists) await expect(store.append(list)).rejects.toMatchObject({ name: 'Conflict', stream: 'taken' });
      expect(namesOf(await store.readAll(0, 10))).toEqual(['a']);
      expect(await store.append([free])).toMatchObject({ position: 2 });
      expect((await verifyChain(await store.readAll(0, 10))).ok).toBe(true);
    });

    it('COR-26: undoes the loser of a race alone when many share a commit', async () => {
      const results = await Promise.allSettled(
        Array.from({ length: 60 }, (_, n) =>
          store.append([appendOf(`own-${n}`, NO_STREAM, `o${n}`), appendOf(`shared-${n % 20}`, NO_STREAM, `s${n}`)]),
        ),
      );
      const won = results.flatMap((result, n) => (result.status === 'fulfilled' ? [`o${n}`, `s${n}`] : []));
      expect(won).toHaveLength(40);
      const log = await store.readAll(0, 1000);
      expect(namesOf(log).sort()).toEqual(won.sort());
      expect(log.map(({ number }) => number)).toEqual(log.map((_, n) => n + 1));
      expect((await verifyChain(log)).ok).toBe(true);
    });
  });
}
