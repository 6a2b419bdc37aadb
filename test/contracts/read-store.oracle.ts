import type { Json } from '#kernel';
import type { Change, Filter, Find, ReadStore, Row } from '#read-store';
import type { Person } from './read-store.people.js';

/** What a read store must answer, told row by row. It folds ASCII and a few accents only: enough for the alphabet of the suites. */

export function applied(rows: ReadonlyMap<string, Person>, changes: readonly Change[]): Map<string, Person> {
  const after = new Map(rows);
  for (const change of changes) {
    const before = after.get(change.id);
    if (change.op === 'put') after.set(change.id, change.row as Person);
    if (change.op === 'set' && before) after.set(change.id, { ...before, ...change.fields });
    if (change.op === 'remove') after.delete(change.id);
  }
  return after;
}

export function listed(rows: Iterable<Person>, { filters, search, sort }: Omit<Find, 'collection' | 'limit'>): Person[] {
  const sign = sort.descending ? -1 : 1;
  const value = (row: Person): string | number | null => comparable(sort.field, row[sort.field]);
  return matching(rows, filters, search).sort((a, b) => {
    const byRank = rank(a, search) - rank(b, search);
    const byEmptiness = Number(value(a) === null) - Number(value(b) === null);
    return byRank || byEmptiness || sign * (compare(value(a), value(b)) || compare(a.id, b.id));
  });
}

/** Walks all pages, and compares them, the count and the tallies with what a look at every row gives. */
export async function expectAsOracle(
  read: Pick<ReadStore, 'find' | 'tally'>,
  rows: readonly Person[],
  query: Find,
): Promise<void> {
  const pages: Row[] = [];
  for (let cursor: string | null | undefined; cursor !== null;) {
    const page = await read.find({ ...query, cursor });
    pages.push(...page.rows);
    cursor = page.next;
  }
  expect(pages).toEqual(listed(rows, query));
  const set = matching(rows, query.filters, query.search);
  const blocked = set.filter(({ state }) => state === 'blocked').length;
  const sum = set.reduce((total, { score }) => total + (score ?? 0), 0);
  const tallies = {
    all: { count: [] },
    blocked: { count: [{ field: 'state', op: 'eq', value: 'blocked' }] },
    sum: { sum: 'score' },
  } as const;
  expect(await read.tally(query, tallies)).toEqual({ all: set.length, blocked, sum });
}

export const matching = (rows: Iterable<Person>, filters: readonly Filter[], search?: string): Person[] =>
  [...rows].filter((row) => filters.every((filter) => passes(row, filter)) && words(search).every((word) => contains(row, word)));

export function recount(rows: Iterable<Person>): Record<string, number> {
  const counts: Record<string, number> = {};
  const add = (bucket: string): number => (counts[bucket] = (counts[bucket] ?? 0) + 1);
  for (const { workspace, state, vip } of rows) {
    add(`${workspace}/all`);
    add(`${workspace}/state:${state}`);
    if (vip) add(`${workspace}/vip`);
  }
  return counts;
}

const TEXTS = ['name'];
const folded = (text: string): string =>
  text
    .toLowerCase()
    .replaceAll('é', 'e')
    .replaceAll('ü', 'u')
    .split(/\s+/)
    .filter((word) => word !== '')
    .join(' ');

function comparable(field: string, value: Json | undefined): string | number | null {
  if (value === null || value === undefined || value === '') return null;
  if (typeof value === 'boolean') return Number(value);
  if (typeof value === 'number') return value;
  if (typeof value === 'object') throw new Error(`${field} cannot be compared`);
  return TEXTS.includes(field) ? folded(value) || null : value;
}

const compare = (a: string | number | null, b: string | number | null): number =>
  typeof a === 'number' && typeof b === 'number' ? a - b : Buffer.compare(Buffer.from(String(a)), Buffer.from(String(b)));

function passes(row: Person, filter: Filter): boolean {
  const value = comparable(filter.field, row[filter.field]);
  const given = (raw: Json | undefined): string | number | null => comparable(filter.field, raw);
  if (filter.op === 'eq') return value === given(filter.value);
  if (filter.op === 'in') return filter.values.some((each) => value === given(each));
  if (value === null) return false;
  const from = filter.from === undefined || compare(value, given(filter.from)) >= 0;
  return from && (filter.to === undefined || compare(value, given(filter.to)) < 0);
}

const digits = (text: string): string => text.replace(/\D/g, '');
const isNumber = (text: string): boolean => /^[\d+\-()./ ]+$/.test(text) && /\d/.test(text);
const textsOf = ({ name, email }: Person): string[] =>
  [name, email].map((text) => folded(text ?? '')).filter((text) => text !== '');

function words(search = ''): string[] {
  const whole = folded(search);
  const all = whole.split(' ').filter((word) => word !== '');
  return isNumber(whole) ? all.filter(isNumber) : all;
}

const contains = (row: Person, word: string): boolean =>
  textsOf(row).some((text) => text.includes(word)) || (isNumber(word) && digits(row.phone ?? '').includes(digits(word)));

function rank(row: Person, search = ''): number {
  const whole = folded(search);
  const number = isNumber(whole) ? digits(whole) : null;
  const phone = digits(row.phone ?? '');
  if (whole === '') return 0;
  if (textsOf(row).includes(whole) || (number !== null && phone === number)) return 0;
  return textsOf(row).some((text) => text.startsWith(whole)) || (number !== null && phone.startsWith(number)) ? 1 : 2;
}
