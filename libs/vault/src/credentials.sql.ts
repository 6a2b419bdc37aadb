import type { Sql } from './sql.js';
import type { Credential } from './vault.port.js';

export const credentialReads = {
  get: (sql: Sql, id: string): Credential | null =>
    sql.get<Credential>('SELECT id, account, hash FROM credentials WHERE id = ?', id) ?? null,
};

export const credentialOperations = {
  'credentials.insert': (sql: Sql, { id, account, hash }: Credential): void => {
    sql.run('INSERT OR IGNORE INTO credentials (id, account, hash) VALUES (?, ?, ?)', id, account, hash);
  },
  'credentials.remove': (sql: Sql, id: string): void => {
    sql.run('DELETE FROM credentials WHERE id = ?', id);
  },
  'credentials.removeOf': (sql: Sql, account: string): void => {
    sql.run('DELETE FROM credentials WHERE account = ?', account);
  },
};
