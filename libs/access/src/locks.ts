import type { Accounts } from '#accounts';
import type { CommandContext, CommandRunner, Outcome } from '#commands';
import { refuse } from '#kernel';
import type { AccessEvent } from './access.events.js';
import { onAccess } from './access-command.js';
import type { Access } from './access.fold.js';
import type { Passwords } from './passwords.js';

/** AUTH-5: staff lift the lock that failed log-ins have put on an account. */
export class Locks {
  constructor(
    private readonly runner: CommandRunner,
    private readonly accounts: Accounts,
    private readonly passwords: Passwords,
  ) {}

  /** Failures with the account's addresses are forgotten, locked or not yet; only the lifting of a lock is an event. */
  async lift(account: string, context: CommandContext): Promise<Outcome<Access, AccessEvent>> {
    return this.runner.run<Access, AccessEvent>({
      ...onAccess(account, context),
      decide: async ({ lockedUntil }) => {
        const { state } = await this.accounts.load(context.workspace, account);
        if (state.phase === 'pending') throw refuse('account-pending');
        return { events: lockedUntil === null ? [] : [{ type: 'AccountUnlocked', data: {} }] };
      },
      settle: async () => this.passwords.forgive(context.workspace, await this.accounts.load(context.workspace, account)),
    });
  }
}
