import type { Checkpoint } from '#event-store';
import { answerOperations } from './answers.sql.js';
import { apiKeyOperations } from './api-keys.sql.js';
import { credentialOperations } from './credentials.sql.js';
import { errandOperations } from './errands.sql.js';
import { personKeyOperations } from './person-keys.sql.js';
import { secretOperations } from './secrets.sql.js';
import { sessionOperations } from './sessions.sql.js';
import type { Sql } from './sql.js';
import { throttleOperations } from './throttle.sql.js';

/** Everything that writes into the vault, by name: plain data in, plain data out, so that a thread can run it. */
export const operations = {
  ...personKeyOperations,
  ...credentialOperations,
  ...sessionOperations,
  ...apiKeyOperations,
  ...secretOperations,
  ...answerOperations,
  ...throttleOperations,
  ...errandOperations,
  'checkpoints.set': (sql: Sql, reaction: string, { position, eventId }: Checkpoint): void => {
    sql.run('INSERT OR REPLACE INTO reaction_checkpoints VALUES (?, ?, ?)', reaction, position, eventId);
  },
};

export type OperationName = keyof typeof operations;
type AfterSql<Arguments> = Arguments extends [Sql, ...infer Rest] ? Rest : never;
export type OperationArguments<Name extends OperationName> = AfterSql<Parameters<(typeof operations)[Name]>>;
export type OperationResult<Name extends OperationName> = ReturnType<(typeof operations)[Name]>;

/** Runs an operation by name inside the caller's transaction. */
export function runOperation(sql: Sql, name: OperationName, args: readonly unknown[]): unknown {
  const operation = operations[name] as (sql: Sql, ...args: readonly unknown[]) => unknown;
  return operation(sql, ...args);
}

/** How the vault reaches its database. */
export interface Engine {
  read<T>(operation: string, work: (sql: Sql) => T): Promise<T>;
  /** One operation, whole or not at all; resolves when it is durable. Rejects with `StoreUnavailable`. */
  write<Name extends OperationName>(operation: Name, ...args: OperationArguments<Name>): Promise<OperationResult<Name>>;
  /** Soon, and only the last one per key: may be lost in a crash. Resolves when it is done or lost. */
  later<Name extends OperationName>(key: string, operation: Name, ...args: OperationArguments<Name>): Promise<void>;
  scrub(): Promise<void>;
  close(): Promise<void>;
}
