export * from './password.port.js';
export * from './vault.port.js';
