import type { Position } from '#event-store';
import type { ProjectionLane } from './projection-lane.js';
import type { Parked } from './read-store.port.js';

export interface ProgressReport {
  readonly projection: string;
  readonly version: number;
  readonly generation: number;
  readonly position: Position;
  /** It has caught up once, and reads come from it. */
  readonly serving: boolean;
  /** Events of the step. */
  readonly events: number;
}

/** No report holds personal data. */
export interface ErrorReport {
  readonly projection: string;
  readonly position: Position;
  /**
   * `parked`: a subject is passed over. `unknown-event`: the projection has stopped until a newer release reads on. `other-log`: the log is not
   * the one that the rows were made from; they are made anew. `failed`: a step could not be done and is tried again.
   */
  readonly kind: 'parked' | 'unknown-event' | 'other-log' | 'failed';
  /** Error name and event type. */
  readonly reason: string;
  readonly subject?: string;
}

export interface Lag {
  readonly projection: string;
  readonly version: number;
  readonly generation: number;
  readonly serving: boolean;
  readonly position: Position;
  /** Distance to the head of the log. */
  readonly events: number;
  readonly parked: readonly Parked[];
  readonly stopped: boolean;
}

export const nameOfBuild = ({ projection, serving }: ProjectionLane) => ({
  projection: projection.name,
  version: projection.version,
  generation: projection.generation ?? 0,
  serving,
});

export const progressOf = (lane: ProjectionLane, events: number): ProgressReport => ({
  ...nameOfBuild(lane),
  position: lane.checkpoint.position,
  events,
});
