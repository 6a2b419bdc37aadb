import { StoreUnavailable } from '#event-store';
import { GatheredReads, SharedReads } from '#kernel';
import { isDuplicate, reaching, type MongoCollection, type MongoDatabase } from '#mongo';
import { COLLECTIONS, LOOK_UPS } from './documents.port.js';
import type { CollectionName, Collections, Documents, Fields, Filter, Found, Note } from './documents.port.js';

interface Stored {
  readonly _id: string;
  readonly [field: string]: unknown;
}

/** Milliseconds within which an operation is answered, or the vault counts as lost. */
const ANSWER_WITHIN_MS = 4000;
const INDEX_WITHIN_MS = 600_000;

/** Values of one field that one look-up asks for at most. */
const VALUES_AT_ONCE = 1000;

/** A collection of MongoDB. Only operators that change one document in one step. */
class MongoDocuments implements Documents {
  /** Many requests of one moment look up the same session, and seal under the key of the same person. */
  private readonly shared = new SharedReads<unknown>();
  /** By field: who ends sessions, bars keys or opens what is sealed looks for another stream or person than the next one. */
  private readonly gathered = new Map<string, GatheredReads<Stored>>();

  constructor(
    private readonly rows: MongoCollection<Stored>,
    /** COR-11: what is looked up is confirmed by a majority, where there is one to ask. */
    private readonly confirmed: { readonly readConcern?: 'linearizable' },
  ) {}

  insert(document: Fields): Promise<boolean> {
    return reach(async () => {
      const taken = await unlessDuplicate(this.rows.insertOne(document as Stored));
      return taken !== null;
    });
  }

  async current<T>(filter: Filter): Promise<T | null> {
    const look = () => reach(() => this.rows.findOne<T & Stored>(filter, { ...this.confirmed }));
    return (await this.shared.read(JSON.stringify(filter), look)) as T | null;
  }

  async find<T>(filter: Filter, { sort = [], limit = 0 }: Found = {}): Promise<T[]> {
    const one = sort.length === 0 && limit === 0 ? fieldAlone(filter) : null;
    if (one) return (await this.having(one.field, one.values)) as (T & Stored)[];
    const order = Object.fromEntries(sort.map((field) => [field, 1 as const]));
    const look = () => reach(() => this.rows.find<T & Stored>(filter, { ...this.confirmed, sort: order, limit }).toArray());
    return [...((await this.shared.read(JSON.stringify([filter, sort, limit]), look)) as T[])];
  }

  /** Each document is as it was after the question, as with a look-up of its own. */
  private async having(field: string, values: readonly string[]): Promise<Stored[]> {
    const reads = this.gathered.get(field) ?? new GatheredReads((all) => this.lookUp(field, all));
    this.gathered.set(field, reads);
    const has = (value: unknown): boolean => typeof value === 'string' && values.includes(value);
    return (await reads.find(values)).filter(({ [field]: found }) => (Array.isArray(found) ? found.some(has) : has(found)));
  }

  private async lookUp(field: string, values: readonly string[]): Promise<Stored[]> {
    const found = new Map<string, Stored>();
    for (let at = 0; at < values.length; at += VALUES_AT_ONCE) {
      const some = { [field]: { $in: values.slice(at, at + VALUES_AT_ONCE) } };
      const documents = await reach(() => this.rows.find<Stored>(some, { ...this.confirmed }).toArray());
      for (const document of documents) found.set(document._id, document);
    }
    return [...found.values()];
  }

  count(filter: Filter): Promise<number> {
    return reach(() => this.rows.countDocuments(filter));
  }

  async update(filter: Filter, set: Fields): Promise<boolean> {
    return (await reach(() => this.rows.updateOne(filter, { $set: set }))).matchedCount === 1;
  }

  /** Of two who make it at the same moment, the second one finds it made. */
  async put(id: string, set: Fields): Promise<void> {
    const write = (): Promise<unknown> => this.rows.updateOne({ _id: id }, { $set: set }, { upsert: true });
    await reach(async () => (await unlessDuplicate(write())) ?? write());
  }

  replace<T>(filter: Filter & { readonly _id: string }, document: Fields, { orMake } = { orMake: false }): Promise<T | null> {
    const options = { upsert: orMake, returnDocument: 'before' } as const;
    return reach(async () => (await unlessDuplicate(this.rows.findOneAndReplace(filter, document, options))) as T | null);
  }

  async remove(filter: Filter): Promise<void> {
    await reach(() => this.rows.deleteMany(filter));
  }

  async note(notes: readonly Note[]): Promise<void> {
    const updates = notes.map(({ filter, later, set }) => ({
      updateOne: { filter, update: { $max: { ...later }, ...(Object.keys(set).length > 0 ? { $set: { ...set } } : {}) } },
    }));
    await reach(() => this.rows.bulkWrite(updates, { ordered: false, writeConcern: { w: 1, journal: false } }));
  }
}

/** The one field that a filter names, where it asks for certain values of it; null for any other filter. */
function fieldAlone(filter: Filter): { readonly field: string; readonly values: readonly string[] } | null {
  const [[field, asked] = ['', null], ...others] = Object.entries(filter);
  if (others.length > 0 || asked === null || typeof asked === 'number') return null;
  if (typeof asked === 'string') return { field, values: [asked] };
  return asked.$in && Object.keys(asked).length === 1 ? { field, values: asked.$in } : null;
}

/** The vault's collections in a database, with their indexes. */
export async function openCollections(db: MongoDatabase): Promise<Collections> {
  const confirmed = (await reach(() => hasMembers(db))) ? ({ readConcern: 'linearizable' } as const) : {};
  const rowsOf = (name: CollectionName): MongoCollection<Stored> =>
    db.collection<Stored>(`vault.${name}`, { promoteBuffers: true });
  for (const name of COLLECTIONS)
    for (const field of LOOK_UPS[name]) await reach(() => rowsOf(name).createIndex({ [field]: 1 }), INDEX_WITHIN_MS);
  return (name) => new MongoDocuments(rowsOf(name), confirmed);
}

/** Whether it is a replica set, or a cluster of them. */
async function hasMembers(db: MongoDatabase): Promise<boolean> {
  const hello = await db.command({ hello: 1 }).catch(() => db.command({ isMaster: 1 }));
  return typeof hello['setName'] === 'string' || hello['msg'] === 'isdbgrid';
}

/** Null where the `_id` is another document's. */
async function unlessDuplicate<T>(write: Promise<T>): Promise<T | null> {
  try {
    return await write;
  } catch (error) {
    if (isDuplicate(error)) return null;
    throw error;
  }
}

const reach = <T>(work: () => Promise<T>, withinMs = ANSWER_WITHIN_MS): Promise<T> =>
  reaching(withinMs, work, (why) => new StoreUnavailable(`the vault cannot be reached (${why})`));
