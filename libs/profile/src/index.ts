export { Background } from './background.js';
export { eventDefinitions, projections } from './catalogue.js';
export { openEmbedded, type EmbeddedOptions, type Parts } from './embedded.js';
export { dataFiles, threadEntries } from './paths.js';
export { WhitebookModule } from './platform.module.js';
export { PARTS } from './ports.js';
export type { Projector } from './projector.adapter.js';
