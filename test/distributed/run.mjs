// Runs the suite of the distributed profile against the servers that the environment names, and says which those are: `npm run test:distributed`.
import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EventStoreDouble, VERSION } from '../doubles/eventstore/server.js';
import { nameOfEventStore, nameOfMongo, nameOfRedis, within } from './server-names.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');

/** What each variable names, how its server tells name and version, and what needs it. */
const SERVERS = {
  WHITEBOOK_EVENTSTORE_URL: { what: 'the event log', ask: nameOfEventStore },
  WHITEBOOK_MONGODB_URL: { what: 'read models, the vault and the whole program', ask: nameOfMongo },
  WHITEBOOK_MONGODB_SECOND_URL: { what: 'the same of read models and vault, once more on another server', ask: nameOfMongo },
  WHITEBOOK_REDIS_URL: { what: 'jobs and the whole program', ask: nameOfRedis },
};

let failed = false;
let double = null;
const environment = { ...process.env };
if (!environment.WHITEBOOK_EVENTSTORE_URL) {
  double = await EventStoreDouble.start();
  environment.WHITEBOOK_EVENTSTORE_URL = double.url;
}
for (const [variable, { what, ask }] of Object.entries(SERVERS)) {
  const url = environment[variable];
  if (variable === 'WHITEBOOK_EVENTSTORE_URL' && double) {
    console.log(`${variable} is not set: ${what} runs on the double of the event store ${VERSION}, which is no real server`);
  } else if (!url) {
    console.log(`${variable} is not set: what needs that server did not run (${what})`);
  } else {
    const answer = await within(ask(url)).catch((error) => {
      failed = true;
      return `does not answer (${error.message})`;
    });
    console.log(`${variable}: ${answer}`);
  }
}

const jest = join(root, 'node_modules', 'jest', 'bin', 'jest.js');
const args = ['--config', join(root, 'jest.distributed.config.cjs')];
if (environment.WHITEBOOK_MONGODB_URL && environment.WHITEBOOK_REDIS_URL) environment.WHITEBOOK_TEST_PROFILE = 'distributed';
else args.push('--testPathIgnorePatterns', 'test/e2e/');
args.push(...process.argv.slice(2));
const child = spawn(process.execPath, [jest, ...args], { cwd: root, env: environment, stdio: 'inherit' });
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
child.on('exit', (code) => {
  void Promise.resolve(double?.stop()).finally(() => process.exit(failed ? 1 : (code ?? 1)));
});
