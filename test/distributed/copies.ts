import { Redis } from 'ioredis';
import { connectMongo, type MongoConnection, type MongoDatabase, type MongoDocument } from '#mongo';
import type { Installation } from './installation.js';

/** A copy as a dump tool makes it: documents by collection. */
export type Dump = ReadonlyMap<string, readonly MongoDocument[]>;
/** A copy of an installation's part of a Redis: each key as Redis itself dumps it. */
export type RedisCopy = ReadonlyMap<string, Buffer>;

/** The tools of whoever operates an installation, for its database and its queues. */
export class Copies {
  private constructor(
    private readonly mongo: MongoConnection,
    private readonly redis: Redis,
    private readonly prefix: string,
  ) {}

  static async of({ environment }: Installation): Promise<Copies> {
    const {
      WHITEBOOK_MONGODB_URL: mongodb = '',
      WHITEBOOK_REDIS_URL: redis = '',
      WHITEBOOK_REDIS_PREFIX: prefix = '',
    } = environment;
    return new Copies(await connectMongo(mongodb), new Redis(redis), prefix);
  }

  get db(): MongoDatabase {
    return this.mongo.db();
  }

  /** How far each read model and the reactions are. */
  async checkpoints(): Promise<number[]> {
    const builds = await this.db
      .collection('projections.builds')
      .find({ tables: { $exists: true } })
      .toArray();
    const reactions = await this.db.collection('vault.checkpoints').find().toArray();
    return [...builds, ...reactions].map(({ position }) => Number(position));
  }

  /** Without the ledger of the erased, which lies in a database of its own. */
  async dump(): Promise<Dump> {
    const names = (await this.db.listCollections({}, { nameOnly: true }).toArray()).map(({ name }) => name);
    return new Map(
      await Promise.all(names.map(async (name) => [name, await this.db.collection(name).find().toArray()] as const)),
    );
  }

  async putBack(dump: Dump): Promise<void> {
    for (const { name } of await this.db.listCollections({}, { nameOnly: true }).toArray()) await this.db.collection(name).drop();
    for (const [name, documents] of dump) if (documents.length > 0) await this.db.collection(name).insertMany([...documents]);
  }

  async copyRedis(): Promise<RedisCopy> {
    const keys = await this.redisKeys();
    const copies = await Promise.all(keys.map(async (key) => [key, await this.redis.dumpBuffer(key)] as const));
    return new Map(copies.flatMap(([key, copy]) => (copy ? [[key, copy] as const] : [])));
  }

  async putBackRedis(copy: RedisCopy): Promise<void> {
    const keys = await this.redisKeys();
    if (keys.length > 0) await this.redis.del(...keys);
    for (const [key, bytes] of copy) await this.redis.restore(key, 0, bytes);
  }

  async close(): Promise<void> {
    await this.mongo.close();
    this.redis.disconnect();
  }

  private redisKeys(): Promise<string[]> {
    return this.redis.keys(`${this.prefix}:*`);
  }
}
