import { Inject, Injectable } from '@nestjs/common';
import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { CLOCK, ownersStream, poolStream, Resources } from '#commands';
import type { Position } from '#event-store';
import { EventLog } from '#event-store';
import { Reads } from '#http';
import { refuse, type Clock } from '#kernel';
import { can, type Principal } from '#policy';
import type { Row } from '#read-store';
import { Workspaces, warningsOf, type Warning } from '#workspaces';
import { actionsOf, type ActionView } from './account-actions.js';
import {
  filtersOf,
  sortOf,
  soonFilters,
  statusFilters,
  summaryCounters,
  summaryFilters,
  summaryTallies,
  type ListField,
  type ListFilters,
} from './account-list.js';
import { commentsOf, readView, type AccountView } from './account.view.js';
import { statusOf } from './account.js';
import { Accounts } from './accounts.js';
import type { AccountRow } from './accounts.projection.js';

export const ACCOUNT_LIST = 'accounts/list';
type StoredRow = AccountRow & { id: string };

/** Fields of the list that a caller must name to get them. */
const ON_DEMAND: readonly ListField[] = ['actions', 'comments'];

/** Turns rows into what callers see: with names of others, time left, and, where asked for, actions and comments. */
@Injectable()
export class AccountReader {
  constructor(
    private readonly reads: Reads,
    private readonly accounts: Accounts,
    private readonly workspaces: Workspaces,
    private readonly resources: Resources,
    private readonly log: EventLog,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  async views(
    rows: readonly StoredRow[],
    workspace: string,
    principal: Principal,
    extras: { actions: boolean; comments: boolean },
  ): Promise<AccountView[]> {
    const makers = new Set(rows.flatMap(({ createdBy }) => (createdBy === null ? [] : [createdBy])));
    const names = await this.reads.store.getMany(ACCOUNT_LIST, [...makers]);
    const now = this.clock();
    const comments = extras.comments && can(principal, 'accounts:read-comments') === null;
    const actions = extras.actions ? await this.actions(rows, workspace, principal) : null;
    return rows.map((row) => ({
      ...readView(
        row,
        now,
        row.createdBy === null ? null : (names.get(row.createdBy)?.['fullName'] as string | null | undefined),
      ),
      ...(comments ? { comments: commentsOf(row) } : {}),
      ...(actions ? { actions: actions.get(row.id) ?? [] } : {}),
    }));
  }

  /** The row of one account; waits for it where the account is younger than the list. */
  async row(id: string): Promise<StoredRow> {
    const row = await this.reads.store.get(ACCOUNT_LIST, id);
    if (row) return rowAs<AccountRow>(row);
    await this.reads.fresh(['accounts'], await this.log.store.head());
    const later = await this.reads.store.get(ACCOUNT_LIST, id);
    if (!later) throw refuse('not-found');
    return rowAs<AccountRow>(later);
  }

  async warnings(workspace: string): Promise<{ warnings?: Warning[] }> {
    const facts = await this.workspaces.facts(workspace);
    const warnings = facts ? warningsOf(facts) : [];
    return warnings.length > 0 ? { warnings } : {};
  }

  private async actions(rows: readonly StoredRow[], workspace: string, principal: Principal): Promise<Map<string, ActionView[]>> {
    const facts = await this.workspaces.facts(workspace);
    const pool = await this.resources.load(poolStream(workspace));
    const mail = facts !== null && (await this.workspaces.transportFor(facts)) !== null;
    const base = {
      ...(await this.accounts.facts(workspace, this.log.store.now())),
      freeBotSlots: pool.capacity - pool.used,
      mail,
    };
    const settings = { managersMayImpersonate: facts?.settings.managersMayImpersonate ?? false };
    const owners = await this.resources.load(ownersStream(workspace));
    const actions = rows.map(async ({ id }) => {
      const { state } = await this.accounts.load(workspace, id);
      const isOwner = state.role === 'owner' && statusOf(state) === 'active';
      const lastOwner = isOwner && !(await this.accounts.anotherOwner(workspace, id, owners));
      return [id, actionsOf(principal, id, state, { ...base, lastOwner }, settings)] as const;
    });
    return new Map(await Promise.all(actions));
  }
}

export interface ListQuery extends ListFilters {
  readonly status?: readonly string[];
  readonly sort: string;
  readonly fields?: readonly ListField[];
  readonly limit: number;
  readonly cursor?: string;
}

/** Who asks, where, and how fresh the answer must be. */
export interface Asked {
  readonly workspace: string;
  readonly principal: Principal;
  readonly minPosition: Position;
}

export class ListAccounts extends Query<{ body: object; position: Position }> {
  constructor(
    readonly query: ListQuery,
    readonly asked: Asked,
  ) {
    super();
  }
}

@QueryHandler(ListAccounts)
export class ListAccountsHandler implements IQueryHandler<ListAccounts> {
  constructor(
    private readonly reads: Reads,
    private readonly reader: AccountReader,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  async execute({ query, asked }: ListAccounts) {
    const { workspace, principal, minPosition } = asked;
    const position = await this.reads.fresh(['accounts'], minPosition);
    const { rows, next } = await this.reads.pageAt(this.clock(), query.cursor, (now) => ({
      collection: ACCOUNT_LIST,
      filters: [...filtersOf(workspace, query, now), ...statusFilters(query.status)],
      sort: sortOf(query.sort),
      limit: query.limit,
      ...(query.search === undefined ? {} : { search: query.search }),
    }));
    const wants = (field: ListField): boolean => query.fields?.includes(field) === true;
    const extras = { actions: wants('actions'), comments: wants('comments') };
    const views = await this.reader.views(rowsAs<AccountRow>(rows), workspace, principal, extras);
    return {
      body: { items: views.map((view) => picked(view, query.fields)), next, ...(await this.reader.warnings(workspace)) },
      position,
    };
  }
}

/** The columns that were asked for, the id always; without a choice all but those that must be named. */
function picked(view: AccountView, fields: readonly ListField[] | undefined): object {
  const names: readonly string[] = fields
    ? ['id', ...fields]
    : Object.keys(view).filter((name) => !ON_DEMAND.includes(name as ListField));
  return Object.fromEntries(Object.entries(view).filter(([name]) => names.includes(name)));
}

export class SummarizeAccounts extends Query<{ body: object; position: Position }> {
  constructor(
    readonly query: ListFilters,
    readonly asked: Asked,
  ) {
    super();
  }
}

@QueryHandler(SummarizeAccounts)
export class SummarizeAccountsHandler implements IQueryHandler<SummarizeAccounts> {
  constructor(
    private readonly reads: Reads,
    private readonly reader: AccountReader,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  async execute({ query, asked }: SummarizeAccounts) {
    const { workspace, minPosition } = asked;
    const position = await this.reads.fresh(['accounts'], minPosition);
    const now = this.clock();
    const filtered = Object.values(query).some(
      (value) => value !== undefined && !(typeof value === 'string' && value.trim() === ''),
    );
    const cards = filtered ? await this.tallied(workspace, query, now) : await this.counted(workspace, now);
    const channels = { whatsapp: 0, webchat: 0, instagram: 0, total: 0 };
    const { total = 0, pending = 0 } = cards;
    return { body: { ...cards, created: total + pending, channels, ...(await this.reader.warnings(workspace)) }, position };
  }

  private tallied(workspace: string, query: ListFilters, now: string): Promise<Record<string, number>> {
    const search = query.search === undefined ? {} : { search: query.search };
    return this.reads.store.tally(
      { collection: ACCOUNT_LIST, filters: summaryFilters(workspace, query, now), ...search },
      summaryTallies(now),
    );
  }

  /** Without filters the cards stand in counters; only what time decides is counted. */
  private async counted(workspace: string, now: string): Promise<Record<string, number>> {
    const names = summaryCounters(workspace);
    const values = await this.reads.store.counters(ACCOUNT_LIST, Object.values(names));
    const card = (name: string): number => values[names[name] ?? ''] ?? 0;
    const expiringSoon = await this.reads.store.count({ collection: ACCOUNT_LIST, filters: soonFilters(workspace, now) });
    const [total, active, blocked, pending, test] = ['total', 'active', 'blocked', 'pending', 'test'].map(card) as [
      number,
      number,
      number,
      number,
      number,
    ];
    return { total, active, inactive: card('inactiveOnly') + blocked, blocked, pending, test, expiringSoon };
  }
}

export class ReadAccount extends Query<{ body: AccountView; position: Position }> {
  constructor(
    readonly id: string,
    readonly asked: Asked,
  ) {
    super();
  }
}

@QueryHandler(ReadAccount)
export class ReadAccountHandler implements IQueryHandler<ReadAccount> {
  constructor(
    private readonly reads: Reads,
    private readonly reader: AccountReader,
  ) {}

  async execute({ id, asked }: ReadAccount) {
    const { workspace, principal, minPosition } = asked;
    const position = await this.reads.fresh(['accounts'], minPosition);
    const [view] = await this.reader.views([await this.reader.row(id)], workspace, principal, { actions: true, comments: true });
    return { body: view as AccountView, position };
  }
}

/** A row as the type that its projection put there: the store knows JSON only. */
export const rowAs = <R>(row: Row): R & { id: string } => row as unknown as R & { id: string };
export const rowsAs = <R>(rows: readonly Row[]): readonly (R & { id: string })[] => rows.map((row) => rowAs<R>(row));
