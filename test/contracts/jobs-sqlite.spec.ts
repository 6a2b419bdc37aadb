import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turnOfLoop, setTimeout as wait } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { StoreUnavailable } from '#event-store';
import { addSeconds } from '#kernel';
import { openSqliteJobs } from '#jobs';
import type { Jobs } from '#jobs';
import { jobsContract, TestClock } from './jobs.contract.js';

const LONGEST_SLEEP_MS = 2;
const folder = (): Promise<string> => mkdtemp(join(tmpdir(), 'whitebook-jobs-'));

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + 4000;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error('the condition never held');
    await wait(1);
  }
}

jobsContract('sqlite', async (clock) => {
  const data = await folder();
  const options = {
    file: join(data, 'jobs.sqlite'),
    clock: clock.read,
    onError: () => undefined,
    longestSleepMs: LONGEST_SLEEP_MS,
  };
  const jobs = openSqliteJobs(options);
  const close = async (): Promise<void> => {
    await jobs.stop();
    await rm(data, { recursive: true });
  };
  // A job of its own that has run shows that the queue has looked at the present time.
  let turns = 0;
  jobs.handle('turn', async () => void (turns += 1));
  const turn = async (): Promise<void> => {
    const before = turns;
    await jobs.at('turn', clock.now, { type: 'turn', data: {} });
    await until(() => turns > before);
  };
  return { jobs, until, turn, close };
});

describe('sqlite: jobs in a file', () => {
  let data: string;
  let clock: TestClock;
  let errors: { key: string; error: unknown }[];
  const opened: Jobs[] = [];
  const open = (concurrency?: number): Jobs => {
    const jobs = openSqliteJobs({
      file: join(data, 'jobs.sqlite'),
      clock: clock.read,
      onError: (error, key) => errors.push({ key, error }),
      longestSleepMs: LONGEST_SLEEP_MS,
      concurrency,
    });
    opened.push(jobs);
    return jobs;
  };
  beforeEach(async () => {
    data = await folder();
    clock = new TestClock();
    errors = [];
  });
  afterEach(async () => {
    for (const jobs of opened.splice(0)) await jobs.stop();
    await rm(data, { recursive: true });
  });
  const job = { type: 'remind', data: { id: '1' } };

  it('runs what became due while no process ran', async () => {
    const before = open();
    await before.at('a', addSeconds(clock.now, 60), job);
    await before.stop();
    clock.pass(3600);
    const after = open();
    let runs = 0;
    after.handle('remind', async () => void (runs += 1));
    await after.start();
    await until(async () => (await after.state('a')) === null);
    expect(runs).toBe(1);
  });

  it('waits at the stop for the run under way, and takes no more', async () => {
    const jobs = open(1);
    let finish!: () => void;
    const begun: string[] = [];
    jobs.handle('remind', async (_job, { key }) => {
      begun.push(key);
      await new Promise<void>((resolve) => (finish = resolve));
    });
    await Promise.all([jobs.at('a', clock.now, job), jobs.at('b', clock.now, job)]);
    await jobs.start();
    await until(() => begun.length === 1);
    let stopped = false;
    const stopping = jobs.stop().then(() => (stopped = true));
    await turnOfLoop();
    expect(stopped).toBe(false);
    finish();
    await stopping;
    expect(begun).toEqual(['a']);
    const next = open();
    expect(await next.state('a')).toBeNull();
    expect(await next.state('b')).not.toBeNull();
    await expect(jobs.at('c', clock.now, job)).rejects.toThrow(StoreUnavailable);
  });

  it('runs so many at the same time and no more', async () => {
    const jobs = open(3);
    let running = 0;
    let most = 0;
    let done = 0;
    jobs.handle('remind', async () => {
      most = Math.max(most, (running += 1));
      await wait(2);
      running -= 1;
      done += 1;
    });
    await Promise.all(Array.from({ length: 10 }, (_, number) => jobs.at(`job ${number}`, clock.now, job)));
    await jobs.start();
    await until(() => done === 10);
    expect(most).toBe(3);
  });

  it('tells of every failed run', async () => {
    const jobs = open();
    jobs.handle('remind', async () => {
      throw new TypeError('no');
    });
    await jobs.at('a', clock.now, job);
    await jobs.start();
    await until(() => errors.length === 1);
    expect(errors).toEqual([{ key: 'a', error: expect.any(TypeError) }]);
  });

  it('rejects as unavailable while the file is locked, and works again afterwards', async () => {
    const jobs = open();
    const other = new Database(join(data, 'jobs.sqlite'));
    other.exec('BEGIN IMMEDIATE');
    await expect(jobs.at('a', clock.now, job)).rejects.toThrow(StoreUnavailable);
    other.exec('ROLLBACK');
    other.close();
    await jobs.at('a', clock.now, job);
    expect(await jobs.state('a')).not.toBeNull();
  });

  it('repeats work, first at once, never twice at the same time, and goes on after a failure', async () => {
    const jobs = open();
    let runs = 0;
    let running = 0;
    let most = 0;
    jobs.every('sweep', 0.001, async () => {
      most = Math.max(most, (running += 1));
      await wait(3);
      running -= 1;
      runs += 1;
      if (runs === 1) throw new Error('once');
    });
    expect(runs).toBe(0);
    await jobs.start();
    expect(running).toBe(1);
    await until(() => runs >= 3);
    expect(most).toBe(1);
    expect(errors.map(({ key }) => key)).toEqual(['sweep']);
    await jobs.stop();
    const atStop = runs;
    await wait(10);
    expect(runs).toBe(atStop);
  });
});
