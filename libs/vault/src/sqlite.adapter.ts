import { setTimeout as wait } from 'node:timers/promises';
import { SharedView, StoreUnavailable } from '#event-store';
import type { PersonKeys } from '#event-store';
import { systemClock } from '#kernel';
import type { Clock } from '#kernel';
import { WrongMasterKey } from './master-key.adapter.js';
import type { Engine, OperationArguments, OperationName, OperationResult } from './operations.js';
import { sealingUnder } from './sealing.js';
import { MASTER_KEY_CHECK } from './secrets.sql.js';
import { isOutOfReach, openForReading, openForWriting, sqlOn } from './sqlite-connection.adapter.js';
import type { Connection } from './sqlite-connection.adapter.js';
import { SqliteWriter } from './sqlite-writer.adapter.js';
import type { Sql } from './sql.js';
import { openKeys, vaultOnSql } from './vault-on-sql.js';
import type { Vault } from './vault.port.js';
import { SCRUB } from './writer-protocol.js';

export interface SqliteVaultOptions {
  readonly file: string;
  /** Compiled entry of the writer's thread (`sqlite-vault.thread.js`). */
  readonly writerEntry: string;
  /** 32 bytes, see `loadMasterKey`. */
  readonly masterKey: Buffer;
  /** Times the memory of ended session ids. */
  readonly clock?: Clock;
}

/** A touch waits this long for a commit to ride along with. */
const LATER_MS = 200;
const SCRUB_WITHIN_MS = 5000;
const SCRUB_PAUSE_MS = 20;

interface Postponed {
  readonly operation: OperationName;
  readonly args: readonly unknown[];
  readonly settled: (() => void)[];
}

/** Reads on the caller's own connection, writes through the writer's thread. */
class SqliteEngine implements Engine {
  private readonly reader: Connection;
  private readonly sql: Sql;
  private readonly view: SharedView;
  private readonly writer: SqliteWriter;
  private postponed = new Map<string, Postponed>();
  private timer: NodeJS.Timeout | undefined;

  constructor({ file, writerEntry }: SqliteVaultOptions) {
    openForWriting(file).close();
    this.reader = openForReading(file);
    this.view = new SharedView(this.reader);
    this.sql = onceAView(sqlOn(this.reader), this.view);
    this.writer = new SqliteWriter(writerEntry, file, () => this.view.refresh());
  }

  async read<T>(_operation: string, work: (sql: Sql) => T): Promise<T> {
    if (!this.reader.open) throw new StoreUnavailable('the vault is closed');
    try {
      return this.view.read(() => work(this.sql));
    } catch (error) {
      throw isOutOfReach(error) ? new StoreUnavailable('the vault cannot be read now') : error;
    }
  }

  async write<Name extends OperationName>(operation: Name, ...args: OperationArguments<Name>): Promise<OperationResult<Name>> {
    this.sendPostponed();
    return (await this.writer.call(operation, args)) as OperationResult<Name>;
  }

  later<Name extends OperationName>(key: string, operation: Name, ...args: OperationArguments<Name>): Promise<void> {
    this.timer ??= setTimeout(() => this.sendPostponed(), LATER_MS).unref();
    return new Promise((resolve) => {
      const settled = [...(this.postponed.get(key)?.settled ?? []), resolve];
      this.postponed.set(key, { operation, args, settled });
    });
  }

  /** Readers hold the write-ahead log for moments only: asked again until it is empty. */
  async scrub(): Promise<void> {
    this.sendPostponed();
    const end = performance.now() + SCRUB_WITHIN_MS;
    while ((await this.writer.call(SCRUB, [])) !== true) {
      if (performance.now() > end) throw new StoreUnavailable('a reader keeps the vault from being scrubbed');
      await wait(SCRUB_PAUSE_MS);
    }
  }

  async close(): Promise<void> {
    this.sendPostponed();
    await this.writer.close();
    this.reader.close();
  }

  private sendPostponed(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    const postponed = [...this.postponed.values()];
    this.postponed = new Map();
    for (const { operation, args, settled } of postponed) {
      const settle = (): void => settled.forEach((resolve) => resolve());
      this.writer.call(operation, args).then(settle, settle);
    }
  }
}

/** Single rows are asked for once a view: many requests of one turn bear the same credential. */
const onceAView = (sql: Sql, view: SharedView): Sql => ({
  ...sql,
  get: (text, ...values) => view.readOnce([text, ...values].join('\0'), () => sql.get(text, ...values)),
});

/**
 * The vault in one SQLite file, made where it is missing. Rejects where `masterKey` is not the one it was made with.
 * Writes of the same moment share a commit; what cannot be written now rejects with `StoreUnavailable` and works again later.
 */
export async function openSqliteVault(options: SqliteVaultOptions): Promise<Vault> {
  const vault = vaultOnSql(new SqliteEngine(options), options.masterKey, options.clock ?? systemClock);
  try {
    await vault.secrets.obtain(MASTER_KEY_CHECK);
    return vault;
  } catch (error) {
    await vault.close();
    if (error instanceof StoreUnavailable) throw error;
    throw new WrongMasterKey();
  }
}

/** Person keys for a thread that only reads (projections). The vault must have been opened before. */
export function openSqlitePersonKeys({
  file,
  masterKey,
}: Pick<SqliteVaultOptions, 'file' | 'masterKey'>): PersonKeys & { close(): void } {
  const reader = openForReading(file);
  const sql = sqlOn(reader);
  const sealing = sealingUnder(masterKey, 'person-keys');
  const refused = async (): Promise<never> => {
    throw new Error('person keys are read-only here');
  };
  return {
    // In one transaction: a batch of them costs the locks of one.
    getMany: async (persons) => reader.transaction(() => openKeys(sql, sealing, persons, new Map())).deferred(),
    insert: refused,
    destroy: refused,
    close: () => reader.close(),
  };
}
