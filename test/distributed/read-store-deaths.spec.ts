import type { Metadata, Recorded, StoredEvent } from '#event-store';
import type { MongoDatabase } from '#mongo';
import {
  openMongoProjectionStore,
  openMongoReadStore,
  ProjectionRunner,
  type Change,
  type Projection,
  type ProjectionStore,
} from '#read-store';
import { applied, recount } from '../contracts/read-store.oracle.js';
import { people, person, put, remove, set, type Person } from '../contracts/read-store.people.js';
import { mortal, type Call, type Death } from './mongo-death.js';
import { databaseOf, describeOn, type OwnDatabase } from './mongo-servers.js';

const projection: Projection = {
  ...people(),
  numbered: () => 'events',
  project: ({ event }) => (event.data as { changes: Change[] }).changes,
};

/** A log in which each event is a list of changes. */
const logOf = (...events: Change[][]): StoredEvent[] =>
  events.map((changes, at) => ({
    id: `e${at + 1}`,
    type: 'Changed',
    stream: 's',
    revision: at,
    position: at + 1,
    number: at + 1,
    created: '2026-01-01T00:00:00.000Z',
    workspace: 'w',
    data: JSON.stringify({ changes }),
    metadata: '{"subject":null}',
    leaf: '',
    chain: '',
  }));

const decode = async (stored: readonly StoredEvent[]): Promise<Recorded[]> =>
  stored.map((event) => {
    const clear = JSON.parse(event.data) as { changes: never };
    const metadata = JSON.parse(event.metadata) as Metadata;
    return { ...event, event: { type: event.type, data: clear }, clear, metadata, sealed: null, erased: false };
  });

function runnerOver(store: ProjectionStore, log: readonly StoredEvent[], batchSize = 2): ProjectionRunner {
  const readAll = async (after: number, limit: number) => log.slice(after, after + limit);
  const at = async (position: number) => log[position - 1] ?? null;
  const source = { at, readAll, head: async () => log.length };
  return new ProjectionRunner({ source, decode, store, projections: [projection], batchSize, pollMs: 1 });
}

const life = logOf(
  [put(person('a')), put(person('b', { state: 'blocked' }))],
  [set('a', { name: 'Ann', vip: true }), remove('b')],
  [put(person('b', { name: 'back' })), put(person('c'))],
  [remove('a'), set('c', { state: 'blocked' })],
  [put(person('a', { name: 'again' }))],
);

/** Rows, counters and checkpoint are the fold of the log, and nothing else is there. */
async function expectFold(db: MongoDatabase, log: readonly StoredEvent[]): Promise<void> {
  const rows = log.reduce<Map<string, Person>>(
    (before, { data }) => applied(before, (JSON.parse(data) as { changes: Change[] }).changes),
    new Map(),
  );
  const read = openMongoReadStore({ db });
  const found: unknown[] = [];
  for await (const row of read.stream('people/list')) found.push(row);
  expect(found).toEqual([...rows.values()].sort((one, other) => (one.id < other.id ? -1 : 1)));
  expect(await read.counters('people/list')).toEqual(recount(rows.values()));
  expect(await read.checkpoint('people')).toEqual({ position: log.length, eventId: `e${log.length}` });
  const names = (await db.listCollections({}, { nameOnly: true }).toArray()).map(({ name }) => name.replace(/_[0-9a-f]{12}/, ''));
  const mine = names.filter((name) => name.startsWith('people')).toSorted();
  expect(mine).toEqual([...new Set(mine)]);
}

