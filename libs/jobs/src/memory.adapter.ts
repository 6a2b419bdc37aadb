import { addSeconds } from '#kernel';
import type { Clock } from '#kernel';
import { backoffSeconds, errorName } from './backoff.js';
import type { JobHandler, Jobs, JobState } from './jobs.port.js';

export interface MemoryJobs extends Jobs {
  /** Runs, one after the other and in order of time, all jobs due now, those among them that they make. */
  runDue(): Promise<void>;
  /** Calls every repeated work once. */
  runRepeats(): Promise<void>;
}

/** Jobs without files or timers, for tests: nothing runs before the test says so. */
export function memoryJobs({ clock }: { readonly clock: Clock }): MemoryJobs {
  const handlers = new Map<string, JobHandler>();
  const repeats = new Map<string, () => Promise<void>>();
  let jobs: JobState[] = [];
  const replace = (old: JobState, next: JobState | null): void => {
    jobs = jobs.flatMap((job) => (job !== old ? [job] : next === null ? [] : [next]));
  };

  async function run(state: JobState): Promise<void> {
    let current = state;
    const update = (change: Partial<JobState> | null): void => {
      const next = change === null ? null : { ...current, ...change };
      replace(current, next);
      current = next ?? current;
    };
    const attempts = state.attempts + 1;
    try {
      const handler = handlers.get(state.job.type);
      if (handler === undefined) throw new Error(`no handler for jobs of type ${state.job.type}`);
      await handler(state.job, { attempt: attempts, key: state.key, progress: async (progress) => update({ progress }) });
      update(null);
    } catch (error) {
      update({ attempts, error: errorName(error), dueAt: addSeconds(clock(), backoffSeconds(attempts)) });
    }
  }

  return {
    async at(key, time, job) {
      jobs = [...jobs.filter((other) => other.key !== key), { key, job, dueAt: time, attempts: 0, progress: 0, error: null }];
    },
    async cancel(key) {
      jobs = jobs.filter((job) => job.key !== key);
    },
    every: (name, _seconds, work) => void repeats.set(name, work),
    handle: (type, handler) => void handlers.set(type, handler),
    state: async (key) => jobs.find((job) => job.key === key) ?? null,
    start: async () => undefined,
    stop: async () => undefined,
    async runDue() {
      const due = (): JobState | undefined =>
        jobs.filter((job) => job.dueAt <= clock()).sort((a, b) => (a.dueAt < b.dueAt ? -1 : a.dueAt > b.dueAt ? 1 : 0))[0];
      for (let job = due(); job !== undefined; job = due()) await run(job);
    },
    async runRepeats() {
      for (const work of repeats.values()) await work();
    },
  };
}
