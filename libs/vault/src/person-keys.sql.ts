import type { Sql } from './sql.js';

export const personKeyReads = {
  /** The wrapped key; null is the tombstone, undefined is neither. */
  wrapped: (sql: Sql, person: string): Uint8Array | null | undefined =>
    sql.get<{ wrapped: Uint8Array | null }>('SELECT wrapped FROM person_keys WHERE person = ?', person)?.wrapped,
};

export const personKeyOperations = {
  'keys.insert': (sql: Sql, person: string, wrapped: Uint8Array): boolean =>
    sql.run('INSERT OR IGNORE INTO person_keys (person, wrapped) VALUES (?, ?)', person, wrapped) === 1,
  'keys.destroy': (sql: Sql, person: string): void => {
    sql.run('INSERT INTO person_keys (person, wrapped) VALUES (?, NULL) ON CONFLICT DO UPDATE SET wrapped = NULL', person);
  },
};
