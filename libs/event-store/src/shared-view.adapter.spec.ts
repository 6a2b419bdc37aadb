import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { SharedView } from './shared-view.adapter.js';

let folder: string;
let writer: Database.Database;
let reader: Database.Database;
let view: SharedView;
let count: Database.Statement<[], number>;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'shared-view-'));
  writer = new Database(join(folder, 'some.db'));
  writer.pragma('journal_mode = WAL');
  writer.exec('CREATE TABLE things (name TEXT)');
  reader = new Database(join(folder, 'some.db'), { readonly: true });
  view = new SharedView(reader);
  count = reader.prepare<[], number>('SELECT count(*) FROM things').pluck();
});
afterEach(() => {
  writer.close();
  reader.close();
  rmSync(folder, { recursive: true });
});

const things = () => view.read(() => count.get());
const write = () => writer.exec("INSERT INTO things VALUES ('a')");
const turn = () => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

it('reads of one turn see the same, those of the next what was committed since', async () => {
  write();
  expect(things()).toBe(1);
  write();
  expect(things()).toBe(1);
  await turn();
  expect(reader.inTransaction).toBe(false);
  expect(things()).toBe(2);
});

it('whoever refreshes the view sees all that is committed by then, in the same turn', () => {
  expect(things()).toBe(0);
  write();
  view.refresh();
  expect(things()).toBe(1);
});

it('asks once for the same key in a view, and anew in the next one', async () => {
  const asked = jest.fn(() => count.get());
  const once = (key: string) => view.readOnce(key, asked);
  expect([once('all'), once('all'), once('others')]).toEqual([0, 0, 0]);
  expect(asked).toHaveBeenCalledTimes(2);
  write();
  view.refresh();
  expect(once('all')).toBe(1);
  write();
  expect(once('all')).toBe(1);
  await turn();
  expect(once('all')).toBe(2);
});

it('goes on after a read that failed, and ends with its connection', async () => {
  expect(() => view.read(() => reader.exec('SELECT * FROM missing'))).toThrow('no such table');
  expect(things()).toBe(0);
  await turn();
  expect(things()).toBe(0);
  reader.close();
  await turn();
  expect(() => things()).toThrow();
});
