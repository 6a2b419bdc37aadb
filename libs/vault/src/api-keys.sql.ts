import type { Revision } from '#event-store';
import type { Instant } from '#kernel';
import type { Sql } from './sql.js';
import type { ApiKey } from './vault.port.js';

interface ApiKeyRow {
  id: string;
  workspace: string;
  account: string;
  role: string;
  name: string;
  scopes: string;
  key_hash: string;
  judged: string;
  created_at: Instant;
  expires_at: Instant | null;
  last_used_at: Instant | null;
  barred: number;
}

const SELECT = `SELECT id, workspace, account, role, name, scopes, key_hash, judged, created_at, expires_at, last_used_at,
  EXISTS (SELECT 1 FROM api_key_streams WHERE key = api_keys.id AND barred = 1) AS barred FROM api_keys`;

const toApiKey = (row: ApiKeyRow): ApiKey => ({
  id: row.id,
  workspace: row.workspace,
  account: row.account,
  role: row.role,
  name: row.name,
  scopes: JSON.parse(row.scopes) as string[],
  keyHash: row.key_hash,
  judged: JSON.parse(row.judged) as Record<string, Revision>,
  createdAt: row.created_at,
  expiresAt: row.expires_at,
  lastUsedAt: row.last_used_at,
  barred: row.barred === 1,
});

const first = (row: ApiKeyRow | undefined): ApiKey | null => (row === undefined ? null : toApiKey(row));

export const apiKeyReads = {
  /** Whether any key lists the stream and was judged, or spoken of, before `revision`. */
  listed: (sql: Sql, stream: string, revision: Revision): boolean =>
    sql.get('SELECT 1 FROM api_key_streams WHERE stream = ? AND revision < ? LIMIT 1', stream, revision) !== undefined,
  byHash: (sql: Sql, keyHash: string): ApiKey | null => first(sql.get<ApiKeyRow>(`${SELECT} WHERE key_hash = ?`, keyHash)),
  byId: (sql: Sql, id: string): ApiKey | null => first(sql.get<ApiKeyRow>(`${SELECT} WHERE id = ?`, id)),
  list: (sql: Sql, account: string): ApiKey[] =>
    sql.all<ApiKeyRow>(`${SELECT} WHERE account = ? ORDER BY created_at, id`, account).map(toApiKey),
};

function remove(sql: Sql, id: string): void {
  const row = sql.get<{ judged: string }>('DELETE FROM api_keys WHERE id = ? RETURNING judged', id);
  if (row === undefined) return;
  for (const stream of Object.keys(JSON.parse(row.judged) as object)) {
    sql.run('DELETE FROM api_key_streams WHERE stream = ? AND key = ?', stream, id);
  }
}

export const apiKeyOperations = {
  'apiKeys.insert': (sql: Sql, key: Omit<ApiKey, 'barred' | 'lastUsedAt'>): void => {
    const inserted = sql.run(
      `INSERT INTO api_keys (id, workspace, account, role, name, scopes, key_hash, judged, created_at, expires_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`,
      key.id,
      key.workspace,
      key.account,
      key.role,
      key.name,
      JSON.stringify(key.scopes),
      key.keyHash,
      JSON.stringify(key.judged),
      key.createdAt,
      key.expiresAt,
    );
    if (inserted === 0) return;
    for (const [stream, revision] of Object.entries(key.judged)) {
      sql.run('INSERT INTO api_key_streams (stream, key, revision, barred) VALUES (?, ?, ?, 0)', stream, key.id, revision);
    }
  },

  'apiKeys.bar': (sql: Sql, stream: string, revision: Revision, barred: boolean): void => {
    const bar = barred ? 1 : 0;
    sql.run(
      'UPDATE api_key_streams SET revision = ?, barred = ? WHERE stream = ? AND revision < ?',
      revision,
      bar,
      stream,
      revision,
    );
  },

  'apiKeys.remove': remove,

  'apiKeys.removeOf': (sql: Sql, account: string): void => {
    for (const { id } of sql.all<{ id: string }>('SELECT id FROM api_keys WHERE account = ?', account)) remove(sql, id);
  },

  'apiKeys.touch': (sql: Sql, id: string, at: Instant): void => {
    sql.run(`UPDATE api_keys SET last_used_at = max(coalesce(last_used_at, ''), ?) WHERE id = ?`, at, id);
  },
};
