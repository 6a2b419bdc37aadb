export * from './ids.js';
export * from './instant.js';
export * from './jitter.js';
export * from './json.js';
export * from './keyed-queue.js';
export * from './random.js';
export * from './refusal.js';
export * from './shared-reads.js';
