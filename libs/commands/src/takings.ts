import type { DomainAppend, Revision } from '#event-store';
import type { ResourceEvent } from './claims.events.js';
import type { Resource } from './resource.js';

/** A place that was asked of the log at a revision, and is not known to be taken yet. */
interface Taking {
  readonly expected: Revision;
  readonly amount: number;
}

/**
 * Places on their way into a log that this process alone writes. Who comes next plans behind them instead of waiting, and shares their commit. Whatever
 * else is written to the resource meanwhile gives places back: where that has taken the revision of one that failed, more room is left than was counted.
 */
export class Takings {
  private readonly underWay = new Map<string, Map<Taking, Promise<void>>>();

  /** Counts the places that `appends` take until `written` has ended, well or not. */
  send(appends: readonly DomainAppend[], written: Promise<unknown>): void {
    for (const { stream, expected, events } of appends)
      for (const event of events as readonly ResourceEvent[])
        if (event.type === 'ClaimTaken') this.count(stream, { expected, amount: event.data.amount }, written);
  }

  /** `resource`, as the log has it, behind all that is under way; null where that does not follow on it, as after one that failed. */
  behind(stream: string, resource: Resource): Resource | null {
    let { revision, used } = resource;
    for (const { expected, amount } of this.underWay.get(stream)?.keys() ?? []) {
      if (expected < revision) continue; // it is in the log by now
      if (expected > revision) return null;
      revision += 1;
      used += amount;
    }
    return { ...resource, revision, used };
  }

  /** Resolves when nothing is under way in these streams: true where something was. */
  async settled(streams: readonly string[]): Promise<boolean> {
    const waits = streams.flatMap((stream) => [...(this.underWay.get(stream)?.values() ?? [])]);
    await Promise.all(waits);
    return waits.length > 0;
  }

  private count(stream: string, taking: Taking, written: Promise<unknown>): void {
    const takings = this.underWay.get(stream) ?? new Map<Taking, Promise<void>>();
    const ended = (): void => {
      takings.delete(taking);
      if (takings.size === 0) this.underWay.delete(stream);
    };
    this.underWay.set(stream, takings.set(taking, written.then(ended, ended)));
  }
}
