import { randomBytes } from 'node:crypto';
import { Program, removeFolder, tempFolder, until, type Ended, type Environment } from '../program/program.js';
import { addressOf } from './servers.js';

export type Role = 'api' | 'projector' | 'worker';

/** Of its stores, where they are. */
export interface Stores {
  readonly eventStore: string;
  /** With a database. */
  readonly mongodb: string;
  /** Default: the one of the environment. */
  readonly redis?: string;
}

export const MASTER_KEY = 'd3'.repeat(32);

/** Processes of the distributed profile, some of each role, on the same stores. */
export class Fleet {
  private readonly running: { readonly role: Role; readonly program: Program }[] = [];

  private constructor(
    /** What all of them have for their files. */
    readonly folder: string,
    private readonly environment: Environment,
  ) {}

  /** Resolves once all of `roles` listen. */
  static async start(
    { eventStore, mongodb, redis = addressOf('WHITEBOOK_REDIS_URL') }: Stores,
    roles: readonly Role[],
  ): Promise<Fleet> {
    const fleet = new Fleet(await tempFolder(), {
      WHITEBOOK_PROFILE: 'distributed',
      WHITEBOOK_EVENTSTORE_URL: eventStore,
      WHITEBOOK_MONGODB_URL: mongodb,
      WHITEBOOK_REDIS_URL: redis,
      WHITEBOOK_REDIS_PREFIX: `fleet-${randomBytes(5).toString('hex')}`,
      WHITEBOOK_MASTER_KEY: MASTER_KEY,
      LOG_LEVEL: 'error',
    });
    try {
      await Promise.all(roles.map((role) => fleet.add(role)));
    } catch (error) {
      await fleet.remove();
      throw error;
    }
    return fleet;
  }

  get all(): readonly Program[] {
    return this.running.map(({ program }) => program);
  }

  of(role: Role): readonly Program[] {
    return this.running.filter((each) => each.role === role).map(({ program }) => program);
  }

  /** One more process. */
  async add(role: Role): Promise<Program> {
    const program = await Program.start(this.folder, this.environment, `dist/apps/${role}/src/main.js`);
    this.running.push({ role, program });
    return program;
  }

  async end(program: Program, signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<Ended> {
    const place = this.running.findIndex((each) => each.program === program);
    if (place >= 0) this.running.splice(place, 1);
    return program.end(signal);
  }

  /** Faults of ours that they have logged: answered 500, or the end of a part of their work. */
  get faults(): string[] {
    const lines = this.all.flatMap(({ stdout }) => stdout.split('\n'));
    return lines.filter((line) => line.startsWith('{') && (line.includes('"unforeseen"') || line.includes('"level":60')));
  }

  /** Resolves once all are ready; fails with what each misses. */
  async ready(seconds: number): Promise<void> {
    const missed = async () =>
      Promise.all(
        this.running.map(async ({ role, program }) => {
          const { status, body } = await program.api.get('/ready');
          return status === 200 ? [] : [`${role}: ${JSON.stringify(body['failing'])}`];
        }),
      ).then((each) => each.flat());
    await until('all to be ready', async () => (await missed()).length === 0, seconds).catch(async (error: unknown) => {
      throw new Error(`not ready: ${(await missed()).join('; ')}`, { cause: error });
    });
  }

  async remove(): Promise<void> {
    await Promise.all(this.all.map((program) => program.end('SIGKILL')));
    await removeFolder(this.folder);
  }
}

export const isReady = async (program: Program): Promise<boolean> =>
  (await program.api.get('/ready').catch(() => null))?.status === 200;
