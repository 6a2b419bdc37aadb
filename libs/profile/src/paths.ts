import { join } from 'node:path';

/** Files of the data folder. */
export const dataFiles = (dataDir: string) => ({
  log: join(dataDir, 'log.db'),
  views: join(dataDir, 'views.db'),
  vault: join(dataDir, 'vault.db'),
  jobs: join(dataDir, 'jobs.db'),
  /** Distributed: signed heads of the chains, kept outside of the log. */
  heads: join(dataDir, 'chain-heads.jsonl'),
  outbox: join(dataDir, 'outbox'),
  masterKey: join(dataDir, 'master.key'),
  /** Ids of the erased: kept beside the backups, never in them. */
  ledger: join(dataDir, 'erased.ledger'),
  /** Where the command line finds the process that has the folder. */
  desk: join(dataDir, 'operator'),
  /** Here a restore is made ready; there only while it runs, or after it was cut off. */
  restoring: join(dataDir, 'restoring'),
});

/** Compiled entries of the worker threads, below the folder of compiled files. */
export const threadEntries = (dist: string) => ({
  logWriter: join(dist, 'libs/event-store/src/sqlite-writer.thread.js'),
  vaultWriter: join(dist, 'libs/vault/src/sqlite-vault.thread.js'),
  reader: join(dist, 'libs/read-store/src/sqlite-reader.thread.js'),
  projector: join(dist, 'libs/profile/src/projector.thread.js'),
  rebuild: join(dist, 'libs/profile/src/rebuild.thread.js'),
});
