import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { StoreUnavailable } from '#event-store';
import { addSeconds, systemClock, type Instant } from '#kernel';
import { openBullMqJobs, type BullMqJobsOptions, type Jobs } from '#jobs';
import { describeWithOwnRedis, RedisServer } from './redis-server.js';
import { until } from './servers.js';

const TIMERS = 200;
const LATE_MS = 5000;
const AT_ONCE_MS = 3000;

/** Timers that stand in a log: whoever is woken looks there, and does what is due and not done. */
class Timers {
  private readonly due = new Map<string, Instant>();
  /** When each was done. */
  readonly done = new Map<string, number>();
  /** Those that the queue woke before their time. */
  readonly early: string[] = [];

  constructor(private readonly jobs: Jobs) {
    jobs.handle('remind', async ({ data }) => {
      const id = String(data['id']);
      if (systemClock() < (this.due.get(id) ?? '')) this.early.push(id);
      this.fire(id);
    });
  }

  async set(id: string, due: Instant): Promise<void> {
    this.due.set(id, due);
    await this.jobs.at(`timer/${id}`, due, { type: 'remind', data: { id } });
  }

  /** Some that are due over the next `seconds`. */
  async setMany(name: string, seconds: number): Promise<void> {
    const now = systemClock();
    const ids = Array.from({ length: TIMERS }, (_, index) => index);
    await Promise.all(ids.map((index) => this.set(`${name}-${index}`, addSeconds(now, (seconds * index) / TIMERS))));
  }

  /** What the product does each second, whatever became of the queue. */
  sweep(): void {
    for (const id of this.due.keys()) this.fire(id);
  }

  get open(): number {
    return this.due.size - this.done.size;
  }

  /** How many milliseconds after its time, or after `since`, the last one was done. */
  latest(since: number): number {
    return Math.max(...[...this.done].map(([id, at]) => at - Math.max(since, Date.parse(this.due.get(id) ?? ''))));
  }

  private fire(id: string): void {
    if (this.done.has(id) || systemClock() < (this.due.get(id) ?? '')) return;
    this.done.set(id, Date.now());
  }
}

