import { setTimeout as delay } from 'node:timers/promises';
import type { ProjectionRunner } from './projection-runner.js';
import type { ErrorReport } from './projection-reports.js';

/** Milliseconds after which what could not be made is tried again. */
const AGAIN_MS = 60_000;

export interface RaiseOptions {
  /** Makes one read model anew beside the one that serves. */
  readonly rebuild: (projection: string) => Promise<void>;
  readonly onError: (report: ErrorReport) => void;
  readonly signal: AbortSignal;
}

/**
 * Makes read models whose version was raised like a rebuild, one after the other; what fails is tried again later. Resolves once all that serve are of
 * the present version, or `signal` aborts.
 */
export async function raise(runner: Pick<ProjectionRunner, 'raised'>, { rebuild, onError, signal }: RaiseOptions): Promise<void> {
  for (let names = await runner.raised(); names.length > 0; names = await runner.raised()) {
    for (const name of names) {
      if (!signal.aborted) await rebuild(name).catch((error: unknown) => onError(failure(name, error)));
    }
    await delay(AGAIN_MS, null, { signal, ref: false }).catch(() => undefined);
    if (signal.aborted) return;
  }
}

/** An error's text may be about people; its name is not. */
const failure = (projection: string, error: unknown): ErrorReport => {
  return { projection, position: 0, kind: 'failed', reason: error instanceof Error ? error.name : 'failed' };
};
