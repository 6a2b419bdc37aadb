// A folder with a workspace made through the API, and many accounts whose events are appended through the port.
import { join } from 'node:path';
import { call, logIn, OPERATOR, OWNER, root, startProgram, until } from './program.mjs';
import { openEmbedded } from '#profile';
import { readSettings } from '#settings';

const AT_ONCE = 1000;
const FIRST = ['Sara', 'Tomás', 'Amélie', 'Jonas', 'Priya', 'Mateo', 'Ingrid', 'Kofi', 'Noor', 'Luca', 'Hana', 'Diego', 'Freya'];
const LAST = ['Ruiz', 'Lindqvist', 'Okafor', 'Moreau', 'Fischer', 'Tanaka', 'Costa', 'Novák', 'Haddad', 'Byrne', 'Silva'];
const COMPANIES = ['Northwind Clinic', 'Café Aurora', 'Blue Harbor Logistics', 'Helios Dental', 'Prisma Studio', 'Verde Market'];

export const idOf = (index) => `5eed${String(index).padStart(28, '0')}`;
/** One account of the whole list has it. */
export const RARE = 'quetzalcoatl';

/** Gives the number of accounts, the seconds it took to append and to project them. */
export async function seed(dataDir, accounts) {
  const program = await startProgram(dataDir);
  const operator = await until(() => logIn(program.base, OPERATOR).catch(() => null));
  const { id: workspace } = await call(program.base, operator, 'POST', '/v1/workspaces', {
    name: 'Bench',
    slug: OWNER.workspace,
    pool: { botSlots: 100_000 },
    owner: { email: OWNER.email, fullName: 'Olivia Owner', password: OWNER.password },
  });
  const owner = await until(() => logIn(program.base, OWNER).catch(() => null));
  await call(program.base, owner, 'PUT', '/v1/workspace/domain', { domain: 'bench.localhost' });
  await call(program.base, owner, 'POST', '/v1/workspace/domain/verify');
  await program.stop();
  return appendAccounts(dataDir, workspace, accounts);
}

async function appendAccounts(dataDir, workspace, accounts) {
  const fail = (error) => {
    throw error;
  };
  const parts = await openEmbedded(readSettings({ WHITEBOOK_DATA_DIR: dataDir }), { dist: join(root, 'dist'), onError: fail });
  const began = performance.now();
  for (let from = 0; from < accounts; from += AT_ONCE) {
    const indexes = Array.from({ length: Math.min(AT_ONCE, accounts - from) }, (_, at) => from + at);
    await Promise.all(indexes.map((index) => parts.vault.keys.insert(idOf(index))));
    await parts.log.append(indexes.map((index) => appendOf(workspace, index, parts)));
  }
  const appended = performance.now();
  const head = await parts.store.head();
  parts.projector.nudge();
  while (!(await parts.readStore.reached(['accounts', 'workspaces', 'history'], head, 60_000)));
  const projected = performance.now();
  await parts.close();
  return { accounts, appendSeconds: (appended - began) / 1000, projectSeconds: (projected - appended) / 1000 };
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
