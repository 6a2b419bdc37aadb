export * from './connection.adapter.js';
export * from './probe.adapter.js';
