import { createHash } from 'node:crypto';
import { canonicalJson } from '#kernel';
import { BadCursor, type Find } from './read-store.port.js';
import { fold } from './search-text.js';
import type { SqlValue } from './sqlite-layout.js';

/** The last row of a page: where the next one begins. */
export interface Place {
  /** Which part of the order it is in: ranks of a search, empty values after all others. */
  readonly phase: number;
  /** Value of the sort column; null among the empty ones. */
  readonly value: SqlValue;
  readonly id: string;
}

export const writeCursor = (query: Find, { phase, value, id }: Place): string =>
  Buffer.from(JSON.stringify([fingerprint(query), phase, value, id])).toString('base64url');

/** The place that a cursor of this very query names; null without a cursor. Anything else is a `BadCursor`. */
export function readCursor(query: Find): Place | null {
  if (query.cursor === undefined) return null;
  const parts = parse(query.cursor);
  if (!Array.isArray(parts) || parts.length !== 4) throw new BadCursor('not a cursor');
  const [print, phase, value, id] = parts as unknown[];
  if (print !== fingerprint(query)) throw new BadCursor('cursor of another query');
  const placed =
    Number.isInteger(phase) &&
    typeof id === 'string' &&
    (value === null || typeof value === 'string' || typeof value === 'number');
  if (!placed) throw new BadCursor('not a cursor');
  return { phase: phase as number, value, id };
}

function parse(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  } catch {
    return null;
  }
}

/** The page size may change from page to page; nothing else may. */
const fingerprint = ({ collection, filters, search, sort }: Find): string =>
  createHash('sha256')
    .update(canonicalJson({ collection, filters, search: fold(search ?? ''), sort }))
    .digest('base64url')
    .slice(0, 16);
