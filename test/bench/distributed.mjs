// The distributed profile, all roles in one process, on the servers that the environment names: each figure beside what the same servers do
// in the same run for a bare client. Without an event store in the environment it runs on the double, and says so.
import { spawn } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { EventStoreDBClient, jsonEvent } from '@eventstore/db-client';
import { connectMongo } from '#mongo';
import { isMongoItself, nameOfEventStore, nameOfMongo, nameOfRedis, within } from '../distributed/server-names.mjs';
import { projection } from './mongo.mjs';
import { logIn, OWNER, root, startProgram } from './program.mjs';
import { httpReads, visibility } from './reads.mjs';
import { seedBeside } from './seed.mjs';
import { starts } from './starts.mjs';
import { tell } from './table.mjs';
import { CLIENTS, commands, passwords } from './writes.mjs';

/** Of lists and searches, on MongoDB itself. */
const READ_AIM = { most: 40 };
/** Others search without its indexes. */
const NO_READS =
  'lists and search: not run: the server is not MongoDB itself, and what others do with its indexes says nothing of its speed';

/** Gives the names of the servers; nothing else is there where one of them is missing. */
export async function distributed({ dataDir, ...options }) {
  const { WHITEBOOK_MONGODB_URL: mongoUrl, WHITEBOOK_REDIS_URL: redisUrl } = process.env;
  if (!mongoUrl || !redisUrl) {
    console.log('Not run: WHITEBOOK_MONGODB_URL and WHITEBOOK_REDIS_URL must name servers (WHITEBOOK_EVENTSTORE_URL may).');
    return { servers: null };
  }
  const eventStore = await eventStoreOf(process.env.WHITEBOOK_EVENTSTORE_URL);
  const name = `bench-${randomBytes(5).toString('hex')}`;
  const database = Object.assign(new URL(mongoUrl), { pathname: `/${name}` }).href;
  const env = {
    WHITEBOOK_PROFILE: 'distributed',
    WHITEBOOK_EVENTSTORE_URL: eventStore.url,
    WHITEBOOK_MONGODB_URL: database,
    WHITEBOOK_REDIS_URL: redisUrl,
    WHITEBOOK_REDIS_PREFIX: name,
    WHITEBOOK_MASTER_KEY: randomBytes(32).toString('hex'),
    WHITEBOOK_DATA_DIR: dataDir,
  };
  try {
    const servers = await Promise.all([eventStore.name, within(nameOfMongo(mongoUrl)), within(nameOfRedis(redisUrl))]);
    console.log(`on ${servers.join(', ')}\n`);
    await measure({
      ...options,
      env,
      mongoUrl,
      eventStoreUrl: eventStore.url,
      start: (more) => startProgram(dataDir, { env, ...more }),
    });
    return { servers };
  } finally {
    await dropDatabase(database);
    await eventStore.stop();
  }
}

async function measure({ env, accounts, seconds, sections, nodeOptions, eventStoreUrl, mongoUrl, start }) {
  // Before the program starts: it would follow them meanwhile.
  const raw = new Map();
  if (sections.includes('writes'))
    for (const clients of CLIENTS) raw.set(clients, await appends(eventStoreUrl, clients, seconds));
  const program = await start({ nodeOptions });
  try {
    const withReads = sections.includes('reads') && (await isMongoItself(mongoUrl));
    const took = await seedBeside(program, env, { accounts, busy: withReads });
    tell('appended through the port and projected', accounts / took, 'events/s');
    const token = await logIn(program.base, OWNER);
    // Before the writes: what they leave to be projected would be measured too.
    if (sections.includes('visible')) await visibility(program, token, { accounts, most: 250 });
    if (sections.includes('writes')) {
      await commands(program, token, { accounts, seconds, beside: async (clients) => raw.get(clients) });
    }
    if (sections.includes('passwords')) await passwords(program, token, { seconds });
    const reads = { seconds: seconds / 4, accounts, listAim: READ_AIM, searchAim: READ_AIM };
    if (withReads) await httpReads(program, token, reads);
    else if (sections.includes('reads')) console.log(NO_READS);
  } finally {
    await program.stop();
  }
  if (sections.includes('projection')) await projection(mongoUrl, seconds * 2000);
  if (sections.includes('start')) await starts(start);
}

/** Streams that the log passes over: of any other event, which nobody knows, every read model would stop. */
const rawStream = () => `chain-raw-${randomUUID()}`;

/** The bare client's appends of one event each, by so many writers with a stream of their own; gives what commands are held against. */
async function appends(url, writers, seconds) {
  const client = EventStoreDBClient.connectionString(url);
  const data = { reason: 'overdue', text: 'x'.repeat(400) };
  await client.appendToStream(rawStream(), jsonEvent({ type: 'Warmed', data }));
  const began = performance.now();
  let written = 0;
  const writer = async () => {
    const stream = rawStream();
    for (let expectedRevision = 'no_stream'; performance.now() - began < seconds * 1000; written++) {
      const { nextExpectedRevision } = await client.appendToStream(stream, jsonEvent({ type: 'Written', data }), {
        expectedRevision,
      });
      expectedRevision = nextExpectedRevision;
    }
  };
  await Promise.all(Array.from({ length: writers }, writer));
  const of = `raw appends, ${writers} writers`;
  tell(of, (written * 1000) / (performance.now() - began), 'events/s');
  await client.dispose();
  return { of, aim: { share: 0.6 } };
}

/** The server that the address names; a double of its own process where it names none. */
async function eventStoreOf(url) {
  if (url) return { url, name: await within(nameOfEventStore(url)), stop: async () => undefined };
  const double = spawn(process.execPath, [join(root, 'test/doubles/eventstore/main.mjs')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [address] = await once(createInterface(double.stdout), 'line');
  const stop = async () => {
    double.kill('SIGTERM');
    await once(double, 'exit');
  };
  return { url: address, name: 'a double of the event store, with its log in memory, which is no real server', stop };
}

async function dropDatabase(url) {
  const connection = await connectMongo(url);
  await connection.db().dropDatabase();
  await connection.close();
}
