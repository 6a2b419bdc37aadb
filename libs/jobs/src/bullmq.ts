import type { BullMqJobsOptions } from './bullmq.adapter.js';
import type { Jobs } from './jobs.port.js';

export type { BullMqJobsOptions };

/** Jobs in Redis. Loads the driver, which a process of the other profile does not need. See `bullmq.adapter.ts`. */
export async function openBullMqJobs(options: BullMqJobsOptions): Promise<Jobs> {
  const adapter = await import('./bullmq.adapter.js');
  return adapter.openBullMqJobs(options);
}
