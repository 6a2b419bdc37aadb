import type { ErasureLedger } from '#accounts';
import { isDuplicate, type MongoDatabase } from '#mongo';
import type { Clock, Instant } from '#kernel';
import type { Erased } from './erasure-ledger.adapter.js';

interface Entry {
  /** `<workspace> <account>` */
  readonly _id: string;
  readonly workspace: string;
  readonly account: string;
  readonly at: Instant;
}

/** The ledger of the erased in a database of its own, which no restore touches. A note is on a majority's disks when it resolves. */
export function mongoErasureLedger(
  db: MongoDatabase,
  clock: Clock,
): ErasureLedger & {
  /** Everybody in it, oldest first. */
  erased(): Promise<readonly Erased[]>;
} {
  const entries = db.collection<Entry>('erased');
  return {
    async note(workspace, account) {
      const entry = { _id: `${workspace} ${account}`, workspace, account, at: clock() };
      await entries.insertOne(entry).catch((error: unknown) => {
        if (!isDuplicate(error)) throw error;
      });
    },
    async erased() {
      const found = await entries.find({}).toArray();
      found.sort((one, other) => (one.at < other.at ? -1 : 1));
      return found.map(({ workspace, account }) => ({ workspace, account }));
    },
  };
}
