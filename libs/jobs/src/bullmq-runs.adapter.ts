import { setTimeout as wait } from 'node:timers/promises';
import { DelayedError, Worker, type Job as QueuedJob } from 'bullmq';
import type { Redis } from 'ioredis';
import { addSeconds } from '#kernel';
import type { Clock } from '#kernel';
import { backoffSeconds, errorName } from './backoff.js';
import type { JobHandler, JobState } from './jobs.port.js';
import { connectForWork } from './redis-connection.adapter.js';
import type { OnJobError } from './repeats.js';

/** What a job in BullMQ carries. Failures are counted here: BullMQ is told of none, since it would keep the message of the error. */
export type Stored = Omit<JobState, 'progress'>;

/** Names of one queue in Redis. */
export interface QueueNames {
  readonly prefix: string;
  readonly queue: string;
  /** Hash of the job that each key has now, by id. */
  readonly keys: string;
}

export interface RunsOptions {
  readonly url: string;
  readonly names: QueueNames;
  readonly handlers: ReadonlyMap<string, JobHandler>;
  readonly clock: Clock;
  readonly onError: OnJobError;
  readonly concurrency: number;
  readonly lockMs: number;
}

/** A job whose workers die is taken by the next one, for ever. */
const MOST_CRASHES = 2 ** 31 - 1;
/** A machine whose clock is ahead of the one that counts wakes too early, and looks again this often. */
const LONGEST_EARLY_MS = 10_000;
const UNREACHED_MS = 1000;
const STOP_WITHIN_MS = 2000;
/** Takes a key from its job, unless another one has it meanwhile. */
const RELEASE = `if redis.call('HGET', KEYS[1], ARGV[1]) == ARGV[2] then return redis.call('HDEL', KEYS[1], ARGV[1]) end return 0`;

/** Runs the jobs of a queue, a few at once. */
export class Runs {
  private readonly stopped = new AbortController();
  private readonly redis: Redis;
  private readonly worker: Worker<Stored>;
  private readonly running = new Set<Promise<void>>();

  constructor(private readonly options: RunsOptions) {
    const { url, names, concurrency, lockMs } = options;
    this.redis = connectForWork(url, this.stopped.signal);
    this.worker = new Worker<Stored>(names.queue, (queued, token) => this.track(this.run(queued, token)), {
      connection: this.redis,
      prefix: names.prefix,
      concurrency,
      lockDuration: lockMs,
      stalledInterval: lockMs / 2,
      maxStalledCount: MOST_CRASHES,
      runRetryDelay: UNREACHED_MS,
    });
    this.tellErrors();
  }

  /** Waits for runs under way, takes no more. A Redis that is away takes no result: the next worker finds those jobs again. */
  async stop(): Promise<void> {
    const isAway = this.redis.status !== 'ready';
    const closed = this.worker.close(isAway).catch(() => undefined);
    await Promise.allSettled(this.running);
    const patience = new AbortController();
    await Promise.race([closed, wait(STOP_WITHIN_MS, undefined, { signal: patience.signal }).catch(() => undefined)]);
    patience.abort();
    this.stopped.abort();
    this.redis.disconnect();
  }

  /** A lost connection is told once, not at each try. */
  private tellErrors(): void {
    let told = false;
    this.redis.on('ready', () => (told = false));
    this.worker.on('error', (error) => {
      if (this.redis.status === 'ready' || !told) this.options.onError(error, this.options.names.queue);
      told = true;
    });
  }

  private track(run: Promise<void>): Promise<void> {
    const tracked = run.finally(() => this.running.delete(tracked));
    this.running.add(tracked);
    return tracked;
  }

  private async run(queued: QueuedJob<Stored>, token: string | undefined): Promise<void> {
    const { clock, names, onError } = this.options;
    const { id = '', data } = queued;
    const current = await this.redis.hget(names.keys, data.key);
    if (current !== id) return; // replaced or cancelled
    const early = Date.parse(data.dueAt) - Date.parse(clock());
    if (early > 0) return wakeAgain(queued, token, Math.min(early, LONGEST_EARLY_MS));
    const error = await this.attempt(queued);
    if (error === null) return void (await this.redis.eval(RELEASE, 1, names.keys, data.key, id));
    onError(error, data.key);
    const attempts = data.attempts + 1;
    const pause = backoffSeconds(attempts);
    await queued.updateData({ ...data, attempts, error: errorName(error), dueAt: addSeconds(clock(), pause) });
    await wakeAgain(queued, token, pause * 1000);
  }

  /** What the handler failed with; null where it did not. */
  private async attempt(queued: QueuedJob<Stored>): Promise<unknown> {
    const { key, job, attempts } = queued.data;
    const handler = this.options.handlers.get(job.type);
    try {
      if (handler === undefined) throw new Error(`no handler for jobs of type ${job.type}`);
      await handler(job, { attempt: attempts + 1, key, progress: (share) => queued.updateProgress(share) });
      return null;
    } catch (error) {
      return error ?? new Error('the job failed');
    }
  }
}

async function wakeAgain(queued: QueuedJob<Stored>, token: string | undefined, afterMs: number): Promise<never> {
  await queued.moveToDelayed(Date.now() + afterMs, token);
  throw new DelayedError();
}
