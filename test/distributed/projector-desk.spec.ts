import { setTimeout as wait } from 'node:timers/promises';
import { connectMongo, type MongoConnection } from '#mongo';
import { DeskRefused, mongoProjectorDesk } from '#profile';
import { addressOf, describeWith, ownName, until } from './servers.js';

const clock = (): string => '2026-01-31T12:00:00.000Z';
const nobody = {
  rebuild: () => Promise.reject(new Error('not asked for')),
  unpark: () => Promise.reject(new Error('not asked for')),
};

describeWith('WHITEBOOK_MONGODB_URL')('what the active projector is asked for', () => {
  let mongo: MongoConnection;
  let name: string;
  const desk = () => mongoProjectorDesk({ db: mongo.db(name), clock });
  const left = () => mongo.db(name).collection('requests').countDocuments();

  beforeEach(async () => {
    mongo = await connectMongo(addressOf('WHITEBOOK_MONGODB_URL'));
    name = ownName();
  });
  afterEach(async () => {
    await mongo
      .db(name)
      .dropDatabase()
      .catch(() => undefined);
    await mongo.close();
  });

  it('RUN-3: is done by one that comes later, and answered once; nothing is left of it', async () => {
    const asked = desk().ask({ ask: 'rebuild', projection: 'accounts' });
    const stopping = new AbortController();
    const done: string[] = [];
    const serving = desk().serve({ ...nobody, rebuild: async (projection) => void done.push(projection) }, stopping.signal);
    await asked;
    expect([done, await left()]).toEqual([['accounts'], 0]);
    stopping.abort();
    await serving;
  });

  it('RUN-3: what is cut off with the one that did it is done by the next', async () => {
    const asked = desk().ask({ ask: 'rebuild', projection: 'accounts' });
    const dying = new AbortController();
    const untilItDies = (): Promise<void> =>
      new Promise((_, reject) => {
        dying.signal.addEventListener('abort', () => reject(new Error('another process is the active projector by now')));
        setImmediate(() => dying.abort());
      });
    await desk().serve({ ...nobody, rebuild: untilItDies }, dying.signal);
    expect(await left()).toBe(1);
    const stopping = new AbortController();
    const serving = desk().serve({ ...nobody, rebuild: async () => undefined }, stopping.signal);
    await asked;
    stopping.abort();
    await serving;
  });

  it('RUN-3: is done once, however often its answer cannot be told', async () => {
    const requests = mongo.db(name).collection('requests');
    const db = { collection: () => requests } as never;
    const asked = mongoProjectorDesk({ db, clock }).ask({ ask: 'rebuild', projection: 'accounts' });
    jest.spyOn(requests, 'updateOne').mockRejectedValueOnce(new Error('away')).mockRejectedValueOnce(new Error('away'));
    const stopping = new AbortController();
    let done = 0;
    const projector = { ...nobody, rebuild: async () => void done++ };
    const serving = mongoProjectorDesk({ db, clock }).serve(projector, stopping.signal);
    await asked;
    expect(done).toBe(1);
    stopping.abort();
    await serving;
  });

  it('is refused where no active projector begins with it, and is done by none then', async () => {
    const asked = mongoProjectorDesk({ db: mongo.db(name), clock, beginsWithinMs: 100 }).ask({ ask: 'unpark' });
    await expect(asked).rejects.toThrow('no active projector');
    expect(await left()).toBe(0);
  });

  it('waits for as long as it takes once one has begun, with it or with another', async () => {
    const impatient = mongoProjectorDesk({ db: mongo.db(name), clock, beginsWithinMs: 1_500 });
    const asked = Promise.all([impatient.ask({ ask: 'unpark' }), impatient.ask({ ask: 'unpark' })]);
    const stopping = new AbortController();
    const serving = impatient.serve({ ...nobody, unpark: () => wait(1_700) }, stopping.signal);
    await asked;
    stopping.abort();
    await serving;
  });

  it('is done for nobody who has gone, and nothing is left of it', async () => {
    const later = (): string => '2026-01-31T12:10:00.000Z';
    const stopping = new AbortController();
    const gone = { _id: 'gone', request: { ask: 'unpark' }, at: clock(), seenAt: clock(), begun: true, answer: null } as never;
    await mongo.db(name).collection('requests').insertOne(gone);
    const serving = mongoProjectorDesk({ db: mongo.db(name), clock: later }).serve(nobody, stopping.signal);
    await until(async () => (await left()) === 0);
    stopping.abort();
    await serving;
  });

  it('says why something could not be done', async () => {
    const stopping = new AbortController();
    const serving = desk().serve(nobody, stopping.signal);
    await expect(desk().ask({ ask: 'unpark' })).rejects.toThrow(DeskRefused);
    stopping.abort();
    await serving;
  });
});
