export * from './codec.js';
export * from './envelope.js';
export * from './event-log.js';
export * from './event-store.port.js';
export * from './person-keys.port.js';
