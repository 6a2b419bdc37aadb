/** What the library records and shows: event types and projections, without what handles them. For threads that need no more. */
export { historyProjection } from './history.projection.js';
