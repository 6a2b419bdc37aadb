import type { Recorded, StoredEvent } from '#event-store';
import type { Change, ProjectionShape } from './read-store.port.js';

/** What a projection is told beside the event. */
export interface ProjectionContext {
  /** Next value of the sequence that `numbered` named for this event; null where it named none. */
  readonly number: number | null;
}

/** A pure function from events to rows. Raise `version` to rebuild from the first event beside the one that serves. */
export interface Projection extends ProjectionShape {
  /** The sequence (for instance a workspace's list) that this event takes a number from, told by type and stream alone. */
  numbered?(stored: Pick<StoredEvent, 'type' | 'stream' | 'workspace'>): string | null;
  /** Events that are never parked: they remove rows and need type and subject only. Default: none. */
  readonly unparkable?: readonly string[];
  /** It looks at clear data and at what is sealed as it is, never at personal fields: its rows are the same with and without keys. Default: false. */
  readonly keyless?: boolean;
  /** Rows that follow from one event; empty where it does not matter here. Must not refuse what is recorded, nor need personal fields of an erased subject. */
  project(recorded: Recorded, context: ProjectionContext): readonly Change[];
}
