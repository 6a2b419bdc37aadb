import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import type { Position } from '#event-store';
import { Reads } from '#http';
import { ACCOUNT_LIST, type Asked } from './account.queries.js';

export interface Company {
  readonly company: string;
  /** Listed accounts that the list's filter `company` finds under this name. */
  readonly accounts: number;
}

export class ListCompanies extends Query<{ items: readonly Company[]; position: Position }> {
  constructor(
    readonly query: { readonly search?: string; readonly limit: number },
    readonly asked: Pick<Asked, 'workspace' | 'minPosition'>,
  ) {
    super();
  }
}

@QueryHandler(ListCompanies)
export class ListCompaniesHandler implements IQueryHandler<ListCompanies> {
  constructor(private readonly reads: Reads) {}

  async execute({ query, asked }: ListCompanies) {
    const position = await this.reads.fresh(['accounts'], asked.minPosition);
    const groups = await this.reads.store.groups({
      collection: ACCOUNT_LIST,
      filters: [
        { field: 'workspace', op: 'eq', value: asked.workspace },
        { field: 'listed', op: 'eq', value: true },
      ],
      by: 'companyKey',
      label: 'company',
      limit: query.limit,
      ...(query.search === undefined ? {} : { part: query.search }),
    });
    return { items: groups.map(({ label, rows }) => ({ company: label, accounts: rows })), position };
  }
}
