/** What the library records and shows: event types and projections, without what handles them. For threads that need no more. */
export * from './account.events.js';
export { accountsProjection } from './accounts.projection.js';
export { mailEvents, type MailEvent } from './mail.events.js';
