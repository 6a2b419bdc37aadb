import { isInLog, UnknownEvent, type Position } from '#event-store';
import type { Projection } from './projection.js';
import { clearOf, nameOf, PoisonedEvent, type FeedEntry, type ProjectionFeed } from './projection-feed.js';
import { StaleBatch, type Batch, type Change, type Checkpoint, type Parked, type ProjectionStore } from './read-store.port.js';

/** What one step did: wrote a batch, found nothing new, or came to an event that this release does not know. */
export type Step =
  | { readonly kind: 'moved'; readonly events: number; readonly parked: readonly Parked[] }
  | { readonly kind: 'idle' }
  | { readonly kind: 'unknown'; readonly error: UnknownEvent; readonly events: number; readonly parked: readonly Parked[] };

/** A build of a projection on its way through the log: folds a batch and writes it in one step. */
export class ProjectionLane {
  /** Why it stopped for good: an event that only a newer release can read. */
  stopped: UnknownEvent | null = null;

  private constructor(
    readonly projection: Projection,
    /** It has caught up once, and reads come from it. */
    readonly serving: boolean,
    private readonly store: ProjectionStore,
    private progress: Progress,
  ) {}

  static async open(projection: Projection, store: ProjectionStore): Promise<ProjectionLane> {
    const progress = await progressOf(projection, store);
    const build = await store.serving(projection.name);
    const isThis = build?.version === projection.version && build.generation === (projection.generation ?? 0);
    return new ProjectionLane(projection, isThis && build.complete, store, progress);
  }

  get checkpoint(): Checkpoint {
    return this.progress.checkpoint;
  }

  get parked(): readonly Parked[] {
    return [...this.progress.parked.values()];
  }

  /** Whether the log has the very event that the checkpoint names. */
  isOf(feed: ProjectionFeed): Promise<boolean> {
    return isInLog(feed, this.checkpoint);
  }

  async step(feed: ProjectionFeed): Promise<Step> {
    if (this.stopped) return { kind: 'idle' };
    const entries = await feed.after(this.checkpoint.position);
    const unknown = entries.findIndex(({ recorded }) => recorded instanceof UnknownEvent);
    const known = unknown < 0 ? entries : entries.slice(0, unknown);
    const fold = new BatchFold(this.projection, this.progress);
    for (const entry of known) fold.take(entry);
    const last = known.at(-1)?.stored;
    if (last) await this.write(fold.batch({ position: last.position, eventId: last.id }));
    const done = { events: known.length, parked: fold.newlyParked };
    const error = entries[unknown]?.recorded;
    if (error instanceof UnknownEvent) {
      this.stopped = error;
      return { kind: 'unknown', error, ...done };
    }
    return last ? { kind: 'moved', ...done } : { kind: 'idle' };
  }

  /** Applies what a parked subject has missed; it stays parked, and the error is thrown, if that cannot be done. False where it is not parked. */
  async replay(subject: string, feed: ProjectionFeed): Promise<boolean> {
    const parked = this.progress.parked.get(subject);
    if (!parked) return false;
    const changes: Change[] = [];
    for await (const { recorded, stored } of feed.ofSubject(subject, parked.position, this.checkpoint.position)) {
      const readable = recorded instanceof Error && isUnparkable(this.projection, stored.type) ? clearOf(stored) : recorded;
      if (readable instanceof Error) throw readable;
      changes.push(...this.projection.project(readable, { number: parked.numbers?.[stored.position] ?? null }));
    }
    await this.write({ changes, checkpoint: this.checkpoint, from: this.checkpoint, unpark: [subject] });
    return true;
  }

