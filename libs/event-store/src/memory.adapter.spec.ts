import { NO_STREAM, type StreamAppend } from './event-store.port.js';
import { MemoryEventStore, type AppendStep } from './memory.adapter.js';

const NOON = '2026-03-01T12:00:00.000Z';
const clock = () => NOON;

const appendOf = (stream: string, id: string, deciding?: boolean): StreamAppend => ({
  stream,
  expected: NO_STREAM,
  workspace: 'w1',
  events: [{ id, type: 'SomethingHappened', data: '{}', metadata: '{}' }],
  deciding,
});
const list = [appendOf('claim', 'a'), appendOf('account', 'b', true), appendOf('follow-up', 'c')];
const idsOf = async (store: MemoryEventStore) => (await store.readAll(0, 10)).map(({ id }) => id);

it('keeps what was written before the deciding stream lost its race', async () => {
  const store = new MemoryEventStore({ clock });
  await store.append([appendOf('account', 'x')]);
  await expect(store.append(list)).rejects.toMatchObject({ name: 'Conflict', stream: 'account' });
  expect(await idsOf(store)).toEqual(['x', 'a']);
});

it('is done, but not complete, when a follow-up lost its race', async () => {
  const store = new MemoryEventStore({ clock });
  await store.append([appendOf('follow-up', 'x')]);
  expect(await store.append(list)).toEqual({ position: 3, at: NOON, complete: false });
  expect(await idsOf(store)).toEqual(['x', 'a', 'b']);
});

it.each([0, 1, 2])(
  'dies before step %i with what was before it, and ends in the same log when the list is sent again',
  async (at) => {
    let alive = false;
    const cut = async ({ index }: AppendStep) => {
      if (!alive && index === at) throw new Error('dead');
    };
    const store = new MemoryEventStore({ clock, cut });
    await expect(store.append(list)).rejects.toThrow('dead');
    expect(await idsOf(store)).toEqual(['a', 'b', 'c'].slice(0, at));
    alive = true;
    expect(await store.append(list)).toEqual({ position: 2, at: NOON, complete: true });
    expect(await idsOf(store)).toEqual(['a', 'b', 'c']);
  },
);

it('lets others in between two steps', async () => {
  const others = [appendOf('other', 'o')];
  const store: MemoryEventStore = new MemoryEventStore({
    clock,
    cut: async ({ append }) => {
      if (append.stream === 'account') await store.append(others);
    },
  });
  await store.append(list);
  expect(await idsOf(store)).toEqual(['a', 'o', 'b', 'c']);
});

it('asks once, before the first step, where it is atomic', async () => {
  const steps: number[] = [];
  const store = new MemoryEventStore({ clock, atomic: true, cut: async ({ index }) => void steps.push(index) });
  await store.append(list);
  expect(steps).toEqual([0]);
});
