import { z } from 'zod';
import type { Instant } from '#kernel';

/** Makes an issue whose code appears as `errors[].code`. */
export const fieldIssue = (code: string, message: string) => ({ code: 'custom' as const, params: { code }, message });

/** An id that the server minted. */
export const idSchema = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/);

const RFC_3339 = /^\d{4}-\d{2}-\d{2}T([01]\d|2[0-3]):\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})$/;

/** What an instant is written with: a year of more digits would break the order of texts. */
const INSTANT_LENGTH = 24;

/** The moment that an RFC 3339 text names, in UTC with milliseconds; null for what is none (the 30th of February), or in UTC not of a year of four digits. */
export function toInstant(text: string): Instant | null {
  const time = Date.parse(text);
  if (!RFC_3339.test(text) || Number.isNaN(time)) return null;
  const day = Number(text.slice(8, 10));
  const lastOfMonth = new Date(Date.UTC(Number(text.slice(0, 4)), Number(text.slice(5, 7)), 0)).getUTCDate();
  const at = new Date(time).toISOString();
  return day > lastOfMonth || at.length > INSTANT_LENGTH ? null : at;
}

/** A moment, in a body or a parameter. Any offset is taken, UTC with milliseconds comes out. */
export const instant = z
  .string()
  .transform((text, ctx): Instant => {
    const moment = toInstant(text);
    if (moment === null) ctx.addIssue(fieldIssue('invalid-format', 'is not a time of RFC 3339'));
    return moment ?? text;
  })
  .meta({ type: 'string', format: 'date-time' });

/** A moment in an answer. */
export const moment = z.string().meta({ format: 'date-time' });

/** `true` or `false` in a parameter; nothing else. */
export const flag = z
  .enum(['true', 'false'])
  .transform((text) => text === 'true')
  .meta({ type: 'boolean', enum: [true, false] });

/** A whole number in a parameter, both ends included. */
export const wholeNumber = (min: number, max: number) =>
  z
    .string()
    .transform((text, ctx): number => {
      const value = /^-?\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
      if (Number.isNaN(value)) ctx.addIssue(fieldIssue('invalid-type', 'is not a whole number'));
      else if (value < min) ctx.addIssue(fieldIssue('too-small', `is less than ${min}`));
      else if (value > max) ctx.addIssue(fieldIssue('too-big', `is more than ${max}`));
      return value;
    })
    .meta({ type: 'integer', minimum: min, maximum: max });

/** Words of a closed list, parted by commas, in a parameter: at least one, each once. */
export const commaList = <const T extends readonly [string, ...string[]]>(words: T) => {
  const word = z.enum(words);
  return z
    .string()
    .transform((text, ctx): T[number][] => {
      const found = [...new Set(text.split(','))].map((part) => word.safeParse(part));
      if (found.some(({ success }) => !success))
        ctx.addIssue(fieldIssue('invalid-value', `is not a list of: ${words.join(', ')}`));
      return found.flatMap(({ data }) => (data === undefined ? [] : [data]));
    })
    .meta({ description: `One or more of ${words.join(', ')}, parted by commas` });
};

/** A cursor holds the value that its page ended with: in the longest case 200 characters that each come apart into 18. */
const LONGEST_CURSOR = 14_000;

/** Parameters of a list. */
export const pageParameters = {
  limit: wholeNumber(1, 200).default(50),
  cursor: z.string().min(1).max(LONGEST_CURSOR).optional(),
};

/** A page of a list as it is answered. */
export const pageOf = <T extends z.ZodType>(item: T) =>
  z.object({
    items: z.array(item),
    next: z.string().nullable().meta({ description: 'Cursor of the next page; null on the last one' }),
  });

const UNPRINTABLE = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u;
const UNPRINTABLE_LINES = /[^\P{Cc}\n\r\t]|\p{Cs}/u;
/** What leaves something to see: no mark of direction, joiner or filler alone. */
const VISIBLE = /[^\p{Cf}\p{Z}\p{Default_Ignorable_Code_Point}]/u;

/** Printable text, kept trimmed, `min` to `max` characters; with `lines` it may have line breaks. */
export const text = (max: number, { min = 1, lines = false }: { min?: number; lines?: boolean } = {}) =>
  z
    .string()
    .transform((given, ctx): string => {
      const trimmed = given.trim();
      const length = [...trimmed].length;
      if ((lines ? UNPRINTABLE_LINES : UNPRINTABLE).test(trimmed))
        ctx.addIssue(fieldIssue('invalid-characters', 'has characters that do not print'));
      else if (length > 0 && !VISIBLE.test(trimmed))
        ctx.addIssue(fieldIssue('invalid-characters', 'has no character that is seen'));
      else if (length < min) ctx.addIssue(fieldIssue('too-short', `has fewer than ${min} characters`));
      else if (length > max) ctx.addIssue(fieldIssue('too-long', `has more than ${max} characters`));
      return trimmed;
    })
    .meta({ minLength: min, maxLength: max });
