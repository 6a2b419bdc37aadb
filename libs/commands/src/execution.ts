import type { DomainEvent, Position, Revision } from '#event-store';
import type { Instant } from '#kernel';
import type { Give, Need } from './claims.js';
import type { CommandContext } from './context.js';
import type { Folded, StreamFold } from './fold.js';
import type { Holder } from './holder.js';

/** What follows from a command: events of its own stream, places wanted, places given up. No events: nothing new happened. */
export interface Decision<E extends DomainEvent> {
  readonly events: readonly E[];
  readonly needs?: readonly Need[];
  readonly gives?: readonly Give[];
}

/** One command on one stream. */
export interface Execution<S extends object, E extends DomainEvent> {
  readonly stream: string;
  /** Account (or workspace) that the events are about. */
  readonly subject: string;
  readonly fold: StreamFold<S, E>;
  readonly context: CommandContext;
  /** It may be decided on the stream as it is remembered, as long as an append at that very revision follows. */
  readonly optimistic?: boolean;
  /** Nobody else can know the stream: it is empty until this command, of which `once` holds, begins it. */
  readonly begins?: boolean;
  /** A dry run that the command itself follows: that there is room may be told as it is remembered. */
  readonly foreseen?: boolean;
  /** Decides on the state; throws a refusal. Called again when a race was lost. `now` is the store's time; `holder` says what is claimed. */
  decide(state: S, now: Instant, holder: Holder): Decision<E> | Promise<Decision<E>>;
  /** The number that `If-Match` is held against: changes of the resource, not of its stream. */
  version(state: S): number;
  /** Writes what the events will name (keys, credentials), before they are appended. May be called again. */
  prepare?(): Promise<void>;
  /** Takes back what `prepare` wrote, after a refusal. */
  discard?(): Promise<void>;
  /**
   * What must be so before anything is answered (sessions ended, keys destroyed). `since` is the revision before this very append;
   * null on a repeat and where nothing was to decide: then everything is done again.
   */
  settle?(folded: Folded<S>, since: Revision | null): Promise<void>;
}

export interface Outcome<S, E extends DomainEvent = DomainEvent> {
  /** `done` now, `already` by this very command before, `nothing` to do, or `dry-run`: what would be. */
  readonly kind: 'done' | 'already' | 'nothing' | 'dry-run';
  readonly before: S | null;
  /** The fold at the deciding event, so that a repeat gives the same. */
  readonly state: S;
  readonly revision: Revision;
  /** Of the deciding event; of the stream's last event where nothing was recorded. */
  readonly position: Position;
  readonly events: readonly E[];
  readonly decision: Decision<E> | null;
}

/** Answers of keyed commands that recorded nothing. */
export interface AnswerBook {
  get(commandId: string): Promise<{ fingerprint: string; answer: string } | null>;
  insert(answer: { commandId: string; fingerprint: string; answer: string; at: Instant }): Promise<unknown>;
}
