import { EventCodec, openEventStoreDb } from '#event-store';
import { connectMongo } from '#mongo';
import { eventDefinitions, projections } from '#profile';
import { openMongoProjectionStore, openMongoReadStore, ProjectionRunner } from '#read-store';
import { openMongoVault } from '#vault';
import { counterDifferences, rowDifferences } from '../../apps/whitebook/src/commands/differences.js';
import { MASTER_KEY, type Stores } from './fleet.js';

export interface Recount {
  /** Rows and counters that serve and are not the fold of the log; ids that the log has twice. */
  readonly differences: readonly string[];
  readonly events: number;
}

/** A list, a count and the log never disagree: makes every read model anew beside those that serve, from the log, and compares. Nobody writes meanwhile. */
export async function recount({ eventStore, mongodb }: Stores): Promise<Recount> {
  const mongo = await connectMongo(mongodb);
  const log = await openEventStoreDb({ url: eventStore });
  const [live, fresh] = [mongo.db(), mongo.db(`${mongo.db().databaseName}-fresh`)];
  try {
    const vault = await openMongoVault({ db: live, masterKey: Buffer.from(MASTER_KEY, 'hex') });
    const codec = new EventCodec(eventDefinitions, vault.keys);
    const store = openMongoProjectionStore({ db: fresh });
    await new ProjectionRunner({ source: log, decode: (stored) => codec.decode(stored), store, projections }).catchUp();
    const [is, should] = [openMongoReadStore({ db: live }), openMongoReadStore({ db: fresh })];
    const differences: string[] = [];
    for (const projection of projections) {
      for (const collection of projection.collections) {
        const name = `${projection.name}/${collection.name}`;
        for await (const { texts } of rowDifferences(name, is, should)) differences.push(`${name}: ${texts.join(', ')}`);
        for await (const { texts } of counterDifferences(name, collection, is, should))
          differences.push(`${name} counters: ${texts.join(', ')}`);
      }
    }
    const ids = (await log.readAll(0, Number.MAX_SAFE_INTEGER)).map(({ id }) => id);
    if (new Set(ids).size !== ids.length) differences.push(`${ids.length - new Set(ids).size} events are in the log twice`);
    return { differences, events: ids.length };
  } finally {
    await fresh.dropDatabase().catch(() => undefined);
    await log.close();
    await mongo.close();
  }
}
