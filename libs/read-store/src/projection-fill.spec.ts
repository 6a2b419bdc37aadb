import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { created, deleted, names, renamed, TestLog } from '../../../test/support/projected-names.js';
import { ProjectionFill } from './projection-fill.js';
import { ProjectionRunner } from './projection-runner.js';
import type { Projection } from './projection.js';
import type { ProjectionStore } from './read-store.port.js';
import { openSqliteProjectionStore } from './sqlite-projection-store.adapter.js';
import { SqliteReader } from './sqlite-reader.adapter.js';

describe('a rebuild beside the build that serves', () => {
  let folder: string;
  let file: string;
  let store: ProjectionStore;
  /** Of the thread that fills. */
  let elsewhere: ProjectionStore;
  let reader: SqliteReader;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'fill-'));
    file = join(folder, 'read.db');
    store = openSqliteProjectionStore({ file });
    elsewhere = openSqliteProjectionStore({ file });
    reader = new SqliteReader({ file });
  });
  afterEach(async () => {
    reader.close();
    await elsewhere.close().catch(() => undefined);
    await store.close();
    rmSync(folder, { recursive: true });
  });

  const runnerOf = (log: TestLog): ProjectionRunner =>
    new ProjectionRunner({ source: log, decode: log.decode, store, projections: [names()], batchSize: 2, pollMs: 60_000 });
  const begin = (log: TestLog, projection: Projection): Promise<ProjectionFill> =>
    ProjectionFill.begin({ source: log, decode: log.decode, store: elsewhere, projection, batchSize: 1 });
  const nameOf = (id: string): unknown => reader.get('names/list', id)?.['name'];
  const filesWith = (text: string): string[] =>
    readdirSync(folder).filter((each) => readFileSync(join(folder, each), 'latin1').includes(text));

  it('is filled elsewhere, while the one that serves is fed, and takes over with what came last (RUN-3)', async () => {
    const log = new TestLog(created('ann'), created('bea'), renamed('ann', 'anna'));
    const runner = runnerOf(log);
    await runner.catchUp();
    await runner.rebuild('names', async (projection) => {
      const fill = await begin(log, projection);
      await fill.run();
      log.append(renamed('bea', 'beatrice'));
      await runner.catchUp();
      expect(nameOf('bea')).toBe('beatrice');
      await elsewhere.close();
      log.append(created('cleo'));
    });
    expect([nameOf('ann'), nameOf('bea'), nameOf('cleo')]).toEqual(['anna', 'beatrice', 'cleo']);
    expect(await store.serving('names')).toEqual({ version: 1, generation: 1, complete: true });
    expect(readdirSync(folder).filter((each) => each.startsWith('read.names-'))).toEqual(
      expect.arrayContaining(['read.names-1.1.db']),
    );
    expect(readdirSync(folder)).not.toContain('read.names-1.0.db');
  });

  describe('of a raised version', () => {
    const second = (more: Partial<Projection> = {}): Projection => ({ ...names(), version: 2, ...more });
    const upgraded = (log: TestLog, projection: Projection): ProjectionRunner =>
      new ProjectionRunner({ source: log, decode: log.decode, store, projections: [projection], leavesRaised: true });
    const raised = (log: TestLog, runner: ProjectionRunner, meanwhile: () => Promise<void>): Promise<void> =>
      runner.rebuild('names', async (projection) => {
        expect(projection).toMatchObject({ version: 2, generation: 0 });
        const fill = await begin(log, projection);
        await fill.run();
        log.append(renamed('bea', 'beatrice'));
        await runner.catchUp();
        await meanwhile();
        await elsewhere.close();
      });

    it('grows beside the one before, which is fed until it is replaced (RUN-3)', async () => {
      const log = new TestLog(created('ann'), created('bea'));
      await runnerOf(log).catchUp();
      log.append(renamed('ann', 'anna'));
      const runner = upgraded(log, second());
      await runner.catchUp();
      expect([nameOf('ann'), await runner.raised()]).toEqual(['anna', ['names']]);
      await raised(log, runner, async () => {
        expect(nameOf('bea')).toBe('beatrice');
        expect(await store.serving('names')).toEqual({ version: 1, generation: 0, complete: true });
      });
      expect([nameOf('ann'), nameOf('bea'), await runner.raised()]).toEqual(['anna', 'beatrice', []]);
      expect(await store.serving('names')).toEqual({ version: 2, generation: 0, complete: true });
    });

    it('grows beside the one before, which serves as it is where other fields are declared', async () => {
      const log = new TestLog(created('ann'), created('bea'));
      await runnerOf(log).catchUp();
      const runner = upgraded(log, second({ collections: [{ name: 'list', fields: { name: 'text' }, indexes: [['name']] }] }));
      await runner.catchUp();
      await raised(log, runner, async () => expect(nameOf('bea')).toBe('bea'));
      expect([nameOf('ann'), nameOf('bea'), await runner.raised()]).toEqual(['ann', 'beatrice', []]);
    });

    it('begins anew where it was cut off, and the one before serves again', async () => {
      const log = new TestLog(created('ann'), created('bea'));
      await runnerOf(log).catchUp();
      await raised(log, upgraded(log, second()), async () => Promise.reject(new Error('cut off'))).catch(() => undefined);
      expect(await store.serving('names')).toEqual({ version: 1, generation: 0, complete: true });
      await elsewhere.close();
      elsewhere = openSqliteProjectionStore({ file });
      const runner = upgraded(log, second());
      await runner.catchUp();
      expect(nameOf('bea')).toBe('beatrice');
      await raised(log, runner, async () => undefined);
      expect(await store.serving('names')).toEqual({ version: 2, generation: 0, complete: true });
    });
  });

  it('leaves nothing, and lets another one begin, where it cannot be filled', async () => {
    const log = new TestLog(created('ann'));
    const runner = runnerOf(log);
    await runner.catchUp();
    const failing = runner.rebuild('names', async (projection) => {
      await begin(log, projection);
      await expect(runner.rebuild('names')).rejects.toThrow('being built already');
      throw new Error('no room');
    });
    await expect(failing).rejects.toThrow('no room');
    expect(readdirSync(folder)).not.toContain('read.names-1.1.db');
    expect(nameOf('ann')).toBe('ann');
    await elsewhere.close();
    elsewhere = openSqliteProjectionStore({ file });
    await runner.rebuild('names');
    expect(nameOf('ann')).toBe('ann');
  });

  it('holds nobody who is erased while it is filled, long before it gets to the deletion (COR-17)', async () => {
    const log = new TestLog(created('ann', 'Xylocanary'), created('bea'));
    const runner = runnerOf(log);
    await runner.catchUp();
    await runner.rebuild('names', async (projection) => {
      const fill = await begin(log, projection);
      const catchUp = fill.run();
      log.append(renamed('bea', 'beatrice'), deleted('ann'));
      // The build is somewhere in the log: what it has taken of her goes, and stays away.
      await fill.scrub();
      await runner.catchUp();
      await runner.scrub();
      expect(filesWith('Xylocanary')).toEqual([]);
      await catchUp;
      await elsewhere.close();
    });
    expect([nameOf('ann'), nameOf('bea')]).toEqual([undefined, 'beatrice']);
  });

  it('throws away files of another layout and makes them anew', async () => {
    await store.close();
    reader.close();
    await elsewhere.close();
    for (const each of readdirSync(folder)) rmSync(join(folder, each));
    const old = new Sqlite(file);
    old.exec(`CREATE TABLE builds (a); CREATE TABLE "names-1.0/list" (row); INSERT INTO "names-1.0/list" VALUES ('Xylocanary')`);
    old.close();
    store = openSqliteProjectionStore({ file });
    elsewhere = openSqliteProjectionStore({ file });
    reader = new SqliteReader({ file });
    await runnerOf(new TestLog(created('ann'))).catchUp();
    expect(nameOf('ann')).toBe('ann');
    expect(filesWith('Xylocanary')).toEqual([]);
  });
});
