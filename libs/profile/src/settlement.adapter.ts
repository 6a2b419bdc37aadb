import { setTimeout as delay } from 'node:timers/promises';
import { forgetMongoSnapshots, isInLog, type EventStore } from '#event-store';
import type { MongoDatabase } from '#mongo';
import { openMongoProjectionStore } from '#read-store';
import { BadSetting } from '#settings';
import { forgetMongoMoment, type ForgottenKeys, type MongoVaultOptions, type Vault } from '#vault';
import type { Erased } from './erasure-ledger.adapter.js';
import { REACTIONS } from './leases.js';
import { LEASES, SHOWN_WITHIN_MS } from './mongo-leases.adapter.js';

/** COR-28: stores that were put back, each at a moment of its own, are settled with each other before anybody works on them. */
export interface Settlement {
  /** Rejects with `BadSetting` while a process shows signs of life. */
  requireAlone(): Promise<void>;
  /** From now until `finish` no process starts, whatever becomes of this one. */
  begin(): Promise<void>;
  /** Takes away what is true of the moment of a backup only: sessions, snapshots, read models … */
  forget(isKnownKey: (apiKey: string) => boolean): Promise<ForgottenKeys>;
  /** Whoever was ever deleted. */
  erased(): Promise<readonly Erased[]>;
  finish(): Promise<void>;
}

const ADVICE = 'Stop all processes and run `npm run whitebook -- restored`; see docs/operations.md';

const marks = (db: MongoDatabase) => db.collection<{ readonly _id: string }>('installation');
const MARK = { _id: 'unsettled' };

/** Throws `BadSetting` where stores were put back and nobody has settled them, as far as that can be seen (COR-22). */
export async function requireSettled(db: MongoDatabase, store: EventStore, vault: Vault): Promise<void> {
  if (await marks(db).findOne(MARK))
    throw new BadSetting(`WHITEBOOK_MONGODB_URL: stores that were put back are not settled yet. ${ADVICE}`);
  const checkpoint = await vault.checkpoint(REACTIONS);
  if (checkpoint.eventId !== null && !(await isInLog(store, checkpoint)))
    throw new BadSetting(
      `WHITEBOOK_EVENTSTORE_URL, WHITEBOOK_MONGODB_URL: the log is not the one that the vault belongs to: one of them was put back. ${ADVICE}`,
    );
}

export function settlementOf(options: MongoVaultOptions, ledger: () => Promise<readonly Erased[]>): Settlement {
  const { db } = options;
  const leases = db.collection<{ readonly _id: string; readonly holder: string; readonly beat: number }>(LEASES);
  const beats = async (): Promise<Map<string, string>> =>
    new Map((await leases.find({}).toArray()).map(({ _id, holder, beat }) => [_id, `${holder} ${beat}`]));
  return {
    async requireAlone() {
      const before = await beats();
      if (before.size === 0) return;
      await delay(SHOWN_WITHIN_MS);
      for (const [name, beat] of await beats())
        if (before.get(name) !== beat)
          throw new BadSetting(`WHITEBOOK_MONGODB_URL: a process holds ${name}: stop all of them first`);
    },
    begin: async () => void (await marks(db).updateOne(MARK, { $set: MARK }, { upsert: true })),
    async forget(isKnownKey) {
      const forgotten = await forgetMongoMoment(options, isKnownKey);
      await forgetMongoSnapshots({ db });
      await openMongoProjectionStore({ db }).retain([]);
      await leases.deleteMany({});
      return forgotten;
    },
    erased: ledger,
    finish: async () => void (await marks(db).deleteOne(MARK)),
  };
}
