import { UnknownEvent, type EventCodec, type EventStore, type Position } from '#event-store';
import {
  ProjectionFill,
  ProjectionRunner,
  raise,
  type ErrorReport,
  type Lag,
  type Projection,
  type ProjectionStore,
  type ReadStore,
} from '#read-store';
import { projections } from './catalogue.js';
import { untilLost, type Leases } from './leases.js';
import type { Projector } from './projector.adapter.js';
import { Tenure } from './tenure.js';

export interface RunningProjectorOptions {
  readonly log: EventStore;
  readonly codec: EventCodec;
  readonly store: ProjectionStore;
  readonly leases: Leases;
  /** Those of this release. */
  readonly projections: readonly Projection[];
  readonly onError: (report: ErrorReport) => void;
  /** Work that belongs to the active projector, beside the read models. */
  readonly alongside?: readonly ((held: AbortSignal) => Promise<void>)[];
  /** A store was away: it goes on when that is back. */
  readonly onOutage: (error: Error) => void;
  /** It has ended by itself, for good: with `UnknownEvent` where it yields to a newer release. */
  readonly onFailure: (error: unknown) => void;
}

/** The name that the active projector holds. */
const PROJECTOR = 'projector';
/** Most milliseconds that a write is longer on its way to its readers for the sake of those that come with it. */
const GATHER_MS = 10;

/** The projection runner in this process, active while no other one is: it stands by, and takes over where that one ends. */
export function runProjector(options: RunningProjectorOptions): Projector {
  const { log, codec, store, leases, projections, onError, alongside = [], onOutage, onFailure } = options;
  const stopping = new AbortController();
  let active: { readonly runner: ProjectionRunner; readonly held: AbortSignal } | null = null;

  /** All of it ends as soon as a part does: what is taken up again must not run twice. */
  async function work(held: AbortSignal, begun: () => void): Promise<void> {
    const end = new AbortController();
    const both = AbortSignal.any([held, end.signal]);
    const runner = new ProjectionRunner({
      source: log,
      decode: (stored) => codec.decode(stored),
      store,
      projections,
      leavesRaised: true,
      gatherMs: GATHER_MS,
      onError(report) {
        onError(report);
        if (report.kind === 'unknown-event') end.abort(new UnknownEvent(report.reason));
      },
    });
    active = { runner, held: both };
    try {
      await runner.opened();
      begun();
      const parts = [runner.start(both), nudges(runner, both), raising(runner, both), ...alongside.map((each) => each(both))];
      const ended = parts.map((part) => part.finally(() => end.abort()));
      await Promise.allSettled(ended);
      await Promise.all(ended);
      // COR-27: it yields, so that a process of a newer release goes on from here
      if (end.signal.reason instanceof UnknownEvent) throw end.signal.reason;
    } finally {
      active = null;
    }
  }
  const tenure = new Tenure({ leases, name: PROJECTOR, work, onOutage });
  const running = tenure.run(stopping.signal).catch(onFailure);

  /** The runner looks five times a second by itself; new events wake it at once. */
  async function nudges(runner: ProjectionRunner, held: AbortSignal): Promise<void> {
    for await (const _batch of log.follow(await log.head(), held)) runner.nudge();
  }
  /** Goes on until `held` ends, as all parts do. */
  async function raising(runner: ProjectionRunner, held: AbortSignal): Promise<void> {
    const rebuild = (name: string) => runner.rebuild(name, (build) => fill(build, held));
    await raise(runner, { rebuild, onError, signal: held });
    await untilLost(held);
  }
  /** Beside what serves, which is fed meanwhile. */
  async function fill(projection: Projection, held: AbortSignal): Promise<void> {
    const source = {
      head: () => log.head(),
      at: (position: Position) => log.at(position),
      async readAll(after: Position, limit: number) {
        held.throwIfAborted(); // what is cut off is for the next active projector
        return log.readAll(after, limit);
      },
    };
    const beside = await ProjectionFill.begin({ source, decode: (stored) => codec.decode(stored), store, projection });
    await beside.run();
  }
  const present = (): NonNullable<typeof active> => {
    if (!active) throw new Error('another process is the active projector');
    return active;
  };
  return {
    well: () => tenure.well,
    nudge: () => active?.runner.nudge(),
    lag: async () => (await active?.runner.lag()) ?? [],
    scrub: () => store.scrub(),
    async rebuild(name) {
      const { runner, held } = present();
      await runner.rebuild(name, (build) => fill(build, held));
    },
    unpark: async () => void (await present().runner.unparkAll()),
    async stop() {
      stopping.abort();
      await running;
    },
  };
}

/** How far the read models are, for a process that another one brings up to date. */
export const watchedProjector = (log: EventStore, readStore: ReadStore): Projector => {
  const elsewhere = (): Promise<never> => Promise.reject(new Error('read models are brought up to date by another process'));
  return {
    well: () => true,
    nudge: () => undefined,
    lag: async () => {
      const head = await log.head();
      return Promise.all(
        projections.map(async ({ name, version }): Promise<Lag> => {
          const { position } = await readStore.checkpoint(name);
          const events = Math.max(0, head - position);
          return { projection: name, version, generation: 0, serving: true, position, events, parked: [], stopped: false };
        }),
      );
    },
    scrub: async () => undefined,
    rebuild: elsewhere,
    unpark: elsewhere,
    stop: async () => undefined,
  };
};
