import type { DomainEvent, EventDefinition } from '#event-store';

/** In the stream of a resource (an address, a pool …): a place in it. Never grows: more is a new claim. */
export type ClaimTaken = DomainEvent<
  'ClaimTaken',
  {
    claim: string;
    /** Stream whose events alone say what the claim is. */
    holder: string;
    amount: number;
    /** True where claim and deciding event were one step, so that nobody needs to judge it. A hint only. */
    settled: boolean;
  }
>;
/** In the stream of a resource: the claim is confirmed by its holder. A hint only, for cheap refusals. */
export type ClaimSettled = DomainEvent<'ClaimSettled', { claim: string }>;
/** In the stream of a resource: what is left of a claim; the smallest counts. */
export type ClaimReleased = DomainEvent<'ClaimReleased', { claim: string; left: number }>;
/** In the stream of the holder: the claim was left open too long, or its command was refused. It will never be confirmed. */
export type ClaimVoided = DomainEvent<'ClaimVoided', { claim: string }>;
/** In the stream of a workspace's pool: how many bot slots there are. */
export type PoolResized = DomainEvent<'PoolResized', { botSlots: number }>;
/** In the stream `owners-<workspace>`: an account that is, or is about to be, an owner. Its own stream says whether. */
export type OwnerListed = DomainEvent<'OwnerListed', { account: string }>;

export type ResourceEvent = ClaimTaken | ClaimSettled | ClaimReleased | PoolResized | OwnerListed;

const clear = (type: string): EventDefinition => ({ type, version: 1, personal: [] });

export const claimEvents: readonly EventDefinition[] = [
  clear('ClaimTaken'),
  clear('ClaimSettled'),
  clear('ClaimReleased'),
  clear('ClaimVoided'),
  clear('PoolResized'),
  clear('OwnerListed'),
];

/** Events that keep the books between streams: no decision of anybody, and no part of the history that people read. */
export const HOUSEKEEPING: readonly string[] = ['ClaimTaken', 'ClaimSettled', 'ClaimReleased', 'ClaimVoided', 'OwnerListed'];
