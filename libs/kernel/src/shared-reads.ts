/** Resolves when all have asked that ask in this turn of the event loop. */
export const turnOver = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Reads of the same that are asked for in one turn of the event loop are one read, begun when the turn is over: nobody sees less than he would by himself. */
export class SharedReads<T> {
  private readonly asked = new Map<string, Promise<T>>();

  constructor(private readonly endOfTurn = turnOver) {}

  /** What `read` gives; rejects as it does. What it gives belongs to all who asked. */
  read(key: string, read: () => Promise<T>): Promise<T> {
    const asked = this.asked.get(key);
    if (asked) return asked;
    const shared = this.endOfTurn().then(() => {
      this.asked.delete(key);
      return read();
    });
    this.asked.set(key, shared);
    return shared;
  }
}
