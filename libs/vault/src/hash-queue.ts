import { refuse } from '#kernel';

/** As many results come out together. */
const LOT = 8;

/** Lets `concurrency` pieces of work run at a time; refuses with `busy` where `mostWaiting` wait already. */
export class HashQueue {
  private running = 0;
  private readonly waiting: (() => void)[] = [];
  private readonly held: (() => void)[] = [];

  constructor(
    private readonly concurrency: number,
    private readonly mostWaiting: number,
  ) {}

  async run<T>(work: () => Promise<T>): Promise<T> {
    await this.enter();
    try {
      return await work();
    } finally {
      this.leave();
      if (!this.isBusy) this.release();
    }
  }

  /**
   * The same, for work whose result is written: while others wait, results come out in lots of eight, so that what is written for each shares its
   * commits. Who waits in a line waits no longer for that on average, since the line moves faster.
   */
  async runInLots<T>(work: () => Promise<T>): Promise<T> {
    await this.enter();
    try {
      return await work();
    } finally {
      this.leave();
      if (this.isBusy && this.held.length < LOT - 1) await new Promise<void>((go) => this.held.push(go));
      else this.release();
    }
  }

  /** Whether others wait still once who runs now has ended: the last one of them lets go what is held. */
  private get isBusy(): boolean {
    return this.waiting.length >= this.concurrency;
  }

  private async enter(): Promise<void> {
    if (this.running < this.concurrency) {
      this.running += 1;
      return;
    }
    if (this.waiting.length >= this.mostWaiting) throw refuse('busy');
    await new Promise<void>((resolve) => this.waiting.push(resolve));
  }

  private leave(): void {
    const next = this.waiting.shift();
    if (next === undefined) this.running -= 1;
    else next(); // takes the place over
  }

  private release(): void {
    for (const go of this.held.splice(0)) go();
  }
}
