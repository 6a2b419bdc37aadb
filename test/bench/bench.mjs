// `npm run bench [-- --quick --accounts N --data DIR --json FILE --only writes,passwords,store,reads,rebuild,start]`
// --data keeps the seeded folder: the next run with as many accounts takes it as it is.
// Measures the built program over HTTP, each figure beside what the same machine does in the same run without it.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { passwordHashes, sqliteCommits } from './baselines.mjs';
import { get, load, post } from './load.mjs';
import { logIn, OWNER, root, startChild, startProgram } from './program.mjs';
import { httpReads, rebuilds, storeReads, visibility } from './reads.mjs';
import { idOf, seed } from './seed.mjs';
import { figures, tell } from './table.mjs';

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    accounts: { type: 'string', default: '10000' },
    data: { type: 'string' },
    json: { type: 'string' },
    only: { type: 'string', default: 'writes,passwords,store,reads,rebuild,start' },
    profile: { type: 'string' },
  },
});
const seconds = options.quick ? 2 : 6;
const accounts = Number(options.accounts);
const sections = options.only.split(',');
const folder = mkdtempSync(join(tmpdir(), 'whitebook-bench-'));
const dataDir = options.data ?? join(folder, 'data');

const latencies = ({ p50, p99, max }) => `p50 ${p50} ms, p99 ${p99} ms, max ${max} ms`;

async function baselines() {
  tell('raw SQLite, 1 event a commit', sqliteCommits(folder, 1, seconds / 2), 'events/s');
  tell('raw SQLite, 100 events a commit', sqliteCommits(folder, 100, seconds / 2), 'events/s');
  const bare = await startChild(join(root, 'test/bench/bare.mjs'));
  for (const clients of [1, 16, MOST_CLIENTS]) {
    const requestsOf = () => [post('/bare', { reason: 'overdue' })];
    const done = await load({ base: bare.base, clients, seconds, requestsOf });
    tell(`bare endpoint, ${clients} clients`, done.perSecond, 'requests/s', { note: latencies(done) });
  }
  await bare.stop();
}

/** Most clients of a run: each has accounts of its own. */
const MOST_CLIENTS = 64;

/** Disables and then enables account after account, of which each client has its own: each answer is one durable command. */
function turns(client) {
  const own = Math.floor(accounts / MOST_CLIENTS);
  return Array.from({ length: own }, (_, at) => `/v1/accounts/${idOf(client * own + at)}`).flatMap((path) => [
    post(`${path}/disable`, { reason: 'overdue' }),
    post(`${path}/enable`, {}),
  ]);
}

async function writes({ base, cpuMs }, token) {
  // a service that runs for a while already: what is compiled on the way is no part of what a command costs
  await load({ base, token, clients: 16, seconds, requestsOf: turns });
  for (const clients of [1, 16, MOST_CLIENTS]) {
    const live = await load({ base, clients, seconds, requestsOf: () => [get('/live')] });
    tell(`/live, ${clients} clients`, live.perSecond, 'requests/s', { of: `bare endpoint, ${clients} clients` });
    const before = cpuMs();
    const done = await load({ base, token, clients, seconds: seconds * 2, requestsOf: turns });
    const cpu = before === null ? '' : `, ${((cpuMs() - before) / done.total).toFixed(2)} ms of CPU each`;
    tell(`durable commands, ${clients} clients`, done.perSecond, 'commands/s', {
      of: clients === 1 ? 'raw SQLite, 1 event a commit' : `bare endpoint, ${clients} clients`,
      note: latencies(done) + cpu,
    });
  }
}

async function passwords({ base }, token) {
  tell('raw argon2id, 16 at a time', await passwordHashes(seconds), 'hashes/s');
  const run = Date.now();
  let made = 0;
  const account = () => ({
    ...post('/v1/accounts', {}),
    setupRequest: (request) => {
      const body = { email: `made.${run}.${++made}@customers.example`, password: 'quiet-harbour-44', fullName: 'Made Here' };
      return { ...request, body: JSON.stringify(body) };
    },
  });
  const done = await load({ base, token, clients: 16, seconds: seconds * 1.5, requestsOf: () => [account()] });
  tell('create with a password, 16 clients', done.perSecond, 'commands/s', {
    of: 'raw argon2id, 16 at a time',
    note: latencies(done),
  });
}

async function starts() {
  const program = await startProgram(dataDir);
  const began = performance.now();
  while ((await fetch(`${program.base}/ready`)).status !== 200);
  tell('start to listening', program.startMs, 'ms', { aim: { most: 1500 } });
  tell('start to ready', program.startMs + performance.now() - began, 'ms');
  await new Promise((resolve) => setTimeout(resolve, 2000));
  const resident = program.residentMb();
  if (resident) tell('memory at rest', resident, 'MB', { aim: { most: 180 } });
  await program.stop();
}

async function main() {
  const [{ model }] = cpus();
  console.log(
    `${cpus().length} cores of ${model}, Node ${process.version}, ${accounts} accounts; load generator on the same machine\n`,
  );
  if (sections.includes('writes')) await baselines();
  const seeded = await seed(dataDir, accounts);
  if (!seeded.reused) {
    tell('appended through the port', accounts / seeded.appendSeconds, 'events/s');
    tell('appended and projected', accounts / (seeded.appendSeconds + seeded.projectSeconds), 'events/s');
  }
  if (sections.includes('store')) await storeReads({ dataDir, workspace: seeded.workspace, accounts });
  const nodeOptions = options.profile ? ['--cpu-prof', `--cpu-prof-dir=${options.profile}`] : [];
  const program = await startProgram(dataDir, { nodeOptions });
  const token = await logIn(program.base, OWNER);
  if (sections.includes('writes')) {
    await writes(program, token);
  }
  if (sections.includes('passwords')) await passwords(program, token);
  if (sections.includes('reads')) {
    await httpReads(program, token, { seconds: seconds / 4, accounts });
    await visibility(program, token, accounts);
  }
  if (sections.includes('rebuild')) await rebuilds(program, token, { dataDir, accounts, seconds });
  await program.stop();
  if (sections.includes('start')) await starts();
}

try {
  await main();
  const result = { at: new Date().toISOString(), cores: cpus().length, node: process.version, accounts, figures };
  if (options.json) writeFileSync(options.json, `${JSON.stringify(result, null, 2)}\n`);
  else console.log(`\n${JSON.stringify(result)}`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
