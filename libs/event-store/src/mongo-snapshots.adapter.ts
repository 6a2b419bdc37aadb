import { isDuplicate, reaching as reachingServer, type MongoCollection, type MongoDatabase } from '#mongo';
import { StoreUnavailable, type Revision, type Snapshots } from './event-store.port.js';

/** Milliseconds within which the server answers, or counts as away. */
const ANSWER_WITHIN_MS = 4_000;
const INDEX_WITHIN_MS = 600_000;
const HEADS = 'snapshots.heads';
const ENTRIES = 'snapshots.entries';

/** Where a stream's snapshot is. What counts is what this document says. */
interface Head {
  /** The stream. */
  readonly _id: string;
  readonly revision: Revision;
  readonly state: string;
}

/** An entry as the stream had it at a revision. */
interface Entry {
  readonly _id: string;
  readonly stream: string;
  readonly key: string;
  readonly revision: Revision;
  readonly value: string;
}

/**
 * Snapshots beside the log in MongoDB, without transactions. Entries are written first, each as of its revision, and count for nothing until the
 * head has come so far; then the head moves, and only forward; then what is older goes. Every entry is what the log says at its revision, whoever
 * wrote it and however late: so the last one that the head covers is true as of the head. A reader reads the entries first and then the head:
 * between the two the head may only have moved on to where its reader sees that it was overtaken.
 */
export async function openMongoSnapshots({ db }: { readonly db: MongoDatabase }): Promise<Snapshots> {
  const entries = db.collection<Entry>(ENTRIES);
  await reaching(() => entries.createIndex({ stream: 1, key: 1, revision: 1 }), INDEX_WITHIN_MS);
  return new MongoSnapshots(db.collection<Head>(HEADS), entries);
}

/** COR-22: throws all snapshots away. Those of a log that was restored may be ahead of it. */
export async function forgetMongoSnapshots({ db }: { readonly db: MongoDatabase }): Promise<void> {
  // The heads first: an entry without one counts for nothing.
  for (const name of [HEADS, ENTRIES]) await reaching(() => db.collection(name).deleteMany({}), INDEX_WITHIN_MS);
}

class MongoSnapshots implements Snapshots {
  constructor(
    private readonly heads: MongoCollection<Head>,
    private readonly entries: MongoCollection<Entry>,
  ) {}

  async load(stream: string): Promise<{ revision: Revision; state: string } | null> {
    const head = await reaching(() => this.heads.findOne({ _id: stream }));
    return head && { revision: head.revision, state: head.state };
  }

  async entry(stream: string, key: string): Promise<string | null> {
    const versions = await reaching(() => this.entries.find({ stream, key }).sort({ revision: 1 }).toArray());
    if (versions.length === 0) return null;
    const head = await this.revisionOf(stream);
    return versions.findLast(({ revision }) => head !== null && revision <= head)?.value ?? null;
  }

  async save(
    stream: string,
    revision: Revision,
    state: string,
    entries: readonly (readonly [key: string, value: string])[] = [],
  ): Promise<void> {
    const head = await this.revisionOf(stream);
    if (head !== null && head > revision) return;
    if (entries.length > 0) await this.putEntries(stream, revision, entries);
    if (!(await this.moveHead(stream, revision, state)) || entries.length === 0) return;
    const keys = entries.map(([key]) => key);
    await reaching(() => this.entries.deleteMany({ stream, key: { $in: keys }, revision: { $lt: revision } }));
  }

  async forget(stream: string): Promise<void> {
    await reaching(() => this.heads.deleteOne({ _id: stream }));
    await reaching(() => this.entries.deleteMany({ stream }));
  }

  private async putEntries(
    stream: string,
    revision: Revision,
    entries: readonly (readonly [key: string, value: string])[],
  ): Promise<void> {
    const writes = entries.map(([key, value]) => ({
      replaceOne: {
        filter: { _id: JSON.stringify([stream, key, revision]) },
        replacement: { stream, key, revision, value },
        upsert: true,
      },
    }));
    await reaching(() => this.entries.bulkWrite(writes, { ordered: false }));
  }

  /** Only forward: false where the head is further already. */
  private async moveHead(stream: string, revision: Revision, state: string): Promise<boolean> {
    const { matchedCount } = await reaching(() =>
      this.heads.updateOne({ _id: stream, revision: { $lte: revision } }, { $set: { revision, state } }),
    );
    return matchedCount === 1 || this.makeHead({ _id: stream, revision, state });
  }

  /** False where there is one. It may be older than this one, of somebody who was as fast: what it covers is true all the same. */
  private async makeHead(head: Head): Promise<boolean> {
    try {
      await reaching(() => this.heads.insertOne(head));
      return true;
    } catch (error) {
      if (isDuplicate(error)) return false;
      throw error;
    }
  }

  private async revisionOf(stream: string): Promise<Revision | null> {
    const head = await reaching(() => this.heads.findOne({ _id: stream }, { projection: { revision: 1 } }));
    return head?.revision ?? null;
  }
}

const reaching = <Result>(ask: () => Promise<Result>, withinMs = ANSWER_WITHIN_MS): Promise<Result> =>
  reachingServer(withinMs, ask, (why, cause) => new StoreUnavailable(`snapshots cannot be reached: ${why}`, { cause }));
