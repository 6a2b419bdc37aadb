import { connectMongo, isDuplicate, lacksOf, outageOf } from '#mongo';
import { describeOn, databaseOf } from './mongo-servers.js';

describeOn('first', 'MongoDB', (url) => {
  it('has all that is needed', async () => {
    const { db, close } = await databaseOf(url);
    expect(await lacksOf(db)).toEqual([]);
    expect(await db.listCollections().toArray()).toEqual([]);
    await close();
  });

  it('says what is there already, and tells an outage from a defect', async () => {
    const { db, connection, close } = await databaseOf(url);
    await db.collection<{ _id: string }>('c').insertOne({ _id: 'a' });
    const again = await db
      .collection<{ _id: string }>('c')
      .insertOne({ _id: 'a' })
      .catch((error: unknown) => error);
    expect([isDuplicate(again), outageOf(again)]).toEqual([true, null]);
    expect(await connection.version()).toMatch(/^\d+\.\d+/);
    await close();
    const late = await connection.ping().catch((error: unknown) => error);
    expect(outageOf(late)).toMatch(/^Mongo/);
    const nowhere = await connectMongo('mongodb://127.0.0.1:1/', { findWithinMs: 50 }).catch((error: unknown) => error);
    expect(outageOf(nowhere)).toBe('MongoServerSelectionError');
  });
});

describeOn('second', 'a server whose updates are not atomic', (url) => {
  it('is named as one at boot', async () => {
    const { db, close } = await databaseOf(url);
    expect(await lacksOf(db)).toEqual(['atomic updates of one document']);
    await close();
  });
});
