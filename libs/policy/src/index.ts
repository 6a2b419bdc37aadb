export * from './can.js';
export * from './permissions.js';
