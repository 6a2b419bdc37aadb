import { join } from 'node:path';
import Database from 'better-sqlite3';
import { itemsOf, type Api } from '../support/api.js';
import { customer, expectStatus, makePlace, OWNER } from '../program/place.js';
import { Program, removeFolder, tempFolder, until, whitebook } from '../program/program.js';

const PEOPLE = ['ann', 'bea', 'cleo', 'dora'] as const;
type Name = (typeof PEOPLE)[number];

describe('COR-20: an event that cannot be handled', () => {
  let dataDir: string;
  let program: Program;
  let owner: Api;
  const ids = {} as Record<Name, string>;

  const start = async (): Promise<void> => {
    program = await Program.start(dataDir, { LOG_LEVEL: 'error' });
    await until('ready', async () => (await program.api.get('/ready')).status === 200);
    owner = await program.signIn(OWNER);
  };
  const stop = async (): Promise<void> => expect(await program.end()).toMatchObject({ code: 0, stderr: '' });
  const rename = async (name: Name, company: string): Promise<void> =>
    void expectStatus(await owner.patch(`/v1/accounts/${ids[name]}`, { company }), 200);
  const companies = async (): Promise<Record<string, unknown>> => {
    const rows = itemsOf(expectStatus(await owner.get('/v1/accounts?role=user&fields=id,company'), 200));
    return Object.fromEntries(PEOPLE.map((name) => [name, rows.find(({ id }) => id === ids[name])?.['company']]));
  };

  beforeAll(async () => {
    dataDir = await tempFolder();
    program = await Program.start(dataDir);
    owner = await makePlace(program);
    for (const name of PEOPLE) ids[name] = String(expectStatus(await owner.post('/v1/accounts', customer(name)), 201).body['id']);
    for (const name of PEOPLE) await rename(name, 'Before');
    await stop();
  });
  afterAll(async () => {
    await program.end('SIGKILL');
    await removeFolder(dataDir);
  });

  /** Takes a person's key away, as from a vault that is older than the log, and gives it back: no event of the person can be read meanwhile. */
  function withoutKey(name: Name): () => void {
    const vault = <T>(work: (db: Database.Database) => T): T => {
      const db = new Database(join(dataDir, 'vault.db'));
      try {
        return work(db);
      } finally {
        db.close();
      }
    };
    const row = vault((db) => db.prepare('DELETE FROM person_keys WHERE person = ? RETURNING *').get(ids[name])) as Record<
      string,
      unknown
    >;
    const columns = Object.keys(row);
    const text = `INSERT INTO person_keys (${columns.join()}) VALUES (${columns.map(() => '?').join()})`;
    return () => void vault((db) => db.prepare(text).run(...Object.values(row)));
  }

  let giveBack: () => void;

  it('parks its subject alone: everybody else goes on, and whoever runs the place is told', async () => {
    giveBack = withoutKey('bea');
    expect(await whitebook(dataDir, 'rebuild')).toMatchObject({
      code: 1,
      stdout: expect.stringContaining(`${ids.bea} is parked`),
    });
    await start();
    expect(await companies()).toEqual({ ann: 'Before', bea: undefined, cleo: 'Before', dora: 'Before' });
    for (const name of ['ann', 'cleo', 'dora'] as const) await rename(name, 'Meanwhile');
    expectStatus(await owner.post('/v1/accounts', customer('emma')), 201);
    expect(await companies()).toEqual({ ann: 'Meanwhile', bea: undefined, cleo: 'Meanwhile', dora: 'Meanwhile' });
    expect((await program.api.get('/ready')).status).toBe(200);
    const metrics = expectStatus(await program.api.get('/metrics'), 200).text;
    expect(metrics).toMatch(/^whitebook_parked_subjects\{projection="accounts"\} 1$/m);
    expect(metrics).toMatch(/^whitebook_projection_lag_events\{projection="accounts"\} 0$/m);
    expect(metrics).not.toContain(ids.bea);
  });

  it('COR-13: a write on it is 503, and guesses nothing', async () => {
    const reply = await owner.patch(`/v1/accounts/${ids.bea}`, { company: 'Nothing' });
    expect([reply.status, reply.body['code']]).toEqual([503, 'unavailable']);
    await stop();
  });

  it('stays parked over a restart, and over an unpark that comes too early', async () => {
    expect(await whitebook(dataDir, 'unpark')).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/stays parked since position \d+: MissingKey/),
    });
    await start();
    expect((await companies())['bea']).toBeUndefined();
    await stop();
  });

  it('once it can be read, unpark brings it back as if nothing had been, with its number', async () => {
    giveBack();
    expect(await whitebook(dataDir, 'unpark')).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^[1-9]\d* parked, [1-9]\d* replayed/),
    });
    expect(await whitebook(dataDir, 'recount')).toMatchObject({ code: 0, stderr: '' });
    expect(await whitebook(dataDir, 'verify')).toMatchObject({ code: 0 });
    await start();
    expect((await companies())['bea']).toBe('Before');
    await rename('bea', 'Afterwards');
    const rows = itemsOf(expectStatus(await owner.get('/v1/accounts?role=user&sort=number&fields=id,number'), 200));
    const numbers = Object.fromEntries(rows.map(({ id, number }) => [String(id), Number(number)]));
    const inOrder = PEOPLE.map((name) => numbers[ids[name]]);
    expect(inOrder).toEqual([...inOrder].sort((a, b) => Number(a) - Number(b)));
    expect(new Set(Object.values(numbers)).size).toBe(rows.length);
    expect(expectStatus(await program.api.get('/metrics'), 200).text).toMatch(
      /^whitebook_parked_subjects\{projection="accounts"\} 0$/m,
    );
    await stop();
    expect(await whitebook(dataDir, 'recount')).toMatchObject({ code: 0, stderr: '' });
  });
});
