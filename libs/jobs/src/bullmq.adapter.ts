import type { Clock } from '#kernel';
import type { Jobs } from './jobs.port.js';
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

/**
 * Jobs in Redis, shared by all processes with the same `url` and `prefix`, run in those that have started. Rejects, naming
 * WHITEBOOK_REDIS_URL, where Redis does not answer, is too old, or may throw jobs away (`maxmemory-policy`).
 */
export async function openBullMqJobs(options: BullMqJobsOptions): Promise<Jobs> {
  // the drivers are loaded where they are used only
  const { connectBullMqJobs } = await import('./bullmq-jobs.adapter.js');
  return connectBullMqJobs(options);
}
