import type { Position, Revision } from '#event-store';
import { encodePosition } from './position.js';

export interface AnswerHeaders {
  /** Revision of the one resource that the answer is about: `ETag: "<revision>"`. */
  readonly etag?: Revision;
  /** Of the deciding event of a write; of a read how fresh it is. */
  readonly position?: Position;
  /** The one that the answer hands out: its reads show the write too. */
  readonly credential?: string;
  readonly location?: string;
  /** Seconds. */
  readonly retryAfter?: number;
  /** Media type of a body that is not JSON. */
  readonly type?: string;
  /** Any other header, by its name. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** What a controller gives back. */
export class Answer {
  constructor(
    readonly status: number,
    readonly body?: unknown,
    readonly headers: AnswerHeaders = {},
  ) {}
}

/** An answer: without a body where it is left out (204). */
export const answer = (status: number, body?: unknown, headers: AnswerHeaders = {}): Answer => new Answer(status, body, headers);

/** Thrown by the guard where a command was done before: no controller is asked, and this is answered. */
export class DoneBefore extends Error {
  override readonly name = 'DoneBefore';
  constructor(readonly answer: Answer) {
    super('the command was done before');
  }
}

/** The headers of an answer as they are sent. */
export function headersOf({ headers }: Answer): Record<string, string> {
  return {
    ...(headers.etag === undefined ? {} : { ETag: `"${headers.etag}"` }),
    ...(headers.position === undefined ? {} : { Position: encodePosition(headers.position) }),
    ...(headers.location === undefined ? {} : { Location: headers.location }),
    ...(headers.retryAfter === undefined ? {} : { 'Retry-After': String(Math.ceil(headers.retryAfter)) }),
    ...(headers.type === undefined ? {} : { 'Content-Type': headers.type }),
    ...headers.headers,
  };
}
