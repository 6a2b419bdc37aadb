import { UnknownEvent, type EventStore, type Metadata, type Position, type Recorded, type StoredEvent } from '#event-store';
import type { JsonObject } from '#kernel';

/** Joins personal fields in and upcasts (`EventCodec.decode`). */
export type Decode = (stored: readonly StoredEvent[]) => Promise<Recorded[]>;

/** An event of the log, decoded, or why it cannot be. */
export interface FeedEntry {
  readonly stored: StoredEvent;
  /** Who is parked if the event cannot be handled. */
  readonly subject: string;
  readonly recorded: Recorded | PoisonedEvent | UnknownEvent;
}

/** An event whose personal fields or data cannot be read: its subject is parked. */
export class PoisonedEvent extends Error {
  override readonly name = 'PoisonedEvent';
}

/** Reads the log in decoded batches. Projections that stand at the same place share one batch. */
export class ProjectionFeed {
  private shared = new Map<Position, Promise<FeedEntry[]>>();

  constructor(
    private readonly source: Pick<EventStore, 'at' | 'readAll'>,
    private readonly decode: Decode,
    private readonly batchSize: number,
  ) {}

  /** The batch after `position`; empty at the head. */
  after(position: Position): Promise<FeedEntry[]> {
    let batch = this.shared.get(position);
    if (!batch) {
      batch = this.source.readAll(position, this.batchSize).then((stored) => this.decodeAll(stored));
      this.shared.set(position, batch);
    }
    return batch;
  }

  /** Ends the sharing: decoded personal data is not kept from round to round. */
  forget(): void {
    this.shared = new Map();
  }

  /** Events of one subject from `first`, which is one of them, up to and including `last`, oldest first. */
  async *ofSubject(subject: string, first: Position, last: Position): AsyncIterable<FeedEntry> {
    const event = await this.at(first);
    if (event) yield* await this.decodeAll([event]);
    for (let at = first; at < last;) {
      const stored = (await this.source.readAll(at, this.batchSize)).filter(({ position }) => position <= last);
      if (stored.length === 0) return;
      yield* await this.decodeAll(stored.filter((event) => subjectOf(event) === subject));
      at = stored.at(-1)?.position ?? last;
    }
  }

  /** Events after a position up to the head, as they are stored. */
  async *storedAfter(position: Position): AsyncIterable<StoredEvent> {
    for (let at = position; ;) {
      const stored = await this.source.readAll(at, this.batchSize);
      const last = stored.at(-1);
      if (!last) return;
      yield* stored;
      at = last.position;
    }
  }

  /** The event at exactly this position; null where the log has none there. */
  at(position: Position): Promise<StoredEvent | null> {
    return this.source.at(position);
  }

  private async decodeAll(stored: readonly StoredEvent[]): Promise<FeedEntry[]> {
    try {
      const recorded = await this.decode(stored);
      return stored.map((event, at) => entryOf(event, recorded[at] ?? new PoisonedEvent(event.type)));
    } catch (error) {
      if (isOutage(error)) throw error;
      return Promise.all(stored.map(async (event) => entryOf(event, await this.decodeOne(event))));
    }
  }

  private async decodeOne(event: StoredEvent): Promise<FeedEntry['recorded']> {
    try {
      const [recorded] = await this.decode([event]);
      return recorded ?? new PoisonedEvent(event.type);
    } catch (error) {
      if (isOutage(error)) throw error;
      return error instanceof UnknownEvent ? error : new PoisonedEvent(nameOf(error));
    }
  }
}

/** An error's name: its text may hold personal data. */
export const nameOf = (error: unknown): string => (error instanceof Error ? error.name : typeof error);

/** What can be known of an event without any key: type, subject and clear data. */
export function clearOf(stored: StoredEvent): Recorded {
  const { id, type, stream, revision, position, created, workspace, number } = stored;
  const { sealed, ...clear } = JSON.parse(stored.data) as JsonObject;
  const metadata = JSON.parse(stored.metadata) as Metadata;
  const place = { id, stream, revision, position, created, workspace, number };
  return {
    ...place,
    event: { type, data: clear },
    metadata,
    clear,
    sealed: typeof sealed === 'string' ? sealed : null,
    erased: true,
  };
}

const entryOf = (stored: StoredEvent, recorded: FeedEntry['recorded']): FeedEntry => ({
  stored,
  subject: recorded instanceof Error ? subjectOf(stored) : (recorded.metadata.subject ?? stored.stream),
  recorded,
});

/** The account or workspace that the event is about; its stream where it is about nobody. */
function subjectOf({ metadata, stream }: StoredEvent): string {
  try {
    return (JSON.parse(metadata) as Partial<Metadata>).subject ?? stream;
  } catch {
    return stream;
  }
}

/** A store that is down is no fault of the event: drivers say so with a code, ports with `StoreUnavailable`. */
const isOutage = (error: unknown): boolean => error instanceof Error && (error.name === 'StoreUnavailable' || 'code' in error);
