import { addSeconds } from '#kernel';
import type { Instant } from '#kernel';
import type { JobContext, Jobs } from '#jobs';

export interface OpenedJobs {
  readonly jobs: Jobs;
  /** Resolves once `condition` holds, after the queue had its turns. */
  until(condition: () => boolean | Promise<boolean>): Promise<void>;
  /** Gives the queue a turn in which something could go wrong. */
  turn(): Promise<void>;
  close(): Promise<void>;
}

export class TestClock {
  now: Instant = '2026-01-31T12:00:00.000Z';
  readonly read = (): Instant => this.now;
  pass(seconds: number): void {
    this.now = addSeconds(this.now, seconds);
  }
}

/** What every queue keeps, whatever it is made of. */
export function jobsContract(name: string, open: (clock: TestClock) => Promise<OpenedJobs>): void {
  describe(`${name}: jobs`, () => {
    let clock: TestClock;
    let opened: OpenedJobs;
    let jobs: Jobs;
    let runs: { key: string; data: object; attempt: number; at: Instant }[];
    let work: (context: JobContext) => Promise<void>;

    beforeEach(async () => {
      clock = new TestClock();
      opened = await open(clock);
      jobs = opened.jobs;
      runs = [];
      work = async () => undefined;
      jobs.handle('remind', async (job, context) => {
        runs.push({ key: context.key, data: job.data, attempt: context.attempt, at: clock.now });
        await work(context);
      });
      await jobs.start();
    });
    afterEach(() => opened.close());

    const remind = (id: string): { type: string; data: { id: string } } => ({ type: 'remind', data: { id } });
    const gone = (key: string) => async (): Promise<boolean> => (await jobs.state(key)) === null;
    const keys = (): string[] => runs.map((run) => run.key);

    it('runs a job at its time, not before, and once', async () => {
      const due = addSeconds(clock.now, 60);
      await jobs.at('a', due, remind('1'));
      expect(await jobs.state('a')).toEqual({ key: 'a', job: remind('1'), dueAt: due, attempts: 0, progress: 0, error: null });
      clock.pass(59);
      await opened.turn();
      expect(runs).toEqual([]);
      clock.pass(1);
      await opened.until(gone('a'));
      await opened.turn();
      expect(runs).toEqual([{ key: 'a', data: { id: '1' }, attempt: 1, at: due }]);
    });

    it('begins due jobs in order of time', async () => {
      const due = [30, 10, 20].map((seconds) => jobs.at(`in ${seconds}`, addSeconds(clock.now, seconds), remind('1')));
      await Promise.all(due);
      clock.pass(30);
      await opened.until(() => runs.length === 3);
      expect(keys()).toEqual(['in 10', 'in 20', 'in 30']);
    });

    it('replaces time and job under the same key', async () => {
      await jobs.at('a', addSeconds(clock.now, 10), remind('1'));
      await jobs.at('a', addSeconds(clock.now, 20), remind('2'));
      clock.pass(10);
      await opened.turn();
      expect(runs).toEqual([]);
      clock.pass(10);
      await opened.until(gone('a'));
      expect(runs).toMatchObject([{ data: { id: '2' } }]);
    });

    it('forgets a cancelled job; an unknown key is fine', async () => {
      await jobs.at('a', addSeconds(clock.now, 10), remind('1'));
      await jobs.at('b', addSeconds(clock.now, 20), remind('2'));
      await jobs.cancel('a');
      await jobs.cancel('nobody');
      clock.pass(20);
      await opened.until(gone('b'));
      expect(keys()).toEqual(['b']);
    });

    it('keeps a job that was set again under its key while it ran', async () => {
      work = async () => {
        if (runs.length === 1) await jobs.at('a', addSeconds(clock.now, 60), remind('2'));
      };
      await jobs.at('a', clock.now, remind('1'));
      await opened.until(() => runs.length === 1);
      await opened.turn();
      expect(await jobs.state('a')).toMatchObject({ job: remind('2'), attempts: 0 });
      clock.pass(60);
      await opened.until(gone('a'));
      expect(runs.map((run) => run.data)).toEqual([{ id: '1' }, { id: '2' }]);
    });

    it('runs a failed job again after 1 s, 2 s, 4 s … and keeps the name of the error only', async () => {
      const start = clock.now;
      work = async () => {
        if (runs.length <= 3) throw new TypeError('sara@northwind.test is unknown');
      };
      await jobs.at('a', start, remind('1'));
      for (const [attempts, pause] of [1, 2, 4].entries()) {
        await opened.until(async () => (await jobs.state('a'))?.attempts === attempts + 1);
        expect(await jobs.state('a')).toMatchObject({ error: 'TypeError', dueAt: addSeconds(clock.now, pause) });
        expect(JSON.stringify(await jobs.state('a'))).not.toContain('sara');
        clock.pass(pause);
      }
      await opened.until(gone('a'));
      expect(runs.map((run) => run.attempt)).toEqual([1, 2, 3, 4]);
    });

    it('tries again a job that nobody handles', async () => {
      await jobs.at('a', clock.now, { type: 'unknown', data: {} });
      await opened.until(async () => (await jobs.state('a'))?.attempts === 1);
      expect((await jobs.state('a'))?.error).toBe('Error');
    });

    it('shows progress', async () => {
      work = async ({ progress }) => {
        await progress(0.5);
        throw new Error('later');
      };
      await jobs.at('a', clock.now, remind('1'));
      await opened.until(async () => (await jobs.state('a'))?.attempts === 1);
      expect((await jobs.state('a'))?.progress).toBe(0.5);
    });
  });
}
