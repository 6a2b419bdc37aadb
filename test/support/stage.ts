import { randomBytes } from 'node:crypto';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Redis } from 'ioredis';
import { connectMongo } from '#mongo';
import { openDistributed, openEmbedded, type OpenOptions, type Parts } from '#profile';
import type { Settings } from '#settings';
import { EventStoreDouble } from '../doubles/eventstore/server.js';
import { distributedSettings, serverOf } from './distributed-settings.js';

/** Compiled files, for the entries of threads: `npm test` builds first. */
const DIST = resolve(process.cwd(), 'dist');

/** A time that a test sets is heard soon; each tick is three calls of the event store. */
const TICK_MS = 100;

/** Which profile the suites over HTTP run on. */
export const PROFILE = process.env['WHITEBOOK_TEST_PROFILE'] ?? 'embedded';

/** What a suite's installation stands on: it outlives a stop, and is gone after `clear`. */
interface Stage {
  readonly environment: Readonly<Record<string, string>>;
  /** All that the queue holds, as text. */
  jobs(): Promise<string[]>;
  clear(): Promise<void>;
}
const stages = new Map<string, Promise<Stage>>();

/** Settings for an installation whose files are in `folder`: the same for the same folder, until it is cleared. */
export async function stageOf(folder: string, clock: () => string): Promise<Readonly<Record<string, string>>> {
  let stage = stages.get(folder);
  if (!stage) stages.set(folder, (stage = PROFILE === 'distributed' ? distributed(clock) : embedded(folder)));
  return (await stage).environment;
}

/** Opens the ports of the profile that the settings name. */
export const openParts = (settings: Settings, options: Omit<OpenOptions, 'dist'>): Promise<Parts> =>
  settings.profile === 'distributed'
    ? openDistributed(settings, { dist: DIST, tickMs: TICK_MS, ...options })
    : openEmbedded(settings, { dist: DIST, ...options });

/** What lies in the queue of an installation, as text. */
export const jobsHeld = async (folder: string): Promise<string[]> => (await (await stages.get(folder))?.jobs()) ?? [];

export async function clearStage(folder: string): Promise<void> {
  await (await stages.get(folder))?.clear();
  stages.delete(folder);
  await rm(folder, { recursive: true, force: true });
}

const embedded = async (folder: string): Promise<Stage> => ({
  environment: {},
  async jobs() {
    const files = (await readdir(folder)).filter((name) => name.startsWith('jobs'));
    return Promise.all(files.map((name) => readFile(join(folder, name), 'latin1')));
  },
  clear: async () => undefined,
});

/** An event store of its own, and a database and queues of its own on servers that are shared. */
async function distributed(clock: () => string): Promise<Stage> {
  const name = `e2e-${randomBytes(6).toString('hex')}`;
  const double = await EventStoreDouble.start({ clock });
  const mongodb = new URL(serverOf('WHITEBOOK_MONGODB_URL'));
  mongodb.pathname = `/${name}`;
  return {
    environment: distributedSettings({ eventStore: double.urlWithoutFaults, mongodb: mongodb.href, redisPrefix: name }),
    async jobs() {
      const redis = new Redis(serverOf('WHITEBOOK_REDIS_URL'));
      const keys = await redis.keys(`${name}*`);
      const hashes = await Promise.all(keys.map((key) => redis.hgetall(key).catch(() => ({}))));
      redis.disconnect();
      return [...keys, ...hashes.map((hash) => JSON.stringify(hash))];
    },
    async clear() {
      await double.stop();
      const mongo = await connectMongo(mongodb.href);
      await mongo.db().dropDatabase();
      // one stand-in for MongoDB drops no database that held something
      await mongo
        .db(`${name}-erased`)
        .dropDatabase()
        .catch(() => undefined);
      await mongo.close();
    },
  };
}
