import type { DomainAppend } from '#event-store';
import type { RefusalCode } from '#kernel';
import type { Resource } from './resource.js';

/** A place that a command wants, in the resource's own stream. */
export type Need =
  | {
      readonly kind: 'place';
      readonly resource: string;
      readonly amount: number;
      readonly refusal: RefusalCode;
    }
  /** The one place of `resource` is claimed for the moment of the event, and `others` is asked once the claim stands: false refuses. */
  | {
      readonly kind: 'alone';
      readonly resource: string;
      readonly refusal: RefusalCode;
      others(resource: Resource): Promise<boolean>;
    }
  /** The resource gets another number of places, not below what is taken. */
  | { readonly kind: 'resize'; readonly resource: string; readonly capacity: number; readonly refusal: RefusalCode }
  /** The account is named in the resource's stream before its event. */
  | { readonly kind: 'listed'; readonly resource: string; readonly account: string };

/** What of the holder's earlier claims on a resource is kept in all from now on. */
export interface Give {
  readonly resource: string;
  readonly keep: number;
}

/** Whether a command wants places, and nothing else, of the resources that it needs. */
export const wantsPlaces = (needs: readonly Need[] = []): boolean => needs.every(({ kind }) => kind === 'place');

/** What a command writes for the places that it takes and gives up, beside its own event. */
export interface Claims {
  /** Appends that go before the deciding one. */
  readonly before: DomainAppend[];
  /** Appends that follow it: hints and releases. */
  readonly after: DomainAppend[];
  readonly taken: Record<string, number>;
  readonly kept: Record<string, number>;
}
