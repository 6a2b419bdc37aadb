import { PendingOrders, type Order } from './pending-orders.js';

const NOON = '2026-01-31T12:00:00.000Z';
const wake = (key: string, id = key): Order => ({ key, id, wake: { time: NOON, job: { type: 'remind', data: { id } } } });
const cancel = (key: string): Order => ({ key, id: '', wake: null });
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A queue that answers when the test says so. */
class Queue {
  readonly sent: string[][] = [];
  readonly errors: unknown[] = [];
  private answers: ((error?: Error) => void)[] = [];
  readonly orders: PendingOrders;

  constructor(capacity = 10) {
    this.orders = new PendingOrders({
      capacity,
      patienceMs: 250,
      onError: (error) => this.errors.push(error),
      send: (orders) => {
        this.sent.push(orders.map(({ key, id, wake }) => (wake ? `${key}:${id}` : `${key}:-`)));
        return new Promise((resolve, reject) => this.answers.push((error) => (error ? reject(error) : resolve())));
      },
    });
  }

  async answer(error?: Error): Promise<void> {
    this.answers.shift()?.(error);
    await turn();
  }
}

/** Whether a promise has resolved by now. */
async function isDone(promise: Promise<unknown>): Promise<boolean> {
  let done = false;
  void promise.then(() => (done = true));
  await turn();
  return done;
}

describe('orders on their way to a queue', () => {
  beforeEach(() => void jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick'] }));
  afterEach(() => void jest.useRealTimers());

  it('go together, and are done when they are stored', async () => {
    const queue = new Queue();
    const both = Promise.all([queue.orders.put(wake('a')), queue.orders.put(wake('b'))]);
    expect(await isDone(both)).toBe(false);
    expect(queue.sent).toEqual([['a:a', 'b:b']]);
    expect(queue.orders.get('a')).toEqual(wake('a'));
    await queue.answer();
    expect(await isDone(both)).toBe(true);
    expect(queue.orders.get('a')).toBeUndefined();
  });

  it('are the last one per key, in the order in which they were given', async () => {
    const queue = new Queue();
    const first = queue.orders.put(wake('a', '1'));
    await turn();
    const second = queue.orders.put(wake('a', '2'));
    const third = queue.orders.put(cancel('a'));
    expect(queue.orders.get('a')).toEqual(cancel('a'));
    await queue.answer();
    expect([await isDone(first), await isDone(second)]).toEqual([true, false]);
    await queue.answer();
    expect([await isDone(second), await isDone(third)]).toEqual([true, true]);
    expect(queue.sent).toEqual([['a:1'], ['a:-']]);
  });

  it('keep nobody waiting for a queue that does not answer, and arrive when it does', async () => {
    const queue = new Queue();
    const first = queue.orders.put(wake('a'));
    await turn();
    jest.advanceTimersByTime(249);
    expect(await isDone(first)).toBe(false);
    jest.advanceTimersByTime(1);
    expect(await isDone(first)).toBe(true);
    expect(await isDone(queue.orders.put(wake('b')))).toBe(true);
    expect(queue.errors).toHaveLength(1);
    await queue.answer();
    expect(queue.sent).toEqual([['a:a'], ['b:b']]);
    await queue.answer();
    expect(await isDone(queue.orders.put(wake('c')))).toBe(false);
  });

  it('are sent again when the queue refuses them, but not over what was ordered since', async () => {
    const queue = new Queue();
    const orders = [queue.orders.put(wake('a', '1')), queue.orders.put(wake('b', '1'))];
    await turn();
    void queue.orders.put(wake('b', '2'));
    await queue.answer(new Error('gone'));
    expect(await isDone(Promise.all(orders))).toBe(true);
    expect(queue.errors).toEqual([new Error('gone')]);
    jest.advanceTimersByTime(250);
    await turn();
    await queue.answer(new Error('gone still'));
    expect(queue.errors).toHaveLength(1);
    jest.advanceTimersByTime(250);
    await turn();
    expect(queue.sent.slice(1)).toEqual([
      ['a:1', 'b:2'],
      ['a:1', 'b:2'],
    ]);
  });

  it('are forgotten, the oldest first, beyond what is remembered', async () => {
    const queue = new Queue(3);
    void queue.orders.put(wake('0'));
    await turn();
    await queue.answer(new Error('gone'));
    for (const key of ['1', '2', '3', '4']) expect(await isDone(queue.orders.put(wake(key)))).toBe(true);
    expect(['0', '1', '2', '3', '4'].map((key) => queue.orders.get(key) !== undefined)).toEqual([false, false, true, true, true]);
    expect(queue.errors).toHaveLength(2);
    jest.advanceTimersByTime(250);
    await turn();
    expect(queue.sent.at(-1)).toEqual(['2:2', '3:3', '4:4']);
  });

  it('end with what is being sent', async () => {
    const queue = new Queue();
    void queue.orders.put(wake('a'));
    await turn();
    const closed = queue.orders.close();
    expect(await isDone(closed)).toBe(false);
    await queue.answer(new Error('gone'));
    expect(await isDone(closed)).toBe(true);
    expect(jest.getTimerCount()).toBe(0);
  });
});
