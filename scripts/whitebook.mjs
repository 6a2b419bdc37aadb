// Runs one command of the command line (`npm run whitebook -- help`), on a build of this state.
import { buildIfNeeded } from './build-if-needed.mjs';

buildIfNeeded();
await import('../dist/apps/whitebook/src/cli.js');
