export * from './mongo-projection-store.adapter.js';
export * from './mongo-read-store.adapter.js';
export * from './projection.js';
export type { Decode } from './projection-feed.js';
export * from './projection-fill.js';
export * from './projection-runner.js';
export * from './read-store.port.js';
export * from './sqlite-projection-store.adapter.js';
export * from './sqlite-read-store.adapter.js';
