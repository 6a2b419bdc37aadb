import type { Filter, Find, Groups, Tally, Value } from './read-store.port.js';
import {
  fieldBeginning,
  fold,
  matchAll,
  matchBeginning,
  matchWhole,
  parseSearch,
  withoutField,
  type Narrow,
  type Search,
  type SearchWord,
} from './search-text.js';
import { columnOf, columnValue, indexOf, tableOf, type CollectionPlan, type SqlValue } from './sqlite-layout.js';

/** A piece of SQL with the values of its `?`. */
export interface Sql {
  readonly text: string;
  readonly values: readonly SqlValue[];
}

export const sql = (text: string, ...values: SqlValue[]): Sql => ({ text, values });
export const every = (parts: readonly Sql[]): Sql => join(parts.length > 0 ? parts : [sql('1')], ' AND ');
const some = (parts: readonly Sql[]): Sql => sql(`(${join(parts, ' OR ').text})`, ...join(parts, ' OR ').values);
const join = (parts: readonly Sql[], by: string): Sql =>
  sql(parts.map(({ text }) => text).join(by), ...parts.flatMap(({ values }) => values));

export const kindOf = (plan: CollectionPlan, field: string) => {
  const kind = field === 'id' ? 'key' : plan.fields[field];
  if (!kind) throw new Error(`collection ${plan.name} declares no field ${field}`);
  return kind;
};

export function filterSql(plan: CollectionPlan, filter: Filter): Sql {
  const kind = kindOf(plan, filter.field);
  const column = columnOf(filter.field);
  const value = (given: Value | undefined): SqlValue => columnValue(kind, given);
  switch (filter.op) {
    case 'eq':
      return equals(column, value(filter.value));
    case 'in': {
      const values = filter.values.map(value);
      const present = values.filter((each) => each !== null);
      const isOne = sql(`${column} IN (SELECT value FROM json_each(?))`, JSON.stringify(present));
      return present.length < values.length ? some([isOne, equals(column, null)]) : isOne;
    }
    case 'range':
      return every([
        sql(`${column} IS NOT NULL`),
        ...(filter.from === undefined ? [] : [sql(`${column} >= ?`, value(filter.from))]),
        ...(filter.to === undefined ? [] : [sql(`${column} < ?`, value(filter.to))]),
      ]);
  }
}

const equals = (column: string, value: SqlValue): Sql =>
  value === null ? sql(`${column} IS NULL`) : sql(`${column} = ?`, value);

export const filtersSql = (plan: CollectionPlan, filters: readonly Filter[]): Sql[] =>
  filters.map((filter) => filterSql(plan, filter));

/** What a search adds to a query: the exact condition, and an expression that finds candidates for it in the full-text index. */
export interface Match {
  readonly condition: Sql;
  readonly candidates: string;
  /** Where candidates lie side by side in the order of a field; null where nothing is known of that. */
  side(field: string): Side | null;
}

/** Rows whose values of a field begin alike, from a value to before another, and an expression for the candidates that are not among them. */
export interface Side {
  readonly from: string;
  readonly to: string;
  readonly others: string;
}

/** Of a search: rows that match, and the same by rank. */
export interface SearchMatches {
  readonly all: Match;
  readonly ranks: readonly Match[];
}

/** Null where the query is blank. */
export function searchOf(
  plan: CollectionPlan,
  { filters, search }: Pick<Find, 'filters' | 'search'>,
  narrow: Narrow,
): SearchMatches | null {
  const parsed = parseSearch(search);
  if (!parsed) return null;
  const tenant = filters.find((filter) => filter.op === 'eq' && filter.field === plan.search?.tenant);
  if (!plan.search || tenant?.op !== 'eq')
    throw new Error(`collection ${plan.name} is searched within one ${plan.search?.tenant ?? 'tenant'} only`);
  const key = String(columnValue(kindOf(plan, tenant.field), tenant.value));
  const words = every(parsed.words.map((word) => found(word, (text) => text)));
  const all = { condition: words, candidates: matchAll(key, parsed, narrow), side: () => null };
  return { all, ranks: ranksOf(plan, key, parsed, all) };
}

