import { StoreUnavailable } from '#event-store';
import { systemClock } from '#kernel';
import type { Clock } from '#kernel';
import type { MongoDatabase } from '#mongo';
import { WrongMasterKey } from './master-key.adapter.js';
import { openCollections } from './mongo-documents.adapter.js';
import { MASTER_KEY_CHECK } from './secrets.sql.js';
import { forgetTheMomentIn, type ForgottenKeys } from './restored-vault.documents.js';
import { vaultOnDocuments } from './vault-on-documents.js';
import type { Vault } from './vault.port.js';

export interface MongoVaultOptions {
  /** Best a database of its own: it is backed up after the log, and its readers are fewer. Whoever connected closes it, after the vault. */
  readonly db: MongoDatabase;
  /** 32 bytes, see `loadMasterKey`. */
  readonly masterKey: Buffer;
  /** Times the memory of ended session ids. */
  readonly clock?: Clock;
}

/**
 * The vault in MongoDB, shared by all processes. Rejects where `masterKey` is not the one it was made with. Every operation is answered, or
 * rejects with `StoreUnavailable`, within seconds.
 */
export async function openMongoVault({ db, masterKey, clock = systemClock }: MongoVaultOptions): Promise<Vault> {
  const vault = vaultOnDocuments(await openCollections(db), masterKey, clock);
  try {
    await vault.secrets.obtain(MASTER_KEY_CHECK);
    return vault;
  } catch (error) {
    if (error instanceof StoreUnavailable) throw error;
    throw new WrongMasterKey();
  }
}

/** COR-28: what a vault that was put back holds of its moment goes (see `forgetTheMomentIn`). Rejects as `openMongoVault` does, before anything is changed. */
export async function forgetMongoMoment(
  { db, masterKey, clock = systemClock }: MongoVaultOptions,
  isKnownKey: (apiKey: string) => boolean,
): Promise<ForgottenKeys> {
  const vault = await openMongoVault({ db, masterKey, clock });
  await vault.close();
  return forgetTheMomentIn(await openCollections(db), clock(), isKnownKey);
}
