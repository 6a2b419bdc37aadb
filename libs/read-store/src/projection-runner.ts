import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises';
import { StoreUnavailable, type EventStore, type Position } from '#event-store';
import { ERASED_BEFORE } from './projection-fill.js';
import { nameOf, ProjectionFeed, type Decode } from './projection-feed.js';
import { ProjectionLane, type Step } from './projection-lane.js';
import type { Projection } from './projection.js';
import { nameOfBuild, progressOf, type ErrorReport, type Lag, type ProgressReport } from './projection-reports.js';
import { StaleBatch, type ProjectionStore } from './read-store.port.js';

export interface ProjectionRunnerOptions {
  readonly source: Pick<EventStore, 'at' | 'readAll' | 'head'>;
  readonly decode: Decode;
  readonly store: ProjectionStore;
  readonly projections: readonly Projection[];
  /** Events per step. Default: 1000. */
  readonly batchSize?: number;
  /** Builds of raised versions are left to `rebuild` (see `raised`). Default: the runner fills them in its own steps. */
  readonly leavesRaised?: boolean;
  /** Milliseconds after which it looks for new events by itself, and after which it tries again what failed. Default: 200. */
  readonly pollMs?: number;
  /**
   * Milliseconds that it rests at most after a round that wrote something and came to the end, for as long as the round took: under a steady load events
   * gather, and few large batches cost less than many small ones. Default: 0.
   */
  readonly gatherMs?: number;
  /** After each step that wrote something, and when a build takes over. */
  onProgress?(report: ProgressReport): void;
  onError?(report: ErrorReport): void;
}

/** Brings read models up to date with the log: in order, batch by batch, each with its checkpoint. The only one who writes them. */
export class ProjectionRunner {
  private readonly feed: ProjectionFeed;
  private lanes: ProjectionLane[] | null = null;
  private last: Promise<unknown> = Promise.resolve();
  private wake: () => void = () => undefined;
  private nudged = false;
  private headAtOpening: Position = 0;
  private readonly rebuilding = new Set<string>();
  /** The last round did not come to the end of the log: what follows is there already, and nobody nudges for it. */
  private behind = false;
  private ending: AbortSignal | null = null;
  private readonly batchSize: number;

  constructor(private readonly options: ProjectionRunnerOptions) {
    this.batchSize = options.batchSize ?? 1000;
    this.feed = new ProjectionFeed(options.source, options.decode, this.batchSize);
  }

  /** Opens all builds, then follows the log until `signal` aborts. Rejects only where a build cannot be opened. */
  async start(signal: AbortSignal): Promise<void> {
    this.ending = signal;
    await this.exclusively(() => this.open());
    signal.addEventListener('abort', () => this.nudge(), { once: true });
    while (!signal.aborted) {
      const began = performance.now();
      const moved = await this.round();
      if (moved && !this.behind) await this.gather(performance.now() - began);
      if (!moved || !this.behind) await this.rest();
    }
  }

  /** Resolves once every projection has a build that serves, however far it is. */
  async opened(): Promise<void> {
    await this.exclusively(() => this.open());
  }

  /** Runs until every projection has reached the head of the log. Rejects where one cannot go on. */
  async catchUp(): Promise<void> {
    await this.exclusively(() => this.open());
    for (let moved = true; moved;) moved = await this.round(rethrow);
    const stopped = this.lanes?.find((lane) => lane.stopped)?.stopped;
    if (stopped) throw stopped;
  }

  /** There are new events. */
  nudge(): void {
    this.nudged = true;
    this.wake();
  }

  async lag(): Promise<Lag[]> {
    const head = await this.options.source.head();
    return (this.lanes ?? []).map((lane) => ({
      ...nameOfBuild(lane),
      position: lane.checkpoint.position,
      events: Math.max(0, head - lane.checkpoint.position),
      parked: lane.parked,
      stopped: lane.stopped !== null,
    }));
  }

