import type { DomainEvent, Recorded } from './envelope.js';
import type { Appended, EventStore, Position, Revision, StreamAppend } from './event-store.port.js';
import type { EventCodec, MetadataInput } from './codec.js';

/** Events for one stream, not yet bytes. */
export interface DomainAppend {
  readonly stream: string;
  readonly expected: Revision;
  readonly workspace: string;
  readonly events: readonly DomainEvent[];
  readonly metadata: MetadataInput;
  readonly deciding?: boolean;
}

/** The log as the domain sees it: typed events in, typed events out. */
export class EventLog {
  constructor(
    readonly store: EventStore,
    private readonly codec: EventCodec,
  ) {}

  /** Events of a stream after a revision (default: all), oldest first; empty for a missing stream. */
  async read<E extends DomainEvent = DomainEvent>(stream: string, after?: Revision): Promise<Recorded<E>[]> {
    return this.codec.decode<E>(await this.store.read(stream, after));
  }

  /** At most `limit` events of the whole log after `position`. */
  async readAll(after: Position, limit: number): Promise<Recorded[]> {
    return this.codec.decode(await this.store.readAll(after, limit));
  }

  /** `sent` is told once the store has it, before it is written. */
  async append(appends: readonly DomainAppend[], sent?: (written: Promise<Appended>) => void): Promise<Appended> {
    const bytes = await this.encode(appends);
    const written = this.store.append(bytes);
    sent?.(written);
    return written;
  }

  private async encode(appends: readonly DomainAppend[]): Promise<StreamAppend[]> {
    return Promise.all(
      appends.map(async ({ stream, expected, workspace, events, metadata, deciding }) => ({
        stream,
        expected,
        workspace,
        events: await this.codec.encode(stream, events, metadata),
        ...(deciding ? { deciding } : {}),
      })),
    );
  }
}
