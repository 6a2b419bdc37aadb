import { Controller } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { answer, Ctx, Endpoint, Input, type Answer, type InputOf, type RequestContext } from '#http';
import { refuse, Refusal, refuseField } from '#kernel';
import { can } from '#policy';
import { AccountAnswers } from './account.answers.js';
import { accountIdOf, targetOf } from './account-commands.js';
import { Accounts } from './accounts.js';
import { wantedTarget } from './accounts.dto.js';
import { ChangeAccount, type AccountOutcome } from './change-account.js';
import * as dto from './invitations.dto.js';
import { invitationOf } from './invitations.projection.js';
import { ListAllocations, ListInvitations, ListTimers, ReadInvitation } from './invitation.queries.js';
import { NewAccounts } from './new-account.js';

/** Why an invitation is not sent again, but made anew. */
const ENDED: ReadonlySet<string> = new Set(['invitation-expired', 'invitation-revoked']);

/** Invitations, and what follows from them by itself. */
@Controller()
export class InvitationsController {
  constructor(
    private readonly bus: CommandBus,
    private readonly queries: QueryBus,
    private readonly accounts: Accounts,
    private readonly answers: AccountAnswers,
    private readonly wanted: NewAccounts,
  ) {}

  @Endpoint(dto.inviteAccount)
  async invite(@Input() { body }: InputOf<typeof dto.inviteAccount>, @Ctx() request: RequestContext): Promise<Answer> {
    const context = request.command();
    const id = accountIdOf(context.commandId);
    const account = await this.wanted.from(context.workspace, body, context.begunAt);
    const via = await this.wanted.mailVia(context.workspace);
    const outcome = await this.bus.execute(
      new ChangeAccount(id, { type: 'Invite', account, invitation: invitationOf(id), via }, context),
    );
    return this.answers.invitation(context.workspace, id, outcome, 201);
  }

  @Endpoint(dto.listInvitations)
  async list(@Input() { query }: InputOf<typeof dto.listInvitations>, @Ctx() request: RequestContext): Promise<Answer> {
    const { items, next, position } = await this.queries.execute(new ListInvitations(pagedOf(query, request), query.state));
    return answer(200, { items, next }, { position });
  }

  @Endpoint(dto.readInvitation)
  async read(@Input() { params }: InputOf<typeof dto.readInvitation>, @Ctx() request: RequestContext): Promise<Answer> {
    const { view, revision, position } = await this.queries.execute(new ReadInvitation(params.id, request.minPosition));
    return answer(200, view, { etag: revision, position });
  }

  /** A pending one gets another link; an expired or revoked one takes the data again and becomes a new invitation. */
  @Endpoint(dto.resendInvitation)
  async resend(@Input() { body }: InputOf<typeof dto.resendInvitation>, @Ctx() request: RequestContext): Promise<Answer> {
    const context = request.command();
    const { workspace } = context;
    const old = targetOf(request.target);
    const { state } = await this.accounts.load(workspace, old);
    const via = await this.wanted.mailVia(workspace);
    const again =
      state.phase === 'released' ? null : await this.sendAgain(new ChangeAccount(old, { type: 'Resend', via }, context));
    if (again) return this.answers.invitation(workspace, old, again, 200);
    const { email, role = 'user', test = false } = body;
    if (email === undefined) throw refuseField('/email', 'required', 'is needed: the data of the old invitation is gone');
    const verdict = request.principal && can(request.principal, 'accounts:invite', wantedTarget(body));
    if (verdict) throw verdict;
    const id = accountIdOf(context.commandId);
    const account = await this.wanted.from(workspace, { ...body, email, role, test });
    const outcome = await this.bus.execute(
      new ChangeAccount(id, { type: 'Invite', account, invitation: invitationOf(id), via }, context),
    );
    return this.answers.invitation(workspace, id, outcome, 201);
  }

  /** Null where the invitation has ended since it was looked at. */
  private async sendAgain(resend: ChangeAccount): Promise<AccountOutcome | null> {
    try {
      return await this.bus.execute(resend);
    } catch (error) {
      if (error instanceof Refusal && ENDED.has(error.code)) return null;
      throw error;
    }
  }

  @Endpoint(dto.revokeInvitation)
  async revoke(@Ctx() request: RequestContext): Promise<Answer> {
    const id = targetOf(request.target);
    const outcome = await this.bus.execute(new ChangeAccount(id, { type: 'Revoke' }, request.command()));
    return this.answers.nothing(request.workspace, id, outcome);
  }

  @Endpoint(dto.listTimers)
  async timers(@Input() { query }: InputOf<typeof dto.listTimers>, @Ctx() request: RequestContext): Promise<Answer> {
    const { items, next, position } = await this.queries.execute(new ListTimers(pagedOf(query, request)));
    return answer(200, { items, next }, { position });
  }

  @Endpoint(dto.listAllocations)
  async allocations(@Input() { query }: InputOf<typeof dto.listAllocations>, @Ctx() request: RequestContext): Promise<Answer> {
    const { items, next, position } = await this.queries.execute(new ListAllocations(pagedOf(query, request)));
    return answer(200, { items, next }, { position });
  }
}

function pagedOf({ limit, cursor }: { limit: number; cursor?: string }, { workspace, minPosition, principal }: RequestContext) {
  if (!principal) throw refuse('unauthenticated');
  return { workspace, minPosition, limit, ...(cursor === undefined ? {} : { cursor }) };
}
