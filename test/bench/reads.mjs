// The read side: pages, searches, counts and histories, in the store and over HTTP; how soon a write is seen; rebuilds beside the service.
import { decodePosition } from '#http';
import { askOperatorDesk, dataFiles, threadEntries } from '#profile';
import { openSqliteReadStore } from '#read-store';
import { join } from 'node:path';
import { indexSeek, trigramLookUp } from './baselines.mjs';
import { get, load } from './load.mjs';
import { call, logIn, OWNER, root } from './program.mjs';
import { BUSY, idOf, RARE, wholeEmail } from './seed.mjs';
import { spread, tell, told } from './table.mjs';

const FIELDS = 'fields=id,number,fullName,email,company,status,joinedAt';
const SORTS = ['-joinedAt', 'fullName', 'email', 'company', 'status', '-number', 'lastLoginAt'];
const LIST_AIM = { most: 8 };
const SEARCH_AIM = { most: 25 };
const SUMMARY_AIM = { most: 5 };

/** What is looked for: one row, every row, a thirteenth of them in an order that has them late, none, one by its whole address. */
const searchesOf = (accounts) => [
  ['rare word', RARE],
  ['common word', 'customers'],
  ['common name', 'tomas'],
  ['two words', 'freya byrne'],
  ['two characters', 'qu'],
  ['no match', 'zzyzxq'],
  ['whole email', wholeEmail(accounts - 2)],
];

/** In the store, one read after the other, without HTTP. */
export async function storeReads({ dataDir, workspace, accounts }) {
  const file = dataFiles(dataDir).views;
  const raw = indexSeek(file, workspace);
  tell('raw index seek of 50 rows', raw.p99, 'ms p99', { note: told(raw) });
  const bare = trigramLookUp(Math.min(accounts, 100_000));
  tell('bare FTS5 trigram look-up of 50', bare.p99, 'ms p99', { note: `${told(bare)}, of ${Math.min(accounts, 100_000)} rows` });
  const store = await openSqliteReadStore({ file, readerEntry: threadEntries(join(root, 'dist')).reader });
  const filters = [
    { field: 'workspace', op: 'eq', value: workspace },
    { field: 'listed', op: 'eq', value: true },
  ];
  const query = { collection: 'accounts/list', filters, sort: { field: 'joinedAt', descending: true }, limit: 50 };
  const measure = async (name, read, more) => {
    for (let n = 0; n < 3; n++) await read();
    const took = spread(await timed(read, 60));
    tell(`store: ${name}`, took.p99, 'ms p99', { note: told(took), ...more });
  };
  for (const sort of SORTS) {
    const by = { field: sort.replace('-', ''), descending: sort.startsWith('-') };
    await measure(`page by ${sort}`, () => store.find({ ...query, sort: by }), {
      of: 'raw index seek of 50 rows',
      aim: LIST_AIM,
    });
  }
  for (const [name, search] of searchesOf(accounts)) {
    const more = { of: 'bare FTS5 trigram look-up of 50', aim: SEARCH_AIM };
    await measure(`search, ${name}`, () => store.find({ ...query, search }), more);
    const byName = { field: 'fullName', descending: false };
    await measure(`search, ${name}, by fullName`, () => store.find({ ...query, sort: byName, search }), more);
  }
  await store.close();
}

async function timed(read, times) {
  const took = [];
  const deadline = performance.now() + 3000;
  for (let n = 0; n < times && (n < 5 || performance.now() < deadline); n++) {
    const began = performance.now();
    await read();
    took.push(performance.now() - began);
  }
  return took;
}

/** Over HTTP, with one client and with sixteen that ask one after the other. */
export async function httpReads({ base }, token, { seconds, accounts, listAim = LIST_AIM, searchAim = SEARCH_AIM }) {
  const measure = async (name, path, aim) => {
    for (const clients of [1, 16]) {
      await call(base, token, 'GET', path); // answered after those that the load before has left under way
      const done = await load({ base, token, clients, seconds, requestsOf: () => [get(path)] });
      const note = `${Math.round(done.perSecond)} requests/s, ${told(done)}`;
      tell(`${name}, ${clients} client${clients > 1 ? 's' : ''}`, done.p99, 'ms p99', {
        note,
        ...(clients === 1 ? { aim } : {}),
      });
    }
  };
  const list = (sort) => `/v1/accounts?sort=${sort}&${FIELDS}`;
  await measure('one account', `/v1/accounts/${idOf(7)}`);
  for (const sort of ['-joinedAt', 'fullName', '-number']) await measure(`page by ${sort}`, list(sort), listAim);
  await measure('page, all fields', '/v1/accounts', listAim);
  await measure('deep page', await deepPage(base, token, accounts), listAim);
  for (const [name, search] of searchesOf(accounts))
    await measure(`search, ${name}`, `/v1/accounts?search=${encodeURIComponent(search)}&${FIELDS}`, searchAim);
  await measure('summary', '/v1/accounts/summary', SUMMARY_AIM);
  await measure('history of the workspace', '/v1/history');
  await measure('history of 10,000 events', `/v1/accounts/${idOf(BUSY)}/history`, listAim);
  await summaryBesideSearch(base, token, seconds);
}

