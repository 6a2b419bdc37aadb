import { LRUCache } from 'lru-cache';
import {
  NO_STREAM,
  open,
  seal,
  StoreUnavailable,
  Unreadable,
  type Appended,
  type DomainAppend,
  type DomainEvent,
  type EventLog,
  type PersonKey,
  type PersonKeys,
  type Recorded,
  type Revision,
  type Snapshots,
} from '#event-store';
import type { JsonObject } from '#kernel';
import { copyOf, emptyFold, evolved, foldAll, type Folded, type Folding, type StreamFold } from './fold.js';
import { newHolder, type DoneCommand } from './holder.js';

interface SnapshotState<S> {
  readonly version: number;
  readonly state: S;
  readonly kept: [string, number][];
  readonly void: string[];
}

const SNAPSHOT_EVERY = 100;
/** Folds that are remembered, and how much they may hold together: some 50 MB. A service that changes more accounts in turn than are remembered reads each anew. */
const RECENT = 20_000;
const RECENT_WEIGHT = 400_000;
/** In hundreds of bytes: an account of an ordinary life has twenty. */
const weightOf = ({ folded: { holder }, textLength }: Recent): number =>
  16 + holder.commands.size + holder.kept.size + holder.void.size + Math.ceil(textLength / 100);
const isDue = ({ revision }: Folded<object>, snapshotAt: Revision): boolean => revision - snapshotAt >= SNAPSHOT_EVERY;
const commandKey = (id: string): string => `command:${id}`;

/** Folds streams of holders (accounts, workspaces), from a snapshot where the stream is long. Snapshots are sealed under the subject's key. */
export class StreamLoader {
  /** Folds of streams that were read lately: of these only newer events are read. Nobody changes one: what goes on folding does so on a copy. */
  private readonly recent: LRUCache<string, Recent>;

  constructor(
    private readonly log: EventLog,
    private readonly snapshots: Snapshots,
    private readonly keys: PersonKeys,
    recent = RECENT,
    weight = RECENT_WEIGHT,
  ) {
    this.recent = new LRUCache({ max: recent, maxSize: weight, sizeCalculation: weightOf });
  }

  /** The stream as it is now; for a missing stream the initial state at revision -1. */
  async load<S extends object, E extends DomainEvent>(
    stream: string,
    subject: string,
    fold: StreamFold<S, E>,
  ): Promise<Folded<S>> {
    const known = this.known(stream, fold);
    const snapshot = known ? null : await this.fromSnapshot(stream, subject, fold);
    const start = known?.folded ?? snapshot ?? emptyFold(fold);
    const events = await this.log.read<E>(stream, start.revision);
    if (known && !known.due && events.length === 0) return known.folded;
    const folded = foldAll(snapshot ?? copyOf(start), events, fold);
    await this.keep(stream, subject, fold, folded, known?.snapshotAt ?? start.revision);
    return folded;
  }

  /**
   * The stream as it was when it was last read or written here, and nobody is asked; null where that is not known. What is decided on it counts
   * only once an append at its very revision has succeeded.
   */
  remembered<S extends object, E extends DomainEvent>(stream: string, fold: StreamFold<S, E>): Folded<S> | null {
    const known = this.known(stream, fold);
    return known && !known.due ? known.folded : null;
  }

  /** The empty fold of a stream that nobody can have written to. What is appended to it from here is remembered. */
  begin<S extends object, E extends DomainEvent>(stream: string, fold: StreamFold<S, E>): Folded<S> {
    const folded = emptyFold(fold);
    this.remember(stream, fold, folded, NO_STREAM);
    return folded;
  }

  /** The stream as an append to `before` has left it, from the events themselves: the next load need not read them back. */
  advance<S extends object, E extends DomainEvent>(
    fold: StreamFold<S, E>,
    before: Folded<S>,
    append: DomainAppend,
    appended: Appended,
  ): Folded<S> {
    const { stream } = append;
    const known = this.known(stream, fold);
    const current = known?.folded.revision === before.revision ? known : null;
    const folded = evolved(fold, current?.folded ?? before, append, appended);
    if (fold.gone(folded.state)) this.recent.delete(stream);
    else if (current) {
      const { snapshotAt } = current;
      this.remember(stream, fold, folded, snapshotAt, isDue(folded, snapshotAt));
    }
    return folded;
  }

  private known<S extends object, E extends DomainEvent>(stream: string, fold: StreamFold<S, E>): Recent<S> | null {
    const known = this.recent.get(stream);
    return known?.fold === fold ? (known as Recent<S>) : null;
  }

