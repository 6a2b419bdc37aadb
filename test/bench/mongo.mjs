// `node test/bench/mongo.mjs [--events N]`, after a build: the projection of accounts into the MongoDB that WHITEBOOK_MONGODB_URL names, beside
// what the driver alone writes there of the same documents in the same run. Uses a database of its own, dropped at the end.
import { randomUUID } from 'node:crypto';
import { parseArgs } from 'node:util';
import { accountsProjection } from '#accounts';
import { connectMongo } from '#mongo';
import { openMongoProjectionStore, openMongoReadStore, ProjectionRunner } from '#read-store';
import { dataOf } from './seed.mjs';

const BATCH = 1000;
const ROUNDS = 3;
const { values: options } = parseArgs({ options: { events: { type: 'string', default: '10000' } } });
const events = Number(options.events);

const url = process.env.WHITEBOOK_MONGODB_URL;
if (!url) throw new Error('WHITEBOOK_MONGODB_URL names no server');
const connection = await connectMongo(url);
const db = connection.db(`bench-${randomUUID()}`);

const created = '2026-01-01T00:00:00.000Z';
const log = Array.from({ length: events }, (_, index) => {
  const account = index.toString(16).padStart(32, '0');
  const stream = `account-w-${account}`;
  const place = { id: account, stream, revision: 0, position: index + 1, created, workspace: 'w', number: index + 1 };
  const metadata = { workspace: 'w', subject: account, actor: { id: null, role: 'system', workspace: 'w' }, commandId: null };
  return {
    ...place,
    type: 'UserCreated',
    data: dataOf(index),
    metadata: JSON.stringify({ ...metadata, at: created, schemaVersion: 1 }),
  };
});
const decode = async (stored) =>
  stored.map(({ type, data, metadata, ...place }) => ({
    ...place,
    event: { type, data },
    metadata: JSON.parse(metadata),
    clear: {},
    sealed: null,
    erased: false,
  }));

/** Events per second of a projector that begins with an empty build. */
async function projected() {
  const store = openMongoProjectionStore({ db });
  const source = { readAll: async (after, limit) => log.slice(after, after + limit), head: async () => log.length };
  const shape = { ...accountsProjection, generation: 0 };
  await store.open(shape);
  await store.reset(shape);
  const began = performance.now();
  await new ProjectionRunner({ source, decode, store, projections: [accountsProjection], batchSize: BATCH }).catchUp();
  return perSecond(events, began);
}

/** Documents per second of the driver alone: the very documents of the projection, into a collection without other indexes. */
async function raw(documents) {
  const collection = db.collection(`raw-${randomUUID()}`);
  const began = performance.now();
  for (let from = 0; from < documents.length; from += BATCH) {
    const writes = documents.slice(from, from + BATCH).map(({ _id, ...replacement }) => ({
      replaceOne: { filter: { _id }, replacement, upsert: true },
    }));
    await collection.bulkWrite(writes, { ordered: false });
  }
  const rate = perSecond(documents.length, began);
  await collection.drop();
  return rate;
}

const perSecond = (count, began) => (count * 1000) / (performance.now() - began);
const median = (values) => values.toSorted((one, other) => one - other)[values.length >> 1];

const rates = { projection: [], driver: [] };
for (let round = 0; round < ROUNDS; round++) {
  rates.projection.push(await projected());
  const names = (await db.listCollections({}, { nameOnly: true }).toArray()).map(({ name }) => name);
  const rows = await db
    .collection(names.find((name) => name.endsWith('.rows.list')))
    .find()
    .toArray();
  if (rows.length !== events) throw new Error(`${rows.length} rows of ${events}`);
  rates.driver.push(await raw(rows));
}
const read = openMongoReadStore({ db });
const checkpoint = await read.checkpoint('accounts');
if (checkpoint.position !== events) throw new Error(`at ${checkpoint.position} of ${events}`);

const [projection, driver] = [median(rates.projection), median(rates.driver)];
const version = await connection.version();
console.log(`${events} events, batches of ${BATCH}, median of ${ROUNDS}, server ${version}`);
console.log(`projection      ${Math.round(projection)} events/s`);
console.log(`driver alone    ${Math.round(driver)} upserts/s of the same rows`);
console.log(`ratio           ${(projection / driver).toFixed(2)}`);
await db.dropDatabase();
await connection.close();