  /**
   * Makes the rows anew, in the present version, beside those that serve, which are fed meanwhile, and which they replace once they have caught up.
   * `fill` may do most of it elsewhere (`ProjectionFill`). Resolves once they serve; rejects, and leaves nothing, where that cannot be.
   */
  async rebuild(name: string, fill?: (build: Projection) => Promise<void>): Promise<void> {
    const { serving, build } = await this.exclusively(() => this.beginRebuild(name));
    try {
      await fill?.(build);
      await this.follow(build);
    } catch (error) {
      this.lanes = this.lanes?.filter((lane) => lane.projection.name !== name || lane.serving) ?? null;
      // Who comes after a runner that has ended drops what was never finished, and may be building already.
      if (!this.ending?.aborted) await this.exclusively(() => this.options.store.takeOver(serving));
      throw error;
    } finally {
      this.rebuilding.delete(name);
    }
  }

  /** Names of those projections whose version is another one than that of the build that serves. */
  async raised(): Promise<string[]> {
    await this.exclusively(() => this.open());
    const { store, projections } = this.options;
    const serving = await Promise.all(projections.map(({ name }) => store.serving(name)));
    return projections
      .filter(({ version }, at) => serving[at]?.complete && serving[at].version !== version)
      .map(({ name }) => name);
  }

  /** COR-17: nobody who is erased by now stays readable in a build that has not caught up, nor in what deleted rows leave in files. */
  async scrub(): Promise<void> {
    await this.exclusively(async () => {
      for (const lane of await this.open())
        if (!lane.serving) await lane.forgetErased(this.feed, this.headAtOpening - ERASED_BEFORE);
    });
    await this.options.store.scrub();
  }

  /** Replays what a parked subject has missed, in all builds of the projection. False where it is parked in none. */
  async unpark(name: string, subject: string): Promise<boolean> {
    return this.exclusively(async () => {
      let replayed = false;
      for (const lane of await this.open()) {
        if (lane.projection.name === name && (await lane.replay(subject, this.feed))) replayed = true;
      }
      return replayed;
    });
  }

  /** Replays all parked subjects of all projections; gives those that stay parked. Rejects where a store is away: who stays is not known then. */
  async unparkAll(): Promise<{ readonly projection: string; readonly subject: string }[]> {
    const still: { projection: string; subject: string }[] = [];
    for (const lane of (await this.exclusively(() => this.open())).slice()) {
      const projection = lane.projection.name;
      for (const { subject } of lane.parked)
        await this.unpark(projection, subject).catch((error: unknown) => {
          if (error instanceof StoreUnavailable || error instanceof StaleBatch) throw error;
          still.push({ projection, subject });
        });
    }
    return still;
  }

  private async open(): Promise<ProjectionLane[]> {
    if (this.lanes) return this.lanes;
    const { store, projections } = this.options;
    await store.retain(projections.map(({ name }) => name));
    this.headAtOpening = await this.options.source.head();
    const lanes: ProjectionLane[] = [];
    for (const projection of projections) lanes.push(...(await this.openLanes(projection)));
    return (this.lanes = lanes);
  }

  /** Of a raised version: the build that serves, where it can be fed, and the new one, where that is not left to `rebuild`. */
  private async openLanes(projection: Projection): Promise<ProjectionLane[]> {
    const { store, leavesRaised } = this.options;
    const before = await store.serving(projection.name);
    const generation = before?.version === projection.version ? before.generation : 0;
    const build = { ...projection, generation };
    if (!before?.complete || before.version === projection.version) return [await this.openLane(build)];
    const { version } = before;
    const serving = { ...projection, version, generation: before.generation };
    // what a newer release serves is not for this one to write
    const isOlder = version < projection.version;
    const fed = isOlder && (await store.keeps(serving)) ? [await this.openLane(serving)] : [];
    return leavesRaised ? fed : [...fed, await this.openLane(build)];
  }

  private async openLane(build: Projection): Promise<ProjectionLane> {
    const { store } = this.options;
    const lane = await ProjectionLane.open(build, store);
    if (await lane.isOf(this.feed)) return lane;
    this.report(lane, 'other-log', 'the log has another event at the checkpoint');
    await store.reset(build);
    return ProjectionLane.open(build, store);
  }

