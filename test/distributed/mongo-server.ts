import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { connectMongo } from '#mongo';
import { until } from './servers.js';

/** What starts a server: `{port}` and `{folder}` are filled in. */
const COMMAND =
  process.env['WHITEBOOK_TEST_MONGODB'] ??
  (spawnSync('mongod', ['--version']).status === 0 ? 'mongod --quiet --bind_ip 127.0.0.1 --port {port} --dbpath {folder}' : '');

/** `describe` where a MongoDB, or what stands in for one, can be started, else one that shows as skipped. */
export const describeWithOwnMongo: jest.Describe = COMMAND === '' ? describe.skip : describe;

const UP_WITHIN_MS = 60_000;
/** What stands in for MongoDB has written what it acknowledged within 20 ms of it. */
const SETTLED_MS = 200;

/** A MongoDB of the test's own, to be killed and frozen. */
export class MongoServer {
  private process: ChildProcess | null = null;

  private constructor(
    private readonly folder: string,
    private readonly port: number,
  ) {}

  static async start(): Promise<MongoServer> {
    const probe = createServer().listen(0, '127.0.0.1');
    await once(probe, 'listening');
    const { port } = probe.address() as AddressInfo;
    probe.close();
    await once(probe, 'close');
    const server = new MongoServer(await mkdtemp(join(tmpdir(), 'whitebook-mongodb-')), port);
    await server.up();
    return server;
  }

  get url(): string {
    return `mongodb://127.0.0.1:${this.port}`;
  }

  /** On its port, with the data that it has. */
  async up(): Promise<void> {
    const [program = '', ...args] = COMMAND.split(' ').map((part) =>
      part.replace('{port}', String(this.port)).replace('{folder}', this.folder),
    );
    this.process = spawn(program, args, { stdio: 'ignore' });
    await until(() => this.answers(), UP_WITHIN_MS);
  }

  /** As when the power fails: nobody may reach it any more, so that it acknowledges nothing that a stand-in has not yet on its disk. */
  async kill(): Promise<void> {
    await wait(SETTLED_MS);
    await this.end();
  }

  /** It keeps its connections and answers nothing. */
  halt(): void {
    this.process?.kill('SIGSTOP');
  }

  goOn(): void {
    this.process?.kill('SIGCONT');
  }

  async remove(): Promise<void> {
    await this.end();
    await rm(this.folder, { recursive: true, force: true });
  }

  private async end(): Promise<void> {
    const { process } = this;
    if (!process || process.exitCode !== null || process.signalCode !== null) return;
    process.kill('SIGKILL');
    await once(process, 'exit');
  }

  private async answers(): Promise<boolean> {
    const connection = await connectMongo(this.url, { findWithinMs: 500 }).catch(() => null);
    const answered = await connection?.ping().then(
      () => true,
      () => false,
    );
    await connection?.close();
    return answered ?? false;
  }
}
