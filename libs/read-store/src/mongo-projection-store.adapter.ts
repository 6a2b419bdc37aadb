import { randomUUID } from 'node:crypto';
import { canonicalJson } from '#kernel';
import type { MongoDatabase } from '#mongo';
import { BuildWriter } from './build-writer.js';
import { MongoBatchStore } from './mongo-batch-store.adapter.js';
import { Builds, freshTables, idOf, type BuildDocument, type BuildLook } from './mongo-builds.adapter.js';
import { FORM } from './mongo-rows.js';
import {
  StaleBatch,
  START,
  type Batch,
  type Checkpoint,
  type Parked,
  type ProjectionShape,
  type ProjectionStore,
  type ServingBuild,
} from './read-store.port.js';
import { buildOf, plansFrom, plansOf } from './sqlite-layout.js';

export interface MongoStoreOptions {
  /** Holds nothing but read models. Whoever opened it closes it. */
  readonly db: MongoDatabase;
}

/** Another process may drop a build, at its start, in the moment in which this one makes it. */
const MOST_TRIES = 5;
/** Far below the 16 MB of a document, of which the text is only a part. */
const PIECE_BYTES = 8_000_000;

/**
 * The write side of the read models in MongoDB, without transactions: a batch goes onto the build's checkpoint document first, and whoever comes
 * next finishes one that was left. Several processes may write the same build: of two batches from the same place one is stale.
 */
export function openMongoProjectionStore({ db }: MongoStoreOptions): ProjectionStore {
  return new MongoProjectionStore(new Builds(db));
}

class MongoProjectionStore implements ProjectionStore {
  private readonly writers = new Map<string, BuildWriter>();

  constructor(private readonly builds: Builds) {}

  async open(shape: ProjectionShape): Promise<Checkpoint> {
    const id = buildOf(shape);
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      await this.begin(shape);
      const writer = this.writerOf(shape);
      const standing = await writer.open();
      if (!standing) continue;
      const { serving } = await this.builds.look(shape.name);
      if (serving?.complete && idOf(shape.name, serving) === id) await this.builds.index(standing.tables, plansOf(shape));
      this.writers.set(id, writer);
      return { position: standing.position, eventId: standing.eventId };
    }
    throw new StaleBatch(`build ${id} is dropped whenever it is opened`);
  }

  async keeps(shape: ProjectionShape): Promise<boolean> {
    return (await this.find(shape))?.signature === signatureOf(shape);
  }

  async apply(shape: ProjectionShape, batch: Batch): Promise<void> {
    await this.writer(shape).apply(batch);
  }

  async parked(shape: ProjectionShape): Promise<Parked[]> {
    return this.writer(shape).parked();
  }

  async sequences(shape: ProjectionShape): Promise<Record<string, number>> {
    return this.writer(shape).sequences();
  }

  async prepare(shape: ProjectionShape): Promise<void> {
    const build = await this.find(shape);
    if (build) await this.builds.index(build.tables, plansFrom(build.signature));
  }

  async takeOver(shape: ProjectionShape): Promise<void> {
    const id = buildOf(shape);
    const { builds, serving, served } = await this.builds.look(shape.name);
    const build = builds.find(({ _id }) => _id === id);
    // Somebody has dropped it, or what served: it begins anew, or serves, when it is opened next.
    if (!build || !serving || !served) return;
    await this.builds.index(build.tables, plansFrom(build.signature));
    const { version, generation } = build;
    if (!(await this.builds.choose(build, served))) return;
    // Not over what another process has let serve meanwhile.
    if (!(await this.builds.serve(shape.name, { version, generation, complete: true }, serving))) return;
    const after = await this.builds.look(shape.name);
    // Not what another process let serve in this very moment.
    for (const other of after.builds)
      if (other._id !== id && other._id !== after.served?._id) await this.builds.drop(other, after.served);
  }

  async serving(name: string): Promise<ServingBuild | null> {
    return (await this.builds.look(name)).serving;
  }

  async retain(names: readonly string[]): Promise<void> {
    // In this order: a build that another process has just made to serve is named before it is there.
    const { builds } = await this.builds.look();
    const serving = await this.builds.servingIds();
    for (const name of serving.keys()) if (!names.includes(name)) await this.builds.serveNone(name);
    for (const build of builds) {
      const servingId = names.includes(build.projection) ? serving.get(build.projection) : undefined;
      if (servingId !== build._id) await this.builds.drop(build, builds.find(({ _id }) => _id === servingId) ?? null);
    }
    await this.builds.sweep();
  }

  async reset(shape: ProjectionShape): Promise<void> {
    const id = buildOf(shape);
    const { builds, serving } = await this.builds.look(shape.name);
    const before = builds.find(({ _id }) => _id === id);
    if (!before) return;
    const fresh = freshBuild(shape);
    if (!(await this.builds.replace(before.tables, fresh))) throw new StaleBatch(`build ${id} was reset by somebody else`);
    if (serving && idOf(shape.name, serving) === id)
      await this.builds.serve(shape.name, { ...serving, complete: false }, serving);
    await this.builds.dropTables(before.tables, plansOf(shape));
    await this.writers.get(id)?.open();
  }

  /** A removed row leaves an empty stub, and a batch is cleared when the checkpoint moves: there is nothing left to remove. */
  async scrub(): Promise<void> {
    return Promise.resolve();
  }

  async close(): Promise<void> {
    this.writers.clear();
  }

  /** Makes the build's checkpoint document where there is none; an empty one where its collections are declared otherwise than they were. */
  private async begin(shape: ProjectionShape): Promise<void> {
    const id = buildOf(shape);
    const { builds, serving, served } = await this.builds.look(shape.name);
    const found = builds.find(({ _id }) => _id === id);
    const fresh = freshBuild(shape);
    const isOther = found !== undefined && found.signature !== fresh.signature;
    const self = { version: fresh.version, generation: fresh.generation, complete: false };
    if (!serving) await this.builds.serveFirst(shape.name, self);
    // What serves is gone, or is emptied now.
    else if (!served || (isOther && served._id === id)) await this.builds.serve(shape.name, self, serving);
    if (!found) await this.builds.insert(fresh);
    else if (isOther && (await this.builds.replace(found.tables, fresh)))
      await this.builds.dropTables(found.tables, plansFrom(found.signature));
  }

  private async find(shape: ProjectionShape): Promise<BuildLook | undefined> {
    const id = buildOf(shape);
    return (await this.builds.look(shape.name)).builds.find(({ _id }) => _id === id);
  }

  private writerOf(shape: ProjectionShape): BuildWriter {
    const store = new MongoBatchStore(this.builds, buildOf(shape));
    return new BuildWriter(shape, store, { pieceBytes: PIECE_BYTES, name: randomUUID });
  }

  private writer(shape: ProjectionShape): BuildWriter {
    const writer = this.writers.get(buildOf(shape));
    if (!writer) throw new Error(`build ${buildOf(shape)} is not open`);
    return writer;
  }
}

function freshBuild(shape: ProjectionShape): BuildDocument {
  const { name, version, generation = 0 } = shape;
  const id = buildOf(shape);
  return {
    _id: id,
    projection: name,
    version,
    generation,
    tables: freshTables(id),
    signature: signatureOf(shape),
    number: 0,
    ...START,
    batch: null,
    body: null,
  };
}

const signatureOf = (shape: ProjectionShape): string => canonicalJson({ form: FORM, collections: plansOf(shape) });
