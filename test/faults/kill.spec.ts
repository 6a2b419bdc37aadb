/**
 * The program is killed (SIGKILL) at random moments while 16 clients have every kind of command done. `WHITEBOOK_TEST_KILLS` sets how
 * often (20 by default, 200 is the full size), `WHITEBOOK_TEST_SEED` which moments and commands.
 */
import type { Api } from '../support/api.js';
import { expectStatus } from '../program/place.js';
import { Program, removeFolder, tempFolder, until } from '../program/program.js';
import { expectSound } from './brand.js';
import type { Client } from './kill.client.js';
import { acknowledged, complaintsOf, cutOf, expectWhole, makeCrowd } from './kill.crowd.js';
import { mailWishes, peopleWishes } from './kill.wishes.js';
import { placeWishes } from './kill.places.js';
import { sessionWishes } from './kill.sessions.js';
import { chance, kills, seed, timeFor } from './sizes.js';

const KILLS = kills(20);
const SEED = seed();
const CLIENTS = 16;
/** Those who work as the operator: they suspend workspaces and change pools too. */
const OPERATED = 3;
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

const WANTED = [peopleWishes, mailWishes, sessionWishes, placeWishes].flat().length;
const kindsOf = (clients: readonly Client[]): number => new Set(clients.flatMap(({ done }) => Object.keys(done))).size;

/** The work goes on until every kind of command was acknowledged: chance may have left some out. */
async function doEveryKind(root: Api, clients: readonly Client[]): Promise<void> {
  const stop = new AbortController();
  const works = Promise.all(clients.map((client) => client.work(root, stop.signal)));
  const isDone = async (): Promise<boolean> => complaintsOf(clients).length > 0 || kindsOf(clients) === WANTED;
  await until(`${WANTED} kinds of commands`, isDone, 120).finally(() => stop.abort());
  await works;
}

it(
  'RUN-2, RUN-3, COR-4, COR-7: after kill -9 at any moment what was acknowledged is there, nothing is half done, lists agree with the log, timers go on',
  async () => {
    console.info(`WHITEBOOK_TEST_SEED=${SEED}`);
    const moments = chance(SEED + 1);
    program = await Program.start(folder);
    const { clients, operator } = await makeCrowd(program, folder, { clients: CLIENTS, operated: OPERATED, seed: SEED });
    await program.end();
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
    await Promise.all(clients.map((client) => client.check(root)));
    await doEveryKind(root, clients);
    await catchUp(root, operator, first);
    await Promise.all(clients.map((client) => client.checkAll(root)));
    expect(complaintsOf(clients)).toEqual([]);
    for (const client of clients) await expectWhole(root, client);
    expect(await program.end()).toMatchObject({ code: 0, stderr: '' });
    await expectSound(folder);

    const cut = cutOf(clients);
    console.info(
      `${KILLS} kills, ${acknowledged(clients)} acknowledged commands of ${kindsOf(clients)} kinds; ` +
        `without an answer: ${cut.before} not done, ${cut.after} done`,
    );
  },
  timeFor(KILLS, 30),
);
