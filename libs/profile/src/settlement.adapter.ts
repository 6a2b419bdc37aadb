import { setTimeout as delay } from 'node:timers/promises';
import { forgetMongoSnapshots, isInLog, type EventStore } from '#event-store';
import { isDuplicate, type MongoDatabase } from '#mongo';
import { openMongoProjectionStore } from '#read-store';
import { BadSetting } from '#settings';
import { forgetMongoMoment, type ForgottenKeys, type MongoVaultOptions, type Vault } from '#vault';
import type { Erased } from './erasure-ledger.adapter.js';
import { REACTIONS } from './leases.js';
import { showLife, type Life, type LifeOptions } from './life.adapter.js';
import { LEASES, SHOWN_WITHIN_MS } from './mongo-leases.adapter.js';

/** COR-28: stores that were put back, each at a moment of its own, are settled with each other before anybody works on them. */
export interface Settlement {
  /**
   * From now until `finish` no process starts, whatever becomes of this one. Rejects with `BadSetting` while a process shows signs of life; then
   * others start as they did before.
   */
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

/** Gives false where they are marked already. */
const mark = (db: MongoDatabase): Promise<boolean> =>
  marks(db)
    .insertOne(MARK)
    .then(
      () => true,
      (error: unknown) => {
        if (isDuplicate(error)) return false;
        throw error;
      },
    );

/**
 * COR-28: shows life as `name`, then looks whether the stores are settled; a settlement marks them first and looks for life then. So of a process that
 * starts and a settlement that begins at the same moment, one at least sees the other. Throws `BadSetting` as `requireSettled` does.
 */
export async function enter(life: LifeOptions, name: string, store: EventStore, vault: Vault): Promise<Life> {
  const shown = await showLife(life, name);
  try {
    await requireSettled(life.db, store, vault);
  } catch (error) {
    await shown.stop();
    throw error;
  }
  return shown;
}

/** Throws `BadSetting` where stores were put back and nobody has settled them, as far as that can be seen (COR-22). */
async function requireSettled(db: MongoDatabase, store: EventStore, vault: Vault): Promise<void> {
  if (await marks(db).findOne(MARK))
    throw new BadSetting(`WHITEBOOK_MONGODB_URL: stores that were put back are not settled yet. ${ADVICE}`);
  const checkpoint = await vault.checkpoint(REACTIONS);
  if (checkpoint.eventId !== null && !(await isInLog(store, checkpoint)))
    throw new BadSetting(
      `WHITEBOOK_EVENTSTORE_URL, WHITEBOOK_MONGODB_URL: the log is not the one that the vault belongs to: one of them was put back. ${ADVICE}`,
    );
}

/** `watched`: resolves when whoever lives has shown it. */
export function settlementOf(
  options: MongoVaultOptions,
  ledger: () => Promise<readonly Erased[]>,
  watched = (): Promise<void> => delay(SHOWN_WITHIN_MS),
): Settlement {
  const { db } = options;
  const leases = db.collection<{ readonly _id: string; readonly holder: string; readonly beat: number | string }>(LEASES);
  const beats = async (): Promise<Map<string, string>> =>
    new Map((await leases.find({}).toArray()).map(({ _id, holder, beat }) => [_id, `${holder} ${beat}`]));
  /** Name of what a process holds that lives; undefined where none is seen to. */
  const living = async (): Promise<string | undefined> => {
    const before = await beats();
    // where nobody shows life now, too: somebody may stand by for what another has just given back
    await watched();
    return [...(await beats())].find(([name, beat]) => before.get(name) !== beat)?.[0];
  };
  return {
    async begin() {
      const isFirst = await mark(db);
      const name = await living();
      if (name === undefined) return;
      // one that was cut off before may have forgotten some of it
      if (isFirst) await marks(db).deleteOne(MARK);
      throw new BadSetting(`WHITEBOOK_MONGODB_URL: a process holds ${name}: stop all of them first`);
    },
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
