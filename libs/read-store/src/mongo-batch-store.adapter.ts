import type { Json } from '#kernel';
import { isDuplicate, type MongoCollection } from '#mongo';
import type { BatchStore, PutBatch, Standing, Write } from './batch-store.port.js';
import { nameOf, type Builds } from './mongo-builds.adapter.js';
import { reaching } from './mongo-reaching.js';
import { documentOf, valueIn, type Guarded, type RowDocument, type ValueDocument } from './mongo-rows.js';
import { plansFrom, type CollectionPlan } from './sqlite-layout.js';

/** Documents asked for at once. */
const AT_ONCE = 1000;

/** One build in MongoDB: a checkpoint document, and collections whose documents each carry the number of the batch that wrote them. */
export class MongoBatchStore implements BatchStore {
  private plans: { readonly tables: string; readonly plans: readonly CollectionPlan[] } | null = null;

  constructor(
    private readonly builds: Builds,
    private readonly build: string,
  ) {}

  async read(): Promise<Standing | null> {
    const found = await reaching(() => this.builds.builds.findOne({ _id: this.build }));
    if (!found) return null;
    const { tables, number, position, eventId, batch, body, signature } = found;
    if (this.plans?.tables !== tables) this.plans = { tables, plans: plansFrom(signature) };
    return { tables, number, position, eventId, batch: batch && { ...batch, body } };
  }

  async values(tables: string, to: string, ids: readonly string[]): Promise<Map<string, Json>> {
    const values = new Map<string, Json>();
    for (let at = 0; at < ids.length; at += AT_ONCE)
      for (const [id, value] of await this.found(tables, to, { _id: { $in: ids.slice(at, at + AT_ONCE) } }))
        values.set(id, value);
    return values;
  }

  all(tables: string, to: string): Promise<Map<string, Json>> {
    return this.found(tables, to, {});
  }

  async put({ tables, number }: Standing, { body, ...batch }: PutBatch): Promise<boolean> {
    const { matchedCount } = await reaching(() =>
      this.builds.builds.updateOne({ _id: this.build, tables, number, batch: null }, { $set: { batch, body } }),
    );
    return matchedCount === 1;
  }

  async pass({ tables, number: before }: Standing, { number, to }: Pick<PutBatch, 'number' | 'to'>): Promise<boolean> {
    const { position, eventId } = to;
    const { matchedCount } = await reaching(() =>
      this.builds.builds.updateOne(
        { _id: this.build, tables, number: before, batch: null },
        { $set: { number, position, eventId } },
      ),
    );
    return matchedCount === 1;
  }

  async write(tables: string, number: number, writes: readonly Write[]): Promise<void> {
    const plans = this.plans?.tables === tables ? this.plans.plans : null;
    if (!plans) throw new Error(`the collections of ${tables} are not known`);
    await Promise.all(
      [...new Set(writes.map(({ to }) => to))].map((to) => {
        const documents = (fresh: boolean): Guarded[] =>
          writes
            .filter((write) => write.to === to && (write.fresh ?? false) === fresh)
            .map((write) => documentOf(plans, write, number));
        return this.overwrite(this.collection<Guarded>(tables, to), number, documents(false), documents(true));
      }),
    );
  }

  async move(tables: string, { number, to }: PutBatch): Promise<boolean> {
    const { position, eventId } = to;
    const { matchedCount } = await reaching(() =>
      this.builds.builds.updateOne(
        { _id: this.build, tables, 'batch.number': number },
        { $set: { number, position, eventId, batch: null, body: null } },
      ),
    );
    return matchedCount === 1;
  }

  async putPiece(name: string, body: string): Promise<void> {
    await reaching(() => this.builds.pieces.insertOne({ _id: name, body }));
  }

  async piece(name: string): Promise<string | null> {
    return (await reaching(() => this.builds.pieces.findOne({ _id: name })))?.body ?? null;
  }

  async dropPieces(names: readonly string[]): Promise<void> {
    if (names.length > 0) await reaching(() => this.builds.pieces.deleteMany({ _id: { $in: [...names] } }));
  }

  async discard(tables: string): Promise<void> {
    await this.builds.dropTables(tables, this.plans?.tables === tables ? this.plans.plans : []);
  }

  /**
   * Each document over an older number, or where there is none. The server says that a document is there already where its number is no older:
   * then those that are behind still are written again, as a server may stop at the first that it could not write. What is fresh is inserted, at
   * a fraction of the cost; where it is there after all, it is as any other.
   */
  private async overwrite(
    collection: MongoCollection<Guarded>,
    number: number,
    documents: readonly Guarded[],
    fresh: readonly Guarded[],
  ): Promise<void> {
    const isInserted = await this.writes(fresh, (all) => collection.insertMany(all, { ordered: false }));
    let left = [...documents, ...(isInserted ? [] : await this.behind(collection, number, fresh))];
    const replace = (all: readonly Guarded[]) =>
      collection.bulkWrite(
        all.map(({ _id, ...replacement }) => ({
          replaceOne: { filter: { _id, n: { $lt: number } }, replacement, upsert: true },
        })),
        { ordered: false },
      );
    while (!(await this.writes(left, replace))) left = await this.behind(collection, number, left);
  }

  /** False where some were there already. */
  private async writes(documents: readonly Guarded[], write: (all: readonly Guarded[]) => Promise<unknown>): Promise<boolean> {
    if (documents.length === 0) return true;
    try {
      await reaching(() => write(documents));
      return true;
    } catch (error) {
      if (isDuplicate(error)) return false;
      throw error;
    }
  }

  private async behind(collection: MongoCollection<Guarded>, number: number, documents: readonly Guarded[]): Promise<Guarded[]> {
    const done = new Set<string>();
    for (let at = 0; at < documents.length; at += AT_ONCE) {
      const ids = documents.slice(at, at + AT_ONCE).map(({ _id }) => _id);
      const found = await reaching(() =>
        collection.find({ _id: { $in: ids }, n: { $gte: number } }, { projection: { _id: 1 } }).toArray(),
      );
      for (const { _id } of found) done.add(_id);
    }
    return documents.filter(({ _id }) => !done.has(_id));
  }

  private async found(tables: string, to: string, filter: { _id?: { $in: string[] } }): Promise<Map<string, Json>> {
    const documents = this.collection<RowDocument & ValueDocument>(tables, to);
    const found = await reaching(() => documents.find(filter, { projection: { row: 1, v: 1 } }).toArray());
    return new Map(
      found.flatMap((document) => {
        const value = valueIn(document);
        return value === null ? [] : [[document._id, value] as const];
      }),
    );
  }

  private collection<Document extends Guarded>(tables: string, to: string): MongoCollection<Document> {
    return this.builds.db.collection<Document>(nameOf(tables, to));
  }
}
