import { Redis } from 'ioredis';
import { StoreUnavailable } from '#event-store';
import { openBullMqJobs, type BullMqJobsOptions, type Jobs } from '#jobs';
import { addSeconds, systemClock } from '#kernel';
import { jobsContract, TestClock } from '../contracts/jobs.contract.js';
import { addressOf, describeWith, ownName, until } from './servers.js';

const VARIABLE = 'WHITEBOOK_REDIS_URL';
const url = addressOf(VARIABLE);
const prefixes: string[] = [];

async function open(options: Partial<BullMqJobsOptions> = {}): Promise<Jobs> {
  const prefix = options.prefix ?? ownName();
  prefixes.push(prefix);
  return openBullMqJobs({ url, prefix, clock: systemClock, onError: () => undefined, ...options });
}

const job = { type: 'remind', data: { id: '1' } };

describeWith(VARIABLE)('BullMQ', () => {
  let redis: Redis;
  beforeAll(() => void (redis = new Redis(url)));
  afterAll(async () => {
    for (const prefix of new Set(prefixes)) {
      const keys = await redis.keys(`${prefix}:*`);
      if (keys.length > 0) await redis.del(keys);
    }
    redis.disconnect();
  });

  describe('on one clock for all', () => {
    const everythingElse = ['hrtime', 'nextTick', 'performance', 'queueMicrotask', 'setImmediate', 'clearImmediate'] as const;
    const timers = ['setInterval', 'clearInterval', 'setTimeout', 'clearTimeout'] as const;
    beforeEach(() => void jest.useFakeTimers({ doNotFake: [...everythingElse, ...timers] }));
    afterEach(() => void jest.useRealTimers());

    jobsContract('BullMQ', async (clock) => {
      const jobs = await open({ clock: clock.read });
      let turns = 0;
      jobs.handle('turn', async () => void (turns += 1));
      // BullMQ goes by the time of this process, and looks at it when a job comes
      const turn = async (): Promise<void> => {
        jest.setSystemTime(Date.parse(clock.now));
        const before = turns;
        await jobs.at('turn', clock.now, { type: 'turn', data: {} });
        await until(() => turns > before);
      };
      jest.setSystemTime(Date.parse(clock.now));
      return {
        jobs,
        turn,
        until: (condition) => until(async () => (await turn(), condition())),
        close: () => jobs.stop(),
      };
    });
  });

  it('wakes by the given clock, however far ahead that of the machine is', async () => {
    const clock = new TestClock();
    const early = await open({ clock: clock.read });
    const runs: string[] = [];
    early.handle('remind', async (_job, { key }) => void runs.push(key));
    await early.start();
    await early.at('later', addSeconds(clock.now, 3), job);
    await early.at('now', clock.now, job);
    await until(() => runs.length === 1);
    expect(runs).toEqual(['now']);
    expect(await early.state('later')).toMatchObject({ attempts: 0, dueAt: addSeconds(clock.now, 3) });
    clock.pass(3);
    await until(() => runs.length === 2);
    await early.stop();
  });
  void StoreUnavailable;
});
