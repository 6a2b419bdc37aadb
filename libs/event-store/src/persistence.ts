import { setTimeout as pause } from 'node:timers/promises';
import { StoreUnavailable } from './event-store.port.js';

/** The first pause after a failure, in milliseconds; each next one is twice as long, up to the longest. */
const FIRST_PAUSE_MS = 10;
const LONGEST_PAUSE_MS = 500;

/** Nothing came back in time: nobody knows whether it was done. */
export class TooLate extends Error {
  override readonly name = 'TooLate';
}

export interface Persistence {
  /** Milliseconds that one try has; less where patience ends before. */
  readonly attemptMs: number;
  /** Milliseconds for all tries together. */
  readonly patienceMs: number;
  /** Whether a failure may pass. Others are thrown as they are. */
  readonly mayPass: (error: unknown) => boolean;
  readonly onFailure: (error: unknown) => void;
  /** No further try, once it aborts. */
  readonly signal: AbortSignal;
}

/**
 * What `attempt` gives, tried again and again while its failures may pass. Rejects with `StoreUnavailable` when patience is at its end.
 * An attempt keeps to the milliseconds that it is given. One that has not begun yet can ask whether anybody still waits for it.
 */
export async function persist<T>(
  options: Persistence,
  attempt: (withinMs: number, isAwaited: () => boolean) => Promise<T>,
): Promise<T> {
  const end = performance.now() + options.patienceMs;
  for (let wait = FIRST_PAUSE_MS; ; wait = Math.min(wait * 2, LONGEST_PAUSE_MS)) {
    if (options.signal.aborted) throw new StoreUnavailable('the event store is closed');
    let isAwaited = true;
    try {
      return await attempt(Math.min(options.attemptMs, end - performance.now()), () => isAwaited);
    } catch (error) {
      isAwaited = false;
      if (!(error instanceof TooLate) && !options.mayPass(error)) throw error;
      options.onFailure(error);
      if (performance.now() + wait >= end) throw new StoreUnavailable('the event store does not answer', { cause: error });
    }
    await pause(wait * (0.5 + Math.random() / 2));
  }
}

/** The work's outcome, or `TooLate` after `ms`: then its outcome is nobody's concern any more. */
export function within<T>(ms: number, work: Promise<T>): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const timer = setTimeout(() => reject(new TooLate(`no answer within ${ms} ms`)), ms);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

/** Lets at most `room` pieces of work run at a time; the others wait for their turn. */
export class Turnstile {
  private readonly waiting: (() => void)[] = [];

  constructor(private room: number) {}

  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.room > 0) this.room -= 1;
    else await new Promise<void>((resolve) => this.waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.waiting.shift();
      if (next) next();
      else this.room += 1;
    }
  }
}
