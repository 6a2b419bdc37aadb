import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expectStatus, customer, makePlace, OWNER } from './place.js';
import { Program, removeFolder, tempFolder, whitebook } from './program.js';

let folder: string;

/** Changes a file behind the program's back. */
function tamper(file: string, change: (db: Database.Database) => void): void {
  const db = new Database(join(folder, file));
  change(db);
  db.close();
}

const listTable = '"accounts-1.0/list"';

beforeAll(async () => {
  folder = await tempFolder();
  const program = await Program.start(folder);
  const owner = await makePlace(program);
  for (const name of ['ana', 'bea', 'cleo']) expectStatus(await owner.post('/v1/accounts', customer(name)), 201);
  expectStatus(await owner.post('/v1/invitations', { email: 'dora@customers.example' }), 201);
  await program.end();
});
afterAll(() => removeFolder(folder));

it('says what there is, and what is wrong with a command line', async () => {
  expect(await whitebook(folder)).toMatchObject({ code: 0, stdout: expect.stringContaining('recount') });
  expect(await whitebook(folder, 'reckon')).toMatchObject({ code: 2, stderr: expect.stringContaining('no command reckon') });
  expect(await whitebook(folder, 'rebuild', 'nothing')).toMatchObject({ code: 2, stderr: expect.stringContaining('accounts') });
  const nowhere = await whitebook(join(folder, 'nowhere'), 'recount');
  expect(nowhere).toMatchObject({ code: 3, stderr: expect.stringContaining('WHITEBOOK_DATA_DIR') });
});

describe('recount', () => {
  it('finds log, rows and counters equal', async () => {
    const { code, stdout, stderr } = await whitebook(folder, 'recount');
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^equal: \d+ events/);
  });

  const changeRow = `UPDATE ${listTable} SET row = json_set(row, '$.role', 'admin') WHERE f_email LIKE 'ana@%'`;
  it.each([
    ['a row that was changed', changeRow, /accounts\/list: [0-9a-f]{32} differs in role/],
    ['the same, against the stream', changeRow, /streams: [0-9a-f]{32} differs from its stream in role/],
    ['a row that is missing', `DELETE FROM ${listTable} WHERE f_email LIKE 'ana@%'`, /has no row/],
    [
      'a counter that is off',
      `UPDATE "accounts-1.0/list/counters" SET n = n + 1`,
      /counters: .*\/total is 5, counted over the rows 4/,
    ],
    [
      'a counter of nothing',
      `INSERT INTO "accounts-1.0/list/counters" VALUES ('gone/total', 1)`,
      /gone\/total is 1, made anew 0/,
    ],
    ['a sequence that is off', `UPDATE sequences SET value = value + 1`, /sequence/],
  ])('finds %s, and rebuild mends it', async (_what, statement, expected) => {
    const file = readdirSync(folder).find((name) => /^views\.accounts-1\.\d+\.db$/.test(name)) ?? '';
    tamper(file, (db) => {
      const table =
        db.prepare<[], string>(`SELECT name FROM sqlite_master WHERE name LIKE 'accounts-1.%/list'`).pluck().get() ?? '';
      db.exec(statement.replaceAll('accounts-1.0/list', table));
    });
    const found = await whitebook(folder, 'recount');
    expect(found.code).toBe(1);
    expect(found.stdout).toMatch(expected);
    expect(found.stdout).not.toContain('customers.example');
    expect((await whitebook(folder, 'rebuild', 'accounts')).code).toBe(0);
    expect((await whitebook(folder, 'recount')).code).toBe(0);
  });
});

it('RUN-3: rebuilds everything', async () => {
  const { code, stdout } = await whitebook(folder, 'rebuild');
  expect(code).toBe(0);
  for (const name of ['accounts', 'workspaces', 'history']) expect(stdout).toMatch(new RegExp(`^${name}: made anew`, 'm'));
  expect((await whitebook(folder, 'recount')).code).toBe(0);
});

it('RUN-3: rebuilds beside a running service, whose rows are whole before, while and after', async () => {
  const program = await Program.start(folder);
  try {
    const owner = await program.signIn(OWNER);
    const files = (): string[] => readdirSync(folder).filter((name) => /^views\.accounts-1\.\d+\.db$/.test(name));
    const [before] = files();
    const rebuilding = whitebook(folder, 'rebuild', 'accounts');
    let over = false;
    void rebuilding.then(() => (over = true));
    for (let turn = 0; !over; turn++) {
      expectStatus(await owner.post('/v1/accounts', customer(`during${turn}`)), 201);
      const summary = expectStatus(await owner.get('/v1/accounts/summary'), 200);
      expect(summary.body['total']).toBe(5 + turn);
    }
    expect(await rebuilding).toMatchObject({ code: 0, stdout: 'accounts: made anew beside the running service\n' });
    expect(files()).toHaveLength(1);
    expect(files()).not.toEqual([before]);
    expect(await whitebook(folder, 'verify')).toMatchObject({ code: 0, stdout: expect.stringMatching(/^whole: /m) });
    const refused = await whitebook(folder, 'recount');
    expect(refused).toMatchObject({ code: 3, stderr: expect.stringContaining('FolderInUse') });
  } finally {
    await program.end();
  }
  expect((await whitebook(folder, 'recount')).code).toBe(0);
});

it('finds nobody parked', async () => {
  expect(await whitebook(folder, 'unpark')).toMatchObject({ code: 0, stdout: '0 parked, 0 replayed\n' });
});

it('HIST-3: verifies every chain, and finds an event that was changed', async () => {
  const whole = await whitebook(folder, 'verify');
  expect(whole).toMatchObject({ code: 0, stdout: expect.stringMatching(/^whole: \d+ events, 2 chains$/m) });
  tamper('log.db', (db) => db.exec(`UPDATE events SET data = '{}' WHERE position = 5`));
  const broken = await whitebook(folder, 'verify');
  expect(broken).toMatchObject({ code: 1, stdout: expect.stringMatching(/^broken: event \d+ of workspace /) });
});
