import { randomUUID } from 'node:crypto';
import { Queue, type JobsOptions } from 'bullmq';
import type { Redis } from 'ioredis';
import { StoreUnavailable } from '#event-store';
import type { Clock, Instant } from '#kernel';
import { Runs, type QueueNames, type Stored } from './bullmq-runs.adapter.js';
import type { Job, JobHandler, Jobs, JobState } from './jobs.port.js';
import { PendingOrders, type Order } from './pending-orders.js';
import { connectForCommands, requireRedis } from './redis-connection.adapter.js';
import { Repeats } from './repeats.js';
import type { OnJobError } from './repeats.js';

export interface BullMqJobsOptions {
  readonly url: string;
  /** First part of all names in Redis: processes with the same one share their jobs. */
  readonly prefix?: string;
  /** By which jobs are due, whatever this machine's own clock says. */
  readonly clock: Clock;
  readonly onError: OnJobError;
  /** Runs at the same time. */
  readonly concurrency?: number;
  /** Milliseconds after which the jobs of a worker that died are taken by another; up to twice that. */
  readonly lockMs?: number;
}

const QUEUE = 'jobs';
const RUNS_AT_A_TIME = 8;
const LOCK_MS = 10_000;
const PATIENCE_MS = 250;
const REMEMBERED = 10_000;

/**
 * Each order makes a job of its own in BullMQ, and a hash says which one a key has now. A job that finds its key with another, or with none, was
 * replaced or cancelled, and does nothing. So an order needs no lock against the run of the one before.
 */
class BullMqJobs implements Jobs {
  private readonly queue: Queue<Stored>;
  private readonly names: QueueNames;
  private readonly orders: PendingOrders;
  private readonly repeats: Repeats;
  private readonly handlers = new Map<string, JobHandler>();
  private runs: Runs | null = null;
  private stopping: Promise<void> | null = null;
  private closed = false;

  constructor(
    private readonly redis: Redis,
    private readonly options: BullMqJobsOptions,
  ) {
    const { prefix = 'whitebook', onError } = options;
    this.names = { prefix, queue: QUEUE, keys: `${prefix}:keys` };
    this.queue = new Queue<Stored>(QUEUE, { connection: redis, prefix });
    this.queue.on('error', () => undefined); // it is told when an order cannot be stored
    this.repeats = new Repeats(onError);
    this.orders = new PendingOrders({
      send: (orders) => this.store(orders),
      onError: (error) => onError(error, QUEUE),
      capacity: REMEMBERED,
      patienceMs: PATIENCE_MS,
    });
  }

  at(key: string, time: Instant, job: Job): Promise<void> {
    return this.order({ key, id: `${encodeURIComponent(key)}/${randomUUID()}`, wake: { time, job } });
  }

  cancel(key: string): Promise<void> {
    return this.order({ key, id: '', wake: null });
  }

  /** In each process that has started, by its own timer: what is repeated goes on without Redis. */
  every(name: string, seconds: number, work: () => Promise<void>): void {
    this.repeats.add(name, seconds, work);
  }

  handle(type: string, handler: JobHandler): void {
    this.handlers.set(type, handler);
  }

  async state(key: string): Promise<JobState | null> {
    const ordered = this.orders.get(key);
    if (ordered) return ordered.wake && { ...toStored(key, ordered.wake), progress: 0 };
    const id = await reach(this.redis.hget(this.names.keys, key));
    const queued = id === null ? undefined : await reach(this.queue.getJob(id));
    return queued ? { ...queued.data, progress: Number(queued.progress) } : null;
  }

  async start(): Promise<void> {
    const { url, clock, onError, concurrency = RUNS_AT_A_TIME, lockMs = LOCK_MS } = this.options;
    const { names, handlers } = this;
    this.runs ??= new Runs({ url, names, handlers, clock, onError, concurrency, lockMs });
    this.repeats.start();
  }

  stop(): Promise<void> {
    this.stopping ??= this.end();
    return this.stopping;
  }

  private async end(): Promise<void> {
    await Promise.all([this.repeats.stop(), this.runs?.stop()]);
    this.closed = true;
    await this.orders.close();
    await this.queue.close().catch(() => undefined);
    this.redis.disconnect();
  }

  private order(order: Order): Promise<void> {
    return this.closed ? Promise.reject(new StoreUnavailable('the queue is closed')) : this.orders.put(order);
  }

  /** The keys first: a job that nobody has added yet is none, and one that was added without its key would do nothing for ever. */
  private async store(orders: readonly Order[]): Promise<void> {
    const before = await this.swapKeys(orders);
    const now = Date.parse(this.options.clock());
    const wakes = orders.flatMap(({ key, id, wake }) =>
      wake ? [{ name: wake.job.type, data: toStored(key, wake), opts: optionsOf(id, wake.time, now) }] : [],
    );
    await this.queue.addBulk(wakes);
    const replaced = orders.flatMap(({ id }, index) => (before[index] && before[index] !== id ? [before[index]] : []));
    await Promise.all(replaced.map((id) => this.queue.remove(id)));
  }

  /** Gives each key its new job; resolves with the ids of those that they had. */
  private async swapKeys(orders: readonly Order[]): Promise<(string | null)[]> {
    const pipeline = this.redis.pipeline();
    for (const { key, id, wake } of orders) {
      pipeline.hget(this.names.keys, key);
      if (wake) pipeline.hset(this.names.keys, key, id);
      else pipeline.hdel(this.names.keys, key);
    }
    const replies = (await pipeline.exec()) ?? [];
    return orders.map((_, index) => {
      const [failed, reply] = replies[index * 2] ?? [];
      const refused = failed ?? replies[index * 2 + 1]?.[0];
      if (refused) throw refused;
      return typeof reply === 'string' ? reply : null;
    });
  }
}

const toStored = (key: string, { time, job }: NonNullable<Order['wake']>): Stored => ({
  key,
  job,
  dueAt: time,
  attempts: 0,
  error: null,
});

/** A distance, which the machine that counts it need not know the time for. What is stored of an error of Redis itself has no trace, and is tried again. */
const optionsOf = (jobId: string, time: Instant, now: number): JobsOptions => ({
  jobId,
  delay: Math.max(0, Date.parse(time) - now),
  attempts: Number.MAX_SAFE_INTEGER,
  backoff: { type: 'fixed', delay: 1000 },
  stackTraceLimit: 0,
  removeOnComplete: true,
  removeOnFail: true,
});

async function reach<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch {
    throw new StoreUnavailable('the queue cannot be reached');
  }
}

/**
 * Jobs in Redis, shared by all processes with the same `url` and `prefix`, run in those that have started. Rejects, naming
 * WHITEBOOK_REDIS_URL, where Redis does not answer, is too old, or may throw jobs away (`maxmemory-policy`).
 */
export async function openBullMqJobs(options: BullMqJobsOptions): Promise<Jobs> {
  const redis = connectForCommands(options.url);
  redis.on('error', () => undefined); // what fails of it is told by whoever asked
  try {
    await requireRedis(redis);
  } catch (error) {
    redis.disconnect();
    throw error;
  }
  return new BullMqJobs(redis, options);
}
