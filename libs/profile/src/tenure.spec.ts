import { StoreUnavailable } from '#event-store';
import { StaleBatch } from '#read-store';
import { soleProcess, type Leases } from './leases.js';
import { Tenure } from './tenure.js';

const away = (): Error => new StoreUnavailable('away');

/** Work that fails with each of these, one after the other, then goes on until it is stopped. */
function world(failures: Error[], leases: Leases = soleProcess) {
  const stop = new AbortController();
  const seen: string[] = [];
  let going: () => void = () => undefined;
  const goesOn = new Promise<void>((resolve) => (going = resolve));
  const tenure: Tenure = new Tenure({
    leases,
    name: 'work',
    work: async (held, begun) => {
      const failure = failures.shift();
      seen.push(`${failure?.name ?? 'goes on'} ${tenure.well}`);
      if (failure) throw failure;
      begun();
      going();
      await new Promise((resolve) => held.addEventListener('abort', resolve, { once: true }));
    },
    onOutage: (error) => seen.push(`told of ${error.name} ${tenure.well}`),
    pauseMs: 1,
    longestPauseMs: 4,
  });
  return { tenure, stop, seen, goesOn, run: () => tenure.run(stop.signal) };
}

describe('a tenure', () => {
  it('is taken up again where a store was away, however often, and says meanwhile that it is not well', async () => {
    const { tenure, stop, seen, goesOn, run } = world([away(), new StaleBatch('overtaken'), away()]);
    const ended = run();
    await goesOn;
    expect(seen).toEqual([
      'StoreUnavailable true',
      'told of StoreUnavailable false',
      'StaleBatch false',
      'told of StaleBatch false',
      'StoreUnavailable false',
      'told of StoreUnavailable false',
      'goes on false',
    ]);
    expect(tenure.well).toBe(true);
    stop.abort();
    await ended;
  });

  it('pauses longer from failure to failure, up to a longest pause, and as at first once it went on', async () => {
    const stop = new AbortController();
    const at: number[] = [];
    const failing: Leases = {
      async hold(_name, _signal, _work, standsBy) {
        at.push(performance.now());
        if (at.length === 5) standsBy?.();
        if (at.length === 6) stop.abort();
        throw away();
      },
    };
    const options = { leases: failing, name: 'work', work: async () => undefined, onOutage: () => undefined };
    await new Tenure({ ...options, pauseMs: 20, longestPauseMs: 80 }).run(stop.signal);
    const least = [20, 40, 80, 80, 20];
    // a timer may come a millisecond early, and as late as the machine likes
    for (const [n, pause] of least.entries()) expect((at[n + 1] ?? 0) - (at[n] ?? 0)).toBeGreaterThanOrEqual(pause - 1);
  });

  it('ends for good, and loud, where anything else goes wrong', async () => {
    const { tenure, seen, run } = world([away(), new TypeError('a fault of ours')]);
    await expect(run()).rejects.toThrow('a fault of ours');
    expect([tenure.well, seen.length]).toEqual([false, 3]);
  });

  it('is well while another process does the work', async () => {
    const stop = new AbortController();
    let holds = 0;
    const elsewhere: Leases = {
      async hold(_name, _signal, _work, standsBy) {
        if (++holds === 1) throw away();
        standsBy?.();
        stop.abort();
      },
    };
    const tenure: Tenure = new Tenure({
      leases: elsewhere,
      name: 'work',
      work: async () => undefined,
      onOutage: () => expect(tenure.well).toBe(false),
      pauseMs: 1,
    });
    await tenure.run(stop.signal);
    expect([holds, tenure.well]).toEqual([2, true]);
  });

  it('ends in the middle of a pause when it is stopped', async () => {
    const { stop, run } = world([away()]);
    const slow = new Tenure({
      leases: { hold: () => Promise.reject(away()) },
      name: 'work',
      work: async () => undefined,
      onOutage: () => stop.abort(),
      pauseMs: 60_000,
    });
    await slow.run(stop.signal);
    await run();
  });
});
