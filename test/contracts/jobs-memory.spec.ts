import { memoryJobs } from '#jobs';
import { jobsContract, TestClock } from './jobs.contract.js';

jobsContract('memory', async (clock) => {
  const jobs = memoryJobs({ clock: clock.read });
  return {
    jobs,
    until: async (condition) => {
      await jobs.runDue();
      expect(await condition()).toBe(true);
    },
    turn: () => jobs.runDue(),
    close: () => jobs.stop(),
  };
});

it('repeats work when the test says so', async () => {
  const jobs = memoryJobs({ clock: new TestClock().read });
  let runs = 0;
  jobs.every('sweep', 60, async () => void (runs += 1));
  await jobs.start();
  expect(runs).toBe(0);
  await jobs.runRepeats();
  expect(runs).toBe(1);
});