  private async beginRebuild(name: string): Promise<{ readonly serving: Projection; readonly build: Projection }> {
    const isBuilt = (await this.open()).some((lane) => lane.projection.name === name && !lane.serving);
    const projection = this.options.projections.find((each) => each.name === name);
    const before = await this.options.store.serving(name);
    if (!projection || !before?.complete || isBuilt || this.rebuilding.has(name))
      throw new Error(`projection ${name} is unknown or being built already`);
    this.rebuilding.add(name);
    const { version, generation } = before;
    const next = version === projection.version ? generation + 1 : 0;
    return { serving: { ...projection, version, generation }, build: { ...projection, generation: next } };
  }

  /** Brings a build beside the one that serves to the head of the log, where it takes over. */
  private async follow(build: Projection): Promise<void> {
    const lane = await this.exclusively(() => ProjectionLane.open(build, this.options.store));
    this.lanes?.push(lane);
    while (this.lanes?.includes(lane) && !lane.stopped) {
      this.ending?.throwIfAborted();
      await this.round((error, failed) => (failed === lane ? rethrow(error) : undefined));
    }
    if (lane.stopped) throw lane.stopped;
  }

  /** One step of every lane. True where one moved. `onFailure` may throw to end the round. */
  private round(onFailure?: (error: unknown, lane: ProjectionLane) => void): Promise<boolean> {
    return this.exclusively(async () => {
      // A long rebuild leaves room for what else its thread is asked.
      await nextTurn();
      this.nudged = false;
      this.behind = false;
      let moved = false;
      for (const lane of await this.open()) {
        try {
          if (await this.advance(lane)) moved = true;
        } catch (error) {
          this.report(lane, 'failed', nameOf(error));
          onFailure?.(error, lane);
        }
      }
      return moved;
    }).finally(() => this.feed.forget());
  }

  private async advance(lane: ProjectionLane): Promise<boolean> {
    const step = await lane.step(this.feed);
    switch (step.kind) {
      case 'moved':
        if (step.events === this.batchSize) this.behind = true;
        this.tell(lane, step);
        // It has come to the end as it was when it was read: under a steady load there is always something after it.
        return step.events === this.batchSize || lane.serving || this.takeOver(lane);
      case 'unknown':
        this.tell(lane, step);
        this.report(lane, 'unknown-event', step.error.message);
        return false;
      case 'idle':
        return !lane.serving && !lane.stopped && (await this.takeOver(lane));
    }
  }

  /** A build that has caught up serves from now on; the one before is gone. */
  private async takeOver(lane: ProjectionLane): Promise<true> {
    this.behind = true;
    await this.options.store.takeOver(lane.projection);
    const serving = await ProjectionLane.open(lane.projection, this.options.store);
    const others = (this.lanes ?? []).filter((each) => each.projection.name !== lane.projection.name);
    this.lanes = [...others, serving];
    this.options.onProgress?.(progressOf(serving, 0));
    return true;
  }

  private tell(lane: ProjectionLane, { events, parked }: Extract<Step, { parked: unknown }>): void {
    for (const { subject, reason } of parked) this.report(lane, 'parked', reason, subject);
    if (events > 0) this.options.onProgress?.(progressOf(lane, events));
  }

  private report(lane: ProjectionLane, kind: ErrorReport['kind'], reason: string, subject?: string): void {
    const { projection, checkpoint } = lane;
    this.options.onError?.({ projection: projection.name, position: checkpoint.position, kind, reason, subject });
  }

  private async gather(tookMs: number): Promise<void> {
    const { gatherMs = 0 } = this.options;
    if (gatherMs > 0 && !this.ending?.aborted) await delay(Math.min(gatherMs, tookMs));
  }

  /** Until there is a nudge, or time to look. */
  private rest(): Promise<void> {
    if (this.nudged || this.ending?.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, this.options.pollMs ?? 200);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /** One after the other: steps, rebuilds and replays never meet. */
  private exclusively<Result>(work: () => Promise<Result>): Promise<Result> {
    const done = this.last.then(work);
    this.last = done.catch(() => undefined);
    return done;
  }
}

const rethrow = (error: unknown): never => {
  throw error;
};
