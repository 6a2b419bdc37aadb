// `npm run bench [-- --quick --accounts N --json FILE --only writes,reads,passwords,start]`
// Measures the built program over HTTP, each figure beside what the same machine does in the same run without it.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { passwordHashes, sqliteCommits } from './baselines.mjs';
import { get, load, post } from './load.mjs';
import { call, logIn, OWNER, root, startChild, startProgram } from './program.mjs';
import { idOf, RARE, seed } from './seed.mjs';

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    accounts: { type: 'string', default: '10000' },
    json: { type: 'string' },
    only: { type: 'string', default: 'writes,passwords,reads,start' },
    profile: { type: 'string' },
  },
});
const seconds = options.quick ? 2 : 6;
const accounts = Number(options.accounts);
const sections = options.only.split(',');
const folder = mkdtempSync(join(tmpdir(), 'whitebook-bench-'));
const dataDir = join(folder, 'data');
const figures = [];

/** One line of the table; `of` is the figure that it is held against. */
function tell(name, value, unit, { of, note = '' } = {}) {
  const against = of && figures.find((figure) => figure.name === of);
  const ratio = against ? value / against.value : null;
  figures.push({ name, value, unit, ...(ratio === null ? {} : { of, ratio }), ...(note ? { note } : {}) });
  const amount = value >= 100 ? Math.round(value).toLocaleString('en') : value.toFixed(value >= 10 ? 1 : 2);
  const share = ratio === null ? '' : `${ratio.toFixed(ratio < 0.1 ? 3 : 2)} × ${of}`;
  console.log(`${name.padEnd(34)} ${amount.padStart(9)} ${unit.padEnd(11)} ${share.padEnd(40)} ${note}`.trimEnd());
}
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

/** From the answer to a write until somebody else's read shows it. */
async function visibility({ base }, token) {
  const reader = await logIn(base, OWNER);
  const lags = [];
  for (let turn = 0; turn < 40; turn++) {
    const path = `/v1/accounts/${idOf(accounts - 1)}`;
    const [action, status] = turn % 2 ? ['enable', 'active'] : ['disable', 'inactive'];
    await call(base, token, 'POST', `${path}/${action}`, action === 'disable' ? { reason: 'overdue' } : {});
    const answered = performance.now();
    while ((await call(base, reader, 'GET', path)).status !== status);
    lags.push(performance.now() - answered);
  }
  lags.sort((a, b) => a - b);
  tell('write to visible, median', lags[lags.length / 2], 'ms', { note: `max ${lags.at(-1).toFixed(1)} ms of ${lags.length}` });
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

async function reads({ base }, token) {
  const fields = 'fields=id,number,fullName,email,company,status,joinedAt';
  const measure = async (name, path) => {
    const done = await load({ base, token, clients: 16, seconds: seconds / 2, requestsOf: () => [get(path)] });
    tell(name, done.perSecond, 'requests/s', { of: '/live, 16 clients', note: latencies(done) });
  };
  if (!figures.some(({ name }) => name === '/live, 16 clients')) {
    const live = await load({ base, clients: 16, seconds, requestsOf: () => [get('/live')] });
    tell('/live, 16 clients', live.perSecond, 'requests/s');
  }
  await measure('one account', `/v1/accounts/${idOf(7)}`);
  for (const sort of ['-joinedAt', 'fullName', 'email', '-number'])
    await measure(`page of 50 by ${sort}`, `/v1/accounts?sort=${sort}&${fields}`);
  await measure('page of 50, all fields', '/v1/accounts');
  await measure('page of 50, deep', await deepPage(base, token, fields));
  await measure('search, rare word', `/v1/accounts?search=${RARE}&${fields}`);
  await measure('search, common word', `/v1/accounts?search=customers&${fields}`);
  await measure('search, no match', `/v1/accounts?search=zzyzxq&${fields}`);
  await measure('summary', '/v1/accounts/summary');
  await measure('summary under a search', '/v1/accounts/summary?search=clinic');
  await measure('history of the workspace', '/v1/history');
}

/** The page in the middle of the list. */
async function deepPage(base, token, fields) {
  const page = (cursor) =>
    `/v1/accounts?sort=fullName&limit=200&fields=id${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`;
  let cursor;
  for (let seen = 0; seen < Math.min(accounts, 100_000) / 2; seen += 200)
    cursor = (await call(base, token, 'GET', page(cursor))).next;
  return `/v1/accounts?sort=fullName&${fields}&cursor=${encodeURIComponent(cursor)}`;
}

async function starts() {
  const program = await startProgram(dataDir);
  const began = performance.now();
  while ((await fetch(`${program.base}/ready`)).status !== 200);
  tell('start to listening', program.startMs, 'ms');
  tell('start to ready', program.startMs + performance.now() - began, 'ms');
  await new Promise((resolve) => setTimeout(resolve, 2000));
  const resident = program.residentMb();
  if (resident) tell('memory at rest', resident, 'MB');
  await program.stop();
}

async function main() {
  const [{ model }] = cpus();
  console.log(
    `${cpus().length} cores of ${model}, Node ${process.version}, ${accounts} accounts; load generator on the same machine\n`,
  );
  if (sections.includes('writes')) await baselines();
  const seeded = await seed(dataDir, accounts);
  tell('appended through the port', accounts / seeded.appendSeconds, 'events/s');
  tell('projected after that', accounts / Math.max(seeded.projectSeconds, 0.001), 'events/s');
  const nodeOptions = options.profile ? ['--cpu-prof', `--cpu-prof-dir=${options.profile}`] : [];
  const program = await startProgram(dataDir, { nodeOptions });
  const token = await logIn(program.base, OWNER);
  if (sections.includes('writes')) {
    await writes(program, token);
    await visibility(program, token);
  }
  if (sections.includes('passwords')) await passwords(program, token);
  if (sections.includes('reads')) await reads(program, token);
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
