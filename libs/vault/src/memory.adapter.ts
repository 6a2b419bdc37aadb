import { systemClock } from '#kernel';
import type { Clock } from '#kernel';
import { runOperation } from './operations.js';
import type { Engine, OperationArguments, OperationName, OperationResult } from './operations.js';
import { openInMemory, sqlOn } from './sqlite-connection.adapter.js';
import { vaultOnSql } from './vault-on-sql.js';
import type { Vault } from './vault.port.js';

export interface MemoryVaultOptions {
  readonly masterKey?: Buffer;
  readonly clock?: Clock;
  /** Awaited before each operation (`sessions.byToken`, `keys.destroy` …), so that a test can choose their order. */
  readonly before?: (operation: string) => Promise<void>;
}

/** A vault without files or threads, for tests: the same statements, each operation one step. */
export function memoryVault({ masterKey, clock, before }: MemoryVaultOptions = {}): Vault {
  const db = openInMemory();
  const sql = sqlOn(db);
  const engine: Engine = {
    async read(operation, work) {
      await before?.(operation);
      return work(sql);
    },
    async write<Name extends OperationName>(operation: Name, ...args: OperationArguments<Name>): Promise<OperationResult<Name>> {
      await before?.(operation);
      const plain = structuredClone(args) as readonly unknown[]; // as a thread would get it
      return db.transaction(() => runOperation(sql, operation, plain))() as OperationResult<Name>;
    },
    async later(_key, operation, ...args) {
      await engine.write(operation, ...args);
    },
    async scrub() {
      await before?.('scrub');
    },
    async close() {
      db.close();
    },
  };
  return vaultOnSql(engine, masterKey ?? Buffer.alloc(32, 7), clock ?? systemClock);
}
