import type { Sql } from './sql.js';

/** Sealed when the vault is made, opened when it is opened: tells a wrong master key at once. */
export const MASTER_KEY_CHECK = 'master-key-check';

const sealed = (sql: Sql, name: string): Uint8Array | null =>
  sql.get<{ sealed: Uint8Array }>('SELECT sealed FROM secrets WHERE name = ?', name)?.sealed ?? null;

export const secretReads = { sealed };

export const secretOperations = {
  'secrets.put': (sql: Sql, name: string, value: Uint8Array): void => {
    sql.run('INSERT INTO secrets (name, sealed) VALUES (?, ?) ON CONFLICT DO UPDATE SET sealed = excluded.sealed', name, value);
  },
  /** Gives the one that stands: the first writer's. */
  'secrets.insert': (sql: Sql, name: string, value: Uint8Array): Uint8Array => {
    sql.run('INSERT OR IGNORE INTO secrets (name, sealed) VALUES (?, ?)', name, value);
    return sealed(sql, name) ?? value;
  },
  'secrets.remove': (sql: Sql, name: string): void => {
    sql.run('DELETE FROM secrets WHERE name = ?', name);
  },
};
