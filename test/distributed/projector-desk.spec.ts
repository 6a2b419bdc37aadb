import { connectMongo, type MongoConnection } from '#mongo';
import { DeskRefused, mongoProjectorDesk } from '#profile';
import { addressOf, describeWith, ownName } from './servers.js';

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

  it('says why something could not be done', async () => {
    const stopping = new AbortController();
    const serving = desk().serve(nobody, stopping.signal);
    await expect(desk().ask({ ask: 'unpark' })).rejects.toThrow(DeskRefused);
    stopping.abort();
    await serving;
  });
});
