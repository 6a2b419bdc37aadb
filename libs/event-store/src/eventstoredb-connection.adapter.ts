import type { EventData, EventStoreDBClient } from '@eventstore/db-client';
import { StoreUnavailable } from './event-store.port.js';
import { persist, TooLate, Turnstile, within } from './persistence.js';
import type { ClientEvent } from './eventstoredb-wire.adapter.js';

/**
 * Appends that the client holds at a time. Its stream takes so many without making the next one wait; of one that waits when the connection
 * is lost, a promise is rejected where nobody can catch it, and the process ends. Those that we no longer wait for count until they settle.
 */
const AT_ONCE = 15;
/** Milliseconds after which one of them is taken for lost: the client gives a dead connection up in a third of that. */
const LOST_MS = 60_000;

/** What went wrong and is being dealt with. It holds no data of any event. */
export interface StoreTrouble {
  readonly doing: 'append' | 'read' | 'follow' | 'tick';
  /** Name of the error and, where there is one, its gRPC code. */
  readonly reason: string;
}

export interface ConnectionOptions {
  readonly url: string;
  readonly attemptMs: number;
  readonly patienceMs: number;
  readonly onError: (trouble: StoreTrouble) => void;
}

/** The one client of this process, and how it is asked: with a deadline of our own, again while that helps. */
export class Connection {
  private readonly turnstile = new Turnstile(AT_ONCE);
  private readonly end = new AbortController();
  private readonly watchers = new Set<() => void>();
  private readonly underWay = new Set<Promise<unknown>>();

  private constructor(
    private readonly connect: () => EventStoreDBClient,
    private readonly options: ConnectionOptions,
    private current = connect(),
  ) {}

  /** Loads the driver, which a process of the other profile does not need. Nothing is asked of the server yet. */
  static async open(options: ConnectionOptions): Promise<Connection> {
    const { EventStoreDBClient: Client } = await import('@eventstore/db-client');
    return new Connection(() => Client.connectionString(options.url), options);
  }

  get client(): EventStoreDBClient {
    return this.current;
  }

  get closed(): boolean {
    return this.end.signal.aborted;
  }

  /** The client's answer; rejects with the client's error, or with `StoreUnavailable` where it may pass and does not in time. */
  append(stream: string, expected: bigint | 'no_stream' | 'any', events: readonly EventData[]): Promise<void> {
    const options = { expectedRevision: expected, requiresLeader: true };
    return this.persist('append', (client, isAwaited) =>
      this.turnstile.run(async () => {
        if (isAwaited()) await within(LOST_MS, client.appendToStream(stream, [...events], options));
      }),
    );
  }

  /** Events that `ask` gives, until they end or `wanted` says that it is enough. A missing stream has none. */
  read(
    ask: (client: EventStoreDBClient) => Reading,
    wanted: (event: ClientEvent) => boolean = () => true,
  ): Promise<ClientEvent[]> {
    return this.persist('read', (client) => collect(ask(client), wanted, this.options.attemptMs));
  }

  /** Any other call, with the same deadline and the same patience. */
  ask<T>(work: (client: EventStoreDBClient) => Promise<T>): Promise<T> {
    return this.persist('tick', work);
  }

  /** Calls `watcher` when the store closes, and when the client is another one. Gives what ends that. */
  watch(watcher: () => void): () => void {
    this.watchers.add(watcher);
    return () => void this.watchers.delete(watcher);
  }

  report(doing: StoreTrouble['doing'], error: unknown): void {
    this.options.onError({ doing, reason: reasonOf(error) });
  }

  requireOpen(): void {
    if (this.closed) throw new StoreUnavailable('the event store is closed');
  }

  /** Waits for calls that are under way: one that began while the client is disposed of would hold its stream, and the process, for good. */
  async close(): Promise<void> {
    this.end.abort();
    for (const watcher of this.watchers) watcher();
    await within(this.options.attemptMs, Promise.allSettled(this.underWay)).catch(() => undefined);
    await this.current.dispose();
  }

