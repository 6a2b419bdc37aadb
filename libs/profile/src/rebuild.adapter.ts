import { Worker } from 'node:worker_threads';
import type { FromRebuild, RebuildStart, ToRebuild } from './projector.protocol.js';

interface Waiting {
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** A thread that fills one build. */
export class RebuildThread {
  /** Resolves once the build is filled and the thread has let go of its file; rejects where it cannot be. */
  readonly done: Promise<void>;
  private readonly worker: Worker;
  private readonly waiting = new Map<number, Waiting>();
  private last = 0;
  private ended = false;

  constructor(start: RebuildStart) {
    this.worker = new Worker(start.rebuildEntry, { workerData: start, resourceLimits: { maxOldGenerationSizeMb: HEAP_MB } });
    let outcome: Error | null = new Error('the rebuild was ended');
    this.worker.on('message', (message: FromRebuild) => {
      if ('scrubbed' in message) this.settle(message);
      else outcome = 'failed' in message ? new Error(`the rebuild failed: ${message.failed}`) : null;
    });
    this.worker.on('error', (error) => (outcome = error instanceof Error ? error : new Error('the rebuild failed')));
    this.done = new Promise((resolve, reject) => {
      this.worker.once('exit', () => {
        this.ended = true;
        for (const { reject } of this.waiting.values()) reject(changesHands());
        if (outcome) reject(outcome);
        else resolve();
      });
    });
  }

  /** COR-17: nobody who is erased by now is readable in the build after this. Rejects between its end and the moment when the build serves: try again. */
  async scrub(): Promise<void> {
    if (this.ended) throw changesHands();
    await new Promise<void>((resolve, reject) => {
      const n = ++this.last;
      this.waiting.set(n, { resolve, reject });
      this.worker.postMessage({ scrub: n } satisfies ToRebuild);
    });
  }

  /** What it has done so far is of no use then. */
  async stop(): Promise<void> {
    await this.worker.terminate();
  }

  private settle({ scrubbed, failed }: Extract<FromRebuild, { scrubbed: number }>): void {
    const asked = this.waiting.get(scrubbed);
    this.waiting.delete(scrubbed);
    if (failed === undefined) asked?.resolve();
    else asked?.reject(new Error(`the unfinished build is not scrubbed: ${failed}`));
  }
}

const changesHands = (): Error => new Error('a build changes hands');

/** Batches are small: a heap that grows beyond this is a fault. */
const HEAP_MB = 256;
