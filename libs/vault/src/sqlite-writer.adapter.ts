import { Worker } from 'node:worker_threads';
import { StoreUnavailable } from '#event-store';
import type { WriterAnswer, WriterCall } from './writer-protocol.js';

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** Sends calls to the writer's thread: all of one turn together. A thread that died is started again by the next call. */
export class SqliteWriter {
  private worker: Worker | null = null;
  private readonly waiting = new Map<number, Waiting>();
  private unsent: WriterCall[] = [];
  private lastId = 0;
  private closed = false;

  constructor(
    private readonly entry: string,
    private readonly file: string,
    /** Called before anybody is told what became of a batch. */
    private readonly onAnswers: () => void,
  ) {}

  /** Resolves with what the operation gave, once it is durable. Rejects with `StoreUnavailable` where nothing can be written now. */
  call(operation: WriterCall['operation'], args: readonly unknown[]): Promise<unknown> {
    if (this.closed) return Promise.reject(new StoreUnavailable('the vault is closed'));
    const id = ++this.lastId;
    if (this.unsent.length === 0) queueMicrotask(() => this.send());
    this.unsent.push({ id, operation, args });
    return new Promise((resolve, reject) => this.waiting.set(id, { resolve, reject }));
  }

  /** Waits for the calls under way, then ends the thread. */
  async close(): Promise<void> {
    this.closed = true;
    while (this.waiting.size > 0) await new Promise((resolve) => setImmediate(resolve));
    await this.worker?.terminate();
  }

  private send(): void {
    const calls = this.unsent;
    this.unsent = [];
    this.worker ??= this.start();
    this.worker.postMessage(calls);
  }

  private start(): Worker {
    const worker = new Worker(this.entry, { workerData: { file: this.file } });
    worker.on('message', (answers: WriterAnswer[]) => {
      this.onAnswers();
      answers.forEach((answer) => this.settle(answer));
    });
    worker.on('error', () => this.lose(worker));
    worker.on('exit', () => this.lose(worker));
    return worker;
  }

  private settle(answer: WriterAnswer): void {
    const waiting = this.waiting.get(answer.id);
    this.waiting.delete(answer.id);
    if (answer.ok) waiting?.resolve(answer.value);
    else waiting?.reject(answer.outOfReach ? new StoreUnavailable('the vault cannot be written now') : new Error(answer.message));
  }

  private lose(worker: Worker): void {
    if (this.worker !== worker) return;
    this.worker = null;
    const lost = [...this.waiting.values()];
    this.waiting.clear();
    for (const { reject } of lost) reject(new StoreUnavailable('the writer of the vault has stopped'));
  }
}
