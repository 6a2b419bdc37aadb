import { setImmediate as nextTurn } from 'node:timers/promises';
import type { EventStore, Position } from '#event-store';
import { ProjectionFeed, type Decode } from './projection-feed.js';
import { ProjectionLane } from './projection-lane.js';
import type { Projection } from './projection.js';
import type { ProjectionStore } from './read-store.port.js';

export interface ProjectionFillOptions {
  readonly source: Pick<EventStore, 'at' | 'readAll' | 'head'>;
  readonly decode: Decode;
  readonly store: ProjectionStore;
  /** With the generation of the build to fill. */
  readonly projection: Projection;
  /** Events per step. Default: what `batchOf` finds best. */
  readonly batchSize?: number;
}

/** A search index is better written in large parts; else steps are small, and their events no burden to the heap. */
const batchOf = ({ collections }: Projection): number => (collections.some(({ search }) => search) ? 2000 : 1000);

/** Who was erased so many events before a build began may have been readable still when it did. */
export const ERASED_BEFORE = 10_000;

/**
 * Fills one build beside the one that serves, which goes on being fed by its runner. Made to run on a thread of its own: then neither the runner
 * nor its readers wait for anything that it does. The runner takes over what is filled.
 */
export class ProjectionFill {
  private last: Promise<unknown> = Promise.resolve();

  private constructor(
    private readonly lane: ProjectionLane,
    private readonly feed: ProjectionFeed,
    private readonly store: ProjectionStore,
    /** The head of the log when it began. */
    private readonly began: Position,
    private readonly batchSize: number,
  ) {}

  static async begin({
    source,
    decode,
    store,
    projection,
    batchSize = batchOf(projection),
  }: ProjectionFillOptions): Promise<ProjectionFill> {
    const began = await source.head();
    const lane = await ProjectionLane.open(projection, store);
    return new ProjectionFill(lane, new ProjectionFeed(source, decode, batchSize), store, began, batchSize);
  }

  /** Resolves once the build has caught up with the log and is ready to serve but for what was recorded last. */
  async run(): Promise<void> {
    await this.catchUp();
    await this.store.prepare?.(this.lane.projection);
    await this.catchUp();
  }

  /** COR-17: nobody who is erased by now stays readable in the unfinished build, nor in what its file keeps. */
  async scrub(): Promise<void> {
    await this.exclusively(() => this.lane.forgetErased(this.feed, this.began - ERASED_BEFORE));
    await this.store.scrub();
  }

  private async catchUp(): Promise<void> {
    for (let moved = true; moved;) {
      moved = await this.exclusively(() => this.step());
      // Room for what else the thread is asked.
      await nextTurn();
    }
  }

  private async step(): Promise<boolean> {
    const step = await this.lane.step(this.feed).finally(() => this.feed.forget());
    if (step.kind === 'unknown') throw step.error;
    // Fewer than asked for: it has come to the end as it was then. Under a steady load there is always something after it.
    return step.kind === 'moved' && step.events === this.batchSize;
  }

  /** One after the other: who is taken out is in no batch that was read before. */
  private exclusively<Result>(work: () => Promise<Result>): Promise<Result> {
    const done = this.last.then(work);
    this.last = done.catch(() => undefined);
    return done;
  }
}
