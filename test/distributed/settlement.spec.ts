import { connectMongo, type MongoConnection, type MongoDatabase } from '#mongo';
import { enter, settlementOf } from '#profile';
import { addressOf, describeWith, ownName, until } from './servers.js';

const NAME = ownName();
const PROCESS = 'api on somewhere';
const STOP = `a process holds ${PROCESS}`;
const NOT_SETTLED = 'not settled yet';

describeWith('WHITEBOOK_MONGODB_URL')('a settlement beside processes that start', () => {
  let mongo: MongoConnection;
  let db: MongoDatabase;
  beforeAll(async () => {
    mongo = await connectMongo(addressOf('WHITEBOOK_MONGODB_URL'));
    db = mongo.db(NAME);
  });
  afterEach(() => db.dropDatabase());
  afterAll(() => mongo.close());

  const vault = { checkpoint: async () => ({ eventId: null }) } as never;
  const start = (on = db, holder = 'one') => enter({ db: on, holder }, PROCESS, {} as never, vault);
  /** What `watched` does stands for all that happens while the settlement looks. */
  const settle = (watched: () => Promise<void>) =>
    settlementOf({ db, masterKey: Buffer.alloc(32) }, async () => [], watched).begin();
  const refused = (work: Promise<unknown>): Promise<string> =>
    work.then(
      () => 'nothing was refused',
      (error: Error) => error.message,
    );
  const signs = () => db.collection<{ _id: string; holder: string; beat: number }>('leases');
  const nobody = async (): Promise<void> => undefined;

  /** The database, where `before` runs when it is asked for the mark. */
  const askedForTheMark = (before: () => Promise<unknown>): MongoDatabase =>
    new Proxy(db, {
      get(target, key) {
        if (key !== 'collection') return Reflect.get(target, key) as unknown;
        return (name: string) =>
          name === 'installation'
            ? { findOne: (filter: object) => before().then(() => target.collection(name).findOne(filter)) }
            : target.collection(name);
      },
    });

  it('COR-28: a process shows life before it looks for the mark, so that who marks from then on sees it', async () => {
    let seen: string | null = null;
    const life = await start(
      askedForTheMark(async () => {
        seen = (await signs().findOne({}))?._id ?? null;
      }),
    );
    expect(seen).toBe(PROCESS);
    await life.stop();
    expect(await signs().findOne({})).toBeNull();
  });

  it('COR-28: a settlement marks before it looks for life: who starts while it looks is refused, and leaves no sign', async () => {
    let started = '';
    await settle(async () => {
      started = await refused(start());
    });
    expect(started).toContain(NOT_SETTLED);
    expect(await signs().findOne({})).toBeNull();
  });

  it('COR-28: life is found where none was shown at first, and others start again as before', async () => {
    const message = await refused(settle(async () => void (await signs().insertOne({ _id: PROCESS, holder: 'one', beat: 1 }))));
    expect(message).toContain(STOP);
    await signs().deleteMany({});
    await (await start()).stop();
  });

  it('COR-28: a settlement that was cut off stays so, whoever is found to live: some of it may be done', async () => {
    await settle(nobody);
    await refused(settle(async () => void (await signs().insertOne({ _id: PROCESS, holder: 'one', beat: 1 }))));
    expect(await refused(start())).toContain(NOT_SETTLED);
  });

  it('COR-28: a sign of life that stands still is of a process that died', async () => {
    await signs().insertOne({ _id: PROCESS, holder: 'dead', beat: 1 });
    expect(await refused(settle(nobody))).toBe('nothing was refused');
  });

  it('COR-28: each sign of life is another one, and is no hindrance to whoever goes by the same name', async () => {
    const [one, other] = [await start(), await start(db, 'other')];
    const before = (await signs().findOne({}))?.beat;
    const message = await refused(settle(() => until(async () => (await signs().findOne({}))?.beat !== before)));
    expect(message).toContain(STOP);
    await one.stop();
    await other.stop();
  });
});
