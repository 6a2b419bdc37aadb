import type { Recorded, Revision } from '#event-store';
import type { Instant } from '#kernel';
import type { Job } from '#jobs';

/** What is to be done after an event, as data. Doing it twice, or late, is the same as doing it once. */
export type Effect =
  | { readonly kind: 'wake'; readonly key: string; readonly at: Instant; readonly job: Job }
  /** A wake-up that must not be lost with the queue. */
  | { readonly kind: 'errand'; readonly key: string; readonly at: Instant; readonly job: Job }
  | { readonly kind: 'sleep'; readonly key: string }
  /** Whoever the same lot of events would wake by this key need not be; who is woken by an earlier one finds nothing to do. */
  | { readonly kind: 'spare'; readonly key: string }
  /** End the sessions that list `stream` and were judged before the event, but one. */
  | { readonly kind: 'end-sessions'; readonly stream: string; readonly before: Revision; readonly except: string | null }
  /** Bar the API keys that list `stream`, or let them work again. */
  | { readonly kind: 'bar-keys'; readonly stream: string; readonly revision: Revision; readonly barred: boolean }
  /** Destroy what is left of a person. */
  | { readonly kind: 'erase'; readonly workspace: string; readonly account: string }
  /** Make the first owner of a workspace, if it is not made yet. */
  | { readonly kind: 'make-owner'; readonly workspace: string }
  /** Release in their resources what the stream says is void or given up. */
  | { readonly kind: 'settle-claims'; readonly workspace: string; readonly stream: string };

/** A pure function from an event to what follows. Reads clear data only: no personal field is opened for it. */
export type Reaction = (recorded: Recorded) => readonly Effect[];
