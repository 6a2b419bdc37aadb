import { Worker } from 'node:worker_threads';
import type { ErrorReport, Lag } from '#read-store';
import type { FromProjector, ProjectorQuestion, ProjectorStart } from './projector.protocol.js';

/** The projection runner, wherever it runs. */
export interface Projector {
  /** Whether it goes on, here or in another process. */
  well(): boolean;
  /** There are new events. */
  nudge(): void;
  lag(): Promise<readonly Lag[]>;
  /** COR-17: removes what deleted rows have left in files. */
  scrub(): Promise<void>;
  /** Makes a read model anew beside the one that serves. */
  rebuild(name: string): Promise<void>;
  /** Replays all parked subjects. */
  unpark(): Promise<void>;
  stop(): Promise<void>;
}

export interface ProjectorOptions extends ProjectorStart {
  /** Path of the compiled `projector.thread.js`. */
  readonly entry: string;
  readonly onProgress: () => void;
  readonly onError: (report: ErrorReport) => void;
  /** The thread has ended by itself: nothing will be projected any more. */
  readonly onFailure: (error: Error) => void;
}

interface Waiting {
  readonly resolve: (value: readonly Lag[] | null) => void;
  readonly reject: (error: Error) => void;
}

type Ask = ProjectorQuestion extends infer Q ? (Q extends { id: number } ? Omit<Q, 'id'> : never) : never;

/** Milliseconds in which commits share one nudge: rows are that much later, and their batches larger. */
const NUDGE_MS = 2;
/** The same while there was a nudge lately. */
const BUSY_NUDGE_MS = 15;
const LATELY_MS = 50;

/** Starts the projection thread. Resolves once every read model can be asked, however far it is. */
export async function startProjector({ entry, onProgress, onError, onFailure, ...start }: ProjectorOptions): Promise<Projector> {
  const worker = new Worker(entry, { workerData: start, resourceLimits: { maxYoungGenerationSizeMb: 16 } });
  const waiting = new Map<number, Waiting>();
  let last = 0;
  let stopped = false;
  let ended = false;
  let nudging: NodeJS.Timeout | null = null;
  let nudgedAt = -Infinity;
  worker.on('message', (message: FromProjector) => {
    if ('progress' in message) return onProgress();
    if ('report' in message) return onError(message.report);
    const asked = waiting.get(message.id);
    waiting.delete(message.id);
    if ('failed' in message) asked?.reject(new Error(message.failed));
    else asked?.resolve(message.value);
  });
  worker.on('error', (error) => onFailure(error instanceof Error ? error : new Error('the projector failed')));
  worker.on('exit', () => {
    ended = true;
    for (const { reject } of waiting.values()) reject(new Error('the projector has ended'));
    if (!stopped) onFailure(new Error('the projector has ended'));
  });
  const ask = (question: Ask): Promise<readonly Lag[] | null> =>
    new Promise((resolve, reject) => {
      const id = ++last;
      waiting.set(id, { resolve, reject });
      worker.postMessage({ ...question, id });
    });
  await ask({ ask: 'opened' });
  return {
    well: () => !ended,
    nudge() {
      if (nudging) return;
      const pause = performance.now() - nudgedAt < LATELY_MS ? BUSY_NUDGE_MS : NUDGE_MS;
      nudging = setTimeout(() => {
        nudging = null;
        nudgedAt = performance.now();
        worker.postMessage({ nudge: true });
      }, pause);
    },
    lag: async () => (await ask({ ask: 'lag' })) ?? [],
    scrub: async () => void (await ask({ ask: 'scrub' })),
    rebuild: async (name) => void (await ask({ ask: 'rebuild', name })),
    unpark: async () => void (await ask({ ask: 'unpark' })),
    async stop() {
      if (stopped) return;
      stopped = true;
      if (nudging) clearTimeout(nudging);
      await ask({ ask: 'stop' });
      await worker.terminate();
    },
  };
}