  private persist<T>(
    doing: StoreTrouble['doing'],
    attempt: (client: EventStoreDBClient, isAwaited: () => boolean) => Promise<T>,
  ): Promise<T> {
    let client = this.current;
    // A read has the deadline in itself: it may be long as long as something comes.
    const attemptMs = doing === 'read' ? 2 ** 31 - 1 : this.options.attemptMs;
    const { patienceMs } = this.options;
    const onFailure = (error: unknown) => {
      this.report(doing, error);
      if (!(error instanceof TooLate) && codeOf(error) !== UNAVAILABLE) this.renew(client);
    };
    const work = persist({ attemptMs, patienceMs, mayPass, onFailure, signal: this.end.signal }, (isAwaited) => {
      client = this.current;
      return attempt(client, isAwaited);
    });
    this.underWay.add(work);
    work.catch(() => undefined).finally(() => this.underWay.delete(work));
    return work;
  }

  /** The client keeps for good what a server that was starting told it about itself: the next one asks anew. */
  private renew(failed: EventStoreDBClient): void {
    if (this.current !== failed || this.closed) return;
    this.current = this.connect();
    failed.dispose().catch(() => undefined);
    for (const watcher of this.watchers) watcher();
  }
}

/** A read of the client's: events, one error at most, and the end. */
export interface Reading {
  on(event: 'data', listener: (resolved: { event?: ClientEvent }) => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
  on(event: 'end' | 'close', listener: () => void): unknown;
  cancel(): Promise<void>;
}

/** Rejects where nothing comes for `silenceMs`, which the client itself would wait out for ever. */
function collect(reading: Reading, wanted: (event: ClientEvent) => boolean, silenceMs: number): Promise<ClientEvent[]> {
  const events: ClientEvent[] = [];
  return new Promise<ClientEvent[]>((resolve, reject) => {
    const timer = setTimeout(() => finish(() => reject(new TooLate(`nothing came for ${silenceMs} ms`))), silenceMs);
    const finish = (settle: () => void) => {
      clearTimeout(timer);
      settle();
      reading.cancel().catch(() => undefined);
    };
    reading.on('data', ({ event }) => {
      timer.refresh();
      if (!event) return;
      if (wanted(event)) events.push(event);
      else finish(() => resolve(events));
    });
    reading.on('error', (error) => finish(() => (typeOf(error) === 'stream-not-found' ? resolve([]) : reject(error))));
    reading.on('end', () => finish(() => resolve(events)));
    reading.on('close', () => finish(() => resolve(events)));
  });
}

const UNAVAILABLE = 14;
/** Cancelled, deadline exceeded, aborted, internal (a stream that was reset), unavailable. */
const PASSING_CODES: ReadonlySet<unknown> = new Set([1, 4, 10, 13, UNAVAILABLE]);
const PASSING_TYPES: ReadonlySet<unknown> = new Set(['unavailable', 'cancelled', 'deadline-exceeded', 'timeout', 'not-leader']);

/** Whether asking again may help. Errors come with a type, or bare with a code, or with a text alone while a server starts. */
function mayPass(error: unknown): boolean {
  if (PASSING_CODES.has(codeOf(error)) || PASSING_TYPES.has(typeOf(error))) return true;
  return error instanceof Error && /not ready|write after end|cancelled on client/i.test(error.message);
}

const fieldOf = (error: unknown, field: 'code' | 'type'): unknown =>
  typeof error === 'object' && error !== null ? (error as Record<string, unknown>)[field] : undefined;
const codeOf = (error: unknown): unknown => fieldOf(error, 'code');

/** The client's word for an error: its classes are not reliable in the presence of two copies of the client, its texts may be empty. */
export const typeOf = (error: unknown): unknown => fieldOf(error, 'type');

function reasonOf(error: unknown): string {
  const name = error instanceof Error ? error.name : typeof error;
  const [type, code] = [typeOf(error), codeOf(error)];
  return [name, typeof type === 'string' ? type : '', typeof code === 'number' ? code : '']
    .filter((part) => part !== '')
    .join(' ');
}
