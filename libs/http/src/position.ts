import type { Position } from '#event-store';

const FORM = /^(0|[1-9a-z][0-9a-z]{0,10})$/;

/** A position as callers see it: opaque text. */
export const encodePosition = (position: Position): string => position.toString(36);

/** The position behind its text; null for a text that no answer ever carried. */
export function decodePosition(text: string): Position | null {
  if (!FORM.test(text)) return null;
  const position = Number.parseInt(text, 36);
  return Number.isSafeInteger(position) ? position : null;
}
