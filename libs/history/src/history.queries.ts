import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import type { Position } from '#event-store';
import { Reads } from '#http';
import { HistoryEntries, type Entry, type Reader } from './history.entries.js';
import { HistorySearch, type HistoryFilter } from './history.search.js';

/** Entries, and the names in them. */
const PROJECTIONS = ['history', 'accounts'];

export interface HistoryRequest {
  readonly workspace: string;
  /** Null: the history of the whole workspace. */
  readonly account: string | null;
  readonly filter: HistoryFilter;
  /** 1–200. */
  readonly limit: number;
  /** Only entries before this one: the last of the page before. */
  readonly before?: Position;
  readonly reader: Reader;
  /** How fresh the answer must be; 0 for as it comes. */
  readonly minPosition: Position;
}

export interface HistoryPage {
  /** Newest first. */
  readonly items: readonly Entry[];
  /** `before` of the next page; null on the last one. */
  readonly next: Position | null;
  /** How fresh the page is. */
  readonly position: Position;
}

/** One page of a history. Rejects with `read-model-behind` where the read models do not get as far as is asked for. */
export class ReadHistory extends Query<HistoryPage> {
  constructor(readonly request: HistoryRequest) {
    super();
  }
}

@QueryHandler(ReadHistory)
export class ReadHistoryHandler implements IQueryHandler<ReadHistory> {
  constructor(
    private readonly reads: Reads,
    private readonly search: HistorySearch,
    private readonly entries: HistoryEntries,
  ) {}

  async execute({ request }: ReadHistory): Promise<HistoryPage> {
    const { workspace, account, filter, limit, reader } = request;
    const position = await this.reads.fresh(PROJECTIONS, request.minPosition);
    // Nothing is shown that the names are not up to: else somebody new would look like somebody deleted.
    const before = Math.min(request.before ?? Infinity, position + 1);
    const { rows, more } = await this.search.page({ workspace, account, before, limit }, filter);
    const items = await this.entries.of(rows, reader);
    return { items, next: more ? (items.at(-1)?.position ?? null) : null, position };
  }
}
