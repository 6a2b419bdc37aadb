import type { Instant } from '#kernel';
import type { Job } from './jobs.port.js';

/** What is to become of a key: a wake-up under an id of its own, or none. */
export interface Order {
  readonly key: string;
  readonly id: string;
  readonly wake: { readonly time: Instant; readonly job: Job } | null;
}

export interface PendingOrdersOptions {
  /** Stores orders, one per key. Is given again what it rejected, and may have stored all the same. */
  readonly send: (orders: readonly Order[]) => Promise<void>;
  /** Told once when the queue is lost, and once when more is ordered meanwhile than is remembered. */
  readonly onError: (error: unknown) => void;
  /** How many keys are remembered while the queue is lost. */
  readonly capacity: number;
  /** Milliseconds within which the queue answers, or counts as lost. */
  readonly patienceMs: number;
}

interface Pending {
  readonly order: Order;
  /** Resolve the callers who wait for it, those of the orders that it replaced among them. */
  readonly callers: (() => void)[];
}

const BATCH = 500;
const RETRY_MS = 250;

/** Orders on their way to a queue that may not be there: the last one per key, sent together. Nobody waits for a queue that is lost. */
export class PendingOrders {
  private waiting = new Map<string, Pending>();
  private sending = new Map<string, Pending>();
  private lost = false;
  private forgetting = false;
  private closed = false;
  private work: Promise<void> | null = null;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly options: PendingOrdersOptions) {}

  /** Resolves when the order is stored; while the queue is lost, once it is remembered. */
  put(order: Order): Promise<void> {
    return new Promise((resolve) => {
      const callers = this.waiting.get(order.key)?.callers ?? [];
      this.waiting.delete(order.key);
      this.waiting.set(order.key, { order, callers });
      this.forgetSurplus();
      if (this.lost) return resolve();
      callers.push(resolve);
      this.work ??= this.sendAll();
    });
  }

  /** What was last ordered for a key, as long as it may not be stored. */
  get(key: string): Order | undefined {
    return (this.waiting.get(key) ?? this.sending.get(key))?.order;
  }

  /** Resolves when what is being sent has come to an end. What is left then is lost with the process. */
  async close(): Promise<void> {
    this.closed = true;
    clearTimeout(this.timer);
    await this.work;
  }

  private async sendAll(): Promise<void> {
    await Promise.resolve(); // what is ordered in the same turn goes together
    let stored = true;
    while (stored && this.waiting.size > 0) stored = await this.sendSome();
    this.work = null;
    if (!stored && !this.closed) this.timer = setTimeout(() => void (this.work ??= this.sendAll()), RETRY_MS);
  }

  private async sendSome(): Promise<boolean> {
    const batch = [...this.waiting].slice(0, BATCH);
    this.sending = new Map(batch);
    for (const [key] of batch) this.waiting.delete(key);
    const patience = setTimeout(() => this.lose(new Error('the queue does not answer')), this.options.patienceMs);
    try {
      await this.options.send(batch.map(([, { order }]) => order));
      this.lost = this.forgetting = false;
      release(this.sending);
      return true;
    } catch (error) {
      this.lose(error);
      const kept = batch.filter(([key]) => !this.waiting.has(key));
      this.waiting = new Map([...kept, ...this.waiting]);
      this.forgetSurplus();
      return false;
    } finally {
      this.sending = new Map();
      clearTimeout(patience);
    }
  }

  private lose(error: unknown): void {
    if (!this.lost) this.options.onError(error);
    this.lost = true;
    release(this.sending);
    release(this.waiting);
  }

  private forgetSurplus(): void {
    for (const [key, { callers }] of this.waiting) {
      if (this.waiting.size <= this.options.capacity) return;
      for (const resolve of callers) resolve();
      this.waiting.delete(key);
      if (!this.forgetting) this.options.onError(new Error('more is ordered than is remembered: the sweep has to find it'));
      this.forgetting = true;
    }
  }
}

function release(all: ReadonlyMap<string, Pending>): void {
  for (const { callers } of all.values()) for (const resolve of callers.splice(0)) resolve();
}
