import type { ErrorReport, Lag } from '#read-store';

/** What the projection thread is started with. */
export interface ProjectorStart {
  readonly logFile: string;
  readonly viewsFile: string;
  readonly vaultFile: string;
  readonly masterKey: Uint8Array;
  /** Path of the compiled `rebuild.thread.js`. */
  readonly rebuildEntry: string;
}

/** What the thread that fills a build is started with. */
export interface RebuildStart extends ProjectorStart {
  readonly projection: string;
  readonly generation: number;
}
/** To that thread: nobody who is erased may be left in the build. */
export type ToRebuild = { readonly scrub: number };
/** From it: that the build is filled, or why it cannot be; and answers. */
export type FromRebuild =
  { readonly filled: true } | { readonly failed: string } | { readonly scrubbed: number; readonly failed?: string };

/** What the thread can be asked; each is answered with the same `id`. */
export type ProjectorQuestion = { readonly id: number } & (
  | { readonly ask: 'opened' }
  | { readonly ask: 'lag' }
  | { readonly ask: 'scrub' }
  | { readonly ask: 'rebuild'; readonly name: string }
  | { readonly ask: 'unpark' }
  | { readonly ask: 'stop' }
);
export type ToProjector = { readonly nudge: true } | ProjectorQuestion;

export type FromProjector =
  | { readonly progress: true }
  | { readonly report: ErrorReport }
  | { readonly id: number; readonly failed: string }
  | { readonly id: number; readonly value: readonly Lag[] | null };
