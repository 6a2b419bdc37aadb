import {
  Conflict,
  type Appended,
  type EventStore,
  type Position,
  type Revision,
  type StoredEvent,
  type StreamAppend,
} from '#event-store';
import { randomUUID } from 'node:crypto';

/** A part of a log that others write, too, as if it were a whole log: streams of a name of its own, from now on. Closing it closes the store. */
export class SharedLog implements EventStore {
  private readonly prefix = `t${randomUUID().slice(0, 8)}-`;

  private constructor(
    private readonly store: EventStore,
    private readonly start: Position,
  ) {}

  static async over(store: EventStore): Promise<SharedLog> {
    return new SharedLog(store, await store.head());
  }

  get atomic(): boolean {
    return this.store.atomic;
  }

  async append(appends: readonly StreamAppend[]): Promise<Appended> {
    try {
      const mine = appends.map((append) => ({ ...append, stream: this.prefix + append.stream }));
      const appended = await this.store.append(mine);
      if (mine.some(({ events }) => events.length > 0)) return appended;
      const last = (await this.readAll(0, Number.MAX_SAFE_INTEGER)).at(-1);
      return { ...appended, position: last?.position ?? 0, at: last?.created ?? this.now() };
    } catch (error) {
      throw error instanceof Conflict ? new Conflict(error.stream.slice(this.prefix.length), error.expected) : error;
    }
  }

  async read(stream: string, after?: Revision): Promise<StoredEvent[]> {
    return (await this.store.read(this.prefix + stream, after)).flatMap((event) => this.mine(event));
  }

  async at(position: Position): Promise<StoredEvent | null> {
    const event = await this.store.at(position);
    return (event && this.mine(event)[0]) ?? null;
  }

  async readAll(after: Position, limit: number): Promise<StoredEvent[]> {
    const mine: StoredEvent[] = [];
    for (let position = Math.max(after, this.start); mine.length < limit;) {
      const batch = await this.store.readAll(position, 1000);
      const last = batch.at(-1);
      if (!last) break;
      mine.push(...batch.flatMap((event) => this.mine(event)));
      position = last.position;
    }
    return mine.slice(0, limit);
  }

  async *follow(after: Position, signal: AbortSignal): AsyncIterable<StoredEvent[]> {
    for await (const batch of this.store.follow(Math.max(after, this.start), signal)) {
      const mine = batch.flatMap((event) => this.mine(event));
      if (mine.length > 0) yield mine;
    }
  }

  async head(): Promise<Position> {
    return (await this.readAll(0, Number.MAX_SAFE_INTEGER)).at(-1)?.position ?? 0;
  }

  now(): string {
    return this.store.now();
  }

  close(): Promise<void> {
    return this.store.close();
  }

  private mine(event: StoredEvent): StoredEvent[] {
    return event.stream.startsWith(this.prefix) ? [{ ...event, stream: event.stream.slice(this.prefix.length) }] : [];
  }
}
