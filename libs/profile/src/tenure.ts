import { setTimeout as delay } from 'node:timers/promises';
import { StoreUnavailable } from '#event-store';
import { StaleBatch } from '#read-store';
import type { Leases } from './leases.js';

export interface TenureOptions {
  readonly leases: Leases;
  /** What one process at a time holds. */
  readonly name: string;
  /** Goes on until `held` aborts. It calls `begun` once all that it needs to go on was there. */
  readonly work: (held: AbortSignal, begun: () => void) => Promise<void>;
  /** A store was away; the work is taken up again. */
  readonly onOutage: (error: Error) => void;
  /** Milliseconds until it is taken up again: the first time, and at most. Each pause is twice the one before. Default: 500 and 4000. */
  readonly pauseMs?: number;
  readonly longestPauseMs?: number;
}

/** Work that one process at a time does. It outlives stores that are away: it is taken up again, here or by another process. */
export class Tenure {
  private failing = false;
  private pause: number;

  constructor(private readonly options: TenureOptions) {
    this.pause = this.first;
  }

  /** False while a store that it needs is away, and for good once it has ended by itself. Who stands by while another does the work is well. */
  get well(): boolean {
    return !this.failing;
  }

  /** Resolves once `signal` aborts. Rejects with what `work` rejects with, unless that may pass. */
  async run(signal: AbortSignal): Promise<void> {
    const { leases, name, work, onOutage, longestPauseMs = 4_000 } = this.options;
    const well = (): void => {
      this.failing = false;
      this.pause = this.first;
    };
    while (!signal.aborted) {
      try {
        return await leases.hold(name, signal, (held) => work(held, well), well);
      } catch (error) {
        this.failing = true;
        if (!(error instanceof StoreUnavailable || error instanceof StaleBatch)) throw error;
        onOutage(error);
      }
      await delay(this.pause, undefined, { signal }).catch(() => undefined);
      this.pause = Math.min(this.pause * 2, longestPauseMs);
    }
  }

  private get first(): number {
    return this.options.pauseMs ?? 500;
  }
}
