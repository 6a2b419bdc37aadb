import type { Position } from '#event-store';
import type { Checkpoint, Filter, Find, Group, Groups, Page, ReadStore, Row, Tally } from './read-store.port.js';
import { openCatalogue } from './sqlite-database.adapter.js';
import { ReaderPool } from './sqlite-reader-pool.adapter.js';
import { SqliteReader, type Aggregate } from './sqlite-reader.adapter.js';

export interface SqliteReadStoreOptions {
  readonly file: string;
  /** Path of the compiled `sqlite-reader.thread.js`. */
  readonly readerEntry: string;
  /** Reader threads. Default: 2, so that one long export or search leaves room for the others. */
  readonly readers?: number;
}

/** A read store that is told when a projection has moved on; it looks by itself too, a little later. */
export type NudgedReadStore = ReadStore & { nudge(): void };

/** The read side of the read models in SQLite files; the catalogue is made if it is missing. Look-ups run on the calling thread, searches on others. */
export async function openSqliteReadStore({ file, readerEntry, readers = 2 }: SqliteReadStoreOptions): Promise<NudgedReadStore> {
  openCatalogue(file).close();
  const pool = new ReaderPool(readerEntry, file, readers);
  return new SqliteReadStore(new SqliteReader({ file, onChange: () => pool.refresh() }), pool);
}

const LOOK_MS = 25;
const STREAMED = 200;

class SqliteReadStore implements NudgedReadStore {
  private readonly waiting = new Set<() => void>();

  constructor(
    private readonly reader: SqliteReader,
    private readonly pool: ReaderPool,
  ) {}

  async get(collection: string, id: string): Promise<Row | null> {
    return this.reader.get(collection, id);
  }

  async getMany(collection: string, ids: readonly string[]): Promise<Map<string, Row>> {
    return this.reader.getMany(collection, ids);
  }

  async counters(collection: string, buckets?: readonly string[]): Promise<Record<string, number>> {
    return this.reader.counters(collection, buckets);
  }

  async checkpoint(projection: string): Promise<Checkpoint> {
    return this.reader.checkpoint(projection);
  }

  async find(query: Find): Promise<Page> {
    const { rows, next } = await this.pool.find(query);
    return { rows: JSON.parse(rows) as Row[], next };
  }

  async count(query: Aggregate): Promise<number> {
    return (await this.pool.tally(query, { rows: { count: [] } }))['rows'] ?? 0;
  }

  async tally(query: Aggregate, tallies: Readonly<Record<string, Tally>>): Promise<Record<string, number>> {
    return this.pool.tally(query, tallies);
  }

  async groups(query: Groups): Promise<Group[]> {
    return this.pool.groups(query);
  }

  async *stream(collection: string, filters: readonly Filter[] = []): AsyncIterable<Row> {
    let cursor: string | null | undefined;
    while (cursor !== null) {
      const page: Page = await this.find({
        collection,
        filters,
        sort: { field: 'id', descending: false },
        limit: STREAMED,
        cursor,
      });
      yield* page.rows;
      cursor = page.next;
    }
  }

  async reached(projections: readonly string[], position: Position, timeoutMs: number): Promise<boolean> {
    const deadline = performance.now() + timeoutMs;
    while (!this.isReached(projections, position)) {
      const left = deadline - performance.now();
      if (left <= 0) return false;
      await this.nextLook(Math.min(left, LOOK_MS));
    }
    return true;
  }

  nudge(): void {
    this.reader.refresh();
    for (const look of [...this.waiting]) look();
  }

  async close(): Promise<void> {
    await this.pool.close();
    this.reader.close();
  }

  private isReached(projections: readonly string[], position: Position): boolean {
    return projections.every((projection) => this.reader.checkpoint(projection).position >= position);
  }

  /** Resolves with the next nudge, or after `ms`. */
  private nextLook(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        clearTimeout(timer);
        this.waiting.delete(look);
        resolve();
      };
      const timer = setTimeout(look, ms);
      this.waiting.add(look);
    });
  }
}
