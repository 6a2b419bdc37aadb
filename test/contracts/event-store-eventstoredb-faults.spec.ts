import { Conflict, NO_STREAM, openEventStoreDb, StoreUnavailable } from '#event-store';
import type { EventBytes, EventStore, EventStoreDbOptions, StoredEvent, StreamAppend } from '#event-store';
import { v5 as uuid5 } from 'uuid';
import { EventStoreDouble } from '../doubles/eventstore/server.mjs';

const NAMES = '3c5d4b1e-12f2-5a40-9f0c-8f3f1b0f3b10';
const event = (name: string): EventBytes => ({
  id: uuid5(name, NAMES),
  type: 'SomethingHappened',
  data: JSON.stringify({ name }),
  metadata: '{"workspace":"w1"}',
});
const appendOf = (stream: string, expected: number, ...names: string[]): StreamAppend => ({
  stream,
  expected,
  workspace: 'w1',
  events: names.map(event),
});
const nameOf = ({ data }: StoredEvent): string => (JSON.parse(data) as { name: string }).name;
const count = (length: number, name: string): string[] => Array.from({ length }, (_, n) => `${name}${n}`);

async function until(holds: () => boolean, ms = 20_000): Promise<void> {
  for (const end = performance.now() + ms; !holds();) {
    if (performance.now() > end) throw new Error('it never held');
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

/** Everything that `follow` gives from the beginning on. */
class Follower {
  readonly seen: string[] = [];
  readonly times = new Map<string, number>();
  private readonly abort = new AbortController();
  private readonly done: Promise<void>;

  constructor(store: EventStore, pauseMs = 0) {
    this.done = (async () => {
      for await (const batch of store.follow(0, this.abort.signal)) {
        for (const one of batch) this.times.set(nameOf(one), performance.now());
        this.seen.push(...batch.map(nameOf));
        if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs));
      }
    })();
  }

  stop(): Promise<void> {
    this.abort.abort();
    return this.done;
  }
}

let double: EventStoreDouble;
let store: EventStore;
let followers: Follower[];

const open = async (options: Partial<EventStoreDbOptions> = {}) =>
  (store = await openEventStoreDb({ url: double.url, silenceMs: 100, attemptMs: 500, ...options }));
const follow = (pauseMs = 0): Follower => {
  const follower = new Follower(store, pauseMs);
  followers.push(follower);
  return follower;
};

beforeEach(async () => {
  followers = [];
  double = await EventStoreDouble.start();
});
afterEach(async () => {
  double.resume();
  await Promise.all(followers.map((follower) => follower.stop()));
  await store.close();
  await double.stop();
});

describe('a connection that is cut', () => {
  it('100 times under appends and followers: each event is written once, seen once, in order', async () => {
    await open();
    const [first, second] = [follow(), follow()];
    let cuts = 0;
    const cutting = setInterval(() => {
      if (cuts < 100) double.cut();
      cuts += 1;
    }, 15);
    const writers = count(8, 'writer').map(async (writer) => {
      for (let revision = NO_STREAM; cuts < 100 || revision < 50; revision++) {
        await store.append([appendOf(writer, revision, `${writer}/${revision + 1}`)]);
      }
    });
    await Promise.all(writers);
    clearInterval(cutting);
    const log = (await store.readAll(0, 100_000)).map(nameOf);
    expect(new Set(log).size).toBe(log.length);
    for (const writer of count(8, 'writer')) {
      const own = log.filter((name) => name.startsWith(`${writer}/`));
      expect(own).toEqual(own.map((_, n) => `${writer}/${n}`));
    }
    for (const { seen } of [first, second]) {
      await until(() => seen.length >= log.length);
      expect(seen).toEqual(log);
    }
    expect(double.written).toBeGreaterThanOrEqual(400);
  });

  it('leaves no promise behind that nobody has caught, however many appends were under way', async () => {
    const uncaught: unknown[] = [];
    const catcher = (reason: unknown) => void uncaught.push(reason);
    process.on('unhandledRejection', catcher);
    await open();
    for (let round = 0; round < 10; round++) {
      const writing = count(200, `round${round}/`).map((name) => store.append([appendOf(name, NO_STREAM, name)]));
      await new Promise((resolve) => setImmediate(resolve));
      double.cut();
      await Promise.all(writing);
    }
    process.off('unhandledRejection', catcher);
    expect(uncaught).toEqual([]);
    expect(await store.readAll(0, 10_000)).toHaveLength(2000);
  });
});

describe('an acknowledgement that is lost', () => {
  it('1,000 times: there is one event each, and the writer has its position', async () => {
    await open();
    double.loseAcknowledgements(1000);
    const writers = count(10, 'writer').map(async (writer) => {
      for (let revision = NO_STREAM; double.acknowledgementsToLose > 0; revision++) {
        const appended = await store.append([appendOf(writer, revision, `${writer}/${revision + 1}`)]);
        const [last] = await store.read(writer, revision);
        expect(appended).toMatchObject({ position: last?.position, complete: true });
      }
    });
    await Promise.all(writers);
    const log = (await store.readAll(0, 100_000)).map(nameOf);
    expect(new Set(log).size).toBe(log.length);
    expect(double.acknowledgementsToLose).toBe(0);
  });
});
