import { parkedIn, sequencesIn } from './build-writer.js';
import { MongoBatchStore } from './mongo-batch-store.adapter.js';
import { Builds } from './mongo-builds.adapter.js';
import type { MongoStoreOptions } from './mongo-projection-store.adapter.js';
import type { StandingBuild } from './standing-build.js';

/** Looks at builds that serve in MongoDB, beside whoever writes them, and changes nothing. Null where none serves. */
export function openMongoStandingBuilds({ db }: MongoStoreOptions): (projection: string) => Promise<StandingBuild | null> {
  const builds = new Builds(db);
  return async (projection) => {
    const { served } = await builds.look(projection);
    if (!served) return null;
    const { _id, tables, number, version, position, eventId, batch } = served;
    const store = new MongoBatchStore(builds, _id);
    return {
      version,
      checkpoint: { position, eventId },
      sequences: await sequencesIn(store, tables),
      parked: await parkedIn(store, tables),
      mark: `${tables} ${number}`,
      moving: batch !== null,
    };
  };
}
