// What the servers of the distributed profile call themselves. Each rejects where its server does not answer.
import { EventStoreDBClient } from '@eventstore/db-client';
import { Redis } from 'ioredis';
import { MongoClient } from 'mongodb';

const ANSWER_WITHIN_MS = 10_000;

export async function nameOfEventStore(url) {
  const client = EventStoreDBClient.connectionString(url);
  try {
    const { serverVersion } = await client.capabilities;
    return `EventStoreDB ${serverVersion}`;
  } finally {
    await client.dispose();
  }
}

export async function nameOfMongo(url) {
  const info = await buildInfo(url);
  if ('ferretdbVersion' in info) return `MongoDB ${info.version}, which is FerretDB`;
  return `MongoDB ${info.version}${hasItsEngine(info) ? '' : ', which is a server that speaks like it'}`;
}

/** Whether it is MongoDB itself, and not a server that speaks like it: the engine tells. */
export const isMongoItself = async (url) => hasItsEngine(await buildInfo(url));
const hasItsEngine = ({ storageEngines = [] }) => storageEngines.includes('wiredTiger');

async function buildInfo(url) {
  const client = new MongoClient(url, { serverSelectionTimeoutMS: ANSWER_WITHIN_MS });
  try {
    return await client.db('admin').command({ buildInfo: 1 });
  } finally {
    await client.close();
  }
}

export async function nameOfRedis(url) {
  const redis = new Redis(url, { lazyConnect: true, retryStrategy: () => null });
  redis.on('error', () => undefined);
  try {
    await redis.connect();
    return `Redis ${/redis_version:(\S+)/.exec(await redis.info())?.[1]}`;
  } finally {
    redis.disconnect();
  }
}

/** What `work` gives, or a rejection where that takes too long. */
export function within(work) {
  let timer;
  const late = new Promise((_, reject) => (timer = setTimeout(() => reject(new Error('it does not answer')), ANSWER_WITHIN_MS)));
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}
