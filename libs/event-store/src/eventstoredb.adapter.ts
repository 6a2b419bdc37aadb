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
import { ReadBack } from './eventstoredb-read-back.adapter.js';
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

  /** One stream after the other, each at its exact revision: what comes again with the same ids is answered as the first time. */
  async append(appends: readonly StreamAppend[]): Promise<Appended> {
    this.connection.requireOpen();
    const batches = appends.map(toClientEvents);
    const deciding = decidingIndex(appends);
    const places: (Position | null)[] = [];
    for (const [index, append] of appends.entries()) {
      try {
        places.push(await this.appendTo(append, batches[index] ?? []));
      } catch (error) {
        const settlesLater = error instanceof Conflict || error instanceof StoreUnavailable;
        if (settlesLater && index > deciding) break;
        throw error;
      }
    }
    const last = await this.lastOf(appends.slice(0, places.length), places, deciding);
    return { position: last?.position ?? 0, at: last?.created ?? this.time.now(), complete: places.length === appends.length };
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

  /** The position that the server names; null where it names none. */
  private async appendTo(
    { stream, expected, events }: StreamAppend,
    batch: ReturnType<typeof toClientEvents>,
  ): Promise<Position | null> {
    if (events.length === 0) {
      if (((await this.log.last(stream))?.revision ?? -1) !== expected) throw new Conflict(stream, expected);
      return null;
    }
    try {
      const position = await this.connection.append(stream, toExpected(expected), batch);
      return position === null ? null : toNumber(position);
    } catch (error) {
      throw typeOf(error) === 'wrong-expected-version' ? new Conflict(stream, expected) : error;
    }
  }

  /** The last event of the deciding stream, else the last one written, else that of the log: as the server recorded it. */
  private async lastOf(
    appends: readonly StreamAppend[],
    places: readonly (Position | null)[],
    deciding: number,
  ): Promise<StoredEvent | null> {
    const isFull = (append: StreamAppend | undefined): boolean => append !== undefined && append.events.length > 0;
    const index = isFull(appends[deciding]) ? deciding : appends.findLastIndex(isFull);
    const full = appends[index];
    if (!full) return this.log.end();
    const { stream, expected, events } = full;
    return this.readBack.event({ stream, revision: expected + events.length, position: places[index] ?? null });
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
