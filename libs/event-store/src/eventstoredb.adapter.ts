import { randomUUID } from 'node:crypto';
import { SharedReads, type Instant } from '#kernel';
import { decidingIndex } from './append.js';
import {
  Conflict,
  StoreUnavailable,
  type Appended,
  type EndOfStream,
  type EventStore,
  type Position,
  type Revision,
  type StoredEvent,
  type StreamAppend,
} from './event-store.port.js';
import { Connection, typeOf, type StoreTrouble } from './eventstoredb-connection.adapter.js';
import { followAll } from './eventstoredb-follow.adapter.js';
import { LogReads } from './eventstoredb-log.adapter.js';
import { ReadBack, type Written } from './eventstoredb-read-back.adapter.js';
import { toClientEvents, toExpected, toNumber } from './eventstoredb-wire.adapter.js';
import { CLOCK_STREAM } from './own-streams.js';
import { StoreTime } from './store-time.js';

export type { StoreTrouble };

export interface EventStoreDbOptions {
  /** `esdb://…` or `esdb+discover://…`; one store per process. */
  readonly url: string;
  /** Told of what is dealt with here already, and tried again: a lost connection, a silent subscription. */
  readonly onError?: (trouble: StoreTrouble) => void;
  /** Milliseconds that one call may take before its outcome counts as unknown. Default: 3000. */
  readonly attemptMs?: number;
  /** Milliseconds for all tries of a call together, after which it is told as unavailable. Default: 4500. */
  readonly patienceMs?: number;
  /** Milliseconds between two ticks while somebody asks for the time. Default: 1000. While nobody does: ten times as long. */
  readonly tickMs?: number;
  /** Milliseconds after which a subscription that gives nothing is compared with the end of the log. Default: 1000. */
  readonly silenceMs?: number;
}

/** Opens the log on a server of the EventStoreDB protocol. Rejects with `StoreUnavailable` where it does not answer in time. */
export async function openEventStoreDb(options: EventStoreDbOptions): Promise<EventStore & EndOfStream> {
  const { url, attemptMs = 3000, patienceMs = 4500, tickMs = 1000, silenceMs = 1000, onError = () => undefined } = options;
  const connection = await Connection.open({ url, attemptMs, patienceMs, onError });
  const store = new EventStoreDb(connection, tickMs, silenceMs);
  try {
    await store.start();
    return store;
  } catch (error) {
    await store.close();
    throw error;
  }
}

class EventStoreDb implements EventStore, EndOfStream {
  readonly atomic = false;
  private readonly log: LogReads;
  private readonly readBack: ReadBack;
  private readonly time: StoreTime;
  /** Many commands of one moment read the same workspace. */
  private readonly shared = new SharedReads<StoredEvent[]>();
  private lastTick = '';

  constructor(
    private readonly connection: Connection,
    tickMs: number,
    private readonly silenceMs: number,
  ) {
    this.log = new LogReads(connection, ({ created }) => this.time.note(created.toISOString()));
    this.readBack = new ReadBack(this.log);
    this.time = new StoreTime({
      tick: () => this.tick(),
      busyMs: tickMs,
      idleMs: tickMs * 10,
      onError: (error) => connection.report('tick', error),
    });
  }

  /** The first append goes alone: a fresh connection may hang under many. */
  async start(): Promise<void> {
    await this.time.start();
    await this.connection.keepLast(CLOCK_STREAM);
  }

  /**
   * One stream after the other up to the one that decides, each at its exact revision: what comes again with the same ids is answered as the first time.
   * Follow-ups wait for that alone, and for those of their own stream: each is safe to be cut off from all others.
   */
  async append(appends: readonly StreamAppend[]): Promise<Appended> {
    this.connection.requireOpen();
    const writes = appends.map((append) => ({ append, batch: toClientEvents(append) }));
    const deciding = decidingIndex(appends);
    const written: Written[] = [];
    for (const write of writes.slice(0, deciding + 1)) written.push(...(await this.appendTo(write)));
    const decided = writes[deciding]?.batch.length ? written.at(-1) : undefined;
    const [recorded, ...follows] = await Promise.all([
      decided ? this.readBack.event(decided) : null,
      ...byStream(writes.slice(deciding + 1)).map((follow) => this.followUp(follow)),
    ]);
    const complete = follows.every((follow) => follow !== null);
    const last = decided ? recorded : await this.lastOf([...written, ...follows.flatMap((follow) => follow ?? [])]);
    return { position: last?.position ?? 0, at: last?.created ?? this.time.now(), complete };
  }

