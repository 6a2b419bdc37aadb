import type { IncomingMessage } from 'node:http';
import type { Position, Revision } from '#event-store';
import { refuse, refuseField } from '#kernel';
import { decodePosition } from './position.js';

const KEY = /^[\x20-\x7e]{1,255}$/;
const REVISION_TAG = /^"(0|[1-9]\d{0,14})"$/;
const ANY_TAG = /^(?:W\/)?"[\x21\x23-\x7e]*"$/;

/** All values of a header, each as it was sent. */
export function headerValues({ headers, rawHeaders }: IncomingMessage, name: string): string[] {
  const wanted = name.toLowerCase();
  if (headers[wanted] === undefined) return [];
  return rawHeaders.filter((_, i) => i % 2 === 1 && rawHeaders[i - 1]?.toLowerCase() === wanted);
}

/** The one value of a header; undefined where it is not sent. Sent more than once it is 422: which one is meant nobody knows. */
export function oneHeader(request: IncomingMessage, name: string): string | undefined {
  const values = headerValues(request, name);
  if (values.length > 1) throw refuseField(name, 'repeated', 'is given more than once');
  return values[0];
}

export function idempotencyKey(request: IncomingMessage): string | undefined {
  const key = oneHeader(request, 'Idempotency-Key');
  if (key !== undefined && !KEY.test(key))
    throw refuseField('Idempotency-Key', 'invalid-format', 'is not 1 to 255 printable ASCII characters');
  return key;
}

/**
 * The revision that `If-Match` names; undefined for none and for `*`, since what does not exist is 404 before.
 * Tags are compared strongly (RFC 9110, 13.1.1): a weak one matches nothing, nor does one that we never gave.
 */
export function ifMatch(request: IncomingMessage): Revision | undefined {
  const tag = oneHeader(request, 'If-Match')?.trim();
  if (tag === undefined || tag === '*') return undefined;
  const revision = REVISION_TAG.exec(tag)?.[1];
  if (revision !== undefined) return Number(revision);
  if (ANY_TAG.test(tag)) throw refuse('revision-mismatch');
  throw refuseField('If-Match', 'invalid-format', 'is not one entity tag, nor *');
}

/** The position that a read must have reached; 0 where the caller asks for none. */
export function minPosition(request: IncomingMessage): Position {
  const text = oneHeader(request, 'Min-Position');
  if (text === undefined) return 0;
  const position = decodePosition(text);
  if (position === null) throw refuseField('Min-Position', 'invalid-format', 'is not a position that an answer carried');
  return position;
}
