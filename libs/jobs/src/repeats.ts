/** Told of every failed run, with the key of the job or the name of the repeated work. */
export type OnJobError = (error: unknown, key: string) => void;

interface Repeat {
  readonly name: string;
  readonly seconds: number;
  readonly work: () => Promise<void>;
  timer: NodeJS.Timeout | undefined;
  running: Promise<void> | undefined;
}

/** Work that is repeated as long as the process runs: the pause begins when the work has ended, so it never overlaps itself. */
export class Repeats {
  private readonly repeats: Repeat[] = [];
  private active = false;

  constructor(private readonly onError: OnJobError) {}

  add(name: string, seconds: number, work: () => Promise<void>): void {
    const repeat: Repeat = { name, seconds, work, timer: undefined, running: undefined };
    this.repeats.push(repeat);
    if (this.active) this.run(repeat);
  }

  start(): void {
    this.active = true;
    for (const repeat of this.repeats) this.run(repeat);
  }

  async stop(): Promise<void> {
    this.active = false;
    for (const repeat of this.repeats) clearTimeout(repeat.timer);
    await Promise.all(this.repeats.map(async (repeat) => repeat.running));
  }

  private run(repeat: Repeat): void {
    repeat.running = this.once(repeat).finally(() => {
      repeat.running = undefined;
      if (this.active) repeat.timer = setTimeout(() => this.run(repeat), repeat.seconds * 1000);
    });
  }

  private async once(repeat: Repeat): Promise<void> {
    try {
      await repeat.work();
    } catch (error) {
      this.onError(error, repeat.name);
    }
  }
}
