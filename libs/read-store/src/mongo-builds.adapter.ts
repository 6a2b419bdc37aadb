import { randomBytes } from 'node:crypto';
import { isDuplicate, type MongoCollection, type MongoDatabase } from '#mongo';
import type { PutBatch, Standing } from './batch-store.port.js';
import { indexesOf, tablesOf } from './mongo-rows.js';
import { reaching } from './mongo-reaching.js';
import type { ServingBuild } from './read-store.port.js';
import { buildOf, plansFrom, type CollectionPlan } from './sqlite-layout.js';

/** The checkpoint document of a build. */
export interface BuildDocument extends Omit<Standing, 'batch'> {
  /** `<projection>-<version>.<generation>` */
  readonly _id: string;
  readonly projection: string;
  readonly version: number;
  readonly generation: number;
  /** Of its collections, as text. */
  readonly signature: string;
  readonly batch: Omit<PutBatch, 'body'> | null;
  /** Tables of the build in whose place it is about to serve, or did; null for none. Whoever drops builds spares it until another one serves. */
  readonly over?: string | null;
  /** Of the batch; apart from it, since whoever looks at checkpoints needs it seldom. */
  readonly body: string | null;
}

/** Says which build of a projection serves. Its id is the projection's name. */
export interface ServingDocument {
  readonly _id: string;
  readonly projection: string;
  readonly serving: ServingBuild;
}

export type BuildLook = Omit<BuildDocument, 'body'>;

/** What there is of a projection. */
export interface Look {
  readonly builds: readonly BuildLook[];
  readonly serving: ServingBuild | null;
  /** The build that serves; null where none does, or it is gone. */
  readonly served: BuildLook | null;
}

export interface PieceDocument {
  readonly _id: string;
  readonly body: string;
}

const BUILDS = 'projections.builds';
const PIECES = 'projections.pieces';
/** What the names of a build's collections begin with (see `freshTables`). */
const TABLES = /^[a-z][a-z0-9-]*-\d+\.\d+_[0-9a-f]{12}(?=\.)/;

/** Builds, which of them serves, and their collections. */
export class Builds {
  readonly builds: MongoCollection<BuildDocument>;
  readonly pieces: MongoCollection<PieceDocument>;
  private readonly servings: MongoCollection<ServingDocument>;

  constructor(readonly db: MongoDatabase) {
    this.builds = db.collection(BUILDS);
    this.servings = db.collection(BUILDS);
    this.pieces = db.collection(PIECES);
  }

  /** One look at all builds of a projection, or of all projections. */
  async look(projection?: string): Promise<Look> {
    const filter = projection === undefined ? {} : { projection };
    const found = await reaching(() => this.builds.find(filter, { projection: { body: 0 } }).toArray());
    const servings = found.filter((each): each is BuildDocument & ServingDocument => 'serving' in each);
    const builds = found.filter((each) => !('serving' in each));
    const serving = servings[0]?.serving ?? null;
    const served = serving ? builds.find(({ _id }) => _id === idOf(projection ?? '', serving)) : undefined;
    return { builds, serving, served: served ?? null };
  }

  /** Names of the projections of which a build serves. */
  async servingIds(): Promise<Map<string, string>> {
    const found = await reaching(() => this.servings.find({ serving: { $exists: true } }).toArray());
    return new Map(found.map(({ projection, serving }) => [projection, idOf(projection, serving)]));
  }

  /** Makes a build where there is none. */
  async insert(build: BuildDocument): Promise<void> {
    await unlessThere(() => this.builds.insertOne(build));
  }

  /** Replaces a build by an empty one, if its tables are as given; false where they are not. The old tables are the caller's to drop. */
  async replace(tables: string, build: BuildDocument): Promise<boolean> {
    const { _id, ...rest } = build;
    const { matchedCount } = await reaching(() => this.builds.replaceOne({ _id, tables }, rest));
    return matchedCount === 1;
  }

  /** Keeps a build from being dropped while `served` serves, in whose place it is to come. False where it is dropped. */
  async choose({ _id, tables }: BuildLook, served: BuildLook): Promise<boolean> {
    const { matchedCount } = await reaching(() => this.builds.updateOne({ _id, tables }, { $set: { over: served.tables } }));
    return matchedCount === 1;
  }

