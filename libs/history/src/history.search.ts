import { Inject, Injectable } from '@nestjs/common';
import { ACCOUNT_LIST } from '#accounts';
import { READ_STORE } from '#commands';
import type { Position } from '#event-store';
import { PLATFORM, type Instant } from '#kernel';
import type { Filter, ReadStore, Row } from '#read-store';
import { entryId, type EntryRow } from './history.projection.js';
import { kindsLike, reasonsLike } from './history.words.js';

export interface HistoryFilter {
  readonly actor?: string;
  readonly subject?: string;
  readonly kinds?: readonly string[];
  /** Included. */
  readonly from?: Instant;
  /** Excluded. */
  readonly to?: Instant;
  /** Part of a kind, of a code, or of a person's present name or email. */
  readonly search?: string;
}

export interface HistoryPlace {
  readonly workspace: string;
  /** Only entries of this account's history. */
  readonly account: string | null;
  /** Only entries before this position. */
  readonly before: Position;
  /** 1–200. */
  readonly limit: number;
}

const ENTRIES = 'history/entries';
const LINKS = 'history/links';

/** More people than these are not looked for. */
const PEOPLE = 200;

/** Finds the rows of a page, newest first. */
@Injectable()
export class HistorySearch {
  constructor(@Inject(READ_STORE) private readonly store: ReadStore) {}

  async page(place: HistoryPlace, filter: HistoryFilter): Promise<{ rows: EntryRow[]; more: boolean }> {
    const common = filtersOf(place, filter);
    const text = filter.search?.trim() ?? '';
    const ways = text === '' ? [[]] : await this.waysOf(place.workspace, text);
    const sort = { field: 'position', descending: true };
    const { limit } = place;
    const finds = sourcesOf(place).flatMap(({ collection, filters }) =>
      ways.map((way) => ({ collection, filters: [...common, ...filters, ...way], sort, limit })),
    );
    const pages = await Promise.all(finds.map((find) => this.store.find(find)));
    const found = new Map(pages.flatMap(({ rows }) => rows).map((row) => [Number(row['position']), row]));
    const newest = [...found].sort(([a], [b]) => b - a).map(([, row]) => row);
    const more = newest.length > limit || pages.some(({ next }) => next !== null);
    return { rows: await this.entriesOf(newest.slice(0, limit)), more };
  }

  /** A link names its entry; an entry is what it is. */
  private async entriesOf(rows: readonly Row[]): Promise<EntryRow[]> {
    const linked = rows.filter(isLink).map((row) => entryId(Number(row['position'])));
    const entries = linked.length === 0 ? null : await this.store.getMany(ENTRIES, linked);
    return rows.flatMap((row) => (isLink(row) ? (entries?.get(entryId(Number(row['position']))) ?? []) : row)).map(asEntry);
  }

  /** The ways in which a text can match an entry: each is a page of its own, and the newest of all are shown. */
  private async waysOf(workspace: string, text: string): Promise<Filter[][]> {
    const people = await this.peopleLike(workspace, text);
    const lists: [field: string, values: readonly string[]][] = [
      ['kind', kindsLike(text)],
      ['reason', reasonsLike(text)],
      ['result', [text.toLowerCase()]],
      ['actor', people],
      ['subject', people],
    ];
    return lists.filter(([, values]) => values.length > 0).map(([field, values]) => [{ field, op: 'in', values }]);
  }

  /** Accounts of the workspace, and operators, whose present name or email has every word of the text. */
  private async peopleLike(workspace: string, text: string): Promise<string[]> {
    const sort = { field: 'createdAt', descending: true };
    const pages = await Promise.all(
      [...new Set([workspace, PLATFORM])].map((value) =>
        this.store.find({
          collection: ACCOUNT_LIST,
          filters: [{ field: 'workspace', op: 'eq', value }],
          search: text,
          sort,
          limit: PEOPLE,
        }),
      ),
    );
    const words = plain(text).split(/\s+/);
    const named = (row: Row): boolean => {
      const names = plain([row['fullName'], row['email']].filter((name) => typeof name === 'string').join(' '));
      return words.every((word) => names.includes(word));
    };
    return pages.flatMap(({ rows }) => rows.filter(named).map(({ id }) => id));
  }
}

/** Where the entries of a history are: an account is the subject of its own, or stands beside one. */
function sourcesOf({ account }: HistoryPlace): { collection: string; filters: Filter[] }[] {
  if (account === null) return [{ collection: ENTRIES, filters: [] }];
  return [
    { collection: ENTRIES, filters: [{ field: 'subject', op: 'eq', value: account }] },
    { collection: LINKS, filters: [{ field: 'account', op: 'eq', value: account }] },
  ];
}

function filtersOf({ workspace, before }: HistoryPlace, { actor, subject, kinds, from, to }: HistoryFilter): Filter[] {
  const equal = (field: string, value: string | undefined): Filter[] => (value === undefined ? [] : [{ field, op: 'eq', value }]);
  return [
    ...equal('workspace', workspace),
    ...equal('actor', actor),
    ...equal('subject', subject),
    ...(kinds?.length === 1 ? equal('kind', kinds[0]) : []),
    ...(kinds && kinds.length > 1 ? [{ field: 'kind', op: 'in', values: kinds } as const] : []),
    ...(from === undefined && to === undefined ? [] : [{ field: 'at', op: 'range', from, to } as const]),
    { field: 'position', op: 'range', to: before },
  ];
}

const isLink = (row: Row): boolean => 'account' in row;
const asEntry = (row: Row): EntryRow => row as unknown as EntryRow;

/** Without case and accents. */
const plain = (text: string): string => text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
