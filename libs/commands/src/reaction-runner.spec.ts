import { START, type Checkpoint, type EventCodec, type StoredEvent } from '#event-store';
import { ReactionRunner } from './reaction-runner.js';
import type { Effect } from './reactions.js';

const event = (position: number, stream = `account-w-${position}`): StoredEvent =>
  ({ id: `e${position}`, position, stream, type: 'Happened' }) as StoredEvent;
const clear = ((stored: StoredEvent) => stored) as unknown as EventCodec['clear'];
const at = (position: number): Checkpoint => ({ position, eventId: `e${position}` });
const sleepOf = (position: number): Effect => ({ kind: 'sleep', key: String(position) });

/** A log of some events that ends, as one does that is aborted while nothing comes. */
function world(log: readonly StoredEvent[], noted: Checkpoint) {
  const notes: Checkpoint[] = [];
  const done: string[] = [];
  const errors: number[] = [];
  let failures = 0;
  let lostNotes = 0;
  let slow: Promise<void> | null = null;
  let followed: (event: StoredEvent) => void = () => undefined;
  const aborting = new AbortController();
  const runner = new ReactionRunner({
    store: {
      head: async () => log.at(-1)?.position ?? 0,
      at: async (position) => log.find((each) => each.position === position) ?? null,
      async *follow(after) {
        for (const each of log) {
          if (each.position <= after) continue;
          yield [each];
          followed(each);
        }
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
    setCheckpoint: async (checkpoint) => {
      if (lostNotes-- > 0) throw new Error('away');
      const before = slow;
      slow = null;
      await before;
      notes.push(checkpoint);
    },
    onError: (_error, position) => errors.push(position),
  });
  const fail = (times: number) => (failures = times);
  const loseNotes = (times: number) => (lostNotes = times);
  const slowDown = (until: Promise<void>): void => void (slow = until);
  const afterEach = (then: typeof followed) => (followed = then);
  return { run: () => runner.run(aborting.signal), notes, done, errors, fail, loseNotes, slowDown, afterEach };
}

describe('reactions', () => {
  it('COR-28: begin after the checkpoint, and note it once the head of their start is reached', async () => {
    const { run, notes, done } = world([event(3), event(7), event(9)], at(3));
    await run();
    expect([done, notes]).toEqual([['7', '9'], [at(9)]]);
  });
  it('COR-28: note a checkpoint again that could not be noted: another process may wait for it', async () => {
    const { run, notes, errors, loseNotes } = world([event(3)], START);
    loseNotes(1);
    await run();
    expect([errors, notes]).toEqual([[3], [at(3)]]);
  });
  it('COR-28: note one checkpoint after the other: a slow one does not come last', async () => {
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] });
    const { run, notes, slowDown, afterEach } = world([event(3), event(7)], START);
    const slow = new Promise<void>((resolve) => {
      afterEach(({ position }) => {
        if (position !== 3) return;
        jest.advanceTimersByTime(1_000);
        setImmediate(resolve);
      });
    });
    slowDown(slow);
    await run();
    await slow;
    jest.useRealTimers();
    expect(notes).toEqual([at(3), at(7)]);
  });
  it.each([
    ['beyond the log', at(8), 8],
    ['at another event than the log has there', { position: 3, eventId: 'another' }, 3],
    ['between two events', at(5), 5],
    ['without an event', { position: 7, eventId: null }, 7],
  ])('COR-22: a checkpoint %s is none: there is an alarm, it is taken back, and all is done again', async (_, noted, place) => {
    const { run, notes, done, errors } = world([event(3), event(7)], noted);
    await run();
    expect([errors, done, notes]).toEqual([[place], ['3', '7'], [START, at(7)]]);
  });
  it('an effect that fails is tried until it is done, before the next of its account', async () => {
    const { run, notes, done, errors, fail } = world([event(3, 'account-w-a'), event(7, 'account-w-a')], START);
    fail(1);
    await run();
    expect([done, errors, notes]).toEqual([['3', '7'], [3], [at(7)]]);
  });
});

it('nobody is woken for what need not be done any more by the end of what has come together', async () => {
  const wake = (key: string): Effect => ({ kind: 'wake', key, at: '2026-01-31T12:00:00.000Z', job: { type: 'judge', data: {} } });
  const log = [event(1, 'account-w-a'), event(2, 'account-w-a'), event(3, 'account-w-a'), event(4, 'account-w-a')];
  const effects: readonly Effect[] = [wake('a'), wake('b'), { kind: 'spare', key: 'a' }, { kind: 'spare', key: 'c' }];
  const done: Effect[] = [];
  const aborting = new AbortController();
  await new ReactionRunner({
    store: {
      head: async () => 4,
      at: async () => null,
      async *follow() {
        yield log;
        aborting.abort();
      },
    },
    codec: { clear },
    reactions: [({ position }) => effects.slice(position - 1, position)],
    apply: async (effect) => void done.push(effect),
    checkpoint: async () => START,
    setCheckpoint: async () => undefined,
    onError: () => undefined,
  }).run(aborting.signal);
  expect(done).toEqual([wake('b')]);
});
