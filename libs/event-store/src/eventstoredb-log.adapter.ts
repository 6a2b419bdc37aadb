import type { EventStoreDBClient } from '@eventstore/db-client';
import type { Position, Revision, StoredEvent } from './event-store.port.js';
import { typeOf, type Connection, type Reading } from './eventstoredb-connection.adapter.js';
import { isSystem, isTold, positionOf, toPlace, toStored, type ClientEvent } from './eventstoredb-wire.adapter.js';

/** Events that are looked at in one piece when the end of the log is looked for. */
const PAGE = 64;

/**
 * Reads of the log. The store's own streams, ticks above all, are no part of it: they are passed over, and how far that went is kept in
 * mind, so that a log that was idle for long is not gone through again at each look. What decides is read from the leader.
 */
export class LogReads {
  /** Nothing is told after `told`, up to `seen`. */
  private quiet: { readonly told: Position; readonly seen: Position } = { told: 0, seen: 0 };

  constructor(
    private readonly connection: Connection,
    private readonly note: (event: ClientEvent) => void,
  ) {}

  /** At most `limit` events of a stream after a revision, oldest first. */
  async stream(stream: string, after: Revision, limit = Number.MAX_SAFE_INTEGER): Promise<StoredEvent[]> {
    const fromRevision = BigInt(after + 1);
    const events = await this.connection.read((client) =>
      client.readStream(stream, { fromRevision, maxCount: limit, requiresLeader: true }),
    );
    events.forEach(this.note);
    return events.map(toStored);
  }

  /** The last event of a stream; null where it is missing. */
  async last(stream: string): Promise<StoredEvent | null> {
    const [event] = await this.connection.read((client) =>
      client.readStream(stream, { direction: 'backwards', fromRevision: 'end', maxCount: 1, requiresLeader: true }),
    );
    if (event) this.note(event);
    return event ? toStored(event) : null;
  }

  /** The event at exactly this position; null where none is there. A server may refuse to read from what is no place of its log. */
  async at(position: Position): Promise<StoredEvent | null> {
    const event = await this.known(position).catch((error: unknown) => {
      if (typeOf(error) === 'unknown') return null;
      throw error;
    });
    return event && isTold(event) && positionOf(event) === position ? toStored(event) : null;
  }

  /** At most `limit` events of the log after a position. */
  async all(after: Position, limit: number): Promise<StoredEvent[]> {
    const told: ClientEvent[] = [];
    let seen = after === this.quiet.told ? Math.max(after, this.quiet.seen) : after;
    for (let more = limit > 0; more && told.length < limit;) {
      const { events: page, isLast } = await this.page(seen, Math.max(limit - told.length, PAGE));
      told.push(...page.filter(isTold));
      more = !isLast;
      seen = page.reduce((_, event) => positionOf(event), seen);
    }
    const events = told.slice(0, limit).map(toStored);
    const last = events.at(-1);
    if (last && told.length < limit) this.keep(last.position, seen);
    // Who looks again from here need not pass over the same ticks, if this is where the log ends.
    else if (!last && after === this.quiet.told) this.keep(after, seen);
    else if (!last && limit > 0) await this.end();
    return events;
  }

  /** The last event of the log; null where there is none. */
  async end(): Promise<StoredEvent | null> {
    const { told: knownTold, seen: knownSeen } = this.quiet;
    let seen: Position = 0;
    for (let from: Position | 'end' = 'end'; ;) {
      const page = await this.pageBefore(from);
      seen = Math.max(seen, ...page.map(positionOf));
      const found = page.find((event) => isTold(event) || positionOf(event) <= knownSeen);
      const last = page.at(-1);
      if (!found && last) {
        from = positionOf(last);
        continue;
      }
      const event = found && !isTold(found) ? await this.known(knownTold) : (found ?? null);
      this.keep(event ? positionOf(event) : 0, seen);
      return event ? toStored(event) : null;
    }
  }

  /** Position of the last event that is not the server's own. */
  async lastGiven(): Promise<Position> {
    for (let from: Position | 'end' = 'end'; ;) {
      const page = await this.pageBefore(from);
      const found = page.find((event) => !isSystem(event));
      const last = page.at(-1);
      if (found) return positionOf(found);
      if (!last) return 0;
      from = positionOf(last);
    }
  }

  private keep(told: Position, seen: Position): void {
    if (told > this.quiet.told || (told === this.quiet.told && seen > this.quiet.seen)) this.quiet = { told, seen };
  }

  /** The event that is known to stand at a position; null for the beginning of the log. */
  private async known(position: Position): Promise<ClientEvent | null> {
    if (position === 0) return null;
    const [event] = await this.read((client) =>
      client.readAll({ fromPosition: toPlace(position), maxCount: 1, requiresLeader: true }),
    );
    return event ?? null;
  }

  /** `count` events at least, where there are so many. A server gives fewer than it was asked for only where the log ends. */
  private async page(after: Position, count: number): Promise<{ readonly events: ClientEvent[]; readonly isLast: boolean }> {
    const found = (await this.from(after, count + 1)) ?? (await this.from(after + 1, count));
    const events = found?.filter((event) => positionOf(event) > after);
    if (events) return { events, isLast: events.length < count };
    // The position is of another log. What comes after it is found by going through this one.
    for (let from: Position = 0; ;) {
      const page = (await this.from(from, count + 1)) ?? [];
      const last = page.at(-1);
      const later = page.filter((event) => positionOf(event) > after);
      if (!last || positionOf(last) === from || later.length > 0) return { events: later, isLast: later.length === 0 };
      from = positionOf(last);
    }
  }

  /** Events from the one at a position on, those of the server and of the store among them; null where none stands there, which servers refuse. */
  async from(position: Position, maxCount: number): Promise<ClientEvent[] | null> {
    try {
      return await this.read((client) => client.readAll({ fromPosition: toPlace(position), maxCount, requiresLeader: true }));
    } catch (error) {
      if (typeOf(error) === 'unknown' && position > 0) return null;
      throw error;
    }
  }

  /** Events before a position, the latest first. */
  private async pageBefore(position: Position | 'end'): Promise<ClientEvent[]> {
    const fromPosition = position === 'end' ? position : toPlace(position);
    const events = await this.read((client) =>
      client.readAll({ direction: 'backwards', fromPosition, maxCount: PAGE, requiresLeader: true }),
    );
    return events.filter((event) => position === 'end' || positionOf(event) < position);
  }

  private async read(ask: (client: EventStoreDBClient) => Reading): Promise<ClientEvent[]> {
    const events = await this.connection.read(ask);
    events.forEach(this.note);
    return events;
  }
}
