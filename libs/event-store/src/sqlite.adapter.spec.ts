import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import Database from 'better-sqlite3';
import { verifyChain } from './chain.js';
import { NO_STREAM, StoreUnavailable, type StreamAppend } from './event-store.port.js';
import { openSqliteLogReader } from './sqlite-log.adapter.js';
import { openSqliteEventStore } from './sqlite.adapter.js';

const NOON = '2026-03-01T12:00:00.000Z';
const clock = () => NOON;
const writerEntry = join(process.cwd(), 'dist/libs/event-store/src/sqlite-writer.thread.js');
let folder: string;
let file: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'event-store-'));
  file = join(folder, 'events.db');
});
afterEach(() => rm(folder, { recursive: true }));

const appendOf = (stream: string, expected: number, ...ids: string[]): StreamAppend => ({
  stream,
  expected,
  workspace: 'w1',
  events: ids.map((id) => ({ id, type: 'SomethingHappened', data: '{"n":1}', metadata: '{}' })),
});

/** Appends to eight streams at once for ever, and prints the id of each event once its append is acknowledged. */
const APPENDER = `
  import { openSqliteEventStore } from '${pathToFileURL(join(process.cwd(), 'dist/libs/event-store/src/index.js')).href}';
  const [file, writerEntry, round] = process.argv.slice(2);
  const store = await openSqliteEventStore({ file, writerEntry, clock: () => new Date().toISOString() });
  for (let client = 0; client < 8; client++) {
    void (async () => {
      for (let n = 0; ; n++) {
        const id = round + '-' + client + '-' + n;
        const events = [{ id, type: 'Happened', data: '{}', metadata: '{}' }];
        await store.append([{ stream: round + '-' + client, expected: n - 1, workspace: 'w1', events }]);
        process.stdout.write(id + '\\n');
      }
    })();
  }
`;

/** The ids that were acknowledged before the process was killed, at least `enough`. */
async function appendUntilKilled(round: number, enough: number): Promise<string[]> {
  const script = join(folder, 'appender.mjs');
  await writeFile(script, APPENDER);
  const child = spawn(process.execPath, [script, file, writerEntry, String(round)], { stdio: ['ignore', 'pipe', 'inherit'] });
  let printed = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    printed += text;
    if (printed.split('\n').length > enough) child.kill('SIGKILL');
  });
  await once(child, 'close');
  expect(child.signalCode).toBe('SIGKILL');
  return printed.split('\n').slice(0, -1);
}

it('RUN-2: has every acknowledged event after kill -9, and a whole chain', async () => {
  const acknowledged: string[] = [];
  for (const round of [1, 2, 3]) {
    acknowledged.push(...(await appendUntilKilled(round, 50 * round)));
    const store = await openSqliteEventStore({ file, writerEntry, clock });
    const log = await store.readAll(0, 100_000);
    await store.close();
    const there = new Set(log.map(({ id }) => id));
    expect(acknowledged.filter((id) => !there.has(id))).toEqual([]);
    expect(log.map(({ position }) => position)).toEqual(log.map((_, index) => index + 1));
    expect((await verifyChain(log)).ok).toBe(true);
  }
  expect(acknowledged.length).toBeGreaterThanOrEqual(300);
}, 30_000);

it('writes what was asked for before it closes', async () => {
  const store = await openSqliteEventStore({ file, writerEntry, clock });
  const answer = store.append([appendOf('s-1', NO_STREAM, 'a')]);
  await store.close();
  expect(await answer).toEqual({ position: 1, at: NOON, complete: true });
});

it('COR-23: knows the time of the last event when it is opened again', async () => {
  const first = await openSqliteEventStore({ file, writerEntry, clock: () => '2026-03-01T13:00:00.000Z' });
  await first.append([appendOf('s-1', NO_STREAM, 'a')]);
  await first.close();
  const again = await openSqliteEventStore({ file, writerEntry, clock });
  expect(again.now()).toBe('2026-03-01T13:00:00.000Z');
  expect(await again.append([appendOf('s-1', 0, 'b')])).toMatchObject({ at: '2026-03-01T13:00:00.000Z' });
  await again.close();
});

it('COR-25: a row that was edited in the file is found by number', async () => {
  const store = await openSqliteEventStore({ file, writerEntry, clock });
  await store.append([appendOf('s-1', NO_STREAM, 'a', 'b', 'c')]);
  const db = new Database(file);
  db.prepare(`UPDATE events SET data = '{"n":2}' WHERE number = 2`).run();
  db.close();
  expect(await verifyChain(await store.readAll(0, 10))).toEqual({ ok: false, workspace: 'w1', number: 2 });
  await store.close();
});

it('rejects what waits, takes nothing more and says so, when the writer meets what it did not foresee', async () => {
  const failures: Error[] = [];
  const store = await openSqliteEventStore({ file, writerEntry, clock, onFailure: (error) => failures.push(error) });
  const db = new Database(file);
  db.exec('DROP TABLE events');
  db.close();
  await expect(store.append([appendOf('s-1', NO_STREAM, 'a')])).rejects.toBeInstanceOf(StoreUnavailable);
  await expect(store.append([appendOf('s-1', NO_STREAM, 'a')])).rejects.toBeInstanceOf(StoreUnavailable);
  expect(failures.map(({ message }) => message)).toEqual([expect.stringContaining('SQLITE_ERROR')]);
  await store.close();
});

it('rejects a file that cannot be opened', async () => {
  await expect(openSqliteEventStore({ file: join(folder, 'no/such/folder.db'), writerEntry, clock })).rejects.toThrow();
});

describe('a reader beside the store', () => {
  it('reads what is committed, and is woken by a nudge after each commit', async () => {
    const store = await openSqliteEventStore({ file, writerEntry, clock, onCommit: () => reader.nudge() });
    const reader = openSqliteLogReader({ file, clock: () => '2026-03-01T11:00:00.000Z' });
    const abort = new AbortController();
    const followed = reader.follow(0, abort.signal)[Symbol.asyncIterator]();
    for (let revision = NO_STREAM; revision < 9; revision++) {
      const next = followed.next();
      await store.append([appendOf('s-1', revision, `e${revision}`)]);
      expect((await next).value).toMatchObject([{ id: `e${revision}` }]);
    }
    expect(await reader.head()).toBe(10);
    expect(await reader.read('s-1', 8)).toMatchObject([{ id: 'e8' }]);
    expect(reader.now()).toBe(NOON);
    const idle = followed.next();
    abort.abort();
    expect(await idle).toMatchObject({ done: true });
    await reader.close();
    await store.close();
  });

  it('finds by itself what nobody told it', async () => {
    const store = await openSqliteEventStore({ file, writerEntry, clock });
    const reader = openSqliteLogReader({ file, clock });
    const waiting = reader.follow(0, new AbortController().signal)[Symbol.asyncIterator]().next();
    await store.append([appendOf('s-1', NO_STREAM, 'a')]);
    expect((await waiting).value).toMatchObject([{ id: 'a' }]);
    await reader.close();
    await store.close();
  });
});
