export * from './jobs.port.js';