  /** Remembers a fold, and writes a snapshot where the last one lies far behind: the commands that it holds are looked up there from then on. */
  private async keep<S extends object, E extends DomainEvent>(
    stream: string,
    subject: string,
    fold: StreamFold<S, E>,
    folded: Folded<S>,
    snapshotAt: Revision,
  ): Promise<void> {
    if (fold.gone(folded.state)) return void this.recent.delete(stream);
    if (isDue(folded, snapshotAt) && (await this.save(stream, subject, fold, folded))) {
      const kept = { ...folded, holder: { ...folded.holder, commands: new Map() } };
      this.remember(stream, fold, kept, folded.revision);
    } else this.remember(stream, fold, folded, snapshotAt);
  }

  private remember<S extends object, E extends DomainEvent>(
    stream: string,
    fold: StreamFold<S, E>,
    folded: Folded<S>,
    snapshotAt: Revision,
    due = false,
  ): void {
    this.recent.set(stream, { fold, folded, snapshotAt, due, textLength: fold.textLength?.(folded.state) ?? 0 });
  }

  /** The stream as it was at `revision`. */
  async loadAt<S extends object, E extends DomainEvent>(
    stream: string,
    revision: Revision,
    fold: StreamFold<S, E>,
  ): Promise<Folded<S>> {
    const events = (await this.log.read<E>(stream)).filter((event) => event.revision <= revision);
    return foldAll(emptyFold(fold), events, fold);
  }

  /** Whether, and where, an event of the stream proves a command done; looks behind the snapshot too. */
  async done(stream: string, folded: Folded<object>, commandId: string): Promise<DoneCommand | null> {
    const recent = folded.holder.commands.get(commandId);
    if (recent) return recent;
    const kept = await this.snapshots.entry(stream, commandKey(commandId));
    return kept === null ? null : (JSON.parse(kept) as DoneCommand);
  }

  /** Position and time of the event at a revision, null where there is none; used to answer a repeated command as the first time. */
  async eventAt(stream: string, revision: Revision): Promise<Recorded | null> {
    if (revision === NO_STREAM) return null;
    const [event] = await this.log.read(stream, revision - 1);
    return event?.revision === revision ? event : null;
  }

  private async fromSnapshot<S extends object, E extends DomainEvent>(
    stream: string,
    subject: string,
    fold: StreamFold<S, E>,
  ): Promise<Folding<S> | null> {
    const snapshot = await this.snapshots.load(stream);
    const key = snapshot ? (await this.keys.getMany([subject])).get(subject) : undefined;
    if (!snapshot || !(key instanceof Buffer)) return null;
    const kept = opened<S>(key, stream, snapshot.state);
    if (kept?.version !== fold.version) return null;
    const holder = newHolder();
    holder.revision = snapshot.revision;
    for (const [claim, amount] of kept.kept) holder.kept.set(claim, amount);
    for (const claim of kept.void) holder.void.add(claim);
    return { state: kept.state, holder, revision: snapshot.revision };
  }

  private async save<S extends object, E extends DomainEvent>(
    stream: string,
    subject: string,
    fold: StreamFold<S, E>,
    { state, holder, revision }: Folded<S>,
  ): Promise<boolean> {
    const key = (await this.keys.getMany([subject])).get(subject);
    if (!(key instanceof Buffer) || fold.gone(state)) return false;
    const kept: SnapshotState<S> = { version: fold.version, state, kept: [...holder.kept], void: [...holder.void] };
    const commands = [...holder.commands].map(([id, done]) => [commandKey(id), JSON.stringify(done)] as const);
    try {
      await this.snapshots.save(stream, revision, seal(key, `snapshot/${stream}`, kept as unknown as JsonObject), commands);
      return true;
    } catch (error) {
      if (error instanceof StoreUnavailable) return false; // a snapshot saves work, and no more than that
      throw error;
    }
  }
}

/** Null where it is damaged: the events themselves say as much, and more slowly. */
function opened<S>(key: PersonKey, stream: string, sealed: string): SnapshotState<S> | null {
  try {
    return open(key, `snapshot/${stream}`, sealed) as JsonObject & SnapshotState<S>;
  } catch (error) {
    if (error instanceof Unreadable) return null;
    throw error;
  }
}

interface Recent<S extends object = object> {
  /** The fold that made it: a stream may be folded in more than one way. */
  readonly fold: object;
  readonly folded: Folded<S>;
  readonly snapshotAt: Revision;
  /** It was carried on past the point at which a snapshot is written. */
  readonly due: boolean;
  readonly textLength: number;
}
