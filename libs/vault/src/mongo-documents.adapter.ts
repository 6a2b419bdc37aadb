import { StoreUnavailable } from '#event-store';
import { SharedReads } from '#kernel';
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

/** A collection of MongoDB. Only operators that change one document in one step. */
class MongoDocuments implements Documents {
  /** Many requests of one moment look up the same session, and seal under the key of the same person. */
  private readonly shared = new SharedReads<unknown>();

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
    const order = Object.fromEntries(sort.map((field) => [field, 1 as const]));
    const look = () => reach(() => this.rows.find<T & Stored>(filter, { ...this.confirmed, sort: order, limit }).toArray());
    return [...((await this.shared.read(JSON.stringify([filter, sort, limit]), look)) as T[])];
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
