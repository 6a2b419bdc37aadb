// A folder with a workspace made through the API, and many accounts whose events are appended through the port.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { call, logIn, OPERATOR, OWNER, root, startProgram, until } from './program.mjs';
import { openDistributed, openEmbedded } from '#profile';
import { readSettings } from '#settings';

const AT_ONCE = 2000;
/** Calls under way at a time, where each goes to a server. */
const SERVERS_AT_ONCE = 64;
/** Events of the one account that has a long history. */
export const BUSY_EVENTS = 10_000;
/** Index of that account. */
export const BUSY = 9;
const FIRST = ['Sara', 'Tomás', 'Amélie', 'Jonas', 'Priya', 'Mateo', 'Ingrid', 'Kofi', 'Noor', 'Luca', 'Hana', 'Diego', 'Freya'];
const LAST = ['Ruiz', 'Lindqvist', 'Okafor', 'Moreau', 'Fischer', 'Tanaka', 'Costa', 'Novák', 'Haddad', 'Byrne', 'Silva'];
const COMPANIES = ['Northwind Clinic', 'Café Aurora', 'Blue Harbor Logistics', 'Helios Dental', 'Prisma Studio', 'Verde Market'];

export const idOf = (index) => `5eed${String(index).padStart(28, '0')}`;
/** The address of the account of this index. */
export const wholeEmail = (index) => dataOf(index).email;
/** One account of the whole list has it. */
export const RARE = 'quetzalcoatl';

/** Beside the data: of what size it is, and what making it took. */
const NOTE = 'bench-seed.json';

/** Gives the number of accounts, and the seconds it took to append and to project them. A folder that was seeded before is used as it is. */
export async function seed(dataDir, accounts) {
  const note = join(dataDir, NOTE);
  if (existsSync(note)) {
    const before = JSON.parse(readFileSync(note, 'utf8'));
    if (before.accounts !== accounts) throw new Error(`${dataDir} holds ${before.accounts} accounts`);
    return { ...before, reused: true };
  }
  const program = await startProgram(dataDir);
  const workspace = await makeWorkspace(program);
  await program.stop();
  const seeded = await appendAccounts(dataDir, workspace, accounts);
  writeFileSync(note, JSON.stringify({ ...seeded, workspace }));
  return { ...seeded, workspace, reused: false };
}

/** A workspace with an owner and a domain, made through the API; gives its id. */
async function makeWorkspace({ base }) {
  const operator = await until(() => logIn(base, OPERATOR).catch(() => null));
  const { id } = await call(base, operator, 'POST', '/v1/workspaces', {
    name: 'Bench',
    slug: OWNER.workspace,
    pool: { botSlots: 100_000 },
    owner: { email: OWNER.email, fullName: 'Olivia Owner', password: OWNER.password },
  });
  const owner = await until(() => logIn(base, OWNER).catch(() => null));
  await call(base, owner, 'PUT', '/v1/workspace/domain', { domain: 'bench.localhost' });
  await call(base, owner, 'POST', '/v1/workspace/domain/verify');
  return id;
}

/**
 * The same through the ports of the distributed profile, beside the program that projects it; `busy`: with the account that has a long history.
 * Gives the seconds that it took, rows included.
 */
export async function seedBeside(program, environment, { accounts, busy }) {
  const workspace = await makeWorkspace(program);
  const parts = await openDistributed(readSettings(environment), {
    dist: join(root, 'dist'),
    roles: new Set(['api']),
    onError: (error, what, fatal) => fatal && fail(error),
  });
  const began = performance.now();
  for (let from = 0; from < accounts; from += SERVERS_AT_ONCE) {
    const indexes = indexesOf(from, accounts, SERVERS_AT_ONCE);
    await Promise.all(indexes.map((index) => parts.vault.keys.insert(idOf(index))));
    await Promise.all(indexes.map((index) => parts.log.append([appendOf(workspace, index, parts)])));
  }
  if (busy) await appendBusy(parts, workspace);
  await allVisible(parts);
  await parts.close();
  return (performance.now() - began) / 1000;
}

async function allVisible({ store, readStore }) {
  const head = await store.head();
  while (!(await readStore.reached(['accounts', 'workspaces', 'history'], head, 60_000)));
}

const fail = (error) => {
  throw error;
};

async function appendAccounts(dataDir, workspace, accounts) {
  const parts = await openEmbedded(readSettings({ WHITEBOOK_DATA_DIR: dataDir }), { dist: join(root, 'dist'), onError: fail });
  const began = performance.now();
  // Keys of the next batch are stored while this one is appended: two files, two threads.
  let keys = insertKeys(parts, 0, accounts);
  for (let from = 0; from < accounts; from += AT_ONCE) {
    await keys;
    keys = insertKeys(parts, from + AT_ONCE, accounts);
    await parts.log.append(indexesOf(from, accounts).map((index) => appendOf(workspace, index, parts)));
  }
  if (accounts > BUSY) await appendBusy(parts, workspace);
  const appended = performance.now();
  parts.projector.nudge();
  await allVisible(parts);
  const projected = performance.now();
  await parts.close();
  return { accounts, appendSeconds: (appended - began) / 1000, projectSeconds: (projected - appended) / 1000 };
}

const indexesOf = (from, accounts, atOnce = AT_ONCE) =>
  Array.from({ length: Math.max(0, Math.min(atOnce, accounts - from)) }, (_, at) => from + at);
const insertKeys = ({ vault }, from, accounts) =>
  Promise.all(indexesOf(from, accounts).map((index) => vault.keys.insert(idOf(index))));

/** Turns of one account, disabled and enabled again, until it has a long history. */
async function appendBusy(parts, workspace) {
  const turns = [
    { type: 'UserDisabled', data: { from: 'active', kind: 'inactive', reason: 'overdue', note: null, until: null } },
    { type: 'UserEnabled', data: { from: 'inactive', to: 'active', cause: 'staff' } },
  ];
  const { stream, metadata } = appendOf(workspace, BUSY, parts);
  for (let at = 0; at < BUSY_EVENTS; at += 1000) {
    const events = Array.from({ length: 1000 }, (_, n) => turns[n % 2]);
    await parts.log.append([{ stream, expected: at, workspace, events, metadata: { ...metadata, commandId: parts.ids() } }]);
  }
}

function appendOf(workspace, index, { ids, clock }) {
  const account = idOf(index);
  return {
    stream: `account-${workspace}-${account}`,
    expected: -1,
    workspace,
    events: [{ type: 'UserCreated', data: dataOf(index) }],
    metadata: {
      workspace,
      subject: account,
      actor: { id: null, role: 'system', workspace },
      commandId: ids(),
      correlationId: ids(),
      at: clock(),
    },
  };
}

export function dataOf(index) {
  const first = FIRST[index % FIRST.length];
  const last = LAST[(index * 5) % LAST.length];
  return {
    email: `${first}.${last}.${index}@customers.example`.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase(),
    username: null,
    fullName: `${first} ${last}`,
    company: index === 4321 ? RARE : COMPANIES[(index * 3) % COMPANIES.length],
    phone: `+34 600 ${String(index).padStart(6, '0')}`,
    attributes: {},
    comment: null,
    utm: null,
    role: 'user',
    plan: 'standard',
    test: false,
    testSeconds: null,
    quotas: { botSlots: 0, conversations: null, teamMembers: 10 },
    credential: `credential-${index}`,
    passwordChangeRequired: false,
  };
}
