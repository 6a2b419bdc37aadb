import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { AccountCommands } from './account-commands.js';
import { ChangeAccount, type AccountOutcome } from './change-account.js';

@CommandHandler(ChangeAccount)
export class ChangeAccountHandler implements ICommandHandler<ChangeAccount> {
  constructor(private readonly commands: AccountCommands) {}

  execute(change: ChangeAccount): Promise<AccountOutcome> {
    return this.commands.run(change);
  }
}
