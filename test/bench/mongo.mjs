// The projection of accounts into MongoDB, beside what the driver alone writes there of the same documents in the same run.
import { randomUUID } from 'node:crypto';
import { accountsProjection } from '#accounts';
import { connectMongo } from '#mongo';
import { openMongoProjectionStore, openMongoReadStore, ProjectionRunner } from '#read-store';
import { dataOf } from './seed.mjs';
import { tell } from './table.mjs';

const BATCH = 1000;
const ROUNDS = 3;
const CREATED = '2026-01-01T00:00:00.000Z';

/** Tells the medians of some rounds. Works in a database of its own, which is dropped at the end. */
export async function projection(url, events) {
  const connection = await connectMongo(url);
  const db = connection.db(`bench-${randomUUID()}`);
  const log = logOf(events);
  const rates = { projection: [], driver: [] };
  try {
    for (let round = 0; round < ROUNDS; round++) {
      rates.projection.push(await projected(db, log));
      rates.driver.push(await raw(db, await rowsIn(db, events)));
    }
    const { position } = await openMongoReadStore({ db }).checkpoint('accounts');
    if (position !== events) throw new Error(`the projection is at ${position} of ${events}`);
  } finally {
    await db.dropDatabase();
    await connection.close();
  }
  const note = `${events} events, batches of ${BATCH}, median of ${ROUNDS}`;
  const of = 'raw bulk upserts of the same rows';
  tell(of, median(rates.driver), 'rows/s', { note });
  tell('projection of accounts', median(rates.projection), 'events/s', { of, aim: { share: 0.5 }, note });
}

function logOf(events) {
  const metadata = { workspace: 'w', actor: { id: null, role: 'system', workspace: 'w' }, commandId: null, at: CREATED };
  return Array.from({ length: events }, (_, index) => {
    const id = index.toString(16).padStart(32, '0');
    const place = { id, stream: `account-w-${id}`, revision: 0, position: index + 1, workspace: 'w', number: index + 1 };
    return { ...place, created: CREATED, type: 'UserCreated', data: dataOf(index), metadata: { ...metadata, subject: id } };
  });
}

/** As the codec does it, without the seals: they cost the same on every server. */
const decode = async (stored) =>
  stored.map(({ type, data, metadata, ...place }) => ({
    ...place,
    event: { type, data },
    metadata: { ...metadata, schemaVersion: 1 },
    clear: {},
    sealed: null,
    erased: false,
  }));

/** Events per second of a projector that begins with an empty build. */
async function projected(db, log) {
  const store = openMongoProjectionStore({ db });
  const source = { readAll: async (after, limit) => log.slice(after, after + limit), head: async () => log.length };
  const shape = { ...accountsProjection, generation: 0 };
  await store.open(shape);
  await store.reset(shape);
  const began = performance.now();
  await new ProjectionRunner({ source, decode, store, projections: [accountsProjection], batchSize: BATCH }).catchUp();
  return perSecond(log.length, began);
}

async function rowsIn(db, events) {
  const names = (await db.listCollections({}, { nameOnly: true }).toArray()).map(({ name }) => name);
  const rows = await db
    .collection(names.find((name) => name.endsWith('.rows.list')))
    .find()
    .toArray();
  if (rows.length !== events) throw new Error(`${rows.length} rows of ${events} events`);
  return rows;
}

/** Documents per second of the driver alone: the very documents of the projection, into a collection without other indexes. */
async function raw(db, documents) {
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
