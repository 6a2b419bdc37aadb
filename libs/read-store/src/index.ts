export * from './projection.js';
export * from './read-store.port.js';