  async read(stream: string, after: Revision = -1): Promise<StoredEvent[]> {
    this.connection.requireOpen();
    return this.shared.read(`${stream}@${after}`, () => this.log.stream(stream, after));
  }

  async last(stream: string): Promise<StoredEvent | null> {
    this.connection.requireOpen();
    return this.log.last(stream);
  }

  async at(position: Position): Promise<StoredEvent | null> {
    this.connection.requireOpen();
    return this.log.at(position);
  }

  async readAll(after: Position, limit: number): Promise<StoredEvent[]> {
    this.connection.requireOpen();
    return this.log.all(after, limit);
  }

  follow(after: Position, signal: AbortSignal): AsyncIterable<StoredEvent[]> {
    const { connection, silenceMs } = this;
    return followAll({ connection, silenceMs, lastGiven: () => this.log.lastGiven() }, after, signal);
  }

  async head(): Promise<Position> {
    this.connection.requireOpen();
    return (await this.log.end())?.position ?? 0;
  }

  now(): Instant {
    return this.time.now();
  }

  async close(): Promise<void> {
    this.time.close();
    await this.connection.close();
  }

  /** The last of the events that were written; none for an empty list, whose revision counts all the same. */
  private async appendTo({ append: { stream, expected, events }, batch }: Write): Promise<Written[]> {
    if (events.length === 0) {
      if (((await this.log.last(stream))?.revision ?? -1) !== expected) throw new Conflict(stream, expected);
      return [];
    }
    try {
      const position = await this.connection.append(stream, toExpected(expected), batch);
      return [{ stream, revision: expected + events.length, position: position === null ? null : toNumber(position) }];
    } catch (error) {
      throw typeOf(error) === 'wrong-expected-version' ? new Conflict(stream, expected) : error;
    }
  }

  /** What follows in one stream, in its order; null where it could not be written, which the caller settles. */
  private async followUp(writes: readonly Write[]): Promise<Written[] | null> {
    const written: Written[] = [];
    try {
      for (const write of writes) written.push(...(await this.appendTo(write)));
      return written;
    } catch (error) {
      if (error instanceof Conflict || error instanceof StoreUnavailable) return null;
      throw error;
    }
  }

  /** The last event written, else that of the log: as the server recorded it. */
  private async lastOf(written: readonly Written[]): Promise<StoredEvent | null> {
    const last = written.at(-1);
    return last ? this.readBack.event(last) : this.log.end();
  }

  /** A tick of somebody else's since the last look is as good as one of ours. */
  private async tick(): Promise<Instant> {
    const seen = await this.log.last(CLOCK_STREAM);
    if (seen && this.lastTick !== '' && seen.id !== this.lastTick) return this.noted(seen);
    await this.connection.append(CLOCK_STREAM, 'any', [
      { id: randomUUID(), type: 'Ticked', contentType: 'application/json', data: {}, metadata: undefined },
    ]);
    const own = await this.log.last(CLOCK_STREAM);
    if (!own) throw new StoreUnavailable('the tick is not there');
    return this.noted(own);
  }

  private noted({ id, created }: StoredEvent): Instant {
    this.lastTick = id;
    return created;
  }
}

interface Write {
  readonly append: StreamAppend;
  readonly batch: ReturnType<typeof toClientEvents>;
}

function byStream(writes: readonly Write[]): Write[][] {
  const streams = new Map<string, Write[]>();
  for (const write of writes) streams.set(write.append.stream, [...(streams.get(write.append.stream) ?? []), write]);
  return [...streams.values()];
}
