/**
 * The program is killed (SIGKILL) at random moments while 16 clients have every kind of command done. `WHITEBOOK_TEST_KILLS` sets how
 * often (20 by default, 200 is the full size), `WHITEBOOK_TEST_SEED` which moments and commands.
 */
import type { Api } from '../support/api.js';
import { expectStatus } from '../program/place.js';
import { OPERATOR, Program, removeFolder, tempFolder, until } from '../program/program.js';
import { all, expectBooks, expectSound, makeBrand } from './brand.js';
import { Client } from './kill.client.js';
import { living } from './kill.model.js';
import { mailWishes, peopleWishes } from './kill.wishes.js';
import { placeWishes } from './kill.places.js';
import { sessionWishes } from './kill.sessions.js';
import { chance, kills, seed, timeFor } from './sizes.js';

const KILLS = kills(20);
const SEED = seed();
const CLIENTS = 16;
/** Those who work as the operator: they suspend workspaces and change pools too. */
const OPERATED = 3;
const SLOTS = 30;
/** A kill comes after so many acknowledged commands of a load at most, and after so many milliseconds on a slow machine. */
const MOST = 250;
const LATEST = 2_500;
/** Every so manieth start is killed at once, in the middle of what it has to end. */
const STARTS = 5;
/** The lists are made anew and compared after every so manieth kill, and in the end. */
const RECOUNTED = 10;

let folder: string;
let program: Program;
beforeAll(async () => {
  folder = await tempFolder();
});
afterAll(async () => {
  await program?.end('SIGKILL');
  await removeFolder(folder);
});

const start = async (): Promise<Api> => {
  program = await Program.start(folder);
  const root = program.api;
  await until('ready', async () => (await root.get('/ready')).status === 200);
  return root;
};

/** From now on reads of everybody wait for all that is in the log. */
async function catchUp(root: Api, operator: string, workspace: string): Promise<void> {
  const name = `Brand ${Date.now()}`;
  expectStatus(await root.as(operator).patch(`/v1/workspaces/${workspace}`, { name }), 200);
}

async function makeClients(): Promise<{ clients: Client[]; operator: string }> {
  program = await Program.start(folder);
  const by = await program.signIn(OPERATOR);
  const operator = (by.fixed['authorization'] ?? '').slice('Bearer '.length);
  const random = chance(SEED);
  const clients: Client[] = [];
  for (let n = 0; n < CLIENTS; n++) {
    const brand = await makeBrand(program, `brand-${n}`, SLOTS, by);
    const { id, slug } = brand;
    let names = 0;
    const hand = {
      place: {
        ...{ id, slug, people: [], domain: 'verified' as const, suspended: false },
        ...{ timeZone: 'UTC', productName: null, smtpPort: null, slots: SLOTS },
      },
      folder,
      operated: n < OPERATED,
      chance: chance(Math.floor(random() * 2 ** 32)),
      fresh: (what: string) => `${what}${n}-${++names}`,
    };
    const owner = (brand.owner.fixed['authorization'] ?? '').slice('Bearer '.length);
    clients.push(new Client(hand, n < OPERATED ? operator : owner));
  }
  await program.end();
  return { clients, operator };
}

const acknowledged = (clients: readonly Client[]): number => sum(clients.flatMap(({ done }) => Object.values(done)));

/** Resolves in the middle of a load. */
async function moment(clients: readonly Client[], moments: () => number): Promise<void> {
  const enough = acknowledged(clients) + moments() * MOST;
  const latest = performance.now() + LATEST;
  while (acknowledged(clients) < enough && performance.now() < latest) await new Promise((resolve) => setTimeout(resolve, 1));
  await new Promise((resolve) => setTimeout(resolve, moments() * 10));
}

/** A start that is killed so many milliseconds after the program listens. */
async function killStart(after: number): Promise<void> {
  program = await Program.start(folder);
  await new Promise((resolve) => setTimeout(resolve, after));
  await program.end('SIGKILL');
}

const complaintsOf = (clients: readonly Client[]): string[] => clients.flatMap(({ complaints }) => complaints);
const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0);

/** The lists of each workspace name those whom its client knows, once each; what will happen by itself is kept. */
async function expectWhole(root: Api, client: Client): Promise<void> {
  const by = client.by(root);
  await expectBooks(by);
  const people = living(client.place);
  const listed = (await all(by, '/v1/accounts?status=all&fields=id,number')).map(({ id }) => String(id));
  const owner = listed.filter((id) => !people.some((person) => person.id === id));
  expect(owner).toHaveLength(1);
  expect(listed).toHaveLength(people.length + 1);
  const due = people.flatMap(({ id, status, test }) =>
    status === 'pending' ? [`invitation-expires ${id}`] : test ? [`test-expires ${id}`] : [],
  );
  const timers = (await all(by, '/v1/timers')).map(({ kind, subject }) => `${String(kind)} ${String(subject)}`);
  expect(timers.filter((timer) => !timer.startsWith('reset-link-ends')).sort()).toEqual(due.sort());
}

it(
  'RUN-2, RUN-3, COR-4, COR-7: after kill -9 at any moment what was acknowledged is there, nothing is half done, lists agree with the log, timers go on',
  async () => {
    console.info(`WHITEBOOK_TEST_SEED=${SEED}`);
    const moments = chance(SEED + 1);
    const { clients, operator } = await makeClients();
    const first = (clients[0] as Client).place.id;
    for (let kill = 1; kill <= KILLS && complaintsOf(clients).length === 0; kill++) {
      const root = await start();
      await catchUp(root, operator, first);
      await Promise.all(clients.map((client) => client.check(root)));
      if (complaintsOf(clients).length > 0) break;
      const works = clients.map((client) => client.work(root));
      await moment(clients, moments);
      expect((await program.end('SIGKILL')).signal).toBe('SIGKILL');
      await Promise.all(works);
      if (kill % RECOUNTED === 0) await expectSound(folder);
      if (kill % STARTS === 0) await killStart(moments() * 300);
    }
    expect(complaintsOf(clients)).toEqual([]);

    const root = await start();
    await catchUp(root, operator, first);
    await Promise.all(clients.map((client) => client.checkAll(root)));
    expect(complaintsOf(clients)).toEqual([]);
    for (const client of clients) await expectWhole(root, client);
    expect(await program.end()).toMatchObject({ code: 0, stderr: '' });
    await expectSound(folder);

    const kinds = new Set(clients.flatMap(({ done }) => Object.keys(done)));
    const cut = {
      before: sum(clients.map((client) => client.cut.before)),
      after: sum(clients.map((client) => client.cut.after)),
    };
    console.info(
      `${KILLS} kills, ${acknowledged(clients)} acknowledged commands of ${kinds.size} kinds; ` +
        `without an answer: ${cut.before} not done, ${cut.after} done`,
    );
    const wanted = [peopleWishes, mailWishes, sessionWishes, placeWishes].flat().length;
    if (acknowledged(clients) >= 2_000) expect(kinds.size).toBe(wanted);
  },
  timeFor(KILLS, 30),
);
