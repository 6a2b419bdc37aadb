// Starts Whitebook as `npm start` does: builds where there is no build of this state, and shows a demo where there is nothing yet.
import { existsSync, readdirSync } from 'node:fs';
import { buildIfNeeded } from './build-if-needed.mjs';

/** `npm run start:api` and the like run one role of the distributed profile. */
const app = process.argv[2] ?? 'whitebook';
const embedded = (process.env.WHITEBOOK_PROFILE || 'embedded') === 'embedded';

buildIfNeeded();
const dataDir = process.env.WHITEBOOK_DATA_DIR || './data';
const empty = !existsSync(dataDir) || readdirSync(dataDir).length === 0;
const development = (process.env.WHITEBOOK_PLATFORM_HOST || 'localhost') === 'localhost';
if (embedded && empty && development && !process.env.WHITEBOOK_DEMO) {
  process.env.WHITEBOOK_DEMO = 'true';
  console.log(`The data folder ${dataDir} is empty: a demo workspace will be made (WHITEBOOK_DEMO=false starts without).`);
}
await import(`../dist/apps/${app}/src/main.js`);
