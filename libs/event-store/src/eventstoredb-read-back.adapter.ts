import type { Position, Revision, StoredEvent } from './event-store.port.js';
import type { LogReads } from './eventstoredb-log.adapter.js';
import { toNumber, toStored } from './eventstoredb-wire.adapter.js';

/** Events that one read looks through for each one that is wanted: what others write lies in between. */
const EVENTS_FOR_EACH = 4;

/** An event that was appended a moment ago. */
export interface Written {
  readonly stream: string;
  readonly revision: Revision;
  /** As the answer to the append named it; null where it named none. */
  readonly position: Position | null;
}

interface Wanted {
  readonly written: Written;
  readonly resolve: (event: StoredEvent | null) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Appended events as the server has recorded them: its answers to appends do not name the time. What is asked for while a read is under way is
 * one read of the log together, from the first of their positions on; what does not lie there is looked for in its stream.
 */
export class ReadBack {
  private waiting: Wanted[] = [];
  private reading = false;

  constructor(private readonly log: Pick<LogReads, 'from' | 'stream'>) {}

  /** The event; null where it is gone by now. */
  event(written: Written): Promise<StoredEvent | null> {
    if (written.position === null) return this.inStream(written);
    return new Promise((resolve, reject) => {
      this.waiting.push({ written, resolve, reject });
      if (!this.reading) void this.readAll();
    });
  }

  private async readAll(): Promise<void> {
    this.reading = true;
    while (this.waiting.length > 0) {
      const wanted = this.waiting;
      this.waiting = [];
      await this.read(wanted).catch((error: unknown) => wanted.forEach(({ reject }) => reject(error)));
    }
    this.reading = false;
  }

  /** Those that lie too far behind the first one wait for the next read. */
  private async read(wanted: readonly Wanted[]): Promise<void> {
    const [first, ...others] = [...wanted].sort((one, other) => placeOf(one) - placeOf(other));
    if (!first) return;
    const count = others.length === 0 ? 1 : wanted.length * EVENTS_FOR_EACH;
    const events = (await this.log.from(placeOf(first), count)) ?? [];
    const found = new Map(events.map((event) => [keyOf(event.streamId, toNumber(event.revision)), event]));
    const there = ({ written }: Wanted) => found.get(keyOf(written.stream, written.revision));
    for (const each of wanted) {
      const event = there(each);
      if (event) each.resolve(toStored(event));
    }
    this.waiting.push(...others.filter((each) => !there(each)));
    if (!there(first)) void this.inStream(first.written).then(first.resolve, first.reject);
  }

  private async inStream({ stream, revision }: Written): Promise<StoredEvent | null> {
    const [event] = await this.log.stream(stream, revision - 1, 1);
    return event?.revision === revision ? event : null;
  }
}

const placeOf = ({ written }: Wanted): Position => written.position ?? 0;
const keyOf = (stream: string, revision: Revision): string => `${revision}@${stream}`;
