import type { MongoCollection, MongoDatabase } from '#mongo';
import { countersOf, rowsOf } from './batch-store.port.js';
import { readCursor, writeCursor, type Place } from './cursor.js';
import { nameOf } from './mongo-builds.adapter.js';
import {
  conditionsOf,
  every,
  groupCondition,
  searchConditions,
  soughtIn,
  stretchesOf,
  type Condition,
  type Narrow,
  type SearchConditions,
} from './mongo-query.js';
import { reaching } from './mongo-reaching.js';
import { fieldPath, rowIn, type RowDocument, type ValueDocument } from './mongo-rows.js';
import { BadCursor, type Find, type Group, type Groups, type Page, type Row, type Tally } from './read-store.port.js';
import type { CollectionPlan, SqlValue } from './sqlite-layout.js';
import { kindOf } from './sqlite-query.js';

type Aggregate = Pick<Find, 'filters' | 'search'>;

/** A part of a word that fewer rows have than this is rare, and tells more than all others; so many rare ones are enough. */
const RARE = 500;
const RAREST = 3;

/** One part of an order: a rank of a search, and in it the rows with or without a sort value. */
interface Phase {
  readonly condition: Condition;
  readonly empty: boolean;
}

/** Reads of one collection of one build. */
export class MongoReader {
  private readonly rows: MongoCollection<RowDocument>;
  private readonly counts: MongoCollection<ValueDocument>;

  constructor(
    db: MongoDatabase,
    tables: string,
    private readonly plan: CollectionPlan,
  ) {
    this.rows = db.collection(nameOf(tables, rowsOf(plan.name)));
    this.counts = db.collection(nameOf(tables, countersOf(plan.name)));
  }

  async get(id: string): Promise<Row | null> {
    const found = await reaching(() => this.rows.findOne({ _id: id }, { projection: { row: 1 } }));
    return found && rowIn(found);
  }

  async getMany(ids: readonly string[]): Promise<Map<string, Row>> {
    const found = await reaching(() => this.rows.find({ _id: { $in: [...ids] } }, { projection: { row: 1 } }).toArray());
    const rows = new Map(found.map((document) => [document._id, rowIn(document)]));
    return new Map(ids.flatMap((id) => (rows.get(id) ? [[id, rows.get(id) as Row] as const] : [])));
  }

  async counters(buckets?: readonly string[]): Promise<Record<string, number>> {
    const filter = buckets ? { _id: { $in: [...buckets] } } : {};
    const found = await reaching(() => this.counts.find(filter).toArray());
    const values = new Map(found.map(({ _id, v }) => [_id, Number(v)]));
    if (!buckets) return Object.fromEntries([...values].filter(([, value]) => value !== 0));
    return Object.fromEntries(buckets.map((bucket) => [bucket, values.get(bucket) ?? 0]));
  }

  async find(query: Find): Promise<Page> {
    const phases = await this.phasesOf(query);
    const place = readCursor(query);
    if (place && place.phase >= phases.length) throw new BadCursor('not a cursor');
    const path = fieldPath(query.sort.field);
    const filters = conditionsOf(this.plan, query.filters);
    const found = new Map<string, Place & { readonly row: Row }>();
    for (let phase = place?.phase ?? 0; phase < phases.length; phase++) {
      const { condition, empty } = phases[phase] as Phase;
      for (const stretch of stretchesOf(this.plan, query, empty, place?.phase === phase ? place : null)) {
        const missing = query.limit + 1 - found.size;
        if (missing <= 0) break;
        const documents = await reaching(() =>
          this.rows
            .find(every([...filters, stretch.condition, condition]), { projection: { row: 1, [path]: 1 } })
            .sort(stretch.sort)
            .limit(missing)
            .toArray(),
        );
        for (const document of documents) {
          const row = rowIn(document);
          // A row that moves on while the page is read stands where it was met first.
          if (row && !found.has(row.id))
            found.set(row.id, { phase, id: row.id, value: valueAt(document, query.sort.field), row });
        }
      }
    }
    const page = [...found.values()].slice(0, query.limit);
    const last = page.at(-1);
    return { rows: page.map(({ row }) => row), next: last && found.size > query.limit ? writeCursor(query, last) : null };
  }

  async count(query: Aggregate): Promise<number> {
    const search = await this.searchOf(query);
    return this.countOf([...conditionsOf(this.plan, query.filters), ...(search ? [search.all] : [])]);
  }

