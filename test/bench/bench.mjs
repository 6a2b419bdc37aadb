// `npm run bench [-- --quick | --brief --accounts N --data DIR --json FILE --only writes,passwords,store,reads,rebuild,start]`
// `npm run bench -- --distributed [--quick --accounts N --json FILE --only writes,passwords,projection,visible,reads,start]`
// --brief measures every figure for an instant: it shows that all can be measured, and tells little about any.
// --data keeps the seeded folder: the next run with as many accounts takes it as it is.
// --distributed measures that profile on the servers that the environment names.
// Measures the built program over HTTP, each figure beside what the same machine does in the same run without it.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { sqliteCommits } from './baselines.mjs';
import { distributed } from './distributed.mjs';
import { get, load, post } from './load.mjs';
import { logIn, OWNER, root, startChild, startProgram } from './program.mjs';
import { httpReads, rebuilds, storeReads, visibility } from './reads.mjs';
import { seed } from './seed.mjs';
import { starts } from './starts.mjs';
import { figures, tell } from './table.mjs';
import { commands, commandsByNode, invitations, latencies, MOST_CLIENTS, passwords } from './writes.mjs';

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    brief: { type: 'boolean', default: false },
    distributed: { type: 'boolean', default: false },
    accounts: { type: 'string' },
    data: { type: 'string' },
    json: { type: 'string' },
    only: { type: 'string', default: 'writes,passwords,store,projection,visible,reads,rebuild,start' },
    profile: { type: 'string' },
  },
});
const seconds = options.brief ? 0.4 : options.quick ? 2 : 6;
const accounts = Number(options.accounts ?? (options.distributed || options.brief ? 2000 : 10_000));
const sections = options.only.split(',');
const nodeOptions = options.profile ? ['--cpu-prof', `--cpu-prof-dir=${options.profile}`] : [];
const folder = mkdtempSync(join(tmpdir(), 'whitebook-bench-'));
const dataDir = options.data ?? join(folder, 'data');

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

/** The program's `/live` beside the bare endpoint; gives what commands are held against. */
async function live(base, clients) {
  const bare = `bare endpoint, ${clients} clients`;
  const done = await load({ base, clients, seconds, requestsOf: () => [get('/live')] });
  tell(`/live, ${clients} clients`, done.perSecond, 'requests/s', { of: bare });
  if (clients === 1) return { of: 'raw SQLite, 1 event a commit' };
  return { of: bare, ...(clients === MOST_CLIENTS ? { aim: { least: 4000 } } : {}) };
}

async function embedded() {
  if (sections.includes('writes')) await baselines();
  const seeded = await seed(dataDir, accounts);
  if (!seeded.reused) {
    tell('appended through the port', accounts / seeded.appendSeconds, 'events/s');
    tell('appended and projected', accounts / (seeded.appendSeconds + seeded.projectSeconds), 'events/s');
  }
  if (sections.includes('store')) await storeReads({ dataDir, workspace: seeded.workspace, accounts });
  const program = await startProgram(dataDir, { nodeOptions });
  const token = await logIn(program.base, OWNER);
  if (sections.includes('writes')) {
    await commands(program, token, { accounts, seconds, beside: (clients) => live(program.base, clients) });
    await commandsByNode(program, token, { accounts, seconds });
    await invitations(program, token, { seconds });
  }
  if (sections.includes('passwords')) await passwords(program, token, { seconds });
  if (sections.includes('reads')) {
    await httpReads(program, token, { seconds: seconds / 4, accounts });
    await visibility(program, token, { accounts, most: 50, turns: options.brief ? 20 : 200 });
  }
  if (sections.includes('rebuild')) await rebuilds(program, token, { dataDir, accounts, seconds });
  await program.stop();
  const rest = options.brief ? { restSeconds: 1 } : { restMb: 180 };
  if (sections.includes('start')) await starts(() => startProgram(dataDir), { listenMs: 1500, ...rest });
}

const [{ model }] = cpus();
console.log(
  `${cpus().length} cores of ${model}, Node ${process.version}, ${accounts} accounts; load generator on the same machine\n`,
);
try {
  const servers = options.distributed ? await distributed({ accounts, seconds, sections, dataDir, nodeOptions }) : {};
  if (!options.distributed) await embedded();
  const result = { at: new Date().toISOString(), cores: cpus().length, node: process.version, accounts, ...servers, figures };
  if (options.json) writeFileSync(options.json, `${JSON.stringify(result, null, 2)}\n`);
  else console.log(`\n${JSON.stringify(result)}`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
