import type { Recorded, Revision } from '#event-store';
import { NO_STREAM } from '#event-store';
import type { Instant } from '#kernel';
import type { ResourceEvent } from './claims.events.js';

/** A claim that nobody has confirmed yet, as far as the resource's stream knows. */
export interface OpenClaim {
  readonly claim: string;
  readonly holder: string;
  readonly amount: number;
  readonly at: Instant;
}

/** What a resource's stream says. Single settled claims are kept beside it, by claim id, so that its size does not grow with them. */
export interface Resource {
  readonly revision: Revision;
  /** Places there are: 1 unless the stream says otherwise. */
  readonly capacity: number;
  /** Places counted as taken. */
  readonly used: number;
  readonly open: Readonly<Record<string, OpenClaim>>;
  /** Accounts named as owners; their own streams say whether they are. */
  readonly owners: readonly string[];
}

/** One claim as the resource's stream counts it. */
export interface ClaimEntry {
  readonly holder: string;
  readonly amount: number;
  readonly left: number;
}

export const emptyResource: Resource = { revision: NO_STREAM, capacity: 1, used: 0, open: {}, owners: [] };

/** The entry that an event changes beside the head; `known` is what was there before. Null where no entry changes. */
export function entryAfter(event: ResourceEvent, known: ClaimEntry | null): [claim: string, entry: ClaimEntry] | null {
  switch (event.type) {
    case 'ClaimTaken':
      return known ? null : [event.data.claim, { holder: event.data.holder, amount: event.data.amount, left: event.data.amount }];
    case 'ClaimReleased':
      return known && event.data.left < known.left ? [event.data.claim, { ...known, left: event.data.left }] : null;
    case 'ClaimSettled':
    case 'PoolResized':
    case 'OwnerListed':
      return null;
  }
}

/** The claim whose entry an event is about; null for events about none. */
export function claimOf(event: ResourceEvent): string | null {
  switch (event.type) {
    case 'ClaimTaken':
    case 'ClaimReleased':
    case 'ClaimSettled':
      return event.data.claim;
    case 'PoolResized':
    case 'OwnerListed':
      return null;
  }
}

/** Whether the event changes what its claim's entry says. */
export const countsOnEntry = ({ type }: ResourceEvent): boolean => type === 'ClaimTaken' || type === 'ClaimReleased';

/** What the fold of a resource reads of an event. */
export type CountedEvent = Pick<Recorded<ResourceEvent>, 'event' | 'revision' | 'created'>;

/** Folds one event; `known` is the claim's entry before it. An id that comes again counts nothing: its smallest amount stands. */
export function evolveResource(resource: Resource, recorded: CountedEvent, known: ClaimEntry | null): Resource {
  const { event, revision } = recorded;
  switch (event.type) {
    case 'ClaimTaken': {
      if (known) return { ...resource, revision };
      const { claim, holder, amount, settled } = event.data;
      const open = settled ? resource.open : { ...resource.open, [claim]: { claim, holder, amount, at: recorded.created } };
      return { ...resource, revision, used: resource.used + amount, open };
    }
    case 'ClaimSettled':
      return { ...resource, revision, open: without(resource.open, event.data.claim) };
    case 'ClaimReleased': {
      if (!known) return { ...resource, revision };
      // Whoever releases has read in the holder's stream what is left: nothing is open about the claim any more.
      const left = Math.min(known.left, event.data.left);
      return { ...resource, revision, used: resource.used - (known.left - left), open: without(resource.open, event.data.claim) };
    }
    case 'PoolResized':
      return { ...resource, revision, capacity: event.data.botSlots };
    case 'OwnerListed':
      return { ...resource, revision, owners: [...new Set([...resource.owners, event.data.account])] };
  }
}

function without<V>(record: Readonly<Record<string, V>>, key: string): Readonly<Record<string, V>> {
  if (!(key in record)) return record;
  const { [key]: _gone, ...rest } = record;
  return rest;
}
