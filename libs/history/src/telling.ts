import type { DomainEvent } from '#event-store';
import type { Instant, Json } from '#kernel';

/** One field before and after; null for nothing, and for what is erased. */
export interface FieldChange {
  readonly field: string;
  readonly from: Json;
  readonly to: Json;
}

/** What an event says to people. */
export interface Told {
  /** One line of English, without personal data. */
  readonly summary: string;
  readonly changes: readonly FieldChange[];
  /** Why: a code, or what somebody wrote. */
  readonly reason?: string;
  /** From where somebody came who has proved nothing: told by the event itself, for lack of an actor's key. */
  readonly origin?: { readonly address: string; readonly agent: string };
}

/** How events of one type are told. Where the subject's key is destroyed, personal fields are absent from `data`. */
export interface Telling<Data> {
  /** What such events are called in a menu. */
  readonly title: string;
  tell(data: Data, at: Instant): Told;
}

/** One telling per type of event: a new type does not compile without. */
export type Tellings<E extends DomainEvent> = { readonly [T in E['type']]: Telling<Extract<E, { type: T }>['data']> };

export const told = (summary: string, changes: readonly FieldChange[] = [], reason?: string | null): Told => ({
  summary,
  changes,
  ...(typeof reason === 'string' ? { reason } : {}),
});

/** A field before and after. Values come as the log has them: JSON, or absent. */
export const change = (field: string, from: unknown, to: unknown): FieldChange => ({
  field,
  from: jsonOf(from),
  to: jsonOf(to),
});

/** The fields with which something begins: those that have a value. */
export const begun = (fields: Readonly<Record<string, unknown>>): FieldChange[] =>
  Object.entries(fields)
    .filter(([, value]) => !isEmpty(value))
    .map(([field, value]) => change(field, null, value));

/** Fields that an event lists with both values. */
export const changesOf = (changes: Readonly<Record<string, { from?: unknown; to?: unknown } | undefined>>): FieldChange[] =>
  Object.entries(changes).map(([field, values]) => change(field, values?.from, values?.to));

/** What differs between two records of the same fields. */
export const differences = (from: object, to: object): FieldChange[] => {
  const before = from as Readonly<Record<string, unknown>>;
  return Object.entries(to).flatMap(([field, value]) => (before[field] === value ? [] : [change(field, before[field], value)]));
};

const jsonOf = (value: unknown): Json => (value === undefined ? null : (value as Json));

const isEmpty = (value: unknown): boolean =>
  value === undefined ||
  value === null ||
  value === '' ||
  value === false ||
  (typeof value === 'object' && Object.keys(value).length === 0);

export const day = (at: Instant): string => at.slice(0, 10);

/** `1 day`, `3 bot slots`. */
export const count = (number: number, one: string): string => `${number} ${one}${number === 1 ? '' : 's'}`;

/** `full name`, for `fullName`. */
export const spaced = (name: string): string => name.replace(/([a-z])([A-Z])/g, '$1 $2').toLowerCase();

/** `InvitationAccepted` as `Invitation accepted`. */
export const sentence = (name: string): string => name.charAt(0).toUpperCase() + spaced(name).slice(1);

/** `a`, `a and b`, `a, b and c`. */
export const listed = (words: readonly string[]): string =>
  words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
