import type { EventCodec, StoredEvent } from '#event-store';
import { ReactionRunner } from './reaction-runner.js';
import type { Effect } from './reactions.js';

const event = (position: number, stream = `account-w-${position}`): StoredEvent =>
  ({ position, stream, type: 'Happened' }) as StoredEvent;
const clear = ((stored: StoredEvent) => stored) as unknown as EventCodec['clear'];
const sleepOf = (position: number): Effect => ({ kind: 'sleep', key: String(position) });

/** A log of some events that ends, as one does that is aborted while nothing comes. */
function world(log: readonly StoredEvent[], noted: number) {
  const notes: number[] = [];
  const done: string[] = [];
  const errors: number[] = [];
  let failures = 0;
  let lostNotes = 0;
  const aborting = new AbortController();
  const runner = new ReactionRunner({
    store: {
      head: async () => log.at(-1)?.position ?? 0,
      async *follow(after) {
        for (const each of log) if (each.position > after) yield [each];
        aborting.abort();
      },
    },
    codec: { clear },
    reactions: [({ position }) => [sleepOf(position)]],
    apply: async (effect) => {
      if (failures-- > 0) throw new Error('down');
      done.push((effect as { key: string }).key);
    },
    checkpoint: async () => noted,
    setCheckpoint: async (position) => {
      if (lostNotes-- > 0) throw new Error('away');
      notes.push(position);
    },
    onError: (_error, position) => errors.push(position),
  });
  const fail = (times: number) => (failures = times);
  const loseNotes = (times: number) => (lostNotes = times);
  return { run: () => runner.run(aborting.signal), notes, done, errors, fail, loseNotes };
}

describe('reactions', () => {
  it('COR-28: begin after the checkpoint, and note it once the head of their start is reached', async () => {
    const { run, notes, done } = world([event(3), event(7), event(9)], 3);
    await run();
    expect([done, notes]).toEqual([['7', '9'], [9]]);
  });
  it('COR-28: note a checkpoint again that could not be noted: another process may wait for it', async () => {
    const { run, notes, errors, loseNotes } = world([event(3)], 0);
    loseNotes(1);
    await run();
    expect([errors, notes]).toEqual([[3], [3]]);
  });
  it('COR-22: a checkpoint beyond the log is none: it is taken back, and all is done again', async () => {
    const { run, notes, done } = world([event(3), event(7)], 8);
    await run();
    expect([done, notes]).toEqual([
      ['3', '7'],
      [0, 7],
    ]);
  });
  it('an effect that fails is tried until it is done, before the next of its account', async () => {
    const { run, notes, done, errors, fail } = world([event(3, 'account-w-a'), event(7, 'account-w-a')], 0);
    fail(1);
    await run();
    expect([done, errors, notes]).toEqual([['3', '7'], [3], [7]]);
  });
});
