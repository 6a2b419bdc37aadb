import { setTimeout as wait } from 'node:timers/promises';
import { StoreUnavailable } from '#event-store';
import type { Clock, Instant } from '#kernel';
import { errorName } from './backoff.js';
import { JobTable } from './job-table.adapter.js';
import type { StoredJob } from './job-table.adapter.js';
import type { Job, JobHandler, Jobs, JobState } from './jobs.port.js';
import { Repeats } from './repeats.js';
import type { OnJobError } from './repeats.js';

export interface SqliteJobsOptions {
  readonly file: string;
  readonly clock: Clock;
  readonly onError: OnJobError;
  /** Runs at the same time. */
  readonly concurrency?: number;
  /** The clock is asked again at least this often, since it may jump. */
  readonly longestSleepMs?: number;
}

interface Write {
  readonly run: () => void;
  resolve(): void;
  reject(error: unknown): void;
}

const RUNS_AT_A_TIME = 8;
const LONGEST_SLEEP_MS = 1000;
/** Pause after the table could not be reached. */
const UNREACHED_MS = 1000;

/** Sleeps until the next job is due, runs what is due in order of time, a few at once. What was under way in a crash runs again. */
class SqliteJobs implements Jobs {
  private readonly table: JobTable;
  private readonly repeats: Repeats;
  private readonly handlers = new Map<string, JobHandler>();
  private readonly running = new Map<string, Promise<void>>();
  private readonly stopping = new AbortController();
  private writes: Write[] = [];
  private timer: NodeJS.Timeout | undefined;
  private started = false;
  private closed = false;

  constructor(private readonly options: SqliteJobsOptions) {
    this.table = new JobTable(options.file);
    this.repeats = new Repeats(options.onError);
  }

  at(key: string, time: Instant, job: Job): Promise<void> {
    return this.write(() => this.table.put(key, time, job));
  }

  /** Events cancel far more than was ever asked for: what is not there is not deleted. */
  async cancel(key: string): Promise<void> {
    if (!this.closed && this.writes.length === 0 && !this.table.has(key)) return;
    await this.write(() => this.table.drop(key));
  }

  every(name: string, seconds: number, work: () => Promise<void>): void {
    this.repeats.add(name, seconds, work);
  }

  handle(type: string, handler: JobHandler): void {
    this.handlers.set(type, handler);
  }

  async state(key: string): Promise<JobState | null> {
    this.flush();
    const stored = this.table.get(key);
    if (stored === null) return null;
    const { stamp: _stamp, ...state } = stored;
    return state;
  }

  async start(): Promise<void> {
    this.started = true;
    this.repeats.start();
    this.wake(0);
  }

  async stop(): Promise<void> {
    if (this.closed) return;
    this.stopping.abort();
    clearTimeout(this.timer);
    await Promise.all([this.repeats.stop(), ...this.running.values()]);
    this.flush();
    this.closed = true;
    this.table.close();
  }

  /** Calls of one turn share a transaction. */
  private write(run: () => void): Promise<void> {
    if (this.closed) return Promise.reject(new StoreUnavailable('the queue is closed'));
    if (this.writes.length === 0) setImmediate(() => this.flush());
    return new Promise((resolve, reject) => this.writes.push({ run, resolve, reject }));
  }

  private flush(): void {
    const writes = this.writes;
    if (writes.length === 0) return;
    this.writes = [];
    try {
      this.table.write(writes.map((write) => write.run));
      for (const write of writes) write.resolve();
      this.wake(0);
    } catch (error) {
      for (const write of writes) write.reject(error);
    }
  }

  private wake(afterMs: number): void {
    if (!this.started || this.stopping.signal.aborted) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.tick(), afterMs);
  }

  private tick(): void {
    try {
      const now = this.options.clock();
      this.takeDue(now);
      this.wake(this.sleepMs(now));
    } catch (error) {
      this.options.onError(error, 'jobs');
      this.wake(UNREACHED_MS);
    }
  }

  private takeDue(now: Instant): void {
    const free = (this.options.concurrency ?? RUNS_AT_A_TIME) - this.running.size;
    if (free <= 0) return;
    const due = this.table.due(now, free + this.running.size).filter((job) => !this.running.has(job.key));
    for (const job of due.slice(0, free)) {
      const run = this.run(job).finally(() => {
        this.running.delete(job.key);
        this.wake(0);
      });
      this.running.set(job.key, run);
    }
  }

  /** Until the next job. What is due and could not be taken is looked at again when a run ends. */
  private sleepMs(now: Instant): number {
    const longest = this.options.longestSleepMs ?? LONGEST_SLEEP_MS;
    const next = this.table.nextDueAfter(now);
    return next === null ? longest : Math.min(longest, Date.parse(next) - Date.parse(now));
  }

  private async run(job: StoredJob): Promise<void> {
    try {
      const error = await this.attempt(job);
      if (error === null) return this.table.done(job);
      this.options.onError(error, job.key);
      this.table.failed(job, this.options.clock(), errorName(error));
    } catch (error) {
      this.options.onError(error, job.key);
      await wait(UNREACHED_MS, undefined, { signal: this.stopping.signal }).catch(() => undefined); // it is still due
    }
  }

  /** What the handler failed with; null where it did not. */
  private async attempt(stored: StoredJob): Promise<unknown> {
    const { job, key } = stored;
    const handler = this.handlers.get(job.type);
    try {
      if (handler === undefined) throw new Error(`no handler for jobs of type ${job.type}`);
      await handler(job, { attempt: stored.attempts + 1, key, progress: async (share) => this.table.progress(stored, share) });
      return null;
    } catch (error) {
      return error ?? new Error('the job failed');
    }
  }
}

/** Jobs in one SQLite file, made where it is missing, run in this process from `start` on. */
export const openSqliteJobs = (options: SqliteJobsOptions): Jobs => new SqliteJobs(options);
