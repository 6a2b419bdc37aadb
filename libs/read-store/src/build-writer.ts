import { PARKED, SEQUENCES, type BatchStore, type Standing } from './batch-store.port.js';
import { applyBatch, settled, type Laying } from './batch-steps.js';
import { writesOf } from './batch-writes.js';
import { StaleBatch, type Batch, type Checkpoint, type Parked, type ProjectionShape } from './read-store.port.js';

/** One process that writes one build. What it does not know of (another process was there) makes its batches stale until it opens again. */
export class BuildWriter {
  private seen: Standing | null = null;

  constructor(
    private readonly shape: ProjectionShape,
    private readonly store: BatchStore,
    private readonly laying: Laying,
  ) {}

  /** Where the build is, once a batch that was left on it is finished. Null where it is gone. */
  async open(): Promise<Standing | null> {
    return (this.seen = await settled(this.store));
  }

  /**
   * COR-18: it is the batch's number that tells whether somebody was there: a replay moves that, and no position. Where the build was left by the
   * batch before is not read again: the batch is put there only if that is so still, and nothing of it is written before.
   */
  async apply(batch: Batch): Promise<void> {
    const at = this.known();
    if (!isAt(at, batch.from))
      throw new StaleBatch(`the build is at ${at.position}, the batch was made at ${batch.from.position}`);
    const writes = await writesOf(this.shape, batch, (to, ids) => this.store.values(at.tables, to, ids));
    if (!(await applyBatch(this.store, at, { to: batch.checkpoint, writes }, this.laying)))
      throw new StaleBatch(`another batch was first at ${at.position}`);
    this.seen = { ...at, ...batch.checkpoint, number: at.number + 1 };
  }

  parked(): Promise<Parked[]> {
    return parkedIn(this.store, this.known().tables);
  }

  sequences(): Promise<Record<string, number>> {
    return sequencesIn(this.store, this.known().tables);
  }

  private known(): Standing {
    if (!this.seen) throw new Error(`build ${this.shape.name} is not open`);
    return this.seen;
  }
}

const isAt = (one: Checkpoint, other: Checkpoint): boolean => one.position === other.position && one.eventId === other.eventId;

/** Who is parked in a build, in the order in which they were. */
export async function parkedIn(store: BatchStore, tables: string): Promise<Parked[]> {
  const parked = [...(await store.all(tables, PARKED)).values()] as unknown as Parked[];
  return parked.sort((one, other) => one.position - other.position);
}

/** The last number of each sequence of a build. */
export const sequencesIn = async (store: BatchStore, tables: string): Promise<Record<string, number>> =>
  Object.fromEntries(await store.all(tables, SEQUENCES)) as Record<string, number>;