  /** One count each, at once: conditions within a sum are not known everywhere. */
  async tally(query: Aggregate, tallies: Readonly<Record<string, Tally>>): Promise<Record<string, number>> {
    const search = await this.searchOf(query);
    const set = [...conditionsOf(this.plan, query.filters), ...(search ? [search.all] : [])];
    const values = Object.entries(tallies).map(async ([name, tally]) => {
      const value = 'sum' in tally ? this.sumOf(set, tally.sum) : this.countOf([...set, ...conditionsOf(this.plan, tally.count)]);
      return [name, await value] as const;
    });
    return Object.fromEntries(await Promise.all(values));
  }

  async groups(query: Groups): Promise<Group[]> {
    const [by, label] = [fieldPath(query.by), fieldPath(query.label)];
    const condition = groupCondition(this.plan, query);
    const pipeline = [{ $match: condition }, { $group: { _id: { by: `$${by}`, label: `$${label}` }, found: { $sum: 1 } } }];
    const found = await reaching(() => this.rows.aggregate<Counted>(pipeline).toArray());
    const named = groupsIn(found).slice(0, query.limit);
    return Promise.all(
      named.map(async (group) => {
        const one = await reaching(() => this.rows.findOne(every([condition, { [by]: group.by, [label]: group.label }])));
        const name = one && rowIn(one)?.[query.label];
        return { label: typeof name === 'string' ? name : '', rows: group.rows };
      }),
    );
  }

  /** The parts of an order, one after the other: ranks of the search, and in each the rows without a sort value last. */
  private async phasesOf(query: Find): Promise<Phase[]> {
    const search = await this.searchOf(query);
    const empties = query.sort.field === 'id' ? [false] : [false, true];
    return (search?.ranks ?? [{}]).flatMap((condition) => empties.map((empty) => ({ condition, empty })));
  }

  private searchOf(query: Aggregate): Promise<SearchConditions | null> {
    return searchConditions(this.plan, query, this.narrowIn(query));
  }

  /** A server looks for one entry of a list, and compares the others row by row: the rarest one goes first. */
  private narrowIn({ filters }: Aggregate): Narrow {
    const tenant = filters.filter(({ op, field }) => op === 'eq' && field === this.plan.search?.tenant);
    const within = conditionsOf(this.plan, tenant);
    return async (parts) => {
      if (parts.length < 2) return parts;
      const counted = await Promise.all(
        parts.map(async (part) => ({ part, found: await this.countOf([...within, ...soughtIn([part])], RARE) })),
      );
      const rare = counted.filter(({ found }) => found < RARE).sort((one, other) => one.found - other.found);
      return rare.length > 0 ? rare.slice(0, RAREST).map(({ part }) => part) : parts;
    };
  }

  private countOf(conditions: readonly Condition[], limit?: number): Promise<number> {
    return reaching(() => this.rows.countDocuments(every(conditions), limit === undefined ? {} : { limit }));
  }

  private async sumOf(conditions: readonly Condition[], field: string): Promise<number> {
    kindOf(this.plan, field);
    const pipeline = [{ $match: every(conditions) }, { $group: { _id: null, sum: { $sum: `$${fieldPath(field)}` } } }];
    const [found] = await reaching(() => this.rows.aggregate<{ sum: number }>(pipeline).toArray());
    return found?.sum ?? 0;
  }
}

interface Counted {
  readonly _id: { readonly by: string; readonly label?: string | null };
  readonly found: number;
}

/** Names of one value come together under the least of them. */
function groupsIn(counted: readonly Counted[]): { by: string; label: string | null; rows: number }[] {
  const groups = new Map<string, { by: string; label: string | null; rows: number }>();
  for (const { _id, found } of counted) {
    const { by, label = null } = _id;
    const group = groups.get(by) ?? { by, label, rows: 0 };
    const least = group.label === null || (label !== null && label < group.label) ? label : group.label;
    groups.set(by, { by, label: least, rows: group.rows + found });
  }
  return [...groups.values()].sort((one, other) => compare(one.label ?? '', other.label ?? '') || compare(one.by, other.by));
}

const compare = (one: string, other: string): number => Buffer.compare(Buffer.from(one), Buffer.from(other));

const valueAt = (document: RowDocument, field: string): SqlValue =>
  field === 'id' ? document._id : (document.f?.[field] ?? null);
