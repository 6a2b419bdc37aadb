import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { copyDatabases, headsOf } from './backup.adapter.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'whitebook-backup-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));
const at = (name: string): string => join(folder, name);

function made(name: string, tables: string): Database.Database {
  const db = new Database(at(name));
  db.pragma('journal_mode = WAL');
  db.exec(tables);
  return db;
}
const rowsOf = (name: string, query: string): unknown[] => {
  const db = new Database(at(name), { readonly: true });
  const rows = db.prepare(query).all();
  db.close();
  return rows;
};

it('COR-28: copies the moment at which it began, whatever is written meanwhile', async () => {
  const log = made(
    'log.db',
    'CREATE TABLE events (position INTEGER PRIMARY KEY, id TEXT, workspace TEXT, number INTEGER, chain TEXT)',
  );
  const vault = made('vault.db', 'CREATE TABLE person_keys (person TEXT, wrapped BLOB)');
  log.exec(`INSERT INTO events VALUES (1, 'e1', 'w1', 1, 'c1'), (2, 'e2', 'w2', 1, 'd1'), (3, 'e3', 'w1', 2, 'c2')`);
  vault.exec(`INSERT INTO person_keys VALUES ('sara', x'01')`);

  const copied = copyDatabases({ log: at('log.db'), vault: at('vault.db') }, { log: at('log.copy'), vault: at('vault.copy') });
  log.exec(`INSERT INTO events VALUES (4, 'e4', 'w1', 3, 'c3')`);
  vault.exec('UPDATE person_keys SET wrapped = NULL');
  await copied;

  expect(headsOf(at('log.copy'))).toEqual({
    head: { position: 3, id: 'e3' },
    chains: { w1: { number: 2, chain: 'c2' }, w2: { number: 1, chain: 'd1' } },
  });
  expect(rowsOf('vault.copy', 'SELECT wrapped FROM person_keys')).toEqual([{ wrapped: Buffer.of(1) }]);
  expect((await readdir(folder)).filter((name) => name.includes('copy-'))).toEqual([]);
  expect((await stat(at('vault.copy'))).mode & 0o777).toBe(0o600);
  log.close();
  vault.close();
});

it('an empty log has no head and no chains', () => {
  made(
    'log.db',
    'CREATE TABLE events (position INTEGER PRIMARY KEY, id TEXT, workspace TEXT, number INTEGER, chain TEXT)',
  ).close();
  expect(headsOf(at('log.db'))).toEqual({ head: { position: 0, id: null }, chains: {} });
});