describeOn('first', 'projectors that die on MongoDB', (url) => {
  let own: OwnDatabase;

  beforeEach(async () => {
    own = await databaseOf(url);
  });
  afterEach(() => own.close());

  const emptied = async (): Promise<void> => {
    await own.db.dropDatabase();
  };
  const died = async (log: readonly StoredEvent[], dies: (call: Call) => Death | null) => {
    const victim = mortal(own.db, dies);
    await runnerOver(openMongoProjectionStore({ db: victim.db }), log)
      .catchUp()
      .catch(() => undefined);
    return victim;
  };

  it.each(['before', 'half', 'after'] as const)(
    'leave rows, counters and checkpoint that the next one makes the fold of the log: death at every call, %s its effect (COR-18, COR-19)',
    async (death) => {
      let deaths = 0;
      for (let at = 1; ; at++) {
        await emptied();
        const { dead } = await died(life, ({ n }) => (n === at ? death : null));
        await runnerOver(openMongoProjectionStore({ db: own.db }), life).catchUp();
        await expectFold(own.db, life);
        if (!dead()) break;
        deaths++;
      }
      expect(deaths).toBeGreaterThan(30);
    },
  );

  const put1 = ({ method, args }: Call): boolean =>
    method === 'updateOne' && Boolean((args[1] as { $set?: { batch?: unknown } }).$set?.batch);

  /** One that is held up at a call until it is released. */
  const heldAt = (isHeld: (call: Call) => boolean, batchSize?: number) => {
    let [reached, release]: (() => void)[] = [];
    const standing = new Promise<boolean>((resolve) => (reached = () => resolve(true)));
    const until = new Promise<void>((resolve) => (release = resolve));
    const { db } = mortal(own.db, (call) => {
      if (!isHeld(call)) return null;
      reached?.();
      return until;
    });
    const ended = runnerOver(openMongoProjectionStore({ db }), life, batchSize)
      .catchUp()
      .then(
        () => false,
        () => false,
      );
    return { isHeld: Promise.race([standing, ended]), release: () => release?.(), ended };
  };
  const more = [...life, ...logOf([], [], [], [], [], [set('b', { vip: true }), put(person('d'))]).slice(-1)];

  it('or are held up, at any call, until another one has done it all: who comes back late changes nothing (COR-18)', async () => {
    for (let at = 1, held = true; held; at++) {
      await emptied();
      // In one batch what takes the other three: a number that was counted back would be too low for what comes then.
      const late = heldAt(({ n }) => n === at, life.length);
      held = await late.isHeld;
      await runnerOver(openMongoProjectionStore({ db: own.db }), life).catchUp();
      if (held) await expectFold(own.db, life);
      late.release();
      await late.ended;
      await runnerOver(openMongoProjectionStore({ db: own.db }), more).catchUp();
      await expectFold(own.db, more);
    }
  });

  it('never put a batch over that of another one (COR-18)', async () => {
    const late = heldAt(put1, 1);
    expect(await late.isHeld).toBe(true);
    const other = await died(life, ({ method }) => (method === 'insertMany' ? 'after' : null));
    expect(other.dead()).toBe(true);
    late.release();
    await late.ended;
    await runnerOver(openMongoProjectionStore({ db: own.db }), life).catchUp();
    await expectFold(own.db, life);
  });

  it('leave a batch that a waiting read finishes after a second (COR-21)', async () => {
    const { dead } = await died(life.slice(0, 1), (call) => (put1(call) ? 'after' : null));
    expect(dead()).toBe(true);
    const read = openMongoReadStore({ db: own.db });
    expect(await read.checkpoint('people')).toMatchObject({ position: 0 });
    expect(await read.reached(['people'], 1, 10_000)).toBe(true);
    await expectFold(own.db, life.slice(0, 1));
  });

  it('may leave a batch of more bytes than a document holds (COR-19)', async () => {
    const long = 'é'.repeat(700_000);
    const log = logOf(Array.from({ length: 24 }, (_, n) => put({ ...person(`p${n + 10}`), long })));
    const { dead } = await died(log, (call) => (put1(call) ? 'after' : null));
    expect(dead()).toBe(true);
    const pieces = own.db.collection('projections.pieces');
    expect(await pieces.countDocuments()).toBeGreaterThan(2);
    await runnerOver(openMongoProjectionStore({ db: own.db }), log).catchUp();
    await expectFold(own.db, log);
    expect(await pieces.countDocuments()).toBe(0);
  });

  it('or live side by side: of two that write at once none writes over the other', async () => {
    const log = logOf(
      ...Array.from({ length: 120 }, (_, n) => [
        put(person(`p${n % 7}`, { score: n, vip: n % 3 === 0 })),
        ...(n % 5 === 4 ? [remove(`p${(n + 3) % 7}`)] : []),
      ]),
    );
    const other = await databaseOf(url);
    const stop = new AbortController();
    const running = [own.db, other.connection.db(own.db.databaseName)].map((db, at) =>
      runnerOver(openMongoProjectionStore({ db }), log, at + 1).start(stop.signal),
    );
    const read = openMongoReadStore({ db: own.db });
    expect(await read.reached(['people'], log.length, 60_000)).toBe(true);
    stop.abort();
    await Promise.allSettled(running);
    await expectFold(own.db, log);
    await other.close();
  });

  it('are told from live ones: who comes back too late writes nothing', async () => {
    const [late, quick] = [openMongoProjectionStore({ db: own.db }), openMongoProjectionStore({ db: own.db })];
    const from = await late.open(projection);
    await quick.open(projection);
    const step = (id: string, position: number) => ({
      changes: [put(person(id))],
      from,
      checkpoint: { position, eventId: `e${position}` },
    });
    await quick.apply(projection, { ...step('a', 0), checkpoint: from });
    // A replay has moved no position, and yet made the batch of the late one stale.
    await expect(late.apply(projection, step('b', 1))).rejects.toThrow('another batch was first at 0');
    expect(await late.open(projection)).toEqual(from);
    await late.apply(projection, step('b', 1));
    const read = openMongoReadStore({ db: own.db });
    expect((await read.getMany('people/list', ['a', 'b'])).size).toBe(2);
  });

  it('drop collections that nobody names, and no others (COR-19)', async () => {
    await own.db.createCollection('people-1.0_0123456789ab.rows.list');
    await own.db.createCollection('people-of_others');
    await runnerOver(openMongoProjectionStore({ db: own.db }), life).catchUp();
    const names = (await own.db.listCollections({}, { nameOnly: true }).toArray()).map(({ name }) => name);
    expect(names).toContain('people-of_others');
    expect(names).not.toContain('people-1.0_0123456789ab.rows.list');
  });
});
