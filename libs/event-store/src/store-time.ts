import { later, type Instant } from '#kernel';

export interface StoreTimeOptions {
  /** `created` of a tick that is appended now, or of one that somebody else has appended since the last call. */
  readonly tick: () => Promise<Instant>;
  /** Milliseconds between two ticks while somebody asks for the time, and while nobody does. */
  readonly busyMs: number;
  readonly idleMs: number;
  readonly onError: (error: unknown) => void;
}

/** Milliseconds after a question during which another one is expected. */
const ASKED_MS = 30_000;

/**
 * COR-23: the store's time is the greatest `created` that this process has read: a lower bound, so that nothing is early. Ticks keep it
 * fresh, often while somebody asks, and now and then while nobody does, so that it is never stale when somebody asks anew.
 */
export class StoreTime {
  private greatest: Instant = '';
  private askedAt = -Infinity;
  private timer: NodeJS.Timeout | undefined;
  private closed = false;

  constructor(private readonly options: StoreTimeOptions) {}

  /** The first tick; rejects where it cannot be had. */
  async start(): Promise<void> {
    this.note(await this.options.tick());
    this.plan();
  }

  note(created: Instant): void {
    this.greatest = later(this.greatest, created);
  }

  now(): Instant {
    const waited = performance.now() - this.askedAt > ASKED_MS;
    this.askedAt = performance.now();
    if (waited) this.plan();
    return this.greatest;
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
  }

  private plan(): void {
    clearTimeout(this.timer);
    if (this.closed) return;
    const isAsked = performance.now() - this.askedAt <= ASKED_MS;
    const wait = isAsked ? this.options.busyMs : this.options.idleMs;
    // Processes that share a log take turns: whoever is later finds the tick of another one.
    this.timer = setTimeout(() => void this.tick(), wait * (0.75 + Math.random() / 2)).unref();
  }

  private async tick(): Promise<void> {
    await this.options.tick().then((created) => this.note(created), this.options.onError);
    this.plan();
  }
}