async function summaryBesideSearch(base, token, seconds) {
  const search = `/v1/accounts?search=tomas&sort=fullName&${FIELDS}`;
  const searching = load({ base, token, clients: 2, seconds: seconds + 1, requestsOf: () => [get(search)] });
  const done = await load({ base, token, clients: 1, seconds, requestsOf: () => [get('/v1/accounts/summary')] });
  await searching;
  tell('summary while two search', done.p99, 'ms p99', { note: told(done), aim: SUMMARY_AIM });
}

/** A page in the middle of what can be walked to in some seconds. */
async function deepPage(base, token, accounts) {
  const page = (cursor) =>
    `/v1/accounts?sort=fullName&limit=200&fields=id${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`;
  let cursor;
  for (let seen = 0; seen < Math.min(accounts / 2, 100_000); seen += 200)
    cursor = (await call(base, token, 'GET', page(cursor))).next;
  return `/v1/accounts?sort=fullName&${FIELDS}&cursor=${encodeURIComponent(cursor)}`;
}

/** From the answer to a write until somebody else's read shows it. */
export async function visibility({ base }, token, { accounts, most, turns = 200 }) {
  const reader = await logIn(base, OWNER);
  const path = `/v1/accounts/${idOf(accounts - 1)}`;
  const lags = [];
  for (let turn = 0; turn < turns; turn++) {
    const [action, status] = turn % 2 ? ['enable', 'active'] : ['disable', 'inactive'];
    await call(base, token, 'POST', `${path}/${action}`, action === 'disable' ? { reason: 'overdue' } : {});
    const answered = performance.now();
    while ((await call(base, reader, 'GET', path)).status !== status);
    lags.push(performance.now() - answered);
  }
  const lag = spread(lags);
  tell('write to visible', lag.p99, 'ms p99', { note: told(lag), aim: { most } });
}

/** Rebuilds beside the service, one quiet and one under load; commands and pages before and while. */
export async function rebuilds({ base }, token, { dataDir, accounts, seconds }) {
  const answer = await fetch(`${base}/v1/accounts?limit=1`, { headers: bearer(token) });
  const head = decodePosition(answer.headers.get('position') ?? '') ?? accounts;
  const desk = dataFiles(dataDir).desk;
  const rebuild = async (projection) => {
    const began = performance.now();
    if (!(await askOperatorDesk(desk, { ask: 'rebuild', projection }))) throw new Error('the service takes no rebuild');
    return (performance.now() - began) / 1000;
  };
  tell('rebuild without search', head / (await rebuild('history')), 'events/s', { aim: { least: 50_000 }, note: 'history' });
  const quiet = await paced(base, token, accounts, sleep(seconds * 2000));
  tell('command, quiet', quiet.commands.p99, 'ms p99', { note: told(quiet.commands) });
  tell('page, quiet', quiet.pages.p99, 'ms p99', { note: told(quiet.pages) });
  const under = rebuild('accounts');
  const beside = await paced(base, token, accounts, under);
  tell('rebuild with search, beside load', head / (await under), 'events/s', { aim: { least: 10_000 }, note: 'accounts' });
  const most = (figure) => ({ most: Math.round(3 * figure.p99 * 10) / 10 });
  tell('command while rebuilding', beside.commands.p99, 'ms p99', {
    note: told(beside.commands),
    of: 'command, quiet',
    aim: most(quiet.commands),
  });
  tell('page while rebuilding', beside.pages.p99, 'ms p99', {
    note: told(beside.pages),
    of: 'page, quiet',
    aim: most(quiet.pages),
  });
}

const bearer = (token) => ({ authorization: `Bearer ${token}` });
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Two callers, some 40 commands and 40 pages a second, until `end`; each page is read after a write by the same credential. */
async function paced(base, token, accounts, end) {
  let over = false;
  void Promise.resolve(end).finally(() => (over = true));
  const took = { commands: [], pages: [] };
  const timing = async (list, work) => {
    const began = performance.now();
    await work();
    list.push(performance.now() - began);
  };
  const caller = async (index) => {
    const path = `/v1/accounts/${idOf(index)}`;
    for (let turn = 0; !over; turn++) {
      const [action, body] = turn % 2 ? ['enable', {}] : ['disable', { reason: 'overdue' }];
      await timing(took.commands, () => call(base, token, 'POST', `${path}/${action}`, body));
      await timing(took.pages, () => call(base, token, 'GET', `/v1/accounts?sort=fullName&${FIELDS}`));
      await sleep(50);
    }
    if ((await call(base, token, 'GET', path)).status === 'inactive') await call(base, token, 'POST', `${path}/enable`, {});
  };
  await Promise.all([caller(accounts - 3), caller(accounts - 4)]);
  return { commands: spread(took.commands), pages: spread(took.pages) };
}
