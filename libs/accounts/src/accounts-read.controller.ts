import { Controller } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { answer, Ctx, Endpoint, Input, type Answer, type InputOf, type RequestContext } from '#http';
import { refuse } from '#kernel';
import { targetOf } from './account-commands.js';
import * as dto from './accounts.dto.js';
import { ListAccounts, ReadAccount, SummarizeAccounts } from './account.queries.js';
import { listCompanies } from './companies.dto.js';
import { ListCompanies } from './companies.queries.js';

/** The list, its summary, the companies in it, and single accounts. */
@Controller()
export class AccountsReadController {
  constructor(private readonly queries: QueryBus) {}

  @Endpoint(dto.listAccounts)
  async list(@Input() { query }: InputOf<typeof dto.listAccounts>, @Ctx() request: RequestContext): Promise<Answer> {
    const { body, position } = await this.queries.execute(new ListAccounts(query, asked(request)));
    return answer(200, body, { position });
  }

  @Endpoint(dto.summarizeAccounts)
  async summary(@Input() { query }: InputOf<typeof dto.summarizeAccounts>, @Ctx() request: RequestContext): Promise<Answer> {
    const { body, position } = await this.queries.execute(new SummarizeAccounts(query, asked(request)));
    return answer(200, body, { position });
  }

  @Endpoint(listCompanies)
  async companies(@Input() { query }: InputOf<typeof listCompanies>, @Ctx() request: RequestContext): Promise<Answer> {
    const { items, position } = await this.queries.execute(new ListCompanies(query, asked(request)));
    return answer(200, { items }, { position });
  }

  @Endpoint(dto.readAccount)
  async read(@Ctx() request: RequestContext): Promise<Answer> {
    const { body, position } = await this.queries.execute(new ReadAccount(targetOf(request.target), asked(request)));
    return answer(200, body, { etag: body.revision, position });
  }
}

/** Who asks, where, and how fresh the answer must be. */
export function asked({ workspace, principal, minPosition }: RequestContext) {
  if (!principal) throw refuse('unauthenticated');
  return { workspace, principal, minPosition };
}
