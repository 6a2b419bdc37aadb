import type { Revision } from '#event-store';
import { addSeconds, SECONDS_PER_DAY } from '#kernel';
import type { Instant } from '#kernel';
import type { Sql } from './sql.js';
import type { Session, SessionKind, Sessions } from './vault.port.js';

/** Longer than any request that could still write a session under an id that was ended. */
const ENDED_IDS_KEPT_SECONDS = SECONDS_PER_DAY;

export type Rotation = Parameters<Sessions['rotate']>[2];

interface SessionRow {
  id: string;
  workspace: string;
  account: string;
  role: string;
  kind: SessionKind;
  act: string | null;
  credential: string | null;
  judged: string;
  generation: number;
  token_hash: string;
  refresh_hash: string | null;
  previous_refresh_hash: string | null;
  rotated_at: Instant | null;
  used: number;
  created_at: Instant;
  expires_at: Instant;
  refresh_expires_at: Instant;
  last_used_at: Instant;
  address: string;
  agent: string;
}

const COLUMNS = `id, workspace, account, role, kind, act, credential, judged, generation, token_hash, refresh_hash,
  previous_refresh_hash, rotated_at, used, created_at, expires_at, refresh_expires_at, last_used_at, address, agent`;
const SELECT = `SELECT ${COLUMNS} FROM sessions`;

function toSession(row: SessionRow): Session {
  return {
    id: row.id,
    workspace: row.workspace,
    account: row.account,
    role: row.role,
    kind: row.kind,
    ...(row.act === null ? {} : { act: JSON.parse(row.act) as NonNullable<Session['act']> }),
    credential: row.credential,
    judged: JSON.parse(row.judged) as Record<string, Revision>,
    generation: row.generation,
    tokenHash: row.token_hash,
    refreshHash: row.refresh_hash,
    previousRefreshHash: row.previous_refresh_hash,
    rotatedAt: row.rotated_at,
    used: row.used === 1,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    refreshExpiresAt: row.refresh_expires_at,
    lastUsedAt: row.last_used_at,
    address: row.address,
    agent: row.agent,
  };
}

const first = (row: SessionRow | undefined): Session | null => (row === undefined ? null : toSession(row));

export const sessionReads = {
  /** Whether any session but one lists the stream and was judged before `before`. */
  listed: (sql: Sql, stream: string, before: Revision, except: string | null): boolean =>
    sql.get(
      'SELECT 1 FROM session_streams WHERE stream = ? AND revision < ? AND session IS NOT ? LIMIT 1',
      stream,
      before,
      except,
    ) !== undefined,

  byToken: (sql: Sql, tokenHash: string): Session | null =>
    first(sql.get<SessionRow>(`${SELECT} WHERE token_hash = ?`, tokenHash)),

  byRefresh: (sql: Sql, hash: string): Session | null =>
    first(
      sql.get<SessionRow>(`${SELECT} WHERE refresh_hash = ?`, hash) ??
        sql.get<SessionRow>(`${SELECT} WHERE previous_refresh_hash = ?`, hash),
    ),

  byId: (sql: Sql, id: string): Session | null => first(sql.get<SessionRow>(`${SELECT} WHERE id = ?`, id)),

  list: (sql: Sql, account: string): Session[] =>
    sql.all<SessionRow>(`${SELECT} WHERE account = ? ORDER BY created_at, id`, account).map(toSession),
};

const wasEnded = (sql: Sql, id: string): boolean => sql.get('SELECT 1 FROM ended_sessions WHERE id = ?', id) !== undefined;

function putStreams(sql: Sql, id: string, judged: Readonly<Record<string, Revision>>): void {
  for (const [stream, revision] of Object.entries(judged)) {
    sql.run('INSERT INTO session_streams (stream, session, revision) VALUES (?, ?, ?)', stream, id, revision);
  }
}

function dropStreams(sql: Sql, id: string, judged: string): void {
  for (const stream of Object.keys(JSON.parse(judged) as object)) {
    sql.run('DELETE FROM session_streams WHERE stream = ? AND session = ?', stream, id);
  }
}

