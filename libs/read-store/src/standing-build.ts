import type { Checkpoint, Parked, ProjectionStore } from './read-store.port.js';
import type { Projection } from './projection.js';

/** A build that serves as it is now, apart from its rows: what a comparison needs, and no more than a look. */
export interface StandingBuild {
  readonly version: number;
  readonly checkpoint: Checkpoint;
  readonly sequences: Readonly<Record<string, number>>;
  readonly parked: readonly Parked[];
  /** Another one after each batch. */
  readonly mark: string;
  /** A batch is being written: rows may be ahead of the checkpoint. */
  readonly moving: boolean;
}

/** The build that serves in a store that nobody else writes; null where none does. */
export async function standingIn(store: ProjectionStore, projection: Projection): Promise<StandingBuild | null> {
  const serving = await store.serving(projection.name);
  if (!serving) return null;
  const { version, generation } = serving;
  const shape = { ...projection, version, generation };
  const checkpoint = await store.open(shape);
  const [sequences, parked] = [await store.sequences(shape), await store.parked(shape)];
  return { version, checkpoint, sequences, parked, mark: `${generation} ${checkpoint.position}`, moving: false };
}
