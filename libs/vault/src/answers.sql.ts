import type { Instant } from '#kernel';
import type { Sql } from './sql.js';
import type { KeptAnswer } from './vault.port.js';

const get = (sql: Sql, commandId: string): KeptAnswer | null =>
  sql.get<KeptAnswer>('SELECT command_id AS commandId, fingerprint, answer, at FROM answers WHERE command_id = ?', commandId) ??
  null;

export const answerReads = { get };

export const answerOperations = {
  /** Gives the one that stands: the first writer's. */
  'answers.insert': (sql: Sql, kept: KeptAnswer): KeptAnswer => {
    const { commandId, fingerprint, answer, at } = kept;
    sql.run(
      'INSERT OR IGNORE INTO answers (command_id, fingerprint, answer, at) VALUES (?, ?, ?, ?)',
      commandId,
      fingerprint,
      answer,
      at,
    );
    return get(sql, commandId) ?? kept;
  },
  'answers.expire': (sql: Sql, before: Instant): void => {
    sql.run('DELETE FROM answers WHERE at < ?', before);
  },
};
