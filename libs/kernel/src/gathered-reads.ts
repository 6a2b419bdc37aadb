import { turnOver } from './shared-reads.js';

/** Look-ups of different values that are asked for in one turn of the event loop are one read of them all, begun when the turn is over, as with `SharedReads`. */
export class GatheredReads<T> {
  private gathering: { readonly values: Set<string>; readonly found: Promise<readonly T[]> } | null = null;

  /** `read` gives what is found for any of the values. */
  constructor(
    private readonly read: (values: readonly string[]) => Promise<readonly T[]>,
    private readonly endOfTurn = turnOver,
  ) {}

  /** What is found for these values, and for those of others: whoever asks picks out what is his. It belongs to all who asked; rejects as the read does. */
  find(values: readonly string[]): Promise<readonly T[]> {
    if (values.length === 0) return Promise.resolve([]);
    const gathering = (this.gathering ??= this.begin());
    for (const value of values) gathering.values.add(value);
    return gathering.found;
  }

  private begin(): NonNullable<typeof this.gathering> {
    const values = new Set<string>();
    const found = this.endOfTurn().then(() => {
      this.gathering = null;
      return this.read([...values]);
    });
    return { values, found };
  }
}
