import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type Database from 'better-sqlite3';
import { NO_STREAM } from './event-store.port.js';
import { openForWriting, requireVersion } from './sqlite-connection.adapter.js';
import { SqliteWriter, type WriteRequest } from './sqlite-writer.adapter.js';

let folder: string;
let db: Database.Database;
let writer: SqliteWriter;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'event-store-'));
  db = openForWriting(join(folder, 'events.db'));
  writer = new SqliteWriter(db);
});
afterEach(async () => {
  writer.close();
  await rm(folder, { recursive: true });
});

const append = (ticket: number, stream: string, data = '{}'): WriteRequest => ({
  ticket,
  kind: 'append',
  at: '2026-03-01T12:00:00.000Z',
  appends: [
    { stream, expected: NO_STREAM, workspace: 'w1', events: [{ id: `e${ticket}`, type: 'Happened', data, metadata: '{}' }] },
  ],
});
const streams = () => db.prepare('SELECT stream FROM events ORDER BY position').pluck().all();
const big = JSON.stringify('x'.repeat(100_000));

it('is durable at each commit', () => {
  expect(db.pragma('journal_mode', { simple: true })).toBe('wal');
  expect(db.pragma('synchronous', { simple: true })).toBe(2);
});

it('COR-26: answers a batch in its order, and a conflict undoes its own request alone', () => {
  expect(writer.commit([append(1, 'a'), append(2, 'a'), append(3, 'b')])).toMatchObject([
    { ticket: 1, kind: 'appended', appended: { position: 1 } },
    { ticket: 2, kind: 'conflict', stream: 'a', expected: NO_STREAM },
    { ticket: 3, kind: 'appended', appended: { position: 2 } },
  ]);
  expect(streams()).toEqual(['a', 'b']);
});

it('RUN-2: writes nothing of a batch while the disk is full, and goes on when there is room', () => {
  writer.commit([append(1, 'a')]);
  const pages = db.pragma('page_count', { simple: true });
  db.pragma(`max_page_count = ${String(pages)}`);
  expect(writer.commit([append(2, 'b'), append(3, 'c', big)])).toEqual([
    { ticket: 2, kind: 'unavailable', code: 'SQLITE_FULL' },
    { ticket: 3, kind: 'unavailable', code: 'SQLITE_FULL' },
  ]);
  expect(streams()).toEqual(['a']);
  db.pragma('max_page_count = 1000000');
  expect(writer.commit([append(2, 'b'), append(3, 'c', big)])).toMatchObject([
    { kind: 'appended', appended: { position: 2 } },
    { kind: 'appended', appended: { position: 3 } },
  ]);
});

it('throws what is unforeseen, and writes nothing of the batch', () => {
  db.exec(`CREATE TRIGGER broken BEFORE INSERT ON events WHEN new.stream = 'b' BEGIN SELECT raise(ABORT, 'unforeseen'); END`);
  expect(() => writer.commit([append(1, 'a'), append(2, 'b')])).toThrow('SQLITE_CONSTRAINT_TRIGGER');
  expect(streams()).toEqual([]);
  expect(db.inTransaction).toBe(false);
});

it.each(['3.51.2', '3.9.99', '2.60.0', ''])('refuses SQLite %p', (version) => {
  expect(() => requireVersion(version)).toThrow('too old');
});
it.each(['3.51.3', '3.51.10', '3.53.2', '4.0.0'])('takes SQLite %p', (version) => {
  expect(() => requireVersion(version)).not.toThrow();
});
