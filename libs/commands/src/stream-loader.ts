import { LRUCache } from 'lru-cache';
import {
  open,
  seal,
  StoreUnavailable,
  type DomainEvent,
  type EventLog,
  type PersonKeys,
  type Recorded,
  type Revision,
  type Snapshots,
} from '#event-store';
import type { JsonObject } from '#kernel';
import { foldHolder, newHolder, type DoneCommand, type HolderFold } from './holder.js';

/** How a stream is folded into the state that its decider reads. `S` is plain JSON. */
export interface StreamFold<S extends object, E extends DomainEvent> {
  readonly initial: S;
  evolve(state: S, recorded: Recorded<E>): S;
  /** Raise it when the state's shape changes: older snapshots are thrown away. */
  readonly version: number;
  /** The holder is deleted, and every claim with it. */
  gone(state: S): boolean;
}

export interface Folded<S> {
  readonly state: S;
  readonly holder: HolderFold;
  readonly revision: Revision;
}

interface SnapshotState<S> {
  readonly version: number;
  readonly state: S;
  readonly kept: [string, number][];
  readonly void: string[];
}

const SNAPSHOT_EVERY = 100;
const RECENT = 5_000;
const commandKey = (id: string): string => `command:${id}`;

/** Folds streams of holders (accounts, workspaces), from a snapshot where the stream is long. Snapshots are sealed under the subject's key. */
export class StreamLoader {
  /** Folds of streams that were read lately: of these only newer events are read. Never handed out, since folding is done in place. */
  private readonly recent = new LRUCache<string, Recent>({ max: RECENT });

  constructor(
    private readonly log: EventLog,
    private readonly snapshots: Snapshots,
    private readonly keys: PersonKeys,
  ) {}

  /** The stream as it is now; for a missing stream the initial state at revision -1. */
  async load<S extends object, E extends DomainEvent>(
    stream: string,
    subject: string,
    fold: StreamFold<S, E>,
  ): Promise<Folded<S>> {
    const known = this.recent.get(stream);
    const start = known?.fold === fold ? copyOf(known.folded as Folded<S>) : await this.fromSnapshot(stream, subject, fold);
    const snapshotAt = known?.fold === fold ? known.snapshotAt : start.revision;
    const events = await this.log.read<E>(stream, start.revision);
    const folded = foldAll(start, events, fold);
    if (fold.gone(folded.state)) this.recent.delete(stream);
    else if (events.length > 0 || !known) await this.keep(stream, subject, fold, folded, snapshotAt);
    return folded;
  }

  /** Remembers a fold, and writes a snapshot where the last one lies far behind: the commands that it holds are looked up there from then on. */
  private async keep<S extends object, E extends DomainEvent>(
    stream: string,
    subject: string,
    fold: StreamFold<S, E>,
    folded: Folded<S>,
    snapshotAt: Revision,
  ): Promise<void> {
    const due = folded.revision - snapshotAt >= SNAPSHOT_EVERY;
    const kept = copyOf(folded);
    if (due && (await this.save(stream, subject, fold, folded))) {
      kept.holder.commands.clear();
      this.recent.set(stream, { fold, folded: kept, snapshotAt: folded.revision });
    } else this.recent.set(stream, { fold, folded: kept, snapshotAt });
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

  /** Position and time of the event at a revision; used to answer a repeated command as the first time. */
  async eventAt(stream: string, revision: Revision): Promise<Recorded | null> {
    const [event] = await this.log.read(stream, revision - 1);
    return event?.revision === revision ? event : null;
  }

  private async fromSnapshot<S extends object, E extends DomainEvent>(
    stream: string,
    subject: string,
    fold: StreamFold<S, E>,
  ): Promise<Folded<S>> {
    const snapshot = await this.snapshots.load(stream);
    const key = snapshot ? (await this.keys.getMany([subject])).get(subject) : undefined;
    if (!snapshot || !(key instanceof Buffer)) return emptyFold(fold);
    const kept = open(key, `snapshot/${stream}`, snapshot.state) as JsonObject & SnapshotState<S>;
    if (kept.version !== fold.version) return emptyFold(fold);
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

interface Recent {
  /** The fold that made it: a stream may be folded in more than one way. */
  readonly fold: object;
  readonly folded: Folded<object>;
  readonly snapshotAt: Revision;
}

const copyOf = <S>({ state, holder, revision }: Folded<S>): Folded<S> => ({
  state,
  holder: {
    revision: holder.revision,
    kept: new Map(holder.kept),
    void: new Set(holder.void),
    commands: new Map(holder.commands),
  },
  revision,
});

const emptyFold = <S extends object, E extends DomainEvent>(fold: StreamFold<S, E>): Folded<S> => ({
  state: fold.initial,
  holder: newHolder(),
  revision: -1,
});

function foldAll<S extends object, E extends DomainEvent>(
  start: Folded<S>,
  events: readonly Recorded<E>[],
  fold: StreamFold<S, E>,
): Folded<S> {
  let state = start.state;
  for (const recorded of events) {
    foldHolder(start.holder, recorded);
    if (recorded.event.type !== 'ClaimVoided') state = fold.evolve(state, recorded);
  }
  return { state, holder: start.holder, revision: events.at(-1)?.revision ?? start.revision };
}