describeWithOwnRedis('jobs while Redis fails', () => {
  let server: RedisServer;
  let jobs: Jobs;
  let timers: Timers;
  let errors: unknown[];
  const open = (options: Partial<BullMqJobsOptions> = {}): Promise<Jobs> =>
    openBullMqJobs({ url: server.url, clock: systemClock, lockMs: 1000, onError: (error) => errors.push(error), ...options });

  beforeEach(async () => {
    errors = [];
    server = await RedisServer.start();
    jobs = await open();
    timers = new Timers(jobs);
  });
  afterEach(async () => {
    server.goOn();
    await jobs.stop();
    await server.remove();
  });

  it('COR-24: killed in between, it runs every job by itself within seconds once it is back, those ordered meanwhile among them', async () => {
    await jobs.start();
    await timers.setMany('before', 3);
    await until(() => timers.done.size >= TIMERS / 10);
    await server.kill();
    await timers.setMany('meanwhile', 3);
    await until(() => errors.length > 0);
    await server.up();
    const back = Date.now();
    await until(() => timers.open === 0, 20_000);
    expect(timers.latest(back)).toBeLessThan(LATE_MS);
    expect(timers.early).toEqual([]);
  });

  it('COR-24: emptied, it goes on with what is ordered, and the sweep finds the rest: all within seconds, each once', async () => {
    jobs.every('sweep', 1, async () => timers.sweep());
    await jobs.start();
    await timers.setMany('before', 4);
    await until(() => timers.done.size >= TIMERS / 10);
    await server.flush();
    const emptied = Date.now();
    await timers.setMany('after', 2);
    await until(() => timers.open === 0, 20_000);
    expect(timers.latest(emptied)).toBeLessThan(LATE_MS);
    expect(await jobs.state('timer/before-0')).toBeNull();
  });

  it('COR-24: restored from an older state, it does nothing twice, and what it does not know is found: all within seconds', async () => {
    jobs.every('sweep', 1, async () => timers.sweep());
    await timers.setMany('known', 2);
    await server.kill();
    const old = await server.snapshot();
    await server.up();
    await jobs.start();
    await timers.setMany('unknown', 4);
    await until(() => timers.done.size >= TIMERS);
    await server.kill();
    await server.restore(old);
    const back = Date.now();
    await until(() => timers.open === 0, 20_000);
    expect(timers.latest(back)).toBeLessThan(LATE_MS);
    await until(async () => (await jobs.state('timer/known-0')) === null);
  });

  it('answers whoever orders at once while Redis is silent, and has all of it stored when it speaks again', async () => {
    await jobs.at('cancelled', addSeconds(systemClock(), 3600), { type: 'remind', data: { id: 'x' } });
    server.halt();
    for (const order of [
      (): Promise<void> => timers.set('a', systemClock()),
      (): Promise<void> => timers.set('b', systemClock()),
      (): Promise<void> => jobs.cancel('cancelled'),
    ]) {
      const began = performance.now();
      await order();
      expect(performance.now() - began).toBeLessThan(AT_ONCE_MS);
    }
    expect(await jobs.state('cancelled')).toBeNull();
    await expect(jobs.state('timer/never-ordered')).rejects.toThrow(StoreUnavailable);
    await wait(3000);
    server.goOn();
    await jobs.start();
    await until(() => timers.open === 0);
    await until(() => server.ask((redis) => redis.hkeys('whitebook:keys')).then((keys) => keys.length === 0));
  });

  it('answers whoever orders at once while Redis is not there, for as long as it is not', async () => {
    await server.kill();
    const began = performance.now();
    await timers.setMany('meanwhile', 0);
    expect(performance.now() - began).toBeLessThan(AT_ONCE_MS);
    expect(errors).toHaveLength(1);
    await server.up();
    await jobs.start();
    await until(() => timers.open === 0);
  });

  it('stops within seconds while Redis is not there', async () => {
    await jobs.start();
    await timers.setMany('before', 60);
    await server.kill();
    const began = performance.now();
    await jobs.stop();
    expect(performance.now() - began).toBeLessThan(LATE_MS);
  });

  it('gets a job done whose worker was killed in it five times, with its effect once', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'whitebook-worker-'));
    const file = join(folder, 'effects');
    const work = (fate: 'live' | 'die'): ChildProcess =>
      spawn(process.execPath, [join(__dirname, 'crashing-worker.mjs'), server.url, 'whitebook', file, fate], { stdio: 'ignore' });
    const lines = async (): Promise<string[]> => (await readFile(file, 'utf8').catch(() => '')).split('\n').filter(Boolean);
    await jobs.at('a', systemClock(), { type: 'remind', data: { id: '1' } });
    for (let killed = 0; killed < 5; killed++) {
      const [, signal] = (await once(work('die'), 'exit')) as [number | null, string | null];
      expect(signal).toBe('SIGKILL');
    }
    const last = work('live');
    await until(async () => (await jobs.state('a')) === null, 20_000);
    last.kill();
    await once(last, 'exit');
    expect((await lines()).filter((line) => line === 'begun')).toHaveLength(6);
    expect((await lines()).filter((line) => line === 'done')).toHaveLength(1);
    await rm(folder, { recursive: true });
  });
});

describeWithOwnRedis('a Redis that cannot be trusted with jobs', () => {
  const open = (url: string): Promise<Jobs> => openBullMqJobs({ url, clock: systemClock, onError: () => undefined });

  it.each(['allkeys-lru', 'volatile-ttl'])('is refused at boot, named with what it does: %s', async (policy) => {
    const server = await RedisServer.start('--maxmemory-policy', policy);
    await expect(open(server.url)).rejects.toThrow(new RegExp(`^WHITEBOOK_REDIS_URL: maxmemory-policy .* ${policy}`));
    await server.remove();
  });

  it('is named where it is not there', async () => {
    const server = await RedisServer.start();
    await server.remove();
    await expect(open(server.url)).rejects.toThrow(/^WHITEBOOK_REDIS_URL: Redis does not answer/);
  });
});
