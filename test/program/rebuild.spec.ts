import { readdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { itemsOf, type Api } from '../support/api.js';
import { customer, expectStatus, makePlace, OWNER } from './place.js';
import { Program, removeFolder, tempFolder, until, whitebook, type Ended } from './program.js';

const PEOPLE = ['ana', 'bea', 'cleo'];
let folder: string;

const files = (): string[] => readdirSync(folder).filter((name) => /^views\.accounts-\d+\.\d+\.db$/.test(name));
const emails = async (owner: Api): Promise<unknown[]> =>
  itemsOf(expectStatus(await owner.get('/v1/accounts?role=user&sort=email&fields=email'), 200)).map(({ email }) => email);
const addresses = (names: readonly string[]): string[] => names.map((name) => `${name}@customers.example`);

/** The catalogue of builds, behind the program's back. */
function inCatalogue<Result>(work: (db: Database.Database) => Result): Result {
  const db = new Database(join(folder, 'views.db'));
  try {
    return work(db);
  } finally {
    db.close();
  }
}
const unfinished = (db: Database.Database): unknown =>
  db.prepare("SELECT 1 FROM builds WHERE projection = 'accounts' AND serving = 0").get();

/** A rebuild that cannot take over: nothing does while somebody else writes into the catalogue. */
async function stoppedBeforeItsEnd(catalogue: Database.Database): Promise<{ before?: string; rebuilding: Promise<Ended> }> {
  for (;;) {
    const [before] = files();
    const rebuilding = whitebook(folder, 'rebuild', 'accounts');
    let over = false;
    void rebuilding.then(() => (over = true));
    while (!over && !unfinished(catalogue)) await nextTurn();
    catalogue.exec('BEGIN IMMEDIATE');
    if (unfinished(catalogue)) return { before, rebuilding };
    catalogue.exec('ROLLBACK');
  }
}

beforeAll(async () => {
  folder = await tempFolder();
  const program = await Program.start(folder);
  const owner = await makePlace(program);
  for (const name of PEOPLE) expectStatus(await owner.post('/v1/accounts', customer(name)), 201);
  await program.end();
});
afterAll(() => removeFolder(folder));

it('RUN-3: killed in the middle of a rebuild, it starts with the build that served, and nothing is left of the other one', async () => {
  const program = await Program.start(folder);
  const owner = await program.signIn(OWNER);
  const catalogue = new Database(join(folder, 'views.db'));
  const { before, rebuilding } = await stoppedBeforeItsEnd(catalogue);
  expect(await emails(owner)).toEqual(addresses(PEOPLE));
  await program.end('SIGKILL');
  catalogue.exec('ROLLBACK');
  catalogue.close();
  expect((await rebuilding).code).not.toBe(0);
  expect(files()).toHaveLength(2);

  const again = await Program.start(folder);
  try {
    expect(files()).toEqual([before]);
    expect(inCatalogue(unfinished)).toBeUndefined();
    const later = await again.signIn(OWNER);
    expect(await emails(later)).toEqual(addresses(PEOPLE));
    expect((await whitebook(folder, 'rebuild', 'accounts')).code).toBe(0);
    expect(files()).toHaveLength(1);
    expect(files()).not.toEqual([before]);
  } finally {
    await again.end();
  }
  expect((await whitebook(folder, 'recount')).code).toBe(0);
});

it('RUN-3: a raised version is made beside the one before, which answers until it is replaced', async () => {
  const [served = ''] = files();
  inCatalogue((db) => db.exec("UPDATE builds SET version = 0, generation = 0 WHERE projection = 'accounts'"));
  renameSync(join(folder, served), join(folder, 'views.accounts-0.0.db'));
  const program = await Program.start(folder);
  try {
    const owner = await program.signIn(OWNER);
    while (files().includes('views.accounts-0.0.db')) {
      expect(await emails(owner)).toEqual(addresses(PEOPLE));
    }
    expect(files()).toEqual(['views.accounts-1.0.db']);
    expectStatus(await owner.post('/v1/accounts', customer('dora')), 201);
    await until('the new account in the list', async () => (await emails(owner)).length > PEOPLE.length);
    expect(await emails(owner)).toEqual(addresses([...PEOPLE, 'dora']));
  } finally {
    await program.end();
  }
  expect((await whitebook(folder, 'recount')).code).toBe(0);
});