  /**
   * COR-17: takes out at once who is erased beyond the checkpoint, in the events after `since`: the build gets there much later. Rows are values, so
   * what is recorded in between, of which nobody can read the personal part any more, and the erasure itself lead to the same rows.
   */
  async forgetErased(feed: ProjectionFeed, since: Position): Promise<void> {
    const changes: Change[] = [];
    for await (const stored of feed.storedAfter(Math.max(this.checkpoint.position, since))) {
      if (!isUnparkable(this.projection, stored.type)) continue;
      changes.push(...this.projection.project(clearOf(stored), { number: null }).filter(({ op }) => op !== 'put'));
    }
    if (changes.length > 0) await this.write({ changes, checkpoint: this.checkpoint, from: this.checkpoint });
  }

  private async write(batch: Batch): Promise<void> {
    try {
      await this.store.apply(this.projection, batch);
    } catch (error) {
      if (error instanceof StaleBatch) this.progress = await progressOf(this.projection, this.store);
      throw error;
    }
    this.progress = progressAfter(this.progress, batch);
  }
}

interface Progress {
  readonly checkpoint: Checkpoint;
  readonly parked: ReadonlyMap<string, Parked>;
  readonly sequences: Readonly<Record<string, number>>;
}

async function progressOf(projection: Projection, store: ProjectionStore): Promise<Progress> {
  const checkpoint = await store.open(projection);
  const parked = await store.parked(projection);
  return {
    checkpoint,
    parked: new Map(parked.map((each) => [each.subject, each])),
    sequences: await store.sequences(projection),
  };
}

function progressAfter({ parked, sequences }: Progress, batch: Batch): Progress {
  const after = new Map(parked);
  for (const each of batch.park ?? []) after.set(each.subject, each);
  for (const subject of batch.unpark ?? []) after.delete(subject);
  return { checkpoint: batch.checkpoint, parked: after, sequences: { ...sequences, ...batch.sequences } };
}

const isUnparkable = (projection: Projection, type: string): boolean => projection.unparkable?.includes(type) ?? false;

/** The fold of one batch: changes, numbers, and who could not be handled. */
class BatchFold {
  private readonly changes: Change[] = [];
  private readonly park = new Map<string, Parked>();
  private readonly sequences: Record<string, number> = {};

  constructor(
    private readonly projection: Projection,
    private readonly before: Progress,
  ) {}

  get newlyParked(): Parked[] {
    return [...this.park.values()].filter(({ subject }) => !this.before.parked.has(subject));
  }

  batch(checkpoint: Checkpoint): Batch {
    const { changes, sequences } = this;
    return { changes, checkpoint, from: this.before.checkpoint, park: [...this.park.values()], sequences };
  }

  take({ stored, subject, recorded }: FeedEntry): void {
    // From type and stream alone, before it is known whether the event can be handled: no number is ever skipped.
    const number = this.numberOf(this.projection.numbered?.(stored) ?? null);
    const parked = this.park.get(subject) ?? this.before.parked.get(subject);
    const always = isUnparkable(this.projection, stored.type);
    if (parked && !always) return this.passOver(parked, stored.position, number);
    try {
      const readable = recorded instanceof Error && always ? clearOf(stored) : recorded;
      if (readable instanceof Error) throw readable;
      this.changes.push(...this.projection.project(readable, { number }));
      if (parked) this.passOver(parked, stored.position, number);
    } catch (error) {
      const reason = `${error instanceof PoisonedEvent ? error.message : nameOf(error)} at ${stored.type}`;
      this.passOver(parked ?? { subject, position: stored.position, reason }, stored.position, number);
    }
  }

  private numberOf(sequence: string | null): number | null {
    if (sequence === null) return null;
    const number = (this.sequences[sequence] ?? this.before.sequences[sequence] ?? 0) + 1;
    this.sequences[sequence] = number;
    return number;
  }

  /** A number that a parked subject's event takes is remembered for the replay. */
  private passOver(parked: Parked, position: number, number: number | null): void {
    const isNew = !this.before.parked.has(parked.subject) && !this.park.has(parked.subject);
    if (!isNew && number === null) return;
    this.park.set(parked.subject, number === null ? parked : { ...parked, numbers: { ...parked.numbers, [position]: number } });
  }
}
