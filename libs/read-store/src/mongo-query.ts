import type { MongoDocument } from '#mongo';
import type { Filter, Find, Groups, Value } from './read-store.port.js';
import { fieldPath } from './mongo-rows.js';
import { narrowing, partOfBeginning, partOfWhole, partsWithin, type PartSought } from './search-parts.js';
import { fold, parseSearch, type Search, type SearchWord } from './search-text.js';
import { columnValue, type CollectionPlan, type SqlValue } from './sqlite-layout.js';
import { kindOf } from './sqlite-query.js';

/** Conditions of plain operators, which every server of the kind knows. Pure. */
export type Condition = MongoDocument;

export const every = (conditions: readonly Condition[]): Condition =>
  conditions.length === 1 ? (conditions[0] as Condition) : conditions.length === 0 ? {} : { $and: conditions };

/** No document at all. */
const NONE: Condition = { _id: { $in: [] } };
const LEAST = { key: '', text: '', number: -Number.MAX_VALUE, flag: 0 } as const;

export function filterCondition(plan: CollectionPlan, filter: Filter): Condition {
  const kind = kindOf(plan, filter.field);
  const path = fieldPath(filter.field);
  const value = (given: Value | undefined): SqlValue => columnValue(kind, given);
  switch (filter.op) {
    case 'eq':
      return { [path]: value(filter.value) };
    case 'in':
      return { [path]: { $in: filter.values.map(value) } };
    case 'range': {
      const { from, to } = filter;
      const bounds = [...(from === undefined ? [] : [value(from)]), ...(to === undefined ? [] : [value(to)])];
      if (bounds.includes(null)) return NONE;
      return {
        [path]: { $gte: from === undefined ? LEAST[kind] : value(from), ...(to === undefined ? {} : { $lt: value(to) }) },
      };
    }
  }
}

/** Filters as conditions that no stub meets: to a server, what is missing is null. */
export function conditionsOf(plan: CollectionPlan, filters: readonly Filter[]): Condition[] {
  const conditions = filters.map((filter) => filterCondition(plan, filter));
  return filters.some((filter) => filter.field !== 'id' && takesNoNull(plan, filter))
    ? conditions
    : [...conditions, { row: { $exists: true } }];
}

function takesNoNull(plan: CollectionPlan, filter: Filter): boolean {
  const isNull = (value: Value): boolean => columnValue(kindOf(plan, filter.field), value) === null;
  switch (filter.op) {
    case 'eq':
      return !isNull(filter.value);
    case 'in':
      return !filter.values.some(isNull);
    case 'range':
      return true;
  }
}

/** Brings the parts of a word that tell most to the front, and leaves out those that tell nothing more. */
export type Narrow = (parts: readonly PartSought[]) => Promise<readonly PartSought[]>;

/** What a search adds to the filters: what all of its hits meet, and what those of each rank do, the best first. */
export interface SearchConditions {
  readonly all: Condition;
  readonly ranks: readonly Condition[];
}

/** Null where the query is blank. */
export async function searchConditions(
  plan: CollectionPlan,
  { filters, search }: Pick<Find, 'filters' | 'search'>,
  narrow: Narrow,
): Promise<SearchConditions | null> {
  const parsed = parseSearch(search);
  if (!parsed) return null;
  const { tenant } = plan.search ?? {};
  if (tenant === undefined || !filters.some(({ op, field }) => op === 'eq' && field === tenant))
    throw new Error(`collection ${plan.name} is searched within one ${tenant ?? 'tenant'} only`);
  const all = every(await wordConditions(parsed, narrow));
  const whole = formed(parsed.whole, (text) => `\n${text}\n`);
  const begins = formed(parsed.whole, (text) => `\n${text}`);
  return {
    all,
    ranks: [
      every([either(parsed.whole, (text) => [partOfWhole(text)], whole), all]),
      every([either(parsed.whole, (text) => [partOfBeginning(text)], begins), { $nor: whole }, all]),
      every([all, { $nor: begins }]),
    ],
  };
}

