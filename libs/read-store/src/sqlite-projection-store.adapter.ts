import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises';
import type { Batch, Checkpoint, Parked, ProjectionShape, ProjectionStore, ServingBuild } from './read-store.port.js';
import { BuildWriter } from './sqlite-build.adapter.js';
import { buildOfRow, Catalogue, type BuildRow } from './sqlite-catalogue.adapter.js';
import { exists, fileOfBuild, filesOfBuilds, removeFile } from './sqlite-database.adapter.js';
import { buildOf, plansOf, signatureOf } from './sqlite-layout.js';

/**
 * The write side of the read models: a catalogue, and a file for each build, so that builds never wait for each other, and one that is
 * replaced goes in one stroke. Works on the calling thread: call it from the projections' own.
 */
export function openSqliteProjectionStore({ file }: { readonly file: string }): ProjectionStore {
  return new SqliteProjectionStore(Catalogue.open(file), file);
}

/** So often a scrub tries; in between its thread goes on. */
const SCRUB_TRIES = 40;
const SCRUB_REST_MS = 80;

class SqliteProjectionStore implements ProjectionStore {
  private readonly builds = new Map<string, BuildWriter>();

  constructor(
    private readonly catalogue: Catalogue,
    private readonly file: string,
  ) {}

  async open(shape: ProjectionShape): Promise<Checkpoint> {
    if (!(await this.keeps(shape))) {
      const found = this.catalogue.row(shape);
      const serves = found ? found.serving === 1 : !this.catalogue.serving(shape.name);
      if (found) this.drop(found);
      this.builds.set(buildOf(shape), BuildWriter.make(fileOfBuild(this.file, buildOf(shape)), shape, serves));
      this.catalogue.add(shape, signatureOf(plansOf(shape)), serves);
    }
    return this.writerOf(shape).checkpoint();
  }

  async keeps(shape: ProjectionShape): Promise<boolean> {
    return this.catalogue.row(shape)?.signature === signatureOf(plansOf(shape)) && exists(fileOfBuild(this.file, buildOf(shape)));
  }

  async apply(shape: ProjectionShape, batch: Batch): Promise<void> {
    const build = this.builds.get(buildOf(shape));
    if (!build) throw new Error(`build ${buildOf(shape)} is not open`);
    build.apply(batch);
  }

  async parked(shape: ProjectionShape): Promise<Parked[]> {
    return this.writerOf(shape).parked();
  }

  async sequences(shape: ProjectionShape): Promise<Record<string, number>> {
    return this.writerOf(shape).sequences();
  }

  async prepare(shape: ProjectionShape): Promise<void> {
    // Step by step: what else the thread is asked comes in between.
    for (const _step of this.writerOf(shape).becomeReadable()) await nextTurn();
  }

  async takeOver(shape: ProjectionShape): Promise<void> {
    if (this.catalogue.row(shape)?.complete === 0) await this.prepare(shape);
    this.catalogue.serve(shape);
    this.dropWhere((build) => build.projection === shape.name && build.serving === 0);
  }

  async serving(name: string): Promise<ServingBuild | null> {
    return this.catalogue.serving(name);
  }

  async retain(names: readonly string[]): Promise<void> {
    this.dropWhere((build) => !names.includes(build.projection) || build.serving === 0);
    const known = new Set(this.catalogue.rows().map((row) => this.fileOf(row)));
    for (const file of filesOfBuilds(this.file)) if (!known.has(file)) removeFile(file);
  }

  async reset(shape: ProjectionShape): Promise<void> {
    this.writerOf(shape).empty();
    this.catalogue.restart(shape);
  }

  async scrub(): Promise<void> {
    for (const build of [...this.builds.values()]) {
      for (let tries = 1; !build.isFoldedIn(); tries++) {
        if (tries === SCRUB_TRIES) throw new Error('a read of long duration keeps the write-ahead log from being emptied');
        await delay(SCRUB_REST_MS);
      }
    }
  }

  async close(): Promise<void> {
    for (const { db } of this.builds.values()) db.close();
    this.builds.clear();
    this.catalogue.close();
  }

  /** The writer of a build that is in the catalogue. */
  private writerOf(shape: ProjectionShape): BuildWriter {
    const name = buildOf(shape);
    let build = this.builds.get(name);
    if (!build) this.builds.set(name, (build = BuildWriter.open(fileOfBuild(this.file, name), shape)));
    return build;
  }

  private dropWhere(condition: (build: BuildRow) => boolean): void {
    for (const build of this.catalogue.rows().filter(condition)) this.drop(build);
  }

  private drop(row: BuildRow): void {
    const name = buildOfRow(row);
    this.catalogue.remove(row);
    this.builds.get(name)?.db.close();
    this.builds.delete(name);
    removeFile(this.fileOf(row));
  }

  private fileOf(row: BuildRow): string {
    return fileOfBuild(this.file, buildOfRow(row));
  }
}
