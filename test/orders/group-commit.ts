import {
  MemoryEventStore,
  StoreUnavailable,
  StreamTips,
  type Appended,
  type EventStore,
  type Position,
  type Revision,
  type StoredEvent,
  type StreamAppend,
} from '#event-store';

interface Asked {
  readonly appends: readonly StreamAppend[];
  resolve(appended: Appended): void;
  reject(error: unknown): void;
}

/**
 * The log of the embedded profile without its file and its thread: what is asked for waits for a commit, which writes all that came or, on a full disk,
 * nothing; who asked is told some time after, and until then knows of the end of a stream what was told before.
 */
export class GroupCommits implements EventStore {
  readonly atomic = true;
  /** Everything is written and told at once. */
  calm = true;
  /** Position of the last event that anybody was told of. */
  told: Position = 0;
  private tips = new StreamTips();
  private readonly inner: MemoryEventStore;
  private asked: Asked[] = [];
  private answers: { readonly head: Position; readonly each: readonly (() => void)[] }[] = [];
  private written: Promise<unknown> = Promise.resolve();
  private deaths = 0;

  constructor(clock: () => string) {
    this.inner = new MemoryEventStore({ clock, atomic: true });
  }

  async append(appends: readonly StreamAppend[]): Promise<Appended> {
    try {
      const appended = await new Promise<Appended>((resolve, reject) => {
        this.asked.push({ appends, resolve, reject });
        if (this.calm) void this.all();
      });
      for (const { stream, expected, events } of appends) this.tips.appended(stream, expected, events.length);
      return appended;
    } catch (error) {
      for (const { stream } of appends) this.tips.forget(stream);
      throw error;
    }
  }

  /** Writes the first so many that are asked for, or none of them. */
  async commit(requests: number, full = false): Promise<void> {
    const batch = this.asked.splice(0, requests);
    const answers: (() => void)[] = [];
    this.written = this.written.then(async () => {
      for (const { appends, resolve, reject } of batch) {
        if (full) answers.push(() => reject(new StoreUnavailable('full')));
        else
          await this.inner.append(appends).then(
            (appended) => answers.push(() => resolve(appended)),
            (error: unknown) => answers.push(() => reject(error)),
          );
      }
      if (answers.length > 0) this.answers.push({ head: await this.inner.head(), each: answers });
    });
    await this.written;
  }

  /** Tells what became of the batch that was written first. */
  tell(): void {
    const { head, each } = this.answers.shift() ?? { head: this.told, each: [] };
    this.told = head;
    for (const answer of each) answer();
  }

  /** The log as a process has it for as long as it lives: then nothing that it asks has an answer. */
  connect(): EventStore {
    const born = this.deaths;
    const living = <T>(work: () => Promise<T>): Promise<T> =>
      born === this.deaths ? work() : new Promise<never>(() => undefined);
    return Object.create(this, {
      append: { value: (appends: readonly StreamAppend[]) => living(() => this.append(appends)) },
      read: { value: (stream: string, after?: Revision) => living(() => this.read(stream, after)) },
    }) as EventStore;
  }

  /** The process dies: what was not written never is, and nobody is told of what was. */
  async die(): Promise<void> {
    this.deaths++;
    this.asked = [];
    await this.written;
    this.answers = [];
    this.tips = new StreamTips();
    this.told = await this.head();
  }

  /** Writes and tells all that is asked for. */
  async all(): Promise<void> {
    await this.commit(this.asked.length);
    while (this.answers.length > 0) this.tell();
  }

  async read(stream: string, after: Revision = -1): Promise<StoredEvent[]> {
    if (this.tips.endsAt(stream, after)) return [];
    const events = await this.inner.read(stream, after);
    this.tips.read(stream, after, events);
    return events;
  }

  at(position: Position): Promise<StoredEvent | null> {
    return this.inner.at(position);
  }

  readAll(after: Position, limit: number): Promise<StoredEvent[]> {
    return this.inner.readAll(after, limit);
  }

  follow(after: Position, signal: AbortSignal): AsyncIterable<StoredEvent[]> {
    return this.inner.follow(after, signal);
  }

  head(): Promise<Position> {
    return this.inner.head();
  }

  now(): string {
    return this.inner.now();
  }

  close(): Promise<void> {
    return this.inner.close();
  }
}
