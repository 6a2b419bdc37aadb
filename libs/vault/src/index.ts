export * from './argon2.adapter.js';
export { isCommonPassword } from './common-passwords.js';
export * from './link-tokens.js';
export * from './master-key.adapter.js';
export * from './memory.adapter.js';
export * from './password-policy.js';
export * from './password.port.js';
export * from './sqlite.adapter.js';
export * from './vault.port.js';
