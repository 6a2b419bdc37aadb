import { Worker } from 'node:worker_threads';
import { BadCursor, type Find, type Group, type Groups, type Tally } from './read-store.port.js';
import type { Aggregate, TextPage } from './sqlite-reader.adapter.js';

export interface ReadRequest {
  readonly n: number;
  readonly read:
    | { readonly method: 'find'; readonly query: Find }
    | { readonly method: 'tally'; readonly query: Aggregate; readonly tallies: Readonly<Record<string, Tally>> }
    | { readonly method: 'groups'; readonly query: Groups };
}

/** Another build may serve: files of those that did are let go of. */
export interface Refresh {
  readonly refresh: true;
}

export interface ReadAnswer {
  readonly n: number;
  readonly value?: TextPage | Record<string, number> | Group[];
  readonly error?: { readonly name: string; readonly message: string };
}

interface Pending {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** Threads that read: a long search keeps one of them busy, and neither the event loop nor the others. They begin when they are needed. */
export class ReaderPool {
  private readonly threads: ReaderThread[];

  /** `entry` is the compiled `sqlite-reader.thread.js`. */
  constructor(entry: string, file: string, size: number) {
    this.threads = Array.from({ length: size }, () => new ReaderThread(entry, file));
    this.threads[0]?.warm();
  }

  find(query: Find): Promise<TextPage> {
    const isLong = (query.search ?? '').trim() !== '';
    return this.idlest(isLong).ask<TextPage>({ method: 'find', query });
  }

  /** One count along an index is short; what looks at many rows in several ways is not. */
  tally(query: Aggregate, tallies: Readonly<Record<string, Tally>>): Promise<Record<string, number>> {
    const isLong = (query.search ?? '').trim() !== '' || Object.keys(tallies).length > 1;
    return this.idlest(isLong).ask<Record<string, number>>({ method: 'tally', query, tallies });
  }

  groups(query: Groups): Promise<Group[]> {
    return this.idlest(true).ask<Group[]>({ method: 'groups', query });
  }

  refresh(): void {
    for (const thread of this.threads) thread.refresh();
  }

  async close(): Promise<void> {
    await Promise.all(this.threads.map((thread) => thread.close()));
  }

  /** Long reads leave the first thread to the short ones: a page or a card never waits for a search. */
  private idlest(isLong: boolean): ReaderThread {
    const threads = isLong && this.threads.length > 1 ? this.threads.slice(1) : this.threads;
    return threads.reduce((one, other) => (other.load < one.load ? other : one));
  }
}

/** A thread that has died rejects what it was asked, and is replaced with the next question. */
class ReaderThread {
  private readonly pending = new Map<number, Pending>();
  private worker: Worker | null = null;
  private asked = 0;

  constructor(
    private readonly entry: string,
    private readonly file: string,
  ) {}

  /** Begins now what would begin with the first question. */
  warm(): void {
    this.worker ??= this.begin();
  }

  get load(): number {
    return this.pending.size;
  }

  ask<Result>(read: ReadRequest['read']): Promise<Result> {
    const n = ++this.asked;
    const worker = (this.worker ??= this.begin());
    return new Promise<Result>((resolve, reject) => {
      this.pending.set(n, { resolve: (value) => resolve(value as Result), reject });
      worker.postMessage({ n, read } satisfies ReadRequest);
    });
  }

  refresh(): void {
    this.worker?.postMessage({ refresh: true } satisfies Refresh);
  }

  async close(): Promise<void> {
    await this.worker?.terminate();
  }

  private begin(): Worker {
    const worker = new Worker(this.entry, { workerData: { file: this.file }, resourceLimits: LIMITS });
    worker.on('message', (answer: ReadAnswer) => this.settle(answer));
    worker.on('error', (error) => this.fail(worker, error));
    worker.on('exit', () => this.fail(worker, new Error('the reader thread has ended')));
    return worker;
  }

  private settle({ n, value, error }: ReadAnswer): void {
    const pending = this.pending.get(n);
    this.pending.delete(n);
    if (error) pending?.reject(revived(error));
    else pending?.resolve(value);
  }

  private fail(worker: Worker, error: Error): void {
    if (this.worker !== worker) return;
    this.worker = null;
    for (const { reject } of this.pending.values()) reject(error);
    this.pending.clear();
  }
}

/** A page and what it takes to find it: a thread that needs more is ended, and begun anew. */
const LIMITS = { maxYoungGenerationSizeMb: 8, maxOldGenerationSizeMb: 128 };

/** Errors cross threads as name and text. */
const revived = ({ name, message }: { name: string; message: string }): Error =>
  name === 'BadCursor' ? new BadCursor(message) : Object.assign(new Error(message), { name });
