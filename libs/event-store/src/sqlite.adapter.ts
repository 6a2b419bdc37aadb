import { Worker } from 'node:worker_threads';
import type Database from 'better-sqlite3';
import type { Clock } from '#kernel';
import {
  Conflict,
  NO_STREAM,
  StoreUnavailable,
  type Appended,
  type EventStore,
  type Revision,
  type Snapshots,
  type StoredEvent,
  type StreamAppend,
} from './event-store.port.js';
import { openForReading, reading } from './sqlite-connection.adapter.js';
import { SharedView } from './shared-view.adapter.js';
import { SqliteLogReader } from './sqlite-log.adapter.js';
import type { WriteAnswer, WriteRequest } from './sqlite-writer.adapter.js';
import { StreamTips } from './stream-tips.js';
import type { FromWriter, ToWriter } from './sqlite-writer.thread.js';

export interface SqliteEventStoreOptions {
  readonly file: string;
  /** Path of the compiled `sqlite-writer.thread.js`. */
  readonly writerEntry: string;
  readonly clock: Clock;
  /** Called after each group commit, to nudge readers on other threads. */
  readonly onCommit?: () => void;
  /** Called once when the writer has ended by itself, on what it did not foresee: the process should end, and start anew. */
  readonly onFailure?: (error: Error) => void;
}

/** Opens the log in one file: reads on the calling thread, commits on a thread of their own. Rejects where the file cannot be opened. */
export async function openSqliteEventStore(
  options: SqliteEventStoreOptions,
): Promise<EventStore & { readonly snapshots: Snapshots }> {
  const writer = await WriterThread.start(options);
  return new SqliteEventStore(writer, openForReading(options.file), options);
}

class SqliteEventStore extends SqliteLogReader implements EventStore {
  readonly atomic = true;
  readonly snapshots: Snapshots;
  private readonly tips = new StreamTips();
  private readonly view: SharedView;

  constructor(
    private readonly writer: WriterThread,
    private readonly file: Database.Database,
    private readonly options: SqliteEventStoreOptions,
  ) {
    super(file, options.clock);
    this.view = new SharedView(file);
    writer.onAnswers = () => this.view.refresh();
    this.snapshots = new SqliteSnapshots(writer, file, this.view);
    writer.onCommit = () => {
      this.nudge();
      options.onCommit?.();
    };
  }

  /** Nothing is asked of the file where the stream is known to end at `after`: this process alone writes it. */
  override async read(stream: string, after: Revision = NO_STREAM): Promise<StoredEvent[]> {
    if (this.file.open && this.tips.endsAt(stream, after)) return [];
    const events = await super.read(stream, after);
    this.tips.read(stream, after, events);
    return events;
  }

  async append(appends: readonly StreamAppend[]): Promise<Appended> {
    try {
      const appended = await this.write(appends);
      for (const { stream, expected, events } of appends) this.tips.appended(stream, expected, events.length);
      return appended;
    } catch (error) {
      for (const { stream } of appends) this.tips.forget(stream);
      throw error;
    }
  }

  private async write(appends: readonly StreamAppend[]): Promise<Appended> {
    const answer = await this.writer.ask({ kind: 'append', appends, at: this.options.clock() });
    if (answer.kind === 'conflict') throw new Conflict(answer.stream, answer.expected);
    if (answer.kind !== 'appended') throw new StoreUnavailable('the writer gave no answer');
    this.note(answer.appended.at);
    return answer.appended;
  }

  protected override look<T>(read: () => T): T {
    return super.look(() => this.view.read(read));
  }

  /** Waits for what was asked before. */
  override async close(): Promise<void> {
    await super.close();
    await this.writer.close();
  }
}

class SqliteSnapshots implements Snapshots {
  private readonly snapshot: Database.Statement<[string], { revision: Revision; state: string }>;
  private readonly value: Database.Statement<[string, string], string>;

  constructor(
    private readonly writer: WriterThread,
    private readonly db: Database.Database,
    private readonly view: SharedView,
  ) {
    this.snapshot = db.prepare('SELECT revision, state FROM snapshots WHERE stream = ?');
    this.value = db.prepare<[string, string], string>('SELECT value FROM snapshot_entries WHERE stream = ? AND key = ?').pluck();
  }

