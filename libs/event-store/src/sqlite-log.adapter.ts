import type Database from 'better-sqlite3';
import { later, type Clock, type Instant } from '#kernel';
import type { EventStore, Position, Revision, StoredEvent } from './event-store.port.js';
import { Bell, followLog } from './follow.js';
import { openForReading, reading } from './sqlite-connection.adapter.js';

/** The reading half of an event store. */
export interface LogReader extends Pick<EventStore, 'read' | 'at' | 'readAll' | 'follow' | 'head' | 'now' | 'close'> {
  /** Tells followers that something may have been written; without it they look once a second. */
  nudge(): void;
}

const COLUMNS = 'position, stream, revision, id, type, data, metadata, created, workspace, number, leaf, chain';
type Row = [Position, string, Revision, string, string, string, string, Instant, string, number, string, string];

/** A row is asked for as a list: the driver's objects take a third more time to make, and longer to read. */
function eventOf([
  position,
  stream,
  revision,
  id,
  type,
  data,
  metadata,
  created,
  workspace,
  number,
  leaf,
  chain,
]: Row): StoredEvent {
  return { position, stream, revision, id, type, data, metadata, created, workspace, number, leaf, chain };
}

/** Reads run on the calling thread: a stream of ten events takes some 30 µs. A reader sees what is committed, and that is durable. */
export class SqliteLogReader implements LogReader {
  private readonly bell = new Bell();
  private readonly ofStream: Database.Statement<[string, Revision], Row>;
  private readonly ofPosition: Database.Statement<[Position], Row>;
  private readonly ofLog: Database.Statement<[Position, number], Row>;
  private readonly last: Database.Statement<[], Pick<StoredEvent, 'position' | 'created'>>;
  private lastCreated: Instant;

  constructor(
    private readonly db: Database.Database,
    private readonly clock: Clock,
  ) {
    const select = <P extends unknown[]>(where: string): Database.Statement<P, Row> =>
      db.prepare<P, Row>(`SELECT ${COLUMNS} FROM events WHERE ${where}`).raw();
    this.ofStream = select('stream = ? AND revision > ? ORDER BY revision');
    this.ofPosition = select('position = ?');
    this.ofLog = select('position > ? ORDER BY position LIMIT ?');
    this.last = db.prepare('SELECT position, created FROM events ORDER BY position DESC LIMIT 1');
    this.lastCreated = this.last.get()?.created ?? '';
  }

  async read(stream: string, after: Revision = -1): Promise<StoredEvent[]> {
    return this.noted(this.look(() => this.ofStream.all(stream, after).map(eventOf)));
  }

  async at(position: Position): Promise<StoredEvent | null> {
    const row = reading(this.db, () => this.ofPosition.get(position));
    return row ? eventOf(row) : null;
  }

  async readAll(after: Position, limit: number): Promise<StoredEvent[]> {
    return this.noted(this.look(() => this.ofLog.all(after, limit).map(eventOf)));
  }

  async head(): Promise<Position> {
    const last = this.look(() => this.last.get());
    if (last) this.noted([last]);
    return last?.position ?? 0;
  }

  follow(after: Position, signal: AbortSignal): AsyncIterable<StoredEvent[]> {
    return followLog((position, limit) => this.readAll(position, limit), after, this.bell, signal);
  }

  now(): Instant {
    return later(this.lastCreated, this.clock());
  }

  nudge(): void {
    this.bell.ring();
  }

  /** Raises the store's time to that of an event which this process has seen. */
  note(created: Instant): void {
    this.lastCreated = later(this.lastCreated, created);
  }

  async close(): Promise<void> {
    this.bell.silence();
    this.db.close();
  }

  /** Reads what is committed by now. */
  protected look<T>(read: () => T): T {
    return reading(this.db, read);
  }

  private noted<E extends { created: Instant }>(events: E[]): E[] {
    const last = events.at(-1);
    if (last) this.note(last.created);
    return events;
  }
}

/** A reader for a thread of its own (a projection, an export), beside the store that `openSqliteEventStore` gave for the same file. */
export function openSqliteLogReader({ file, clock }: { file: string; clock: Clock }): LogReader {
  return new SqliteLogReader(openForReading(file), clock);
}
