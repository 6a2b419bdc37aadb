import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { until } from './servers.js';

const PROGRAM = 'redis-server';

/** `describe` where a Redis can be started, else one that shows as skipped. */
export const describeWithOwnRedis: jest.Describe = spawnSync(PROGRAM, ['--version']).status === 0 ? describe : describe.skip;

/** A Redis of the test's own, to be killed, halted and robbed of its data. */
export class RedisServer {
  private process: ChildProcess | null = null;

  private constructor(
    private readonly folder: string,
    private readonly port: number,
    private readonly options: readonly string[],
  ) {}

  static async start(...options: string[]): Promise<RedisServer> {
    const probe = createServer().listen(0, '127.0.0.1');
    await once(probe, 'listening');
    const { port } = probe.address() as AddressInfo;
    probe.close();
    await once(probe, 'close');
    const server = new RedisServer(await mkdtemp(join(tmpdir(), 'whitebook-redis-')), port, options);
    await server.up();
    return server;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** On its port, with the data that it has. */
  async up(): Promise<void> {
    const durable = ['--appendonly', 'yes', '--save', '', '--maxmemory-policy', 'noeviction'];
    const place = ['--port', String(this.port), '--bind', '127.0.0.1', '--dir', this.folder];
    this.process = spawn(PROGRAM, [...place, ...durable, ...this.options], { stdio: 'ignore' });
    await until(() => this.ask((redis) => redis.ping()).then(Boolean, () => false));
  }

  /** As when the power fails. */
  async kill(): Promise<void> {
    const { process } = this;
    if (!process || process.exitCode !== null || process.signalCode !== null) return;
    process.kill('SIGKILL');
    await once(process, 'exit');
  }

  /** It keeps its connections and answers nothing. */
  halt(): void {
    this.process?.kill('SIGSTOP');
  }

  goOn(): void {
    this.process?.kill('SIGCONT');
  }

  async flush(): Promise<void> {
    await this.ask((redis) => redis.flushall());
  }

  /** A copy of its data as it is now. */
  async snapshot(): Promise<string> {
    const copy = await mkdtemp(join(tmpdir(), 'whitebook-redis-'));
    await cp(this.folder, copy, { recursive: true });
    return copy;
  }

  /** Comes up with the data of a snapshot. It must be down. */
  async restore(snapshot: string): Promise<void> {
    await rm(this.folder, { recursive: true });
    await cp(snapshot, this.folder, { recursive: true });
    await rm(snapshot, { recursive: true });
    await this.up();
  }

  /** Comes up as one that never held anything. It must be down. */
  async restoreEmpty(): Promise<void> {
    await this.restore(await mkdtemp(join(tmpdir(), 'whitebook-redis-')));
  }

  async ask<T>(question: (redis: Redis) => Promise<T>): Promise<T> {
    const redis = new Redis(this.url, { lazyConnect: true, retryStrategy: () => null });
    redis.on('error', () => undefined);
    try {
      await redis.connect();
      return await question(redis);
    } finally {
      redis.disconnect();
    }
  }

  async remove(): Promise<void> {
    this.goOn();
    await this.kill();
    await rm(this.folder, { recursive: true });
  }
}
