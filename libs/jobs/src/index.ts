export * from './bullmq.js';
export * from './jobs.port.js';
export * from './memory.adapter.js';
export type { OnJobError } from './repeats.js';
export * from './sqlite.adapter.js';
