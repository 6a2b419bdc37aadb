import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EventCodec, MissingKey, StoreUnavailable, UnknownEvent } from '#event-store';
import type { JsonObject } from '#kernel';
import { created, deleted, ignored, names, renamed, TestLog } from '../../../test/support/projected-names.js';
import type { ErrorReport } from './projection-reports.js';
import { ProjectionRunner, type ProjectionRunnerOptions } from './projection-runner.js';
import type { Projection } from './projection.js';
import type { ProjectionStore, Row } from './read-store.port.js';
import { openSqliteProjectionStore } from './sqlite-projection-store.adapter.js';
import { SqliteReader } from './sqlite-reader.adapter.js';

describe('the projection runner', () => {
  let folder: string;
  let file: string;
  let store: ProjectionStore;
  let errors: ErrorReport[];

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'runner-'));
    file = join(folder, 'read.sqlite');
    store = openSqliteProjectionStore({ file });
    errors = [];
  });
  afterEach(async () => {
    await store.close();
    rmSync(folder, { recursive: true });
  });

  const run = (
    log: TestLog,
    projections: Projection[] = [names()],
    options: Partial<ProjectionRunnerOptions> = {},
  ): ProjectionRunner =>
    new ProjectionRunner({
      source: log,
      decode: log.decode,
      store,
      projections,
      batchSize: 2,
      pollMs: 60_000,
      onError: (report) => errors.push(report),
      ...options,
    });
  const reading = <Result>(read: (reader: SqliteReader) => Result): Result => {
    const reader = new SqliteReader({ file });
    try {
      return read(reader);
    } finally {
      reader.close();
    }
  };
  const rows = (projection = 'names'): Row[] => {
    const query = { collection: `${projection}/list`, filters: [], sort: { field: 'id', descending: false }, limit: 200 };
    return JSON.parse(reading((reader) => reader.find(query)).rows) as Row[];
  };
  const kinds = (): string[] => errors.map(({ kind }) => kind);

  const anna = { id: 'a', name: 'Anna', number: 1 };
  const ben = { id: 'b', name: 'Ben', number: 2 };
  const story = [created('a', 'Ann'), created('b', 'Bad'), renamed('a', 'Anna'), renamed('b', 'Ben'), created('c', 'Carl')];

  it('folds the log, and its checkpoint moves over events that nobody handles (COR-21)', async () => {
    const log = new TestLog(...story, ignored);
    await run(log).catchUp();
    expect(rows()).toEqual([anna, ben, { id: 'c', name: 'Carl', number: 3 }]);
    expect(reading((reader) => reader.checkpoint('names'))).toEqual({ position: 6, eventId: 'nobody-6' });
  });

  it('ends in the same fold wherever it was cut off', async () => {
    const log = new TestLog(...story);
    for (let failing = 1; failing <= 3; failing++) {
      await store.retain([]);
      let steps = 0;
      const cut: ProjectionStore = Object.assign(Object.create(store) as ProjectionStore, {
        apply: async (...step: Parameters<ProjectionStore['apply']>) => {
          if (++steps === failing) throw new Error('cut off');
          await store.apply(...step);
        },
      });
      await expect(run(log, [names()], { store: cut }).catchUp()).rejects.toThrow('cut off');
      await run(log).catchUp();
      expect(rows()).toEqual([anna, ben, { id: 'c', name: 'Carl', number: 3 }]);
    }
    expect(new Set(kinds())).toEqual(new Set(['failed']));
  });

  it('parks the subject of an event that it cannot handle, and nobody else; no number is skipped (COR-20)', async () => {
    const log = new TestLog(...story);
    const runner = run(log, [names((name) => name === 'Bad')]);
    await runner.catchUp();
    expect(rows()).toEqual([anna, { id: 'c', name: 'Carl', number: 3 }]);
    expect(errors).toEqual([{ projection: 'names', position: 2, kind: 'parked', reason: 'TypeError at Created', subject: 'b' }]);
    expect(await runner.lag()).toMatchObject([
      { position: 5, events: 0, parked: [{ subject: 'b', position: 2, numbers: { 2: 2 } }] },
    ]);
  });

  it('replays a parked subject to exactly the fold of a log without the fault (COR-20)', async () => {
    const log = new TestLog(...story);
    let faulty = true;
    const runner = run(log, [names((name) => faulty && name === 'Bad')]);
    await runner.catchUp();
    await expect(runner.unpark('names', 'b')).rejects.toThrow(TypeError);
    expect(await runner.unparkAll()).toEqual([{ projection: 'names', subject: 'b' }]);
    faulty = false;
    log.append(renamed('b', 'Benno'), created('d', 'Dora'));
    await runner.catchUp();
    expect(await runner.unparkAll()).toEqual([]);
    expect(await runner.unpark('names', 'b')).toBe(false);
    expect(rows()).toEqual([
      anna,
      { ...ben, name: 'Benno' },
      { id: 'c', name: 'Carl', number: 3 },
      { id: 'd', name: 'Dora', number: 4 },
    ]);
    log.append(renamed('b', 'Ben'));
    await runner.catchUp();
    expect(rows()[1]).toEqual(ben);
  });

  it('COR-20: who stays parked is not known while a store is away', async () => {
    const log = new TestLog(...story);
    let faulty = true;
    let away = false;
    const leaving: ProjectionStore = Object.assign(Object.create(store) as ProjectionStore, {
      apply: async (...step: Parameters<ProjectionStore['apply']>) => {
        if (away) throw new StoreUnavailable('away');
        await store.apply(...step);
      },
    });
    const runner = run(log, [names((name) => faulty && name === 'Bad')], { store: leaving });
    await runner.catchUp();
    faulty = false;
    away = true;
    await expect(runner.unparkAll()).rejects.toThrow(StoreUnavailable);
    away = false;
    expect(await runner.unparkAll()).toEqual([]);
  });

  it('stays parked over a restart, and a delete is not passed over (COR-20)', async () => {
    const log = new TestLog(created('a', 'Ann'), renamed('a', 'Bad'));
    await run(log, [names((name) => name === 'Bad')]).catchUp();
    log.append(renamed('a', 'Late'));
    await run(log).catchUp();
    expect(rows()).toEqual([{ id: 'a', name: 'Ann', number: 1 }]);
    log.append(deleted('a'));
    log.unreadable.set(4, new MissingKey('no key'));
    const runner = run(log);
    await runner.catchUp();
    expect(rows()).toEqual([]);
    expect(await runner.unpark('names', 'a')).toBe(true);
    expect(rows()).toEqual([]);
  });

  it('parks a subject whose key is missing, but waits for a vault that is down', async () => {
    const log = new TestLog(...story);
    log.unreadable.set(2, new MissingKey('no key'));
    await run(log).catchUp();
    expect(errors).toMatchObject([{ kind: 'parked', subject: 'b', reason: 'MissingKey at Created' }]);
    await store.retain([]);
    log.unreadable.set(2, Object.assign(new Error('locked'), { code: 'SQLITE_BUSY' }));
    const runner = run(log);
    await expect(runner.catchUp()).rejects.toThrow('locked');
    log.unreadable.clear();
    await runner.catchUp();
    expect(rows()).toHaveLength(3);
  });

  it.each([
    ['whose sealed part is cut off', (data: string) => data.replace('{"name":"Bad"}', '{"sealed":"AAAA"}')],
    ['that cannot be lifted', (data: string) => data],
  ])('COR-20: parks the subject of an event %s, whatever code the failure bears', async (_what, damaged) => {
    const lift = (data: JsonObject): JsonObject => {
      if (data['name'] === 'Bad') throw Object.assign(new TypeError('Invalid URL'), { code: 'ERR_INVALID_URL' });
      return data;
    };
    const definition = { version: 1, personal: ['name'], upcasters: { 0: lift } };
    const getMany = async () => new Map([['b', Buffer.alloc(32, 1)]]);
    const codec = new EventCodec(
      ['Created', 'Renamed'].map((type) => ({ ...definition, type })),
      { getMany, insert: async () => false, destroy: async () => undefined },
    );
    const log = new TestLog(...story);
    const lower = (metadata: string) => JSON.stringify({ ...(JSON.parse(metadata) as JsonObject), schemaVersion: 0 });
    log.events = log.events.map((event) => ({ ...event, data: damaged(event.data), metadata: lower(event.metadata) }));
    await run(log, [names()], { decode: (stored) => codec.decode(stored) }).catchUp();
    expect(errors).toMatchObject([{ kind: 'parked', subject: 'b', position: 2, reason: 'Unreadable at Created' }]);
    expect(rows()).toEqual([anna, { id: 'c', name: 'Carl', number: 3 }]);
  });

  it('stops before an event that it does not know, and says so (COR-27)', async () => {
    const log = new TestLog(...story);
    log.unreadable.set(4, new UnknownEvent('unknown event type Renamed'));
    const runner = run(log);
    await expect(runner.catchUp()).rejects.toThrow(UnknownEvent);
    expect(errors).toEqual([
      { projection: 'names', position: 3, kind: 'unknown-event', reason: 'unknown event type Renamed', subject: undefined },
    ]);
    expect(await runner.lag()).toMatchObject([{ position: 3, events: 2, stopped: true, parked: [] }]);
  });

  it('makes the rows anew, with an alarm, where the log is another one (COR-22)', async () => {
    await run(new TestLog(...story)).catchUp();
    const restored = new TestLog(created('x', 'Xaver'), created('b', 'Ben'), ignored, ignored, ignored);
    await run(restored).catchUp();
    const shorter = new TestLog(created('x', 'Xaver'), created('b', 'Ben'));
    expect(rows()).toEqual([ben, { id: 'x', name: 'Xaver', number: 1 }]);
    await run(shorter).catchUp();
    expect(rows()).toEqual([ben, { id: 'x', name: 'Xaver', number: 1 }]);
    expect(kinds()).toEqual(['other-log', 'other-log']);
  });

  it('rebuilds beside the build that serves, with the same numbers (RUN-3, LIST-1)', async () => {
    const log = new TestLog(...story, deleted('c'), created('d', 'Dora'));
    let seen: Row[] = [];
    const generations: number[] = [];
    const runner = run(log, [names()], {
      onProgress: ({ generation, serving }) => {
        if (generation === 1 && !serving) seen = rows();
        if (serving) generations.push(generation);
      },
    });
    await runner.catchUp();
    const before = rows();
    await runner.rebuild('names');
    expect(seen).toEqual(before);
    expect(rows()).toEqual(before);
    expect(before.map(({ number }) => number)).toEqual([1, 2, 4]);
    expect([await store.serving('names'), generations.at(-1)]).toEqual([{ version: 1, generation: 1, complete: true }, 1]);
    await run(log).catchUp();
    expect(rows()).toEqual(before);
  });

  it('RUN-3: a rebuild comes to its end under a load that never ends', async () => {
    const log = new TestLog(...story);
    const runner = run(log);
    await runner.catchUp();
    let written = 0;
    const busy: Pick<TestLog, 'at' | 'head' | 'readAll'> = {
      at: (position) => log.at(position),
      head: () => log.head(),
      readAll: (after, limit) => {
        if (++written > 500) throw new Error('there was always something after it');
        log.append(created(`n${written}`));
        return log.readAll(after, limit);
      },
    };
    const beside = run(log, [names()], { source: busy, batchSize: 10 });
    await beside.rebuild('names');
    expect(await store.serving('names')).toEqual({ version: 1, generation: 1, complete: true });
  });

  it('RUN-3: a rebuild ends with its runner, and leaves what serves to whoever comes next', async () => {
    const log = new TestLog(...story);
    const end = new AbortController();
    const runner = run(log);
    await runner.catchUp();
    const running = runner.start(end.signal);
    const rebuilt = runner.rebuild('names', async () => end.abort());
    await expect(rebuilt).rejects.toThrow('aborted');
    await running;
    expect(await store.serving('names')).toMatchObject({ version: 1, generation: 0 });
    await run(log).catchUp();
    expect(rows()).toHaveLength(3);
  });

  it('leaves nothing of a rebuild that fails', async () => {
    const log = new TestLog(...story);
    const runner = run(log);
    await runner.catchUp();
    log.unreadable.set(4, new UnknownEvent('unknown event type Renamed'));
    await expect(runner.rebuild('names')).rejects.toThrow(UnknownEvent);
    log.unreadable.clear();
    log.append(created('d', 'Dora'));
    await runner.catchUp();
    expect(rows()).toHaveLength(4);
    expect(await store.serving('names')).toEqual({ version: 1, generation: 0, complete: true });
  });

  it('lets a new version take over once it has caught up', async () => {
    const log = new TestLog(...story);
    await run(log).catchUp();
    await run(log, [{ ...names(), version: 2 }]).catchUp();
    expect(await store.serving('names')).toEqual({ version: 2, generation: 0, complete: true });
    expect(rows()).toHaveLength(3);
  });

  it('RUN-3, COR-27: an older release writes nothing into the build of a newer one', async () => {
    const before = new TestLog(created('a', 'Ann'));
    await run(before, [{ ...names(), version: 2 }]).catchUp();
    const log = new TestLog(created('a', 'Ann'), renamed('a', 'Anna'));
    await run(log, [names()], { leavesRaised: true }).catchUp();
    expect(reading((reader) => reader.checkpoint('names'))).toMatchObject({ position: 1 });
    await run(log, [{ ...names(), version: 2 }]).catchUp();
    expect(rows()).toEqual([anna]);
  });

  it('decodes a batch once for all projections that stand at the same place', async () => {
    const log = new TestLog(...story);
    await run(log, [names(), names(undefined, 'more'), names(undefined, 'others')]).catchUp();
    expect(log.decoded).toBe(story.length);
    expect(rows('others')).toEqual(rows('names'));
  });

  it('follows the log until it is told to end', async () => {
    const log = new TestLog(...story);
    const end = new AbortController();
    const positions: (() => void)[] = [];
    const reached = (): Promise<void> => new Promise((resolve) => positions.push(resolve));
    const runner = run(log, [names()], {
      onProgress: ({ position }) => {
        if (position === log.events.length) positions.shift()?.();
      },
    });
    const first = reached();
    const running = runner.start(end.signal);
    await first;
    const second = reached();
    log.append(created('d', 'Dora'));
    runner.nudge();
    await second;
    expect(rows()).toHaveLength(4);
    end.abort();
    await running;
  });
});
