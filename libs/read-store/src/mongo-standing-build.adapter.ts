import { PARKED, SEQUENCES } from './batch-store.port.js';
import { MongoBatchStore } from './mongo-batch-store.adapter.js';
import { Builds } from './mongo-builds.adapter.js';
import type { MongoStoreOptions } from './mongo-projection-store.adapter.js';
import type { Parked } from './read-store.port.js';
import type { StandingBuild } from './standing-build.js';

/** Looks at builds that serve in MongoDB, beside whoever writes them, and changes nothing. Null where none serves. */
export function openMongoStandingBuilds({ db }: MongoStoreOptions): (projection: string) => Promise<StandingBuild | null> {
  const builds = new Builds(db);
  return async (projection) => {
    const { served } = await builds.look(projection);
    if (!served) return null;
    const { _id, tables, number, version, position, eventId, batch } = served;
    const store = new MongoBatchStore(builds, _id);
    const parked = [...(await store.all(tables, PARKED)).values()] as unknown as Parked[];
    return {
      version,
      checkpoint: { position, eventId },
      sequences: Object.fromEntries(await store.all(tables, SEQUENCES)) as Record<string, number>,
      parked: parked.sort((one, other) => one.position - other.position),
      mark: `${tables} ${number}`,
      moving: batch !== null,
    };
  };
}
