import { Redis } from 'ioredis';
import { connectMongo } from '#mongo';
import { EventStoreDouble } from '../doubles/eventstore/server.js';
import { tempFolder, type Environment } from '../program/program.js';
import { distributedSettings } from '../support/distributed-settings.js';
import { Fleet } from './fleet.js';
import { addressOf, ownName } from './servers.js';

export interface InstallationOptions {
  /** Default: the one of the environment. */
  readonly redis?: string;
  /** The event store's time. Default: the machine's. */
  readonly clock?: () => string;
}

/** A fleet with stores of its own: an event store, and a database and queues on servers that are shared. */
export class Installation extends Fleet {
  private constructor(
    folder: string,
    environment: Environment,
    readonly double: EventStoreDouble,
  ) {
    super(folder, environment);
  }

  static async open({ redis, clock }: InstallationOptions = {}): Promise<Installation> {
    const mongodb = new URL(addressOf('WHITEBOOK_MONGODB_URL'));
    mongodb.pathname = `/${ownName()}`;
    const double = await EventStoreDouble.start(clock ? { clock } : {});
    const stores = { eventStore: double.url, mongodb: mongodb.href, ...(redis === undefined ? {} : { redis }) };
    return new Installation(await tempFolder(), distributedSettings(stores), double);
  }

  /** Leaves nothing behind. A Redis of the test's own may be gone already. */
  override async close(): Promise<void> {
    await super.close();
    await this.double.stop();
    const mongo = await connectMongo(this.environment['WHITEBOOK_MONGODB_URL'] ?? '');
    const { databaseName } = mongo.db();
    // one stand-in for MongoDB drops no database that held something
    for (const name of [databaseName, `${databaseName}-erased`])
      await mongo
        .db(name)
        .dropDatabase()
        .catch(() => undefined);
    await mongo.close();
    await this.clearQueues().catch(() => undefined);
  }

  private async clearQueues(): Promise<void> {
    const { WHITEBOOK_REDIS_URL: url = '', WHITEBOOK_REDIS_PREFIX: prefix = '' } = this.environment;
    const redis = new Redis(url, { lazyConnect: true, retryStrategy: () => null });
    redis.on('error', () => undefined);
    try {
      await redis.connect();
      const keys = await redis.keys(`${prefix}*`);
      if (keys.length > 0) await redis.del(keys);
    } finally {
      redis.disconnect();
    }
  }
}
