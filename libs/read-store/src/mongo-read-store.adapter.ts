import type { Position } from '#event-store';
import { finish } from './batch-steps.js';
import { MongoBatchStore } from './mongo-batch-store.adapter.js';
import { Builds, type BuildLook } from './mongo-builds.adapter.js';
import type { MongoStoreOptions } from './mongo-projection-store.adapter.js';
import { reaching } from './mongo-reaching.js';
import { MongoReader } from './mongo-reader.adapter.js';
import {
  START,
  type Checkpoint,
  type Find,
  type Group,
  type Groups,
  type Page,
  type ReadStore,
  type Row,
  type Tally,
  type Filter,
} from './read-store.port.js';
import { plansFrom } from './sqlite-layout.js';
import type { NudgedReadStore } from './sqlite-read-store.adapter.js';

type Aggregate = Pick<Find, 'collection' | 'filters' | 'search'>;

/** Milliseconds within which the server answers, or counts as away. */
const ANSWER_WITHIN_MS = 10_000;
/** Milliseconds between two looks at a checkpoint that somebody waits for. */
const LOOK_MS = 25;
/** A batch that lies on a checkpoint for longer is finished by whoever meets it. */
const LEFT_MS = 1000;
const STREAMED = 200;

/** The read side of the read models in MongoDB. */
export function openMongoReadStore({ db }: MongoStoreOptions): NudgedReadStore {
  return new MongoReadStore(new Builds(db));
}

class MongoReadStore implements ReadStore {
  /** Builds that served when they were looked at last, by projection. */
  private readonly served = new Map<string, BuildLook>();
  /** Since when a batch has been seen on a checkpoint, by projection. */
  private readonly batches = new Map<string, { readonly name: string; readonly since: number }>();
  /** Looks that are on their way, by projection. */
  private readonly looks = new Map<string, Promise<BuildLook | null>>();
  /** The next look of all who wait. */
  private next: Promise<void> | null = null;
  private wake: () => void = () => undefined;

  constructor(private readonly builds: Builds) {}

  get(collection: string, id: string): Promise<Row | null> {
    return this.reading(collection, (reader) => reader.get(id));
  }

  getMany(collection: string, ids: readonly string[]): Promise<Map<string, Row>> {
    return this.reading(collection, (reader) => reader.getMany(ids));
  }

  find(query: Find): Promise<Page> {
    return this.reading(query.collection, (reader) => reader.find(query));
  }

  count(query: Aggregate): Promise<number> {
    return this.reading(query.collection, (reader) => reader.count(query));
  }

  tally(query: Aggregate, tallies: Readonly<Record<string, Tally>>): Promise<Record<string, number>> {
    return this.reading(query.collection, (reader) => reader.tally(query, tallies));
  }

  counters(collection: string, buckets?: readonly string[]): Promise<Record<string, number>> {
    return this.reading(collection, (reader) => reader.counters(buckets));
  }

  groups(query: Groups): Promise<Group[]> {
    return this.reading(query.collection, (reader) => reader.groups(query));
  }

  async *stream(collection: string, filters: readonly Filter[] = []): AsyncIterable<Row> {
    const sort = { field: 'id', descending: false };
    let cursor: string | null | undefined;
    while (cursor !== null) {
      const page: Page = await this.find({ collection, filters, sort, limit: STREAMED, cursor });
      yield* page.rows;
      cursor = page.next;
    }
  }

  async checkpoint(projection: string): Promise<Checkpoint> {
    const build = await this.lookTogether(projection);
    return build ? { position: build.position, eventId: build.eventId } : START;
  }

  async reached(projections: readonly string[], position: Position, timeoutMs: number): Promise<boolean> {
    const deadline = performance.now() + timeoutMs;
    while (!(await this.isReached(projections, position))) {
      if (performance.now() >= deadline) return false;
      await this.nextLook();
    }
    return true;
  }

  nudge(): void {
    this.wake();
  }

  /** The connection is closed by whoever opened it. */
  async close(): Promise<void> {
    this.nudge();
  }

  private async isReached(projections: readonly string[], position: Position): Promise<boolean> {
    const checkpoints = await Promise.all(projections.map((projection) => this.checkpoint(projection)));
    return checkpoints.every((checkpoint) => checkpoint.position >= position);
  }

  private reading<Result>(collection: string, work: (reader: MongoReader) => Promise<Result>): Promise<Result> {
    return reaching(() => this.readServing(collection, work), ANSWER_WITHIN_MS);
  }

  /** Reads from the build that serves; anew where another one serves when it is done, as the collections may have gone meanwhile. */
  private async readServing<Result>(collection: string, work: (reader: MongoReader) => Promise<Result>): Promise<Result> {
    const [projection = '', name = ''] = collection.split('/');
    for (let build = this.served.get(projection) ?? (await this.look(projection)); build;) {
      const plan = plansFrom(build.signature).find((each) => each.name === name);
      if (!plan) break;
      const [done] = await Promise.allSettled([work(new MongoReader(this.builds.db, build.tables, plan))]);
      const after = await this.look(projection);
      if (after?.tables !== build.tables) build = after;
      else if (done.status === 'fulfilled') return done.value;
      else throw done.reason;
    }
    throw new Error(`no build serves ${collection}`);
  }

  /** Many who ask at once share one look: it may be a little older than their question, and never newer than it says. */
  private lookTogether(projection: string): Promise<BuildLook | null> {
    let look = this.looks.get(projection);
    if (!look) {
      look = reaching(() => this.look(projection), ANSWER_WITHIN_MS).finally(() => this.looks.delete(projection));
      this.looks.set(projection, look);
    }
    return look;
  }

  private async look(projection: string): Promise<BuildLook | null> {
    const { served } = await this.builds.look(projection);
    if (!served) {
      this.served.delete(projection);
      return null;
    }
    this.served.set(projection, served);
    return (await this.finishLeft(served)) ? this.look(projection) : served;
  }

  /** COR-21: whoever wrote the batch may be dead. True where it was finished here. */
  private async finishLeft({ _id, projection, tables, batch }: BuildLook): Promise<boolean> {
    const name = batch && `${tables} ${batch.number}`;
    if (name === null) this.batches.delete(projection);
    else if (this.batches.get(projection)?.name !== name) this.batches.set(projection, { name, since: performance.now() });
    else if (performance.now() - (this.batches.get(projection)?.since ?? 0) >= LEFT_MS) {
      this.batches.delete(projection);
      const store = new MongoBatchStore(this.builds, _id);
      const standing = await store.read();
      if (standing?.batch?.number !== batch?.number || standing?.tables !== tables || !standing.batch) return true;
      await finish(store, tables, standing.batch);
      return true;
    }
    return false;
  }

  /** Resolves with the next nudge, or a little later: for all who wait at the same moment. */
  private nextLook(): Promise<void> {
    this.next ??= new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, LOOK_MS);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    }).finally(() => (this.next = null));
    return this.next;
  }
}
