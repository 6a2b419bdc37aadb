import { Program, removeFolder, tempFolder, until, type Ended, type Environment } from '../program/program.js';
import { Api } from '../support/api.js';
import { distributedSettings, type Stores } from '../support/distributed-settings.js';

export type Role = 'api' | 'projector' | 'worker';
/** What a process is: one of the roles, or all of them. */
type Kind = Role | 'whitebook';

/** Processes of the distributed profile as they are built, some of each role, on the same stores. */
export class Fleet {
  private readonly running: { readonly kind: Kind; readonly program: Program }[] = [];

  protected constructor(
    /** What all of them have for their files. */
    readonly folder: string,
    readonly environment: Environment,
  ) {}

  /** No process yet. */
  static async on(stores: Stores): Promise<Fleet> {
    return new Fleet(await tempFolder(), distributedSettings(stores));
  }

  get all(): readonly Program[] {
    return this.running.map(({ program }) => program);
  }

  of(role: Role): readonly Program[] {
    return this.running.filter(({ kind }) => kind === role).map(({ program }) => program);
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

  /** One more process, with further settings; resolves once it listens. */
  async start(kind: Kind, more: Environment = {}): Promise<Program> {
    const program = await Program.start(
      this.folder,
      { LOG_LEVEL: 'error', ...this.environment, ...more },
      `dist/apps/${kind}/src/main.js`,
    );
    this.running.push({ kind, program });
    return program;
  }

  async startAll(roles: readonly Role[]): Promise<void> {
    await Promise.all(roles.map((role) => this.start(role)));
  }

  async end(program: Program, signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<Ended> {
    const place = this.running.findIndex((each) => each.program === program);
    if (place >= 0) this.running.splice(place, 1);
    return program.end(signal);
  }

  /** One command of the command line, on the same stores. */
  command(...args: string[]): Promise<Ended> {
    return Program.spawn(this.settings, 'dist/apps/whitebook/src/cli.js', args).ended;
  }

  /** A start that is to be refused. */
  refused(): Promise<Ended> {
    return Program.spawn(this.settings).ended;
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
        this.running.map(async ({ kind, program }) => {
          const { status, body } = await program.api.get('/ready');
          return status === 200 ? [] : [`${kind}: ${JSON.stringify(body['failing'])}`];
        }),
      ).then((each) => each.flat());
    await until('all to be ready', async () => (await missed()).length === 0, seconds).catch(async (error: unknown) => {
      throw new Error(`not ready: ${(await missed()).join('; ')}`, { cause: error });
    });
  }

  /** Leaves no process and no file behind. */
  async close(): Promise<void> {
    await Promise.all(this.all.map((program) => program.end('SIGKILL')));
    await removeFolder(this.folder);
  }

  private get settings(): Environment {
    return { WHITEBOOK_DATA_DIR: this.folder, ...this.environment };
  }
}

export const isReady = async (program: Program): Promise<boolean> =>
  (await program.api.get('/ready').catch(() => null))?.status === 200;
