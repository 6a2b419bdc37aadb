import { HashQueue } from './hash-queue.js';

/** Pieces of work that end when they are told to, in the order in which they have begun. */
class Work {
  readonly begun: (() => void)[] = [];
  readonly done: number[] = [];

  readonly piece = (): Promise<void> => new Promise((resolve) => this.begun.push(resolve));

  readonly note = (number: number) => (): void => void this.done.push(number);

  /** Ends the next one, and lets everything happen that follows. */
  async end(): Promise<void> {
    await new Promise(setImmediate);
    this.begun.shift()?.();
    await new Promise(setImmediate);
  }
}

describe('a queue of hashes', () => {
  it('lets so many through at a time, in the order in which they came', async () => {
    const queue = new HashQueue(2, 10);
    const work = new Work();
    for (const number of [1, 2, 3, 4]) void queue.run(work.piece).then(work.note(number));
    await new Promise(setImmediate);
    expect(work.begun).toHaveLength(2);
    await work.end();
    expect([work.done, work.begun.length]).toEqual([[1], 2]);
    for (const _ of [2, 3, 4]) await work.end();
    expect(work.done).toEqual([1, 2, 3, 4]);
  });

  it('refuses more than may wait with busy, and goes on', async () => {
    const queue = new HashQueue(1, 1);
    const work = new Work();
    for (const number of [1, 2]) void queue.run(work.piece).then(work.note(number));
    await expect(queue.runInLots(work.piece)).rejects.toMatchObject({ code: 'busy' });
    for (const _ of [1, 2]) await work.end();
    expect(work.done).toEqual([1, 2]);
  });

  it('lets results out in lots of eight while others wait, and the rest when nobody does any more', async () => {
    const queue = new HashQueue(1, 100);
    const work = new Work();
    const numbers = Array.from({ length: 12 }, (_, at) => at + 1);
    for (const number of numbers) void queue.runInLots(work.piece).then(work.note(number));
    const seen: number[] = [];
    for (const _ of numbers) {
      await work.end();
      seen.push(work.done.length);
    }
    expect(seen).toEqual([0, 0, 0, 0, 0, 0, 0, 8, 8, 8, 11, 12]);
  });

  it('holds no result that nobody comes after, whatever becomes of those that did', async () => {
    const queue = new HashQueue(1, 100);
    const work = new Work();
    void queue.runInLots(work.piece).then(work.note(1));
    const failing = queue.runInLots(() => Promise.reject(new Error('no memory')));
    await expect(Promise.all([failing, work.end()])).rejects.toThrow('no memory');
    await new Promise(setImmediate);
    expect(work.done).toEqual([1]);
    void queue.runInLots(work.piece).then(work.note(2));
    void queue.run(work.piece).then(work.note(3));
    for (const _ of [2, 3]) await work.end();
    expect(work.done).toEqual([1, 2, 3]);
    void queue.runInLots(work.piece).then(work.note(4));
    await work.end();
    expect(work.done).toEqual([1, 2, 3, 4]);
  });
});
