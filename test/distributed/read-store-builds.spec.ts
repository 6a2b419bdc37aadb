import type { MongoDatabase } from '#mongo';
import { openMongoProjectionStore, openMongoReadStore, START, type ProjectionShape, type ProjectionStore } from '#read-store';
import { people, person, put } from '../contracts/read-store.people.js';
import { databaseOf, describeOn, type OwnDatabase } from './mongo-servers.js';

const BUILDS = 'projections.builds';
const AT = { position: 1, eventId: 'e1' };

/** What one process asks of builds, in order: `before` runs before the request that `isIt`, once. */
function interrupted(db: MongoDatabase, isIt: (method: string, filter: unknown) => boolean, before: () => Promise<unknown>) {
  let isOver = false;
  const wrapped = <T extends object>(target: T, take: (key: string, given: unknown[]) => unknown): T =>
    new Proxy(target, {
      get(_, key) {
        const value: unknown = Reflect.get(target, key);
        return typeof value === 'function' ? (...given: unknown[]) => take(String(key), given) : value;
      },
    });
  const ask = (target: object, key: string, given: unknown[]): unknown =>
    (Reflect.get(target, key) as (...all: unknown[]) => unknown).apply(target, given);
  return wrapped(db, (key, given) => {
    const got = ask(db, key, given);
    if (key !== 'collection' || given[0] !== BUILDS) return got;
    return wrapped(got as object, (method, [filter, ...more]) => {
      if (isOver || !isIt(method, filter)) return ask(got as object, method, [filter, ...more]);
      isOver = true;
      return before().then(() => ask(got as object, method, [filter, ...more]));
    });
  });
}

describeOn('first', 'builds that two projectors work on at the same moment', (url) => {
  const [served, next] = [people(1, 0), people(1, 1)];
  let own: OwnDatabase;
  let other: ProjectionStore;
  beforeEach(async () => {
    own = await databaseOf(url);
    other = openMongoProjectionStore({ db: own.db });
    await filled(other, served);
    await other.takeOver(served);
  });
  afterEach(() => own.close());

  async function filled(store: ProjectionStore, shape: ProjectionShape): Promise<void> {
    const from = await store.open(shape);
    if (from.position < AT.position) await store.apply(shape, { changes: [put(person('a'))], from, checkpoint: AT });
  }
  /** Generation that serves, and whether its rows are there. */
  const reads = async (): Promise<unknown[]> => {
    const serving = await other.serving('people');
    const read = openMongoReadStore({ db: own.db });
    return [serving?.generation, (await read.get('people/list', 'a'))?.id, await read.checkpoint('people')];
  };
  const one = (isIt: (method: string, filter: unknown) => boolean, before: () => Promise<unknown>): ProjectionStore =>
    openMongoProjectionStore({ db: interrupted(own.db, isIt, before) });
  const saysWhoServes = (method: string, filter: unknown): boolean =>
    method === 'updateOne' && (filter as { _id: string })._id === 'people';
  const chooses = (method: string, filter: unknown): boolean =>
    method === 'updateOne' && (filter as { _id: string })._id.startsWith('people-');
  const takeOver = async (): Promise<void> => {
    await filled(other, next);
    await other.takeOver(next);
  };

  it.each([
    ['before it is chosen', chooses],
    ['before it is said to serve', saysWhoServes],
  ])('RUN-3: who gives up a build names nothing that another has replaced and dropped, %s', async (_, moment) => {
    const store = one(moment, takeOver);
    await filled(store, served);
    await store.takeOver(served);
    expect(await reads()).toEqual([1, 'a', AT]);
    await expect(other.open(served)).resolves.toEqual(START);
  });

  it.each([
    ['before it is chosen', chooses, 0],
    ['before it is said to serve', saysWhoServes, 1],
  ])(
    'RUN-3: a start that drops what was never finished takes nothing from a build that takes over: %s',
    async (_, moment, serves) => {
      await filled(other, next);
      await one(moment, () => other.retain(['people'])).takeOver(next);
      expect(await reads()).toEqual([serves, 'a', AT]);
    },
  );

  it('RUN-3: a start that has looked drops nothing that has taken over since', async () => {
    await filled(other, next);
    const isDrop = (method: string): boolean => method === 'deleteOne';
    await one(isDrop, () => other.takeOver(next)).retain(['people']);
    expect(await reads()).toEqual([1, 'a', AT]);
  });

  it('RUN-3: of two builds that take over at once one does', async () => {
    const third = people(2, 0);
    await filled(other, next);
    await filled(other, third);
    await one(saysWhoServes, () => other.takeOver(next)).takeOver(third);
    expect(await reads()).toEqual([1, 'a', AT]);
  });

  it('RUN-3: what was chosen and never served is dropped by whoever takes over', async () => {
    await filled(other, next);
    const cutOff = one(saysWhoServes, () => Promise.reject(new Error('killed')));
    await expect(cutOff.takeOver(next)).rejects.toThrow('killed');
    expect(await reads()).toEqual([0, 'a', AT]);
    const third = people(2, 0);
    await filled(other, third);
    await other.takeOver(third);
    expect(
      (
        await own.db
          .collection<{ _id: string }>(BUILDS)
          .find({ tables: { $exists: true } })
          .toArray()
      ).map(({ _id }) => _id),
    ).toEqual(['people-2.0']);
  });
});
