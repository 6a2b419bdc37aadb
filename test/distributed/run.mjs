// Runs the suite of the distributed profile against the servers that the environment names, and says which those are: `npm run test:distributed`.
import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EventStoreDBClient } from '@eventstore/db-client';
import { Redis } from 'ioredis';
import { MongoClient } from 'mongodb';
import { EventStoreDouble, VERSION } from '../doubles/eventstore/server.js';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
const ANSWER_WITHIN_MS = 10_000;

/** What each variable names, how its server tells name and version, and what needs it. */
const SERVERS = {
  WHITEBOOK_EVENTSTORE_URL: { what: 'the event log', ask: askEventStore },
  WHITEBOOK_MONGODB_URL: { what: 'read models, the vault and the whole program', ask: askMongo },
  WHITEBOOK_MONGODB_SECOND_URL: { what: 'the same of read models and vault, once more on another server', ask: askMongo },
  WHITEBOOK_REDIS_URL: { what: 'jobs and the whole program', ask: askRedis },
};

async function askEventStore(url) {
  const client = EventStoreDBClient.connectionString(url);
  try {
    const { serverVersion } = await client.capabilities;
    return `EventStoreDB ${serverVersion}`;
  } finally {
    await client.dispose();
  }
}

async function askMongo(url) {
  const client = new MongoClient(url, { serverSelectionTimeoutMS: ANSWER_WITHIN_MS });
  try {
    const info = await client.db('admin').command({ buildInfo: 1 });
    return `MongoDB ${info.version}${'ferretdbVersion' in info ? ', which is FerretDB' : ''}`;
  } finally {
    await client.close();
  }
}

async function askRedis(url) {
  const redis = new Redis(url, { lazyConnect: true, retryStrategy: () => null });
  redis.on('error', () => undefined);
  try {
    await redis.connect();
    return `Redis ${/redis_version:(\S+)/.exec(await redis.info())?.[1]}`;
  } finally {
    redis.disconnect();
  }
}

const within = (work) => {
  let timer;
  const late = new Promise((_, reject) => (timer = setTimeout(() => reject(new Error('it does not answer')), ANSWER_WITHIN_MS)));
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
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