  /** Lets a build serve in place of `over`; false where that does not serve any more. */
  async serve(projection: string, serving: ServingBuild, over: ServingBuild): Promise<boolean> {
    const { matchedCount } = await reaching(() =>
      this.servings.updateOne(
        { _id: projection, 'serving.version': over.version, 'serving.generation': over.generation },
        { $set: { projection, serving } },
      ),
    );
    return matchedCount === 1;
  }

  /** Lets a build serve where none does. */
  async serveFirst(projection: string, serving: ServingBuild): Promise<void> {
    await unlessThere(() =>
      this.servings.updateOne({ _id: projection }, { $setOnInsert: { projection, serving } }, { upsert: true }),
    );
  }

  async serveNone(projection: string): Promise<void> {
    await reaching(() => this.servings.deleteOne({ _id: projection }));
  }

  /**
   * The checkpoint document goes first: whoever has a batch for it is stopped there. One that is about to serve in place of `served`, or was chosen
   * for something since it was looked at, stays.
   */
  async drop({ _id, tables, signature, over = null }: BuildLook, served: BuildLook | null): Promise<void> {
    if (over !== null && over === served?.tables) return;
    const { deletedCount } = await reaching(() => this.builds.deleteOne({ _id, tables, over }));
    if (deletedCount === 1) await this.dropTables(tables, plansFrom(signature));
  }

  async dropTables(tables: string, plans: readonly CollectionPlan[]): Promise<void> {
    const there = await this.collections();
    const gone = tablesOf(plans).map((to) => nameOf(tables, to));
    for (const name of gone.filter((each) => there.has(each))) await this.dropCollection(name);
  }

  /** Drops collections of builds that are gone: those that came back with the writes of somebody late, or whose dropping was cut off. */
  async sweep(): Promise<void> {
    // In this order: a build is there before its collections are.
    const there = await this.collections();
    const { builds } = await this.look();
    const kept = new Set(builds.map(({ tables }) => tables));
    for (const name of there) {
      const [tables] = TABLES.exec(name) ?? [];
      if (tables !== undefined && !kept.has(tables)) await this.dropCollection(name);
    }
    const pieces = new Set(builds.flatMap(({ batch }) => batch?.pieces ?? []));
    const left = await reaching(() => this.pieces.find({}, { projection: { _id: 1 } }).toArray());
    const unnamed = left.map(({ _id }) => _id).filter((name) => !pieces.has(name));
    if (unnamed.length > 0) await reaching(() => this.pieces.deleteMany({ _id: { $in: unnamed } }));
  }

  /** Makes the indexes of a build's collections where they are missing. Throws where the server did not keep one. */
  async index(tables: string, plans: readonly CollectionPlan[]): Promise<void> {
    for (const plan of plans) {
      const rows = this.db.collection(nameOf(tables, `rows.${plan.name}`));
      const wanted = [...indexesOf(plan)].map(([name, key]) => ({ name, key }));
      if (wanted.length === 0) continue;
      await reaching(() => rows.createIndexes(wanted));
      const kept = new Set((await reaching(() => rows.indexes())).map(({ name }) => name));
      const missing = wanted.filter(({ name }) => !kept.has(name));
      if (missing.length > 0) throw new Error(`no index ${missing.map(({ name }) => name).join(', ')} on ${plan.name}`);
    }
  }

  private async collections(): Promise<Set<string>> {
    const all = await reaching(() => this.db.listCollections({}, { nameOnly: true }).toArray());
    return new Set(all.map(({ name }) => name));
  }

  private async dropCollection(name: string): Promise<void> {
    await reaching(() => this.db.collection(name).drop()).catch((error: unknown) => {
      // Somebody else was first.
      if (!(error instanceof Error && /not found|not exist/i.test(error.message))) throw error;
    });
  }
}

async function unlessThere(write: () => Promise<unknown>): Promise<void> {
  try {
    await reaching(write);
  } catch (error) {
    if (!isDuplicate(error)) throw error;
  }
}

export const idOf = (projection: string, { version, generation }: Omit<ServingBuild, 'complete'>): string =>
  buildOf({ name: projection, version, generation, collections: [] });

/** COR-19: every build has collection names of its own, after each reset too. */
export const freshTables = (build: string): string => `${build}_${randomBytes(6).toString('hex')}`;
export const nameOf = (tables: string, to: string): string => `${tables}.${to}`;
