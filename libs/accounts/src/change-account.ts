import { Command } from '@nestjs/cqrs';
import type { CommandContext, Outcome } from '#commands';
import type { Account } from './account.js';
import type { AccountCommand } from './account.commands.js';
import type { AccountEvent } from './account.events.js';

export type AccountOutcome = Outcome<Account, AccountEvent>;

/** A password's hash that an event of the command will name. Written right before the event, taken back when the command is refused. */
export interface NewCredential {
  readonly id: string;
  readonly hash: string;
}

/** One command on one account, from a request, a timer or a script alike. Resolves with the account as the deciding event left it. */
export class ChangeAccount extends Command<AccountOutcome> {
  constructor(
    readonly account: string,
    readonly command: AccountCommand,
    readonly context: CommandContext,
    readonly credential?: NewCredential,
  ) {
    super();
  }
}
