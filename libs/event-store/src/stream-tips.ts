import { LRUCache } from 'lru-cache';
import { NO_STREAM, type Revision } from './event-store.port.js';

/** How many streams are remembered. */
const STREAMS = 20_000;

/**
 * Where streams end, as the one writer of a log has seen it. Behind the log for as long as an append is on its way back, never beyond
 * it: whoever decides on less than there is meets a conflict, and then reads on.
 */
export class StreamTips {
  private readonly tips: LRUCache<string, Revision>;

  constructor(streams = STREAMS) {
    this.tips = new LRUCache({ max: streams });
  }

  /** Whether the stream is known to have nothing after a revision. */
  endsAt(stream: string, revision: Revision): boolean {
    const tip = this.tips.get(stream);
    return tip !== undefined && revision >= tip;
  }

  /** Notes what a read of all after a revision has given. */
  read(stream: string, after: Revision, events: readonly { readonly revision: Revision }[]): void {
    const last = events.at(-1)?.revision;
    if (last !== undefined) this.raise(stream, last);
    else if (after === NO_STREAM) this.raise(stream, NO_STREAM);
  }

  /** Notes a write. Of one that was a retry nobody knows what came after it: it moves a tip only from where it began. */
  appended(stream: string, expected: Revision, events: number): void {
    if (this.tips.get(stream) === expected) this.tips.set(stream, expected + events);
  }

  /** The next one reads the log itself. */
  forget(stream: string): void {
    this.tips.delete(stream);
  }

  private raise(stream: string, revision: Revision): void {
    const tip = this.tips.get(stream);
    if (tip === undefined || tip < revision) this.tips.set(stream, revision);
  }
}
