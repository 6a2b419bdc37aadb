import type { Instant } from '#kernel';
import type { Documents, Fields, Filter, Note } from './documents.port.js';

/** A touch waits this long for others to go with. */
const LATER_MS = 200;

interface Touch {
  readonly at: Instant;
  readonly generation: number | null;
}

/** Uses of sessions or keys, stored a moment later, the last one of each. Known at once in this process: they decide about a replayed refresh. */
export class Touches {
  private waiting = new Map<string, Touch>();
  private storing = new Map<string, Touch>();
  private timer: NodeJS.Timeout | undefined;
  private work: Promise<void> = Promise.resolve();

  constructor(
    private readonly documents: Documents,
    /** What a touch sets besides the time. */
    private readonly set: Fields,
  ) {}

  add(id: string, at: Instant, generation: number | null = null): void {
    this.waiting.set(id, { at, generation });
    this.timer ??= setTimeout(() => void this.flush(), LATER_MS).unref();
  }

  /** When it was last touched, in `generation` where that is given, as far as it may not be stored; else null. */
  of(id: string, generation: number | null = null): Instant | null {
    const touch = this.waiting.get(id) ?? this.storing.get(id);
    return touch && (touch.generation ?? generation) === generation ? touch.at : null;
  }

  /** Resolves when all are stored, or lost. */
  async flush(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    await this.work;
    this.work = this.store();
    return this.work;
  }

  private async store(): Promise<void> {
    this.storing = this.waiting;
    this.waiting = new Map();
    const notes = [...this.storing].map(([_id, { at, generation }]): Note => {
      const filter: Filter = generation === null ? { _id, endedAt: null } : { _id, generation };
      return { filter, later: { lastUsedAt: at }, set: this.set };
    });
    if (notes.length > 0) await this.documents.note(notes).catch(() => undefined);
    this.storing = new Map();
  }
}
