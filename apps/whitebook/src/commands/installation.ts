import type { EventCodec, EventStore } from '#event-store';
import type { Projection, ReadStore, StandingBuild } from '#read-store';

/** What a command works on, whichever the profile. */
export interface Installation {
  readonly log: Pick<EventStore, 'at' | 'head' | 'read' | 'readAll'>;
  readonly codec: EventCodec;
  /** Where files that hold personal data may lie while a command runs. */
  readonly dataDir: string;
  /** The read models that serve, brought up to date. */
  models(): Promise<ReadModels>;
  close(): Promise<void>;
}

/** Read models that serve. */
export interface ReadModels {
  read(): Promise<ReadStore>;
  /** One of them as it is now; null where none serves. */
  standing(projection: Projection): Promise<StandingBuild | null>;
  /** Makes one anew, and resolves once that serves, with where this was done. */
  rebuild(name: string): Promise<string>;
  /** Replays all parked subjects. */
  unpark(): Promise<void>;
}

/** A command on an installation only looks, or it changes read models. */
export type Purpose = 'look' | 'change';
