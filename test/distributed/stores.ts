import { randomBytes } from 'node:crypto';
import { Redis } from 'ioredis';
import { connectMongo, type MongoConnection, type MongoDatabase, type MongoDocument } from '#mongo';
import { EventStoreDouble } from '../doubles/eventstore/server.js';
import { Program, removeFolder, tempFolder, type Ended } from '../program/program.js';
import { addressOf } from './servers.js';

/** A copy as a dump tool makes it: documents by collection. */
export type Dump = ReadonlyMap<string, readonly MongoDocument[]>;
/** A copy of an installation's part of a Redis: each key as Redis itself dumps it. */
export type RedisCopy = ReadonlyMap<string, Buffer>;

/** The three stores of an installation of the distributed profile, its programs, and the tools of whoever operates it. */
export class Stores {
  private readonly programs: Program[] = [];

  private constructor(
    private readonly folder: string,
    readonly log: EventStoreDouble,
    private readonly mongo: MongoConnection,
    private readonly redis: Redis,
    private readonly environment: Readonly<Record<string, string>>,
  ) {}

  static async open(): Promise<Stores> {
    const name = `stores-${randomBytes(5).toString('hex')}`;
    const url = new URL(addressOf('WHITEBOOK_MONGODB_URL'));
    url.pathname = `/${name}`;
    const log = await EventStoreDouble.start();
    return new Stores(await tempFolder(), log, await connectMongo(url.href), new Redis(addressOf('WHITEBOOK_REDIS_URL')), {
      WHITEBOOK_PROFILE: 'distributed',
      WHITEBOOK_EVENTSTORE_URL: log.url,
      WHITEBOOK_MONGODB_URL: url.href,
      WHITEBOOK_REDIS_URL: addressOf('WHITEBOOK_REDIS_URL'),
      WHITEBOOK_REDIS_PREFIX: name,
      WHITEBOOK_MASTER_KEY: 'd3'.repeat(32),
    });
  }

  get db(): MongoDatabase {
    return this.mongo.db();
  }

  /** All roles in one process. */
  async start(): Promise<Program> {
    const program = await Program.start(this.folder, this.environment);
    this.programs.push(program);
    return program;
  }

  /** A start that is to be refused. */
  refused(): Promise<Ended> {
    return Program.spawn({ WHITEBOOK_DATA_DIR: this.folder, ...this.environment }).ended;
  }

  /** One command of the command line. */
  command(...args: string[]): Promise<Ended> {
    const environment = { WHITEBOOK_DATA_DIR: this.folder, ...this.environment };
    return Program.spawn(environment, 'dist/apps/whitebook/src/cli.js', args).ended;
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

  /** Leaves nothing behind. */
  async close(): Promise<void> {
    await Promise.all(this.programs.map((program) => program.end('SIGKILL')));
    await this.log.stop();
    const { databaseName } = this.db;
    // one stand-in for MongoDB drops no database that held something
    for (const name of [databaseName, `${databaseName}-erased`])
      await this.mongo
        .db(name)
        .dropDatabase()
        .catch(() => undefined);
    await this.mongo.close();
    await this.putBackRedis(new Map());
    this.redis.disconnect();
    await removeFolder(this.folder);
  }

  private redisKeys(): Promise<string[]> {
    return this.redis.keys(`${this.environment['WHITEBOOK_REDIS_PREFIX']}:*`);
  }
}
