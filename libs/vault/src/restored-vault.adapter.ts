import type { Instant } from '#kernel';
import { WrongMasterKey } from './master-key.adapter.js';
import { sealingUnder } from './sealing.js';
import { MASTER_KEY_CHECK, secretReads } from './secrets.sql.js';
import { openForWriting, sqlOn } from './sqlite-connection.adapter.js';
import type { Sql } from './sql.js';

/** What a restored vault held and holds no more. */
export interface Forgotten {
  readonly sessions: number;
  /** How many of the sessions were impersonations. */
  readonly impersonations: number;
  readonly answers: number;
}

/**
 * COR-28: takes from the file of a restored vault what belonged to the moment of its backup: sessions (their ids can never be opened again),
 * kept answers, failed log-ins, and how far the reactions had come, so that all that follows from the restored log is done again.
 * Nobody else may have the file open. Throws `WrongMasterKey` before anything is changed.
 */
export function forgetTheMoment(file: string, masterKey: Buffer, at: Instant): Forgotten {
  const db = openForWriting(file);
  const count = (what: string): number => db.prepare<[], number>(`SELECT count(*) FROM ${what}`).pluck().get() ?? 0;
  try {
    requireKey(sqlOn(db), masterKey);
    return db.transaction(() => {
      const forgotten = {
        sessions: count('sessions'),
        impersonations: count(`sessions WHERE kind = 'impersonation'`),
        answers: count('answers'),
      };
      db.prepare('INSERT OR IGNORE INTO ended_sessions (id, at) SELECT id, ? FROM sessions').run(at);
      for (const table of ['sessions', 'session_streams', 'answers', 'failures', 'reaction_checkpoints'])
        db.exec(`DELETE FROM ${table}`);
      return forgotten;
    })();
  } finally {
    db.close();
  }
}

function requireKey(sql: Sql, masterKey: Buffer): void {
  const sealed = secretReads.sealed(sql, MASTER_KEY_CHECK);
  try {
    if (sealed) sealingUnder(masterKey, 'secrets').open(MASTER_KEY_CHECK, sealed);
  } catch {
    throw new WrongMasterKey();
  }
}
