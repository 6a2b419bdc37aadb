import type { DomainAppend, Revision } from '#event-store';
import type { ResourceEvent } from './claims.events.js';
import type { Resource } from './resource.js';

/** An event that was sent to the log, and is not known to be there yet. */
interface Sent {
  readonly expected: Revision;
  /** Places that it takes; 0 for one that gives some back. */
  readonly takes: number;
}

/**
 * What is on its way into the streams of resources, in a log that this process alone writes. Who comes next plans behind it instead of waiting, and
 * shares its commit. Places that are being taken count at once, those that are given back only once that is written. So whatever becomes of what is under
 * way, and whatever gives places back in its stead, nobody gets more than there is: all else that takes, or that resizes, waits until it has settled.
 */
export class UnderWay {
  private readonly streams = new Map<string, Map<Sent, Promise<void>>>();

  /** Counts the events of `appends` until `written` has ended, well or not. */
  send(appends: readonly DomainAppend[], written: Promise<unknown>): void {
    for (const { stream, expected, events } of appends)
      for (const [index, event] of (events as readonly ResourceEvent[]).entries()) {
        const takes = event.type === 'ClaimTaken' ? event.data.amount : 0;
        this.count(stream, { expected: expected + index, takes }, written);
      }
  }

  /** `resource`, as the log has it, behind all that is under way; null where that does not follow on it, as after one that failed. */
  behind(stream: string, resource: Resource): Resource | null {
    let { revision, used } = resource;
    for (const { expected, takes } of this.streams.get(stream)?.keys() ?? []) {
      if (expected < revision) continue; // it is in the log by now
      if (expected > revision) return null;
      revision += 1;
      used += takes;
    }
    return { ...resource, revision, used };
  }

  /** Resolves when nothing is under way in these streams: true where something was. */
  async settled(streams: readonly string[]): Promise<boolean> {
    const waits = streams.flatMap((stream) => [...(this.streams.get(stream)?.values() ?? [])]);
    await Promise.all(waits);
    return waits.length > 0;
  }

  private count(stream: string, sent: Sent, written: Promise<unknown>): void {
    const all = this.streams.get(stream) ?? new Map<Sent, Promise<void>>();
    const ended = (): void => {
      all.delete(sent);
      if (all.size === 0) this.streams.delete(stream);
    };
    this.streams.set(stream, all.set(sent, written.then(ended, ended)));
  }
}
