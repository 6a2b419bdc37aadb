import { setImmediate } from 'node:timers/promises';
import type { Position, StoredEvent } from './event-store.port.js';

/** Wakes all who wait for news. A ring between somebody's look and the wait is not lost. */
export class Bell {
  private rings = 0;
  private silenced = false;
  private readonly sleepers = new Set<() => void>();

  /** How often it has rung. */
  get count(): number {
    return this.rings;
  }

  /** Whether no news will ever come. */
  get silent(): boolean {
    return this.silenced;
  }

  ring(): void {
    this.rings += 1;
    for (const wake of [...this.sleepers]) wake();
  }

  /** Ends all waiting, now and later. */
  silence(): void {
    this.silenced = true;
    this.ring();
  }

  /** Resolves once the bell has rung more than `heard` times, `ms` have passed, or `signal` aborts. */
  wait(heard: number, ms: number, signal: AbortSignal): Promise<void> {
    if (this.rings !== heard || this.silenced || signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', wake);
        this.sleepers.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, ms);
      signal.addEventListener('abort', wake);
      this.sleepers.add(wake);
    });
  }
}

/** Milliseconds until a follower looks by itself: for what other threads and processes wrote. */
const POLL_MS = 1000;
/** Events per batch: small enough that one batch does not hold up an event loop. */
const BATCH = 500;

/** What `readAll` gives after a position, in batches, then what comes after each ring; ends when `signal` aborts or the bell is silent. */
export async function* followLog(
  readAll: (after: Position, limit: number) => Promise<StoredEvent[]>,
  after: Position,
  bell: Bell,
  signal: AbortSignal,
): AsyncGenerator<StoredEvent[], void, undefined> {
  let position = after;
  while (!signal.aborted && !bell.silent) {
    const heard = bell.count;
    const batch = await readAll(position, BATCH);
    const last = batch.at(-1);
    if (last) {
      position = last.position;
      yield batch;
      await setImmediate(); // a long catch-up lets others run in between
    } else {
      await bell.wait(heard, POLL_MS, signal);
    }
  }
}
