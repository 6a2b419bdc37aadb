import { CommandBus } from '@nestjs/cqrs';
import { AccountErasure, Accounts, ChangeAccount, exists } from '#accounts';
import { systemContext } from '#commands';
import type { Erased } from '#profile';
import type { Application } from './application.js';

/** Erasures that are under way at once: they share commits. */
const AT_ONCE = 32;

/**
 * COR-28: nobody who was erased after a backup comes back with it. Who lives in the log is deleted once more, so that addresses and places are
 * free again; keys, credentials and API keys of all go. Gives how many lived.
 */
export async function eraseAgain({ app, parts }: Application, erased: readonly Erased[]): Promise<number> {
  const accounts = app.get(Accounts, { strict: false });
  const bus = app.get(CommandBus, { strict: false });
  const erasure = app.get(AccountErasure, { strict: false });
  let next = 0;
  let lived = 0;
  const one = async ({ workspace, account }: Erased): Promise<void> => {
    if (exists((await accounts.load(workspace, account)).state)) {
      const command = { type: 'Delete', confirm: '', reason: null, again: true } as const;
      await bus.execute(new ChangeAccount(account, command, systemContext(workspace, parts.ids())));
      lived++;
    }
    await erasure.erase(workspace, account);
  };
  const worker = async (): Promise<void> => {
    for (let each = erased[next++]; each; each = erased[next++]) await one(each);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return lived;
}
