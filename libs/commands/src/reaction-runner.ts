import { isInLog, START, type Checkpoint, type EventCodec, type EventStore, type Position, type StoredEvent } from '#event-store';
import type { Effect, Reaction } from './reactions.js';
import { accountOf } from './streams.js';

export interface ReactionRunnerOptions {
  readonly store: Pick<EventStore, 'at' | 'follow' | 'head'>;
  readonly codec: Pick<EventCodec, 'clear'>;
  readonly reactions: readonly Reaction[];
  apply(effect: Effect): Promise<void>;
  /** COR-28: the checkpoint lies where the effects are written. */
  checkpoint(): Promise<Checkpoint>;
  setCheckpoint(checkpoint: Checkpoint): Promise<void>;
  onError(error: unknown, position: Position): void;
  /**
   * Milliseconds in which events gather after any that came; default: 5, and only while many come. Nobody waits for what follows from them, and few
   * reads cost less than many.
   */
  readonly gatherMs?: number;
}

/** Milliseconds between tries of an effect that fails, and between notes of the checkpoint. */
const RETRY_MS = 500;
const NOTE_EVERY_MS = 1_000;
/** As `gatherMs`, where that is not said. */
const REST_MS = 5;

/** COR-22: the log has not the event that the checkpoint names: it was restored, or the vault is another's. */
export class OtherLog extends Error {
  override readonly name = 'OtherLog';
}

/** Follows the log and does what follows from each event, in order, at least once. An effect that fails is tried until it is done. */
export class ReactionRunner {
  private reached = START;
  private noted = START;
  private noting: Promise<void> = Promise.resolve();

  constructor(private readonly options: ReactionRunnerOptions) {}

  /** Does what is left since the checkpoint, then reacts to what comes, until `signal` aborts. Calls `begun` once it can. */
  async run(signal: AbortSignal, begun: () => void = () => undefined): Promise<void> {
    const head = await this.options.store.head();
    await this.begin();
    begun();
    const timer = setInterval(() => void this.note(), NOTE_EVERY_MS);
    try {
      for await (const events of this.options.store.follow(this.reached.position, signal)) {
        await this.react(events, signal);
        if (signal.aborted) return;
        const before = this.reached.position;
        const last = events.at(-1);
        if (last) this.reached = { position: last.position, eventId: last.id };
        // whoever waits for what a dead process had still to do is told at once
        if (before < head && this.reached.position >= head) await this.note();
        if (events.length > 1 || this.options.gatherMs !== undefined) await this.rest();
      }
    } finally {
      clearInterval(timer);
      await this.note();
    }
  }

  private rest(): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, this.options.gatherMs ?? REST_MS));
  }

  /** COR-22: where the log is another one all is done again, with an alarm: doing it all again is the same as doing it once. */
  private async begin(): Promise<void> {
    this.noted = this.reached = await this.options.checkpoint();
    if (await isInLog(this.options.store, this.reached)) return;
    this.options.onError(new OtherLog('the log has another event at the checkpoint'), this.reached.position);
    this.reached = START;
    await this.note();
  }

  /** One after the other: an older one must not come last. */
  private note(): Promise<void> {
    this.noting = this.noting.then(() => this.noteReached());
    return this.noting;
  }

  /** It counts when it is there: another process may wait for it. */
  private async noteReached(): Promise<void> {
    const { reached } = this;
    if (reached === this.noted) return;
    try {
      await this.options.setCheckpoint(reached);
      this.noted = reached;
    } catch (error) {
      this.options.onError(error, reached.position);
    }
  }

  /** In order per account (or stream), so that what belongs to different ones shares commits. */
  private async react(events: readonly StoredEvent[], signal: AbortSignal): Promise<void> {
    const lanes = new Map<string, StoredEvent[]>();
    for (const event of events) {
      const lane = accountOf(event.stream)?.account ?? event.stream;
      lanes.set(lane, [...(lanes.get(lane) ?? []), event]);
    }
    await Promise.all([...lanes.values()].map((lane) => this.follow(lane, signal)));
  }

  private async follow(lane: readonly StoredEvent[], signal: AbortSignal): Promise<void> {
    const { effects, stopped } = this.effectsOf(lane);
    const spared = new Set(effects.flatMap(({ effect }) => (effect.kind === 'spare' ? [effect.key] : [])));
    for (const { effect, position } of effects)
      if (!('key' in effect && spared.has(effect.key))) await this.insist(effect, position, signal);
    if (stopped) throw stopped.error;
  }

  /** What follows from events, up to the first that cannot be read. */
  private effectsOf(lane: readonly StoredEvent[]) {
    const effects: { readonly effect: Effect; readonly position: Position }[] = [];
    for (const stored of lane) {
      try {
        const recorded = this.options.codec.clear(stored);
        for (const effect of this.options.reactions.flatMap((reaction) => reaction(recorded)))
          effects.push({ effect, position: stored.position });
      } catch (error) {
        return { effects, stopped: { error } };
      }
    }
    return { effects, stopped: null };
  }

  private async insist(effect: Effect, position: Position, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        return await this.options.apply(effect);
      } catch (error) {
        this.options.onError(error, position);
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
  }
}
