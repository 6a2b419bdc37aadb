import type { Instant } from '#kernel';
import type { Sql } from './sql.js';
import type { Errand, ErrandPlace, KeptErrand } from './vault.port.js';

type Row = Omit<Errand, 'data'> & { readonly data: string };

const fromRow = ({ data, ...row }: Row): Errand => ({ ...row, data: JSON.parse(data) as Errand['data'] });

export const errandReads = {
  get: (sql: Sql, key: string): KeptErrand | null => {
    const found = sql.get<Row & { readonly done: number }>('SELECT key, type, data, at, done FROM errands WHERE key = ?', key);
    if (found === undefined) return null;
    const { done, ...row } = found;
    return { ...fromRow(row), done: done === 1 };
  },
  open: (sql: Sql, before: Instant, limit: number, after: ErrandPlace = { at: '', key: '' }): Errand[] =>
    sql
      .all<Row>(
        'SELECT key, type, data, at FROM errands WHERE done = 0 AND at < ? AND (at, key) > (?, ?) ORDER BY at, key LIMIT ?',
        before,
        after.at,
        after.key,
        limit,
      )
      .map(fromRow),
};

export const errandOperations = {
  'errands.take': (sql: Sql, { key, type, data, at }: Errand): void => {
    sql.run(
      `INSERT INTO errands (key, type, data, at, done) VALUES (?, ?, ?, ?, 0)
       ON CONFLICT DO UPDATE SET type = excluded.type, data = excluded.data, at = excluded.at, done = 0 WHERE excluded.at > at`,
      key,
      type,
      JSON.stringify(data),
      at,
    );
  },
  'errands.done': (sql: Sql, key: string, at: Instant): void => {
    sql.run('UPDATE errands SET done = 1 WHERE key = ? AND at = ?', key, at);
  },
  'errands.expire': (sql: Sql, before: Instant): void => {
    sql.run('DELETE FROM errands WHERE done = 1 AND at < ?', before);
  },
};
