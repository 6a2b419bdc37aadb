export * from './connection.adapter.js';
export * from './errors.js';
export * from './patience.js';
export * from './probe.adapter.js';