/** Whole texts first, then beginnings of texts, then the rest. */
function ranksOf(plan: CollectionPlan, key: string, search: Search, all: Match): Match[] {
  const whole = found(search.whole, (text) => `\n${text}\n`);
  const begins = found(search.whole, (text) => `\n${text}`);
  const not = ({ text, values }: Sql): Sql => sql(`NOT ${text}`, ...values);
  const sideIn = (candidates: string) => (field: string) => sideOf(plan, key, search, candidates, field);
  const [wholes, beginnings] = [matchWhole(key, search), matchBeginning(key, search)];
  return [
    { condition: every([all.condition, whole]), candidates: wholes, side: sideIn(wholes) },
    {
      condition: every([all.condition, begins, not(whole)]),
      candidates: `${beginnings} AND ${all.candidates}`,
      side: sideIn(beginnings),
    },
    { ...all, condition: every([all.condition, not(begins)]) },
  ];
}

function sideOf(plan: CollectionPlan, key: string, { whole }: Search, candidates: string, field: string): Side | null {
  const at = plan.search?.texts.indexOf(field) ?? -1;
  const from = fieldBeginning(whole.text);
  const to = from && behind(from);
  if (at < 0 || plan.fields[field] !== 'text' || !to) return null;
  return { from, to, others: withoutField(key, candidates, at, from) };
}

/** What comes after all texts that begin so; null for what ends with the last character there is. */
function behind(beginning: string): string | null {
  const characters = [...beginning];
  const last = characters.pop()?.codePointAt(0) ?? LAST_CHARACTER;
  if (last === LAST_CHARACTER) return null;
  // Halves of pairs are no characters.
  return characters.join('') + String.fromCodePoint(last === 0xd7ff ? 0xe000 : last + 1);
}

const LAST_CHARACTER = 0x10ffff;

const found = ({ text, digits }: SearchWord, form: (text: string) => string): Sql =>
  some([sql('instr(s_texts, ?) > 0', form(text)), ...(digits === null ? [] : [sql('instr(s_digits, ?) > 0', form(digits))])]);

/** Where a part of an order goes on, and how it is written. */
export interface Order {
  readonly keys: readonly Sql[];
  readonly by: string;
}

/** Rows of one part of an order: those with a value by it, or the empty ones by id. */
export function orderOf(
  { sort }: Pick<Find, 'sort'>,
  plan: CollectionPlan,
  empty: boolean,
  after: { value: SqlValue; id: string } | null,
): Order {
  const kind = kindOf(plan, sort.field);
  const column = columnOf(sort.field);
  const direction = sort.descending ? 'DESC' : 'ASC';
  const beyond = sort.descending ? '<' : '>';
  if (empty || sort.field === 'id') {
    const keys = [...(empty ? [sql(`${column} IS NULL`)] : []), ...(after ? [sql(`id ${beyond} ?`, after.id)] : [])];
    return { keys, by: `id ${direction}` };
  }
  // A lower bound takes the index past the empty values, which come first in it.
  const present = kind === 'key' || kind === 'text' ? sql(`${column} >= ''`) : sql(`${column} >= -9e999`);
  const keys = [after ? sql(`(${column}, id) ${beyond} (?, ?)`, after.value, after.id) : present];
  return { keys, by: `${column} ${direction}, id ${direction}` };
}

/** Of that part with a value, what lies on one side. */
export function orderWithin(
  query: Pick<Find, 'sort'>,
  plan: CollectionPlan,
  { from, to }: Side,
  after: { value: SqlValue; id: string } | null,
): Order {
  const { keys, by } = orderOf(query, plan, false, after);
  const column = columnOf(query.sort.field);
  const [begin, end] = [sql(`${column} >= ?`, from), sql(`${column} < ?`, to)];
  const [first, last] = query.sort.descending ? [end, begin] : [begin, end];
  // One bound at each end: of two the index may take the one that is farther away.
  const value = after && Buffer.from(String(after.value));
  const isWithin = value && (query.sort.descending ? value.compare(Buffer.from(to)) < 0 : value.compare(Buffer.from(from)) >= 0);
  return { keys: [...(isWithin ? keys : [first]), last], by };
}

