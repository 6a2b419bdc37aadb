import { connectMongo, type MongoConnection } from '#mongo';
import { mongoLeases } from '#profile';
import { addressOf, describeWith, ownName, until } from './servers.js';

const PATIENCE_MS = 400;

describeWith('WHITEBOOK_MONGODB_URL')('a name that one process at a time holds', () => {
  let mongo: MongoConnection;
  const stops: AbortController[] = [];
  const holding = new Set<string>();
  const seen: string[] = [];
  let together = 0;

  beforeAll(async () => {
    mongo = await connectMongo(addressOf('WHITEBOOK_MONGODB_URL'));
  });
  afterAll(async () => {
    for (const stop of stops) stop.abort();
    await mongo.db(NAME).dropDatabase();
    await mongo.close();
  });
  const NAME = ownName();

  function contender(holder: string) {
    const stop = new AbortController();
    stops.push(stop);
    const leases = mongoLeases({ db: mongo.db(NAME), holder, beatMs: 50, patienceMs: PATIENCE_MS });
    const ended = leases.hold('work', stop.signal, async (held) => {
      holding.add(holder);
      seen.push(holder);
      together = Math.max(together, holding.size);
      await new Promise((resolve) => held.addEventListener('abort', resolve, { once: true }));
      holding.delete(holder);
    });
    return { stop, ended };
  }
  it('is held by one of three; where that one ends, another takes over at once', async () => {
    const contenders = new Map(['a', 'b', 'c'].map((holder) => [holder, contender(holder)]));
    await until(() => holding.size === 1);
    for (let left = 2; left >= 1; left--) {
      const [holder] = [...holding];
      const one = contenders.get(holder!);
      one?.stop.abort();
      await one?.ended;
      await until(() => holding.size === 1 && !holding.has(holder!));
    }
    expect([together, new Set(seen).size]).toEqual([1, 3]);
    for (const { stop, ended } of contenders.values()) {
      stop.abort();
      await ended;
    }
  });

  it('is taken over from a holder that died, after the patience and not before', async () => {
    const leases = mongo.db(NAME).collection<{ _id: string; holder: string; beat: number }>('leases');
    await leases.insertOne({ _id: 'work', holder: 'dead', beat: 7 });
    const { stop, ended } = contender('heir');
    const began = performance.now();
    await until(() => holding.has('heir'));
    expect(performance.now() - began).toBeGreaterThanOrEqual(PATIENCE_MS);
    stop.abort();
    await ended;
    expect(await leases.findOne({ _id: 'work' })).toBeNull();
  });

  it('is lost by a holder that sleeps while another takes it', async () => {
    const { stop, ended } = contender('sleeper');
    await until(() => holding.has('sleeper'));
    const leases = mongo.db(NAME).collection<{ _id: string; holder: string; beat: number }>('leases');
    await leases.updateOne({ _id: 'work' }, { $set: { holder: 'thief', beat: 1000 } });
    await until(() => !holding.has('sleeper'));
    stop.abort();
    await ended;
    expect(await leases.findOne({ _id: 'work' })).toMatchObject({ holder: 'thief' });
  });

  it('is taken up at once by the process that could not give it back, and who stands by is told that another lives with it', async () => {
    const leases = mongo.db(NAME).collection<{ _id: string; holder: string; beat: number }>('leases');
    await leases.insertOne({ _id: 'left', holder: 'same', beat: 7 });
    const stop = new AbortController();
    stops.push(stop);
    let began = Infinity;
    let told = 0;
    const held = (holder: string, patienceMs: number, standsBy?: () => void) =>
      mongoLeases({ db: mongo.db(NAME), holder, beatMs: 20, patienceMs }).hold(
        'left',
        stop.signal,
        async (signal) => {
          if (holder === 'same') began = performance.now();
          await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
        },
        standsBy,
      );
    const since = performance.now();
    const ended = [held('same', 60_000), held('other', 60_000, () => void told++)];
    await until(() => told > 2);
    expect(began - since).toBeLessThan(30_000);
    stop.abort();
    await Promise.all(ended);
  });

  it('ends where the work fails, and is free again', async () => {
    const leases = mongoLeases({ db: mongo.db(NAME), holder: 'unlucky', beatMs: 50, patienceMs: PATIENCE_MS });
    const failing = leases.hold('other', new AbortController().signal, () => Promise.reject(new Error('broken')));
    await expect(failing).rejects.toThrow('broken');
    expect(await mongo.db(NAME).collection<{ _id: string }>('leases').findOne({ _id: 'other' })).toBeNull();
  });
});
