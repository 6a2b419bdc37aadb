import Database from 'better-sqlite3';
import { StoreUnavailable } from '#event-store';
import { addSeconds } from '#kernel';
import type { Instant } from '#kernel';
import { backoffSeconds } from './backoff.js';
import type { Job, JobState } from './jobs.port.js';

/** A stored job. `stamp` tells a job from one that has replaced it under the same key. */
export interface StoredJob extends JobState {
  readonly stamp: number;
}

interface Row {
  key: string;
  type: string;
  data: string;
  due_at: Instant;
  attempts: number;
  progress: number;
  error: string | null;
  stamp: number;
}

const SCHEMA = `
CREATE TABLE IF NOT EXISTS jobs (
  stamp INTEGER PRIMARY KEY AUTOINCREMENT,
  key TEXT NOT NULL UNIQUE,
  type TEXT NOT NULL,
  data TEXT NOT NULL,
  due_at TEXT NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  progress REAL NOT NULL DEFAULT 0,
  error TEXT
) STRICT;
CREATE INDEX IF NOT EXISTS jobs_due ON jobs (due_at, stamp);
`;

const toStored = (row: Row): StoredJob => ({
  key: row.key,
  job: { type: row.type, data: JSON.parse(row.data) as Job['data'] },
  dueAt: row.due_at,
  attempts: row.attempts,
  progress: row.progress,
  error: row.error,
  stamp: row.stamp,
});

/** The table of jobs. Not synced at each commit: what a power cut takes, the sweep brings back. */
export class JobTable {
  private readonly db: Database.Database;
  private readonly statements;

  constructor(file: string) {
    this.db = new Database(file, { timeout: 1000 });
    this.db.pragma('journal_mode = WAL');
    this.db.pragma('synchronous = NORMAL');
    this.db.exec(SCHEMA);
    this.statements = {
      put: this.db.prepare<[string, string, string, Instant]>('REPLACE INTO jobs (key, type, data, due_at) VALUES (?, ?, ?, ?)'),
      has: this.db.prepare<[string], number>('SELECT 1 FROM jobs WHERE key = ?').pluck(),
      drop: this.db.prepare<[string]>('DELETE FROM jobs WHERE key = ?'),
      done: this.db.prepare<[number]>('DELETE FROM jobs WHERE stamp = ?'),
      failed: this.db.prepare<[Instant, string, number]>(
        'UPDATE jobs SET attempts = attempts + 1, due_at = ?, error = ? WHERE stamp = ?',
      ),
      progress: this.db.prepare<[number, number]>('UPDATE jobs SET progress = ? WHERE stamp = ?'),
      get: this.db.prepare<[string], Row>('SELECT * FROM jobs WHERE key = ?'),
      due: this.db.prepare<[Instant, number], Row>('SELECT * FROM jobs WHERE due_at <= ? ORDER BY due_at, stamp LIMIT ?'),
      next: this.db.prepare<[Instant], { due_at: Instant }>('SELECT due_at FROM jobs WHERE due_at > ? ORDER BY due_at LIMIT 1'),
    };
  }

  /** Runs all of `writes` in one transaction. */
  write(writes: readonly (() => void)[]): void {
    this.reach(() => this.db.transaction(() => writes.forEach((write) => write()))());
  }

  put(key: string, time: Instant, job: Job): void {
    this.statements.put.run(key, job.type, JSON.stringify(job.data), time);
  }

  has(key: string): boolean {
    return this.reach(() => this.statements.has.get(key)) !== undefined;
  }

  drop(key: string): void {
    this.statements.drop.run(key);
  }

  /** Removes the job, unless another one has taken its key meanwhile. */
  done(job: StoredJob): void {
    this.reach(() => this.statements.done.run(job.stamp));
  }

  /** Has the job run again after a pause, unless another one has taken its key meanwhile. */
  failed(job: StoredJob, now: Instant, error: string): void {
    this.reach(() => this.statements.failed.run(addSeconds(now, backoffSeconds(job.attempts + 1)), error, job.stamp));
  }

  progress(job: StoredJob, share: number): void {
    this.reach(() => this.statements.progress.run(share, job.stamp));
  }

  get(key: string): StoredJob | null {
    const row = this.reach(() => this.statements.get.get(key));
    return row === undefined ? null : toStored(row);
  }

  /** At most `limit` jobs that are due at `now`, in order of time. */
  due(now: Instant, limit: number): StoredJob[] {
    return this.reach(() => this.statements.due.all(now, limit)).map(toStored);
  }

  /** When the first job after `now` is due; null where there is none. */
  nextDueAfter(now: Instant): Instant | null {
    return this.reach(() => this.statements.next.get(now))?.due_at ?? null;
  }

  close(): void {
    this.db.close();
  }

  private reach<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
      throw code.startsWith('SQLITE_') ? new StoreUnavailable(`the queue cannot be reached (${code})`) : error;
    }
  }
}
