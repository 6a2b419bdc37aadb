import { memoryJobs, type MemoryJobs } from '#jobs';
import { addSeconds } from '#kernel';
import { memoryVault } from '#vault';
import { NOON } from '../../../test/support/claims.js';
import { ErrandDesk } from './errand-desk.js';

const JOB = { type: 'mail', data: { account: 'a' } };
const vault = memoryVault();
let now: string;
let sent: string[];
let fails: boolean;

/** A process on a queue: what was promised is in the vault, whatever process or queue it was. */
function process(jobs: MemoryJobs = memoryJobs({ clock: () => now })) {
  const desk = new ErrandDesk(vault.errands, jobs, () => now);
  desk.handle('mail', async (_job, { key }) => {
    if (fails) throw new Error('no mail server');
    sent.push(key);
  });
  return { desk, jobs };
}
let keys = 0;
let key: string;
beforeEach(() => {
  now = NOON;
  sent = [];
  fails = false;
  key = `mail/${++keys}`;
});
afterAll(() => vault.close());

describe('COR-24: an errand', () => {
  it('is done at once, and once: a queue that knows it still does nothing', async () => {
    const { desk, jobs } = process();
    await desk.take(key, now, JOB);
    await jobs.runDue();
    await jobs.at(key, now, JOB);
    await jobs.runDue();
    expect(sent).toEqual([key]);
  });

  it('that the queue has lost is given to it again after a while, by any process', async () => {
    await process().desk.take(key, now, JOB);
    const { desk, jobs } = process();
    now = addSeconds(now, 30);
    await desk.sweep();
    expect(await jobs.state(key)).toBeNull();
    now = addSeconds(now, 1);
    await desk.sweep();
    await jobs.runDue();
    expect(sent).toEqual([key]);
    await desk.sweep();
    expect(await jobs.state(key)).toBeNull();
  });

  it('that fails is tried by the queue, and not put off by the sweep', async () => {
    const { desk, jobs } = process();
    fails = true;
    await desk.take(key, now, JOB);
    await jobs.runDue();
    now = addSeconds(now, 31);
    await desk.sweep();
    expect(await jobs.state(key)).toMatchObject({ attempts: 1 });
    fails = false;
    await jobs.runDue();
    expect(sent).toEqual([key]);
  });

  it('that is asked for again at its own time is the same, at a later time another', async () => {
    const { desk, jobs } = process();
    for (const seconds of [0, 0, 1]) {
      await desk.take(key, addSeconds(NOON, seconds), JOB);
      now = addSeconds(NOON, seconds);
      await jobs.runDue();
    }
    expect(sent).toEqual([key, key]);
  });

  it('that is asked for again is done as it was asked for last, by a job of before too', async () => {
    const done: unknown[] = [];
    const { desk, jobs } = process();
    desk.handle('mail', async ({ data }) => void done.push(data));
    await jobs.at(key, now, JOB);
    const again = { type: 'mail', data: { account: 'b' } };
    await vault.errands.take({ key, at: now, ...again });
    await jobs.runDue();
    await desk.take(key, now, again);
    await jobs.runDue();
    expect(done).toEqual([again.data]);
  });

  it('that the queue has lost is given to it again however many fail for ever', async () => {
    const { desk, jobs } = process();
    for (let n = 0; n < 1_000; n++) await desk.take(`${key}/fails/${n}`, now, JOB);
    await process().desk.take(`${key}/lost`, now, JOB);
    now = addSeconds(now, 31);
    await desk.sweep();
    await desk.sweep();
    expect(await jobs.state(`${key}/lost`)).not.toBeNull();
    await process().desk.take(`${key}/among`, NOON, JOB);
    await desk.sweep();
    expect(await jobs.state(`${key}/among`)).not.toBeNull();
  });
});
