export { HistoryModule } from './history.module.js';
export { historyProjection } from './history.projection.js';
export { ReadHistory, type HistoryPage, type HistoryRequest } from './history.queries.js';
export { describe, historyEvents, KINDS, type HistoryEvent } from './history.words.js';
export type { Entry, Person, Reader } from './history.entries.js';
