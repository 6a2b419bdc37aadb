import type { Credentials, EventData, EventStoreDBClient } from '@eventstore/db-client';
import { StoreUnavailable } from './event-store.port.js';
import { persist, TooLate, Turnstile, within } from './persistence.js';
import type { ClientEvent } from './eventstoredb-wire.adapter.js';

/** Appends that are under way at a time: more than 100 on a fresh connection may hang. */
const AT_ONCE = 64;

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
    readonly client: EventStoreDBClient,
    private readonly options: ConnectionOptions,
    private readonly credentials: Credentials,
  ) {}

  /** Loads the driver, which a process of the other profile does not need. Nothing is asked of the server yet. */
  static async open(options: ConnectionOptions): Promise<Connection> {
    const { EventStoreDBClient: Client } = await import('@eventstore/db-client');
    return new Connection(Client.connectionString(options.url), options, credentialsOf(options.url));
  }

  get closed(): boolean {
    return this.end.signal.aborted;
  }

  /**
   * Position of the last event, null where the server names none; rejects with the client's error, or with `StoreUnavailable` where it may pass
   * and does not in time.
   */
  append(stream: string, expected: bigint | 'no_stream' | 'any', events: readonly EventData[]): Promise<bigint | null> {
    const { credentials } = this;
    const options = { expectedRevision: expected, requiresLeader: true, credentials };
    return this.persist('append', (client, withinMs, isAwaited) => {
      const turn = this.turnstile.run(async () => {
        if (!isAwaited()) return null;
        const { position } = await client.appendToStream(stream, [...events], { ...options, deadline: withinMs });
        return position?.commit ?? null;
      });
      return within(withinMs, turn);
    });
  }

  /** Events that `ask` gives, until they end: however long that takes, as long as something comes. A missing stream has none. */
  read(ask: (client: EventStoreDBClient) => Reading): Promise<ClientEvent[]> {
    return this.persist('read', (client, withinMs) => collect(ask(client), withinMs));
  }

  /** Of a stream, the server keeps the last event alone: earlier ones are of no use to anybody. */
  keepLast(stream: string): Promise<void> {
    const { credentials } = this;
    const keep = async (client: EventStoreDBClient): Promise<void> => {
      const { metadata } = await client.getStreamMetadata(stream, { requiresLeader: true });
      if (metadata?.maxCount !== 1)
        await client.setStreamMetadata(stream, { maxCount: 1 }, { credentials, requiresLeader: true });
    };
    return this.persist('tick', (client, withinMs) => within(withinMs, keep(client)));
  }

  /** Calls `watcher` when the store closes. Gives what ends that. */
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
    await this.client.dispose();
  }

  private persist<T>(
    doing: StoreTrouble['doing'],
    attempt: (client: EventStoreDBClient, withinMs: number, isAwaited: () => boolean) => Promise<T>,
  ): Promise<T> {
    const { attemptMs, patienceMs } = this.options;
    const onFailure = (error: unknown) => this.report(doing, error);
    const options = { attemptMs, patienceMs, mayPass, onFailure, signal: this.end.signal };
    const work = persist(options, (withinMs, isAwaited) => attempt(this.client, withinMs, isAwaited));
    this.underWay.add(work);
    work.catch(() => undefined).finally(() => this.underWay.delete(work));
    return work;
  }
}

/**
 * The user that the address names. An append that carries a user goes as a call of its own, with a deadline, and not through the stream that
 * the client shares among all of them: an answer there that nobody waits for any more ends the process. Without TLS nobody is sent.
 */
function credentialsOf(url: string): Credentials {
  const user = /^[^:]+:\/\/([^:/@]+):([^/@]+)@/.exec(url);
  if (user) return { username: decodeURIComponent(user[1] ?? ''), password: decodeURIComponent(user[2] ?? '') };
  if (/[?&]tls=false(&|$)/i.test(url)) return { username: 'nobody', password: '' };
  throw new TypeError('the address of an event store with TLS names a user and a password');
}

/** A read of the client's: events, one error at most, and the end. */
export interface Reading {
  on(event: 'data', listener: (resolved: { event?: ClientEvent }) => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
  on(event: 'end' | 'close', listener: () => void): unknown;
  cancel(): Promise<void>;
}

/** A read was closed before its end: what came of it may be a part. */
class CutOff extends Error {
  override readonly name = 'CutOff';
}

/** Rejects where the read is closed before its end, and where nothing comes for `silenceMs`, which the client itself would wait out for ever. */
function collect(reading: Reading, silenceMs: number): Promise<ClientEvent[]> {
  const events: ClientEvent[] = [];
  return new Promise<ClientEvent[]>((resolve, reject) => {
    let isOver = false;
    const finish = (settle: () => void) => {
      if (isOver) return;
      isOver = true;
      clearTimeout(timer);
      settle();
      reading.cancel().catch(() => undefined);
    };
    const timer = setTimeout(() => finish(() => reject(new TooLate(`nothing came for ${silenceMs} ms`))), silenceMs);
    reading.on('data', ({ event }) => {
      timer.refresh();
      if (event) events.push(event);
    });
    reading.on('error', (error) => finish(() => (typeOf(error) === 'stream-not-found' ? resolve([]) : reject(error))));
    reading.on('end', () => finish(() => resolve(events)));
    reading.on('close', () => finish(() => reject(new CutOff('the read was closed before its end'))));
  });
}

/** Cancelled, deadline exceeded, aborted, internal (a stream that was reset), unavailable. */
const PASSING_CODES: ReadonlySet<unknown> = new Set([1, 4, 10, 13, 14]);
const PASSING_TYPES: ReadonlySet<unknown> = new Set(['unavailable', 'cancelled', 'deadline-exceeded', 'timeout', 'not-leader']);

/** Whether asking again may help. Errors come with a type, or bare with a code, or with a text alone while a server starts. */
function mayPass(error: unknown): boolean {
  if (error instanceof CutOff) return true;
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