/** Takes one session away. Its id is remembered, so that a process that was slow cannot write it again. */
function remove(sql: Sql, id: string, at: Instant): Session[] {
  const row = sql.get<SessionRow>(`DELETE FROM sessions WHERE id = ? RETURNING ${COLUMNS}`, id);
  sql.run('INSERT OR IGNORE INTO ended_sessions (id, at) VALUES (?, ?)', id, at);
  if (row === undefined) return [];
  dropStreams(sql, id, row.judged);
  return [toSession(row)];
}

const begunFrom = (sql: Sql, id: string): string[] =>
  sql.all<{ id: string }>('SELECT id FROM sessions WHERE act_session = ?', id).map((row) => row.id);

/** Ends a session and, with it, the impersonations begun from it. */
function endTree(sql: Sql, id: string, at: Instant): Session[] {
  const ended = remove(sql, id, at);
  return [...ended, ...begunFrom(sql, id).flatMap((child) => endTree(sql, child, at))];
}

export const sessionOperations = {
  'sessions.insert': (sql: Sql, session: Session): void => {
    const from = session.act?.session ?? null;
    if (wasEnded(sql, session.id) || (from !== null && wasEnded(sql, from))) return;
    const inserted = sql.run(
      `INSERT INTO sessions (${COLUMNS}, act_session)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`,
      session.id,
      session.workspace,
      session.account,
      session.role,
      session.kind,
      session.act === undefined ? null : JSON.stringify(session.act),
      session.credential,
      JSON.stringify(session.judged),
      session.generation,
      session.tokenHash,
      session.refreshHash,
      session.previousRefreshHash,
      session.rotatedAt,
      session.used ? 1 : 0,
      session.createdAt,
      session.expiresAt,
      session.refreshExpiresAt,
      session.lastUsedAt,
      session.address,
      session.agent,
      from,
    );
    if (inserted === 1) putStreams(sql, session.id, session.judged);
  },

  'sessions.rotate': (sql: Sql, id: string, from: number, next: Rotation): boolean =>
    sql.run(
      `UPDATE sessions SET generation = generation + 1, used = 0, token_hash = ?, refresh_hash = ?, previous_refresh_hash = ?,
         rotated_at = ?, expires_at = ?, kind = ? WHERE id = ? AND generation = ?`,
      next.tokenHash,
      next.refreshHash,
      next.previousRefreshHash,
      next.rotatedAt,
      next.expiresAt,
      next.kind,
      id,
      from,
    ) === 1,

  'sessions.unlock': (sql: Sql, id: string, credential: string, judged: Readonly<Record<string, Revision>>): boolean => {
    const row = sql.get<{ judged: string }>(`SELECT judged FROM sessions WHERE id = ? AND kind <> 'impersonation'`, id);
    if (row === undefined) return false;
    sql.run(`UPDATE sessions SET kind = 'full', credential = ?, judged = ? WHERE id = ?`, credential, JSON.stringify(judged), id);
    dropStreams(sql, id, row.judged);
    putStreams(sql, id, judged);
    return true;
  },

  'sessions.touch': (sql: Sql, id: string, at: Instant, generation: number | null): void => {
    sql.run(
      'UPDATE sessions SET used = 1, last_used_at = max(last_used_at, ?) WHERE id = ? AND generation = coalesce(?, generation)',
      at,
      id,
      generation,
    );
  },

  'sessions.end': (sql: Sql, stream: string, before: Revision, except: string | null, at: Instant): Session[] =>
    sql
      .all<{
        session: string;
      }>('SELECT session FROM session_streams WHERE stream = ? AND revision < ? AND session IS NOT ?', stream, before, except)
      .flatMap(({ session }) => endTree(sql, session, at)),

  'sessions.endOne': (sql: Sql, id: string, at: Instant): Session[] => endTree(sql, id, at),

  'sessions.expire': (sql: Sql, now: Instant): Session[] => {
    sql.run('DELETE FROM ended_sessions WHERE at < ?', addSeconds(now, -ENDED_IDS_KEPT_SECONDS));
    const expired = sql.all<{ id: string }>(
      `SELECT id FROM sessions WHERE expires_at <= ? AND (kind = 'impersonation' OR refresh_expires_at <= ?)`,
      now,
      now,
    );
    return expired.flatMap(({ id }) => remove(sql, id, now)).filter((session) => session.kind === 'impersonation');
  },
};
