/**
 * Runs work one after the other per key: who asks for several keys waits for all of them. Keys are taken in text order, so nobody waits in a ring.
 * Work may let the next one begin before it has ended, by `release`.
 */
export class KeyedQueue {
  private readonly tails = new Map<string, Promise<void>>();

  async run<T>(keys: readonly string[], work: (release: () => void) => Promise<T>): Promise<T> {
    const releases: (() => void)[] = [];
    const release = (): void =>
      releases
        .splice(0)
        .reverse()
        .forEach((each) => each());
    for (const key of [...new Set(keys)].sort()) releases.push(await this.take(key));
    try {
      return await work(release);
    } finally {
      release();
    }
  }

  private async take(key: string): Promise<() => void> {
    const before = this.tails.get(key);
    let release!: () => void;
    const mine = new Promise<void>((resolve) => (release = resolve));
    this.tails.set(key, mine);
    await before;
    return () => {
      if (this.tails.get(key) === mine) this.tails.delete(key);
      release();
    };
  }
}