export interface Access {
  /** Clause that names the index. */
  readonly by: string;
  /** Filters that the index answers by itself. */
  readonly covered: readonly Filter[];
}

/** The index that yields the rows in order: equal filters, then the sort field; the more filters the better. Null where none is declared. */
export function orderedAccess(plan: CollectionPlan, filters: readonly Filter[], sortField: string): Access | null {
  const isEqual = (field: string): boolean => filters.some((filter) => filter.op === 'eq' && filter.field === field);
  const fits = (fields: readonly string[]): boolean =>
    fields.at(-1) === sortField
      ? fields.slice(0, -1).every(isEqual)
      : fields.every(isEqual) && (sortField === 'id' || isEqual(sortField));
  return best(plan.indexes.filter(fits).map((fields) => accessOf(plan, fields, filters, ({ op }) => op === 'eq')));
}

/** The index that answers most of the filters, in no order. */
export const filteredAccess = (plan: CollectionPlan, filters: readonly Filter[]): Access | null =>
  best(plan.indexes.map((fields) => accessOf(plan, fields, filters, ({ op }) => op !== 'range')));

/** Filters along the index's fields: the next one counts after those that `leadOn` holds for. */
function accessOf(
  plan: CollectionPlan,
  fields: readonly string[],
  filters: readonly Filter[],
  leadOn: (filter: Filter) => boolean,
): Access {
  const covered: Filter[] = [];
  for (const field of fields) {
    const named = filters.filter((filter) => filter.field === field && !isAlternative(filter));
    const filter = named.find(({ op }) => op === 'eq') ?? named[0];
    if (filter) covered.push(filter);
    if (!filter || !leadOn(filter)) break;
  }
  return { by: `INDEXED BY ${indexOf(plan, fields)}`, covered };
}

/** `one of these, or empty` is two conditions: no one index answers it. */
const isAlternative = (filter: Filter): boolean =>
  filter.op === 'in' && filter.values.some((value) => value === null || value === '');

const best = (accesses: readonly Access[]): Access | null =>
  accesses.reduce<Access | null>((one, other) => (one && one.covered.length >= other.covered.length ? one : other), null);

export function tallySql(plan: CollectionPlan, tally: Tally): Sql {
  if ('sum' in tally) {
    kindOf(plan, tally.sum);
    return sql(`coalesce(sum(${columnOf(tally.sum)}), 0)`);
  }
  const condition = every(filtersSql(plan, tally.count));
  return sql(`count(*) FILTER (WHERE ${condition.text})`, ...condition.values);
}

/** Values of a field by name: how many rows have each, and the number of one that does. */
export function groupsSql(plan: CollectionPlan, { filters, by, label, part = '', limit }: Groups): Sql {
  if (kindOf(plan, by) !== 'key' || kindOf(plan, label) !== 'text')
    throw new Error(`collection ${plan.name} cannot be grouped by ${by} under the name of ${label}`);
  const [value, name] = [columnOf(by), columnOf(label)];
  const wanted = fold(part);
  const named = wanted === '' ? [] : [sql(`instr(${name}, ?) > 0`, wanted)];
  const where = every([...filtersSql(plan, filters), sql(`${value} IS NOT NULL`), ...named]);
  const from = `${tableOf(plan)} ${filteredAccess(plan, filters)?.by ?? ''}`;
  const text = `SELECT min(n) AS n, count(*) AS found FROM ${from} WHERE ${where.text} GROUP BY ${value} ORDER BY min(${name}), ${value} LIMIT ?`;
  return sql(text, ...where.values, limit);
}
