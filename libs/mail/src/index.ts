export * from './mail.port.js';
export * from './mailer.adapter.js';
export { openOutbox } from './outbox.adapter.js';
export type { Outbox } from './outbox.adapter.js';
export { isPrivateAddress } from './private-addresses.adapter.js';
export { parseSmtpUrl } from './smtp-url.js';
export * from './templates.js';
