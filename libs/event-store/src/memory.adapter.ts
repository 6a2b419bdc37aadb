import { later, type Clock, type Instant } from '#kernel';
import { appendAll, appendedAt, appendToStream, decidingIndex, type Place, type WritableLog } from './append.js';
import { CHAIN_START, type ChainHead } from './chain.js';
import {
  Conflict,
  StoreUnavailable,
  type Appended,
  type EndOfStream,
  type EventStore,
  type NumberedEvent,
  type Position,
  type Revision,
  type Snapshots,
  type StoredEvent,
  type StreamAppend,
} from './event-store.port.js';
import { Bell, followLog } from './follow.js';

/** One of the appends to single streams that a list is made of. */
export interface AppendStep {
  readonly index: number;
  readonly append: StreamAppend;
}

export interface MemoryEventStoreOptions {
  readonly clock: Clock;
  /** All or nothing, as in one transaction. Without it the streams of a list are written one after the other. */
  readonly atomic?: boolean;
  /** Awaited before each append to a single stream (with `atomic` once, before the first): throws to die there, waits to let others in. */
  readonly cut?: (step: AppendStep) => Promise<void>;
}

/** The log in memory, for tests: it is as little atomic as the least atomic store, and can be cut off between any two steps. */
export class MemoryEventStore implements EventStore, EndOfStream {
  readonly atomic: boolean;
  readonly snapshots: Snapshots = new MemorySnapshots();
  private readonly log = new MemoryLog();
  private readonly bell = new Bell();
  private closed = false;

  constructor(private readonly options: MemoryEventStoreOptions) {
    this.atomic = options.atomic ?? false;
  }

  async append(appends: readonly StreamAppend[]): Promise<Appended> {
    this.requireOpen();
    try {
      return this.atomic ? await this.appendTogether(appends) : await this.appendOneByOne(appends);
    } finally {
      this.bell.ring();
    }
  }

  async read(stream: string, after: Revision = -1): Promise<StoredEvent[]> {
    this.requireOpen();
    return this.log.stream(stream).slice(after + 1);
  }

  async at(position: Position): Promise<StoredEvent | null> {
    this.requireOpen();
    return this.log.events[position - 1] ?? null;
  }

  async last(stream: string): Promise<StoredEvent | null> {
    this.requireOpen();
    return this.log.stream(stream).at(-1) ?? null;
  }

  async readAll(after: Position, limit: number): Promise<StoredEvent[]> {
    this.requireOpen();
    return this.log.events.slice(after, after + limit);
  }

  follow(after: Position, signal: AbortSignal): AsyncIterable<StoredEvent[]> {
    return followLog((position, limit) => this.readAll(position, limit), after, this.bell, signal);
  }

  async head(): Promise<Position> {
    this.requireOpen();
    return this.log.last()?.position ?? 0;
  }

  now(): Instant {
    return later(this.log.last()?.created ?? '', this.options.clock());
  }

  async close(): Promise<void> {
    this.closed = true;
    this.bell.silence();
  }

  private async appendTogether(appends: readonly StreamAppend[]): Promise<Appended> {
    const [first] = appends;
    if (first) await this.options.cut?.({ index: 0, append: first });
    const length = this.log.events.length;
    try {
      return appendAll(this.log, appends, this.options.clock());
    } catch (error) {
      this.log.truncate(length);
      throw error;
    }
  }

  private async appendOneByOne(appends: readonly StreamAppend[]): Promise<Appended> {
    const deciding = decidingIndex(appends);
    const places: (Place | null)[] = [];
    for (const [index, append] of appends.entries()) {
      await this.options.cut?.({ index, append });
      try {
        places.push(appendToStream(this.log, append, this.options.clock()));
      } catch (error) {
        if (error instanceof Conflict && index > deciding) break;
        throw error;
      }
    }
    return appendedAt(this.log, appends, places, this.options.clock());
  }

  private requireOpen(): void {
    if (this.closed) throw new StoreUnavailable('the event store is closed');
  }
}

class MemoryLog implements WritableLog {
  readonly events: NumberedEvent[] = [];
  private readonly streams = new Map<string, NumberedEvent[]>();
  private readonly workspaces = new Map<string, NumberedEvent[]>();

  stream(name: string): readonly NumberedEvent[] {
    return this.streams.get(name) ?? [];
  }

  revisionOf(stream: string): Revision {
    return this.stream(stream).length - 1;
  }

  placesAfter(stream: string, after: Revision, limit: number): readonly NumberedEvent[] {
    return this.stream(stream).slice(after + 1, after + 1 + limit);
  }

  last(): Place | null {
    return this.events.at(-1) ?? null;
  }

  headOf(workspace: string): ChainHead {
    return this.workspaces.get(workspace)?.at(-1) ?? CHAIN_START;
  }

  insert(event: NumberedEvent): void {
    this.events.push(event);
    listIn(this.streams, event.stream).push(event);
    listIn(this.workspaces, event.workspace).push(event);
  }

  /** Takes back the events after the first `length` ones. */
  truncate(length: number): void {
    for (const event of this.events.splice(length)) {
      listIn(this.streams, event.stream).pop();
      listIn(this.workspaces, event.workspace).pop();
    }
  }
}

function listIn(lists: Map<string, NumberedEvent[]>, key: string): NumberedEvent[] {
  const list = lists.get(key) ?? [];
  lists.set(key, list);
  return list;
}

class MemorySnapshots implements Snapshots {
  private readonly kept = new Map<string, { revision: Revision; state: string; entries: Map<string, string> }>();

  async load(stream: string): Promise<{ revision: Revision; state: string } | null> {
    const kept = this.kept.get(stream);
    return kept ? { revision: kept.revision, state: kept.state } : null;
  }

  async entry(stream: string, key: string): Promise<string | null> {
    return this.kept.get(stream)?.entries.get(key) ?? null;
  }

  async save(
    stream: string,
    revision: Revision,
    state: string,
    entries: readonly (readonly [key: string, value: string])[] = [],
  ): Promise<void> {
    const kept = this.kept.get(stream);
    if (kept && kept.revision > revision) return;
    this.kept.set(stream, { revision, state, entries: new Map([...(kept?.entries ?? []), ...entries]) });
  }

  async forget(stream: string): Promise<void> {
    this.kept.delete(stream);
  }
}