async function wordConditions(search: Search, narrow: Narrow): Promise<Condition[]> {
  const narrowed = new Map<string, readonly PartSought[]>();
  for (const { text, digits } of narrowing(search))
    for (const form of new Set([text, digits ?? text])) narrowed.set(form, await narrow(partsWithin(form)));
  return search.words.map((word) =>
    either(
      word,
      (text) => narrowed.get(text) ?? [],
      formed(word, (text) => text),
    ),
  );
}

/** Texts and digits of a word, each with its parts and its comparison in full. */
function either(word: SearchWord, parts: (text: string) => readonly PartSought[], compared: readonly Condition[]): Condition {
  const forms = [word.text, ...(word.digits === null ? [] : [word.digits])];
  const ways = forms.map((form, at) => every([...soughtIn(parts(form)), compared[at] ?? NONE]));
  return ways.length === 1 ? (ways[0] as Condition) : { $or: ways };
}

const formed = ({ text, digits }: SearchWord, form: (text: string) => string): Condition[] => [
  { t: { $regex: literally(form(text)) } },
  ...(digits === null ? [] : [{ d: { $regex: literally(form(digits)) } }]),
];

/** Longer texts are compared by their beginning: servers take no longer patterns. */
const LONGEST = 4000;
const literally = (text: string): string =>
  Array.from(text.slice(0, 2 * LONGEST))
    .slice(0, LONGEST)
    .join('')
    .replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

export function soughtIn(parts: readonly PartSought[]): Condition[] {
  const whole = parts.filter((each) => each.whole).map(({ part }) => part);
  const begun = parts.filter((each) => !each.whole).map(({ part }) => part);
  return [
    ...(whole.length > 0 ? [{ g: { $all: whole } }] : []),
    ...begun.map((part) => ({ g: { $elemMatch: { $gte: part, $lt: after(part) } } })),
  ];
}

/** The least text behind all that begin with this one, in the order of code points as in that of UTF-16. */
function after(beginning: string): string {
  const characters = Array.from(beginning);
  const last = characters.pop()?.codePointAt(0) ?? 0;
  return `${characters.join('')}${String.fromCodePoint(last === 0xd7ff ? 0xe000 : Math.min(last + 1, 0x10ffff))}`;
}

/** A stretch of an order that one query reads: rows with a sort value, or the empty ones after them. */
export interface Stretch {
  readonly condition: Condition;
  readonly sort: Readonly<Record<string, 1 | -1>>;
}

/**
 * What lies after a place in the order: of one phase the ties at the place, then what is beyond. Two conditions that an index answers each by
 * one bound. Without a place all of the phase.
 */
export function stretchesOf(
  plan: CollectionPlan,
  { sort: { field, descending } }: Pick<Find, 'sort'>,
  empty: boolean,
  after: { readonly value: SqlValue; readonly id: string } | null,
): Stretch[] {
  const path = fieldPath(field);
  const direction = descending ? -1 : 1;
  const beyond = descending ? '$lt' : '$gt';
  const byId = { _id: direction } as const;
  if (field === 'id') return [{ condition: after ? { _id: { [beyond]: after.id } } : {}, sort: byId }];
  const byValue = { [path]: direction, _id: direction } as const;
  if (empty) return [{ condition: { [path]: null, ...(after ? { _id: { [beyond]: after.id } } : {}) }, sort: byValue }];
  const least = LEAST[kindOf(plan, field)];
  if (!after) return [{ condition: { [path]: { $gte: least } }, sort: byValue }];
  return [
    { condition: { [path]: after.value, _id: { [beyond]: after.id } }, sort: byValue },
    { condition: { [path]: { [beyond]: after.value, ...(descending ? { $gte: least } : {}) } }, sort: byValue },
  ];
}

/** Rows that are in a group: with a value, and with the wanted part in their name. */
export function groupCondition(plan: CollectionPlan, { filters, by, label, part = '' }: Groups): Condition {
  if (kindOf(plan, by) !== 'key' || kindOf(plan, label) !== 'text')
    throw new Error(`collection ${plan.name} cannot be grouped by ${by} under the name of ${label}`);
  const wanted = fold(part);
  const named = wanted === '' ? [] : [{ [fieldPath(label)]: { $regex: literally(wanted) } }];
  return every([...conditionsOf(plan, filters), { [fieldPath(by)]: { $gte: '' } }, ...named]);
}