  async load(stream: string): Promise<{ revision: Revision; state: string } | null> {
    return this.look(() => this.snapshot.get(stream)) ?? null;
  }

  async entry(stream: string, key: string): Promise<string | null> {
    return this.look(() => this.value.get(stream, key)) ?? null;
  }

  private look<T>(read: () => T): T {
    return reading(this.db, () => this.view.read(read));
  }

  async save(
    stream: string,
    revision: Revision,
    state: string,
    entries: readonly (readonly [key: string, value: string])[] = [],
  ): Promise<void> {
    await this.writer.ask({ kind: 'save', snapshot: { stream, revision, state, entries } });
  }

  async forget(stream: string): Promise<void> {
    await this.writer.ask({ kind: 'forget', stream });
  }
}

/** A request without its ticket. */
type Question = WriteRequest extends infer R ? (R extends WriteRequest ? Omit<R, 'ticket'> : never) : never;
interface Waiting {
  readonly resolve: (answer: WriteAnswer) => void;
  readonly reject: (error: Error) => void;
}

/** The writer as seen from the thread that asks it. */
class WriterThread {
  /** Called before anybody is told what became of a batch. */
  onAnswers: () => void = () => undefined;
  /** Called after each batch that was written or refused. */
  onCommit: () => void = () => undefined;
  private readonly waiting = new Map<number, Waiting>();
  private unsent: WriteRequest[] = [];
  private readonly ended: Promise<void>;
  private ticket = 0;
  private state: 'open' | 'closing' | 'ended' = 'open';

  private constructor(
    private readonly worker: Worker,
    private readonly onFailure: (error: Error) => void,
  ) {
    this.ended = new Promise((resolve) => worker.once('exit', () => resolve(this.end())));
    worker.on('message', (message: FromWriter) => {
      if (message.kind === 'answers') this.settle(message.answers);
    });
  }

  /** Resolves once the file is open for writing. */
  static async start({ file, writerEntry, onFailure }: SqliteEventStoreOptions): Promise<WriterThread> {
    const worker = new Worker(writerEntry, { workerData: { file } });
    await new Promise<void>((resolve, reject) => {
      worker.once('message', () => resolve());
      worker.once('error', reject);
    });
    const thread = new WriterThread(worker, onFailure ?? (() => undefined));
    worker.on('error', (error) => thread.onFailure(error instanceof Error ? error : new Error(String(error))));
    return thread;
  }

  /** Rejects with `StoreUnavailable` where the request could not be written, or the writer is gone. */
  ask(question: Question): Promise<WriteAnswer> {
    if (this.state !== 'open') return Promise.reject(new StoreUnavailable('the event store is closed'));
    const ticket = ++this.ticket;
    return new Promise((resolve, reject) => {
      this.waiting.set(ticket, { resolve, reject });
      if (this.unsent.push({ ...question, ticket }) === 1) setImmediate(() => this.send());
    });
  }

  close(): Promise<void> {
    if (this.state === 'open') {
      this.state = 'closing';
      this.send();
      this.post({ kind: 'close' });
    }
    return this.ended;
  }

  /** What is asked in one turn travels as one message: to wake the writer costs more than to tell it. */
  private send(): void {
    const requests = this.unsent;
    this.unsent = [];
    if (requests.length > 0) this.post({ kind: 'requests', requests });
  }

  private post(message: ToWriter): void {
    this.worker.postMessage(message);
  }

  private settle(answers: readonly WriteAnswer[]): void {
    this.onAnswers();
    for (const answer of answers) {
      const waiting = this.waiting.get(answer.ticket);
      this.waiting.delete(answer.ticket);
      if (answer.kind === 'unavailable') waiting?.reject(new StoreUnavailable(`the event store cannot write: ${answer.code}`));
      else waiting?.resolve(answer);
    }
    this.onCommit();
  }

  private end(): void {
    this.state = 'ended';
    for (const { reject } of this.waiting.values()) reject(new StoreUnavailable('the writer of the event store has ended'));
    this.waiting.clear();
  }
}
