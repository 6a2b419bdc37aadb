import { randomBytes } from 'node:crypto';
import { Redis } from 'ioredis';
import { connectMongo } from '#mongo';
import { EventStoreDouble } from '../doubles/eventstore/server.js';
import { Program, removeFolder, tempFolder, until, type Ended, type Environment } from '../program/program.js';
import { Api } from '../support/api.js';
import { addressOf } from './servers.js';

export type Role = 'api' | 'projector' | 'worker';

export interface InstallationOptions {
  /** Default: the one of the environment. */
  readonly redis?: string;
  /** The event store's time. Default: the machine's. */
  readonly clock?: () => string;
}

/** The distributed profile as it is built: processes of each role, on an event store of their own and a database and queues of their own. */
export class Installation {
  private readonly running: { readonly role: Role; readonly program: Program }[] = [];

  private constructor(
    readonly folder: string,
    readonly double: EventStoreDouble,
    readonly environment: Environment,
  ) {}

  static async open({ redis = addressOf('WHITEBOOK_REDIS_URL'), clock }: InstallationOptions = {}): Promise<Installation> {
    const name = `installation-${randomBytes(5).toString('hex')}`;
    const mongodb = new URL(addressOf('WHITEBOOK_MONGODB_URL'));
    mongodb.pathname = `/${name}`;
    const double = await EventStoreDouble.start(clock ? { clock } : {});
    return new Installation(await tempFolder(), double, {
      WHITEBOOK_PROFILE: 'distributed',
      WHITEBOOK_EVENTSTORE_URL: double.url,
      WHITEBOOK_MONGODB_URL: mongodb.href,
      WHITEBOOK_REDIS_URL: redis,
      WHITEBOOK_REDIS_PREFIX: name,
      WHITEBOOK_MASTER_KEY: 'd2'.repeat(32),
    });
  }

  /** One more process, with further settings. */
  async start(role: Role, more: Environment = {}): Promise<Program> {
    const program = await Program.start(this.folder, { ...this.environment, ...more }, `dist/apps/${role}/src/main.js`);
    this.running.push({ role, program });
    return program;
  }

  of(role: Role): readonly Program[] {
    return this.running.filter((each) => each.role === role).map(({ program }) => program);
  }

  /** A caller of all its APIs by turns. */
  get api(): Api {
    return new Api(this.of('api').map(({ base }) => base));
  }

  async signIn(credentials: object): Promise<Api> {
    const { api } = this;
    const session = await until('a log-in', async () => {
      const reply = await api.post('/v1/sessions', credentials);
      return reply.status === 201 && reply;
    });
    return api.as(String(session.body['token']));
  }

  async end(program: Program, signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<Ended> {
    const place = this.running.findIndex((each) => each.program === program);
    if (place >= 0) this.running.splice(place, 1);
    return program.end(signal);
  }

  /** One command of the command line. */
  command(name: string): Promise<Ended> {
    const environment = { WHITEBOOK_DATA_DIR: this.folder, ...this.environment };
    return Program.spawn(environment, 'dist/apps/whitebook/src/cli.js', [name]).ended;
  }

  /** Leaves nothing behind. A Redis of the test's own may be gone already. */
  async close(): Promise<void> {
    await Promise.all(this.running.map(({ program }) => program.end('SIGKILL')));
    await this.double.stop();
    const mongo = await connectMongo(this.environment['WHITEBOOK_MONGODB_URL'] ?? '');
    await mongo.db().dropDatabase();
    await mongo.close();
    await this.clearQueues().catch(() => undefined);
    await removeFolder(this.folder);
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
