import type { OperationName } from './operations.js';

/** Done after the commit of the calls that came with it. */
export const SCRUB = 'scrub';

export interface WriterCall {
  readonly id: number;
  readonly operation: OperationName | typeof SCRUB;
  readonly args: readonly unknown[];
}

export type WriterAnswer =
  | { readonly id: number; readonly ok: true; readonly value: unknown }
  | { readonly id: number; readonly ok: false; readonly outOfReach: boolean; readonly message: string };
