import { Controller } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { answer, Ctx, decodePosition, encodePosition, Endpoint, Input, type Answer } from '#http';
import type { InputOf, RequestContext } from '#http';
import { refuse, refuseField } from '#kernel';
import { isStaff } from '#policy';
import type { Entry, Reader } from './history.entries.js';
import { ReadHistory } from './history.queries.js';
import { accountHistory, historyKinds, workspaceHistory } from './history.routes.js';
import { KINDS } from './history.words.js';

type HistoryInput = InputOf<typeof workspaceHistory>['query'];

@Controller()
export class HistoryController {
  constructor(private readonly queries: QueryBus) {}

  @Endpoint(historyKinds)
  kinds(): Answer {
    return answer(200, { items: KINDS });
  }

  @Endpoint(workspaceHistory)
  ofWorkspace(@Input() { query }: InputOf<typeof workspaceHistory>, @Ctx() context: RequestContext): Promise<Answer> {
    return this.page(null, query, context);
  }

  @Endpoint(accountHistory)
  ofAccount(@Input() { params, query }: InputOf<typeof accountHistory>, @Ctx() context: RequestContext): Promise<Answer> {
    return this.page(params.id, query, context);
  }

  private async page(account: string | null, input: HistoryInput, context: RequestContext): Promise<Answer> {
    const { limit, cursor, kind, ...filter } = input;
    const { items, next, position } = await this.queries.execute(
      new ReadHistory({
        workspace: context.workspace,
        account,
        filter: { ...filter, ...(kind ? { kinds: kind } : {}) },
        limit,
        ...(cursor === undefined ? {} : { before: placeOf(cursor) }),
        reader: readerOf(context),
        minPosition: context.minPosition,
      }),
    );
    return answer(200, { items: items.map(shown), next: next === null ? null : encodePosition(next) }, { position });
  }
}

const shown = (entry: Entry) => ({ ...entry, position: encodePosition(entry.position) });

function placeOf(cursor: string): number {
  const place = decodePosition(cursor);
  if (place === null) throw refuseField('?cursor', 'invalid-value', 'is not a cursor of this list');
  return place;
}

/** Whoever is logged in as a customer sees what the customer sees. */
function readerOf({ principal }: RequestContext): Reader {
  if (!principal) throw refuse('unauthenticated');
  return { account: principal.account, staff: isStaff(principal.role) && principal.kind !== 'impersonation' };
}
