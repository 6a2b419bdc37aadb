import { Controller } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { Ctx, Endpoint, Input, type Answer, type InputOf, type RequestContext } from '#http';
import { can } from '#policy';
import type { CommandContext } from '#commands';
import { AccountAnswers } from './account.answers.js';
import { AccountCommands, accountIdOf, targetOf } from './account-commands.js';
import type { AccountCommand } from './account.commands.js';
import * as dto from './accounts.dto.js';
import { ChangeAccount, type AccountOutcome } from './change-account.js';
import { NewAccounts } from './new-account.js';

/** Writes on accounts: each route is one command. */
@Controller()
export class AccountsController {
  constructor(
    private readonly bus: CommandBus,
    private readonly commands: AccountCommands,
    private readonly answers: AccountAnswers,
    private readonly wanted: NewAccounts,
  ) {}

  @Endpoint(dto.createAccount)
  async create(@Input() { body }: InputOf<typeof dto.createAccount>, @Ctx() request: RequestContext): Promise<Answer> {
    const context = request.command();
    const { workspace, begunAt } = context;
    const account = await this.wanted.from(workspace, body, begunAt);
    const passwordChangeRequired = await this.wanted.mustChange(workspace, body.requirePasswordChange, begunAt);
    const id = accountIdOf(context.commandId);
    const outcome = await this.withPassword(id, context, body.password, (credential) => ({
      type: 'Create',
      account,
      credential,
      passwordChangeRequired,
    }));
    return this.answers.account(workspace, id, outcome, 201);
  }

  @Endpoint(dto.activateAccount)
  async activate(@Input() { body }: InputOf<typeof dto.activateAccount>, @Ctx() request: RequestContext): Promise<Answer> {
    const context = request.command();
    const passwordChangeRequired = await this.wanted.mustChange(context.workspace, body.requirePasswordChange);
    const id = targetOf(request.target);
    const outcome = await this.withPassword(id, context, body.password, (credential) => ({
      type: 'Activate',
      credential,
      passwordChangeRequired,
    }));
    return this.answers.account(context.workspace, id, outcome);
  }

  /** An address of one's own is confirmed by a link first. */
  @Endpoint(dto.editAccount)
  async edit(@Input() { body }: InputOf<typeof dto.editAccount>, @Ctx() request: RequestContext): Promise<Answer> {
    const { email, attributes, ...changes } = body;
    const own = request.target?.id === request.principal?.account;
    return this.change(request, {
      type: 'Edit',
      changes: { ...changes, ...(attributes === undefined ? {} : { attributes: attributes ?? {} }) },
      ...(email === undefined ? {} : { email: { to: email, confirmed: !own } }),
    });
  }

  @Endpoint(dto.disableAccount)
  disable(@Input() { body }: InputOf<typeof dto.disableAccount>, @Ctx() request: RequestContext): Promise<Answer> {
    const { kind, reason, note = null, until = null } = body;
    return this.change(request, { type: 'Disable', kind, reason, note, until });
  }

  @Endpoint(dto.enableAccount)
  enable(@Ctx() request: RequestContext): Promise<Answer> {
    return this.change(request, { type: 'Enable' });
  }

  @Endpoint(dto.convertAccount)
  convert(@Input() { body }: InputOf<typeof dto.convertAccount>, @Ctx() request: RequestContext): Promise<Answer> {
    return this.change(request, { type: 'Convert', botSlots: body.botSlots });
  }

  @Endpoint(dto.extendAccount)
  extend(@Input() { body }: InputOf<typeof dto.extendAccount>, @Ctx() request: RequestContext): Promise<Answer> {
    return this.change(request, { type: 'Extend', testDays: body.testDays });
  }

  @Endpoint(dto.setStatus)
  status(@Input() { body }: InputOf<typeof dto.setStatus>, @Ctx() request: RequestContext): Promise<Answer> {
    const { status, reason, note = null, until = null } = body;
    return this.change(request, { type: 'SetStatus', status, reason, note, until });
  }

  @Endpoint(dto.setRole)
  role(@Input() { body }: InputOf<typeof dto.setRole>, @Ctx() request: RequestContext): Promise<Answer> {
    const { principal, target } = request;
    const verdict = principal && can(principal, 'accounts:set-role', { id: target?.id ?? null, role: body.role });
    if (verdict) throw verdict;
    return this.change(request, { type: 'SetRole', role: body.role });
  }

  @Endpoint(dto.assignPlan)
  plan(@Input() { body }: InputOf<typeof dto.assignPlan>, @Ctx() request: RequestContext): Promise<Answer> {
    return this.change(request, { type: 'AssignPlan', plan: body.plan, reason: body.reason ?? null });
  }

  @Endpoint(dto.setQuotas)
  quotas(@Input() { body }: InputOf<typeof dto.setQuotas>, @Ctx() request: RequestContext): Promise<Answer> {
    return this.change(request, { type: 'SetQuotas', quotas: body });
  }

  @Endpoint(dto.deleteAccount)
  delete(@Input() { body }: InputOf<typeof dto.deleteAccount>, @Ctx() request: RequestContext): Promise<Answer> {
    return this.remove(request, body);
  }

  @Endpoint(dto.postDeleteAccount)
  postDelete(@Input() { body }: InputOf<typeof dto.postDeleteAccount>, @Ctx() request: RequestContext): Promise<Answer> {
    return this.remove(request, body);
  }

  private async remove(request: RequestContext, { confirm, reason }: InputOf<typeof dto.deleteAccount>['body']): Promise<Answer> {
    const id = targetOf(request.target);
    const outcome = await this.bus.execute(
      new ChangeAccount(id, { type: 'Delete', confirm, reason: reason ?? null }, request.command()),
    );
    return this.answers.nothing(request.workspace, id, outcome);
  }

  private async change(request: RequestContext, command: AccountCommand): Promise<Answer> {
    const id = targetOf(request.target);
    const outcome = await this.bus.execute(new ChangeAccount(id, command, request.command()));
    return this.answers.account(request.workspace, id, outcome);
  }

  /** A password costs a hash: what would be refused is refused before it. */
  private async withPassword(
    id: string,
    context: CommandContext,
    password: string,
    command: (credential: string) => AccountCommand,
  ): Promise<AccountOutcome> {
    const foreseen = await this.commands.foresee(new ChangeAccount(id, command(''), context));
    if (context.dryRun) return foreseen;
    const credential = await this.commands.credential(context, password);
    return this.bus.execute(new ChangeAccount(id, command(credential.id), context, credential));
  }
}
