import { LRUCache } from 'lru-cache';
import {
  StoreUnavailable,
  type Appended,
  type DomainAppend,
  type EventLog,
  type Recorded,
  type Revision,
  type Snapshots,
} from '#event-store';
import type { ResourceEvent } from './claims.events.js';
import {
  claimOf,
  countsOnEntry,
  emptyResource,
  entryAfter,
  evolveResource,
  type ClaimEntry,
  type CountedEvent,
  type Resource,
} from './resource.js';

/** Events after the last snapshot at which the next one is written. */
const SNAPSHOT_EVERY = 200;
/** Times that a resource is read again after what was remembered of it turned out to be old: others write there too. */
const DOUBTS = 16;

interface Book {
  resource: Resource;
  /** Entries that changed since the snapshot. */
  readonly fresh: Map<string, ClaimEntry>;
  snapshotAt: Revision;
  /** How often it is read yet before it is trusted again. */
  doubts: number;
  /** A snapshot is on its way. */
  saving: boolean;
}

/** An entry beside the log, with the revision of the snapshot that it was kept with. */
type KeptEntry = ClaimEntry & { readonly at: Revision };

/** Somebody has kept a later snapshot: its entries know what this book has yet to fold, and would not be counted. */
class Overtaken extends Error {}

/** Folded resources: the head in memory, single claims beside the log. Costs the same at ten claims and at a million. */
export class Resources {
  private readonly books = new LRUCache<string, Book>({ max: 2_000 });

  constructor(
    private readonly log: EventLog,
    private readonly snapshots: Snapshots,
  ) {}

  /** The resource as its stream says now. */
  async load(stream: string): Promise<Resource> {
    return this.open(
      () => this.book(stream),
      stream,
      async ({ resource }) => resource,
    );
  }

  /**
   * The resource as it was when it was last read or written here, and nobody is asked; null where that is not known, or was wrong lately. A place
   * that is taken by it counts only once an append at its very revision has succeeded.
   */
  remembered(stream: string): Resource | null {
    const book = this.books.get(stream);
    if (!book || isDue(book)) return null;
    if (book.doubts === 0) return book.resource;
    book.doubts--;
    return null;
  }

  /** What was remembered of a stream was old. */
  doubt(stream: string, times = DOUBTS): void {
    const book = this.books.get(stream);
    if (book) book.doubts = Math.max(book.doubts, times);
  }

  /**
   * Goes on from what was appended here, as far as that is known: the next look need not read it back. Claims that are taken are new, as an append at
   * this revision has shown.
   */
  advance({ stream, expected, events }: DomainAppend, { at }: Pick<Appended, 'at'>): void {
    const book = this.books.get(stream);
    if (!book) return;
    if (book.resource.revision < expected) return this.doubt(stream, 1);
    if (book.resource.revision > expected) return; // a look has been faster
    for (const event of events as readonly ResourceEvent[]) {
      const claim = claimOf(event);
      const known = claim === null ? null : (book.fresh.get(claim) ?? null);
      if (event.type === 'ClaimReleased' && known === null) return this.doubt(stream, 1);
      const recorded = { event, revision: book.resource.revision + 1, created: at };
      count(book, recorded, known);
    }
  }

  /** How the stream counts one claim, at the last `load` or later; null where it never saw it. Call after `load`. */
  async entry(stream: string, claim: string): Promise<ClaimEntry | null> {
    const loaded = async (): Promise<Book> => this.books.get(stream) ?? this.book(stream);
    return this.open(loaded, stream, (book) => this.known(stream, book, claim));
  }

  private async open<T>(from: () => Promise<Book>, stream: string, work: (book: Book) => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await work(await from());
      } catch (error) {
        if (!(error instanceof Overtaken)) throw error;
        this.books.delete(stream); // the next one begins at the later snapshot
      }
    }
  }

  private async book(stream: string): Promise<Book> {
    const book = this.books.get(stream) ?? (await this.fromSnapshot(stream));
    const events = await this.log.read<ResourceEvent>(stream, book.resource.revision);
    for (const recorded of events) await this.fold(stream, book, recorded);
    this.books.set(stream, book);
    if (isDue(book) && !book.saving) {
      book.saving = true;
      await this.snapshot(stream, book).finally(() => (book.saving = false));
    }
    return book;
  }

  private async fold(stream: string, book: Book, recorded: Recorded<ResourceEvent>): Promise<void> {
    if (recorded.revision <= book.resource.revision) return; // another load was faster
    const claim = countsOnEntry(recorded.event) ? claimOf(recorded.event) : null;
    const known = claim === null ? null : await this.known(stream, book, claim);
    if (recorded.revision <= book.resource.revision) return;
    count(book, recorded, known);
  }

  private async known(stream: string, book: Book, claim: string): Promise<ClaimEntry | null> {
    const fresh = book.fresh.get(claim);
    if (fresh) return fresh;
    const { snapshotAt } = book;
    const text = snapshotAt < 0 ? null : await this.snapshots.entry(stream, claim);
    if (text === null) return null;
    const { at, ...entry } = JSON.parse(text) as KeptEntry;
    if (at > snapshotAt) throw new Overtaken();
    return entry;
  }

  private async fromSnapshot(stream: string): Promise<Book> {
    const snapshot = await this.snapshots.load(stream);
    if (!snapshot) return { resource: emptyResource, fresh: new Map(), snapshotAt: -1, doubts: 0, saving: false };
    return {
      resource: JSON.parse(snapshot.state) as Resource,
      fresh: new Map(),
      snapshotAt: snapshot.revision,
      doubts: 0,
      saving: false,
    };
  }

  private async snapshot(stream: string, book: Book): Promise<void> {
    const { resource } = book;
    const { revision } = resource;
    const fresh = [...book.fresh];
    const entries = fresh.map(
      ([claim, entry]) => [claim, JSON.stringify({ ...entry, at: revision } satisfies KeptEntry)] as const,
    );
    try {
      await this.snapshots.save(stream, revision, JSON.stringify(resource), entries);
    } catch (error) {
      if (error instanceof StoreUnavailable) return; // a snapshot saves work, and no more than that
      throw error;
    }
    for (const [claim, entry] of fresh) if (book.fresh.get(claim) === entry) book.fresh.delete(claim);
    book.snapshotAt = Math.max(book.snapshotAt, revision);
  }
}

const isDue = ({ resource, snapshotAt }: Book): boolean => resource.revision - snapshotAt >= SNAPSHOT_EVERY;

/** The next event of the stream; `known` is its claim's entry before it. */
function count(book: Book, recorded: CountedEvent, known: ClaimEntry | null): void {
  const changed = entryAfter(recorded.event, known);
  if (changed) book.fresh.set(changed[0], changed[1]);
  book.resource = evolveResource(book.resource, recorded, known);
}
