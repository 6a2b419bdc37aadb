import type { Logger } from 'pino';
import type { Ids } from '#kernel';

export const HTTP_OPTIONS = Symbol('HttpOptions');

/** What every part of the library shares. */
export interface HttpOptions {
  readonly logger: Logger;
  readonly ids: Ids;
  /** Milliseconds from some fixed moment on, never going back: how old a verdict is. */
  readonly milliseconds: () => number;
  /** Name and version that the OpenAPI document carries. */
  readonly title: string;
  readonly version: string;
}
