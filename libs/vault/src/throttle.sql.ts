import { addDays } from '#kernel';
import type { Instant } from '#kernel';
import type { Sql } from './sql.js';

/** Days after which a failure is forgotten even if its key is never seen again; longer than any window. */
const FAILURES_KEPT_DAYS = 1;

const failures = (sql: Sql, key: string, since: Instant): { failures: number; last: Instant | null } =>
  sql.get<{ failures: number; last: Instant | null }>(
    'SELECT count(*) AS failures, max(at) AS last FROM failures WHERE key = ? AND at >= ?',
    key,
    since,
  ) ?? { failures: 0, last: null };

export const throttleReads = { failures };

export const throttleOperations = {
  'throttle.fail': (sql: Sql, key: string, at: Instant, since: Instant): number => {
    sql.run('DELETE FROM failures WHERE key = ? AND at < ?', key, since);
    sql.run('DELETE FROM failures WHERE at < ?', addDays(at, -FAILURES_KEPT_DAYS));
    sql.run('INSERT INTO failures (key, at) VALUES (?, ?)', key, at);
    return failures(sql, key, since).failures;
  },
  'throttle.clear': (sql: Sql, key: string): void => {
    sql.run('DELETE FROM failures WHERE key = ?', key);
  },
};
