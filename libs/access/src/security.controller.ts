import { Controller, Inject, type OnModuleInit } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { AccountCommands, Accounts, ChangeAccount, type AccountOutcome } from '#accounts';
import { accessStream, accountStream, CommandRunner, type Outcome } from '#commands';
import { Ctx, Endpoint, Input, ReplayBook, type Answer, type InputOf, type RequestContext } from '#http';
import { refuseField } from '#kernel';
import type { AccessEvent } from './access.events.js';
import { onAccess } from './access-command.js';
import { accountAnswer } from './access.answers.js';
import type { Access } from './access.fold.js';
import { ACCESS, type AccessServices } from './access-services.js';
import * as dto from './security.dto.js';
import { callerOf } from './sessions.controller.js';

/** AUTH-4, AUTH-5: passwords, reset mails and locks of an account. */
@Controller()
export class SecurityController implements OnModuleInit {
  constructor(
    @Inject(ACCESS) private readonly access: AccessServices,
    private readonly bus: CommandBus,
    private readonly commands: AccountCommands,
    private readonly accounts: Accounts,
    private readonly runner: CommandRunner,
    private readonly replays: ReplayBook,
  ) {}

  onModuleInit(): void {
    this.replays.register(dto.setPassword, async (request, { id }) => {
      const outcome = await this.access.passwords.repeated(String(id), callerOf(request), request.command());
      return outcome && this.changed(String(id), request, outcome);
    });
    this.replays.register(dto.requirePasswordChange, async (request, { id }) => {
      const outcome = await this.commands.repeated(String(id), request.command());
      return outcome && this.changed(String(id), request, outcome);
    });
    for (const route of [dto.sendResetMail, dto.unlockAccount])
      this.replays.register(route, async (request, { id }) => {
        const outcome = await this.runner.replay(onAccess(String(id), request.command()));
        return outcome && this.noted(String(id), request, outcome);
      });
  }

  @Endpoint(dto.setPassword)
  async setPassword(@Input() { params, body }: InputOf<typeof dto.setPassword>, @Ctx() request: RequestContext): Promise<Answer> {
    const caller = callerOf(request);
    const context = request.command();
    const { password, currentPassword, requirePasswordChange } = body;
    if (params.id !== caller.account) {
      if (currentPassword !== undefined) throw refuseField('/currentPassword', 'unknown-field', 'is for the own password only');
      return this.changed(
        params.id,
        request,
        await this.access.passwords.setByStaff(params.id, password, requirePasswordChange, context),
      );
    }
    if (currentPassword === undefined) throw refuseField('/currentPassword', 'required', 'is needed for the own password');
    if (requirePasswordChange !== undefined)
      throw refuseField('/requirePasswordChange', 'unknown-field', 'is for the passwords of others only');
    return this.changed(params.id, request, await this.access.passwords.changeOwn(caller, currentPassword, password, context));
  }

  @Endpoint(dto.requirePasswordChange)
  async requireChange(
    @Input() { params }: InputOf<typeof dto.requirePasswordChange>,
    @Ctx() request: RequestContext,
  ): Promise<Answer> {
    const command = new ChangeAccount(params.id, { type: 'RequirePasswordChange' }, request.command());
    return this.changed(params.id, request, await this.bus.execute(command));
  }

  @Endpoint(dto.sendResetMail)
  async sendResetMail(@Input() { params }: InputOf<typeof dto.sendResetMail>, @Ctx() request: RequestContext): Promise<Answer> {
    return this.noted(params.id, request, await this.access.resets.send(params.id, request.command()));
  }

  @Endpoint(dto.unlockAccount)
  async unlock(@Input() { params }: InputOf<typeof dto.unlockAccount>, @Ctx() request: RequestContext): Promise<Answer> {
    return this.noted(params.id, request, await this.access.locks.lift(params.id, request.command()));
  }

  /** After a change of the account itself. */
  private changed(id: string, { workspace }: RequestContext, outcome: AccountOutcome): Answer {
    return accountAnswer(id, outcome.state, accountStream(workspace, id), outcome);
  }

  /** After what is no change of the account: it is as it was. */
  private async noted(id: string, { workspace }: RequestContext, outcome: Outcome<Access, AccessEvent>): Promise<Answer> {
    const { state } = await this.accounts.load(workspace, id);
    return accountAnswer(id, state, accessStream(workspace, id), outcome);
  }
}
