import type { ErrorReport, Lag } from '#read-store';

/** What the projection thread is started with. */
export interface ProjectorStart {
  readonly logFile: string;
  readonly viewsFile: string;
  readonly vaultFile: string;
  readonly masterKey: Uint8Array;
}

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
