import { Inject } from '@nestjs/common';
import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { CLOCK } from '#commands';
import { EventLog, type Position } from '#event-store';
import { Reads } from '#http';
import { refuse, type Clock } from '#kernel';
import type { Filter } from '#read-store';
import { ACCOUNT_LIST, rowsAs } from './account.queries.js';
import type { AccountRow } from './accounts.projection.js';
import type { InvitationView } from './invitations.dto.js';
import type { InvitationRow } from './invitations.projection.js';
import type { TimerRow } from './timers.projection.js';

interface Paged {
  readonly workspace: string;
  readonly minPosition: Position;
  readonly limit: number;
  readonly cursor?: string;
}
interface Listed<Item> {
  readonly items: readonly Item[];
  readonly next: string | null;
  readonly position: Position;
}

const eq = (field: string, value: string | boolean): Filter => ({ field, op: 'eq', value });
const page = ({ limit, cursor }: Paged) => ({ limit, ...(cursor === undefined ? {} : { cursor }) });

export class ListInvitations extends Query<Listed<InvitationView>> {
  constructor(
    readonly paged: Paged,
    readonly states?: readonly string[],
  ) {
    super();
  }
}

@QueryHandler(ListInvitations)
export class ListInvitationsHandler implements IQueryHandler<ListInvitations> {
  constructor(private readonly reads: Reads) {}

  async execute({ paged, states }: ListInvitations) {
    const position = await this.reads.fresh(['accounts'], paged.minPosition);
    const filters: Filter[] = [eq('workspace', paged.workspace)];
    if (states) filters.push({ field: 'state', op: 'in', values: states });
    const sort = { field: 'invitedAt', descending: true };
    const { rows, next } = await this.reads.page({ collection: 'accounts/invitations', filters, sort, ...page(paged) });
    return { items: await shown(this.reads, rowsAs<InvitationRow>(rows)), next, position };
  }
}

export class ReadInvitation extends Query<{ view: InvitationView; revision: number; position: Position }> {
  constructor(
    readonly id: string,
    readonly minPosition: Position,
  ) {
    super();
  }
}

@QueryHandler(ReadInvitation)
export class ReadInvitationHandler implements IQueryHandler<ReadInvitation> {
  constructor(
    private readonly reads: Reads,
    private readonly log: EventLog,
  ) {}

  async execute({ id, minPosition }: ReadInvitation) {
    let position = await this.reads.fresh(['accounts'], minPosition);
    let row = await this.reads.store.get('accounts/invitations', id);
    if (!row) {
      position = await this.reads.fresh(['accounts'], await this.log.store.head());
      row = await this.reads.store.get('accounts/invitations', id);
    }
    if (!row) throw refuse('not-found');
    const [view] = await shown(this.reads, rowsAs<InvitationRow>([row]));
    return { view: view as InvitationView, revision: row['revision'] as number, position };
  }
}

async function shown(reads: Reads, rows: readonly (InvitationRow & { id: string })[]): Promise<InvitationView[]> {
  const inviters = rows.flatMap(({ invitedBy }) => (invitedBy === null ? [] : [invitedBy]));
  const names = await reads.store.getMany(ACCOUNT_LIST, [...new Set(inviters)]);
  return rows.map((row) => {
    const {
      id,
      account,
      email,
      fullName,
      role,
      plan,
      botSlots,
      test,
      testDays,
      state,
      invitedBy,
      invitedAt,
      expiresAt,
      sentCount,
      sentAt,
    } = row;
    const name = invitedBy === null ? null : ((names.get(invitedBy)?.['fullName'] as string | undefined) ?? null);
    return {
      id,
      accountId: account,
      email,
      fullName,
      role: role as InvitationView['role'],
      plan,
      botSlots,
      test,
      testDays,
      state,
      invitedBy: { id: invitedBy, fullName: name },
      invitedAt,
      expiresAt,
      sentCount,
      sentAt,
      delivery: {
        state: row.deliveryState,
        via: row.deliveryVia,
        ...(row.deliveryError === null ? {} : { error: row.deliveryError }),
      },
    };
  });
}

export class ListTimers extends Query<Listed<{ id: string; kind: string; subject: string; at: string }>> {
  constructor(readonly paged: Paged) {
    super();
  }
}

@QueryHandler(ListTimers)
export class ListTimersHandler implements IQueryHandler<ListTimers> {
  constructor(
    private readonly reads: Reads,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  async execute({ paged }: ListTimers) {
    const position = await this.reads.fresh(['accounts'], paged.minPosition);
    const { rows, next } = await this.reads.pageAt(this.clock(), paged.cursor, (from) => ({
      collection: 'accounts/timers',
      filters: [eq('workspace', paged.workspace), { field: 'at', op: 'range', from }],
      sort: { field: 'at', descending: false },
      limit: paged.limit,
    }));
    return { items: rowsAs<TimerRow>(rows).map(({ id, kind, subject, at }) => ({ id, kind, subject, at })), next, position };
  }
}

export class ListAllocations extends Query<
  Listed<{ accountId: string; email: string | null; botSlots: { allocated: number; used: number } }>
> {
  constructor(readonly paged: Paged) {
    super();
  }
}

@QueryHandler(ListAllocations)
export class ListAllocationsHandler implements IQueryHandler<ListAllocations> {
  constructor(private readonly reads: Reads) {}

  /** Accounts that hold slots of the pool, pending ones too. */
  async execute({ paged }: ListAllocations) {
    const position = await this.reads.fresh(['accounts'], paged.minPosition);
    const filters: Filter[] = [eq('workspace', paged.workspace), { field: 'botSlots', op: 'range', from: 1 }];
    const { rows, next } = await this.reads.page({
      collection: ACCOUNT_LIST,
      filters,
      sort: { field: 'botSlots', descending: true },
      ...page(paged),
    });
    const items = rowsAs<AccountRow>(rows).map(({ id, email, botSlots }) => ({
      accountId: id,
      email,
      botSlots: { allocated: botSlots, used: 0 },
    }));
    return { items, next, position };
  }
}
