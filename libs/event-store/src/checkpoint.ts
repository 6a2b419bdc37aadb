import type { EventStore, Position } from './event-store.port.js';

/** How far somebody has followed the log: the last event that is done. */
export interface Checkpoint {
  readonly position: Position;
  /** Id of the event at that position; null before the first. */
  readonly eventId: string | null;
}
export const START: Checkpoint = { position: 0, eventId: null };

/** COR-22: whether the log has the very event that a checkpoint names. Else it is another log: one that was restored. */
export async function isInLog(log: Pick<EventStore, 'at'>, { position, eventId }: Checkpoint): Promise<boolean> {
  return position === 0 || (await log.at(position))?.id === eventId;
}
