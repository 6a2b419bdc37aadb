import { Inject, Injectable } from '@nestjs/common';
import {
  accountStream,
  CommandRunner,
  everythingKept,
  PASSWORDS,
  VAULT,
  type CommandContext,
  type Execution,
  type Folded,
} from '#commands';
import { NO_STREAM, type Revision } from '#event-store';
import { idFromUuid, refuse, uuid5 } from '#kernel';
import type { PasswordHasher, Vault } from '#vault';
import { AccountErasure } from './account-erasure.js';
import { decide } from './account.decider.js';
import type { Account } from './account.js';
import type { AccountCommand } from './account.commands.js';
import type { AccountEvent } from './account.events.js';
import { accountFold } from './account.fold.js';
import { Accounts } from './accounts.js';
import type { AccountOutcome, ChangeAccount, NewCredential } from './change-account.js';

const IDS = '9f1f6c0c-8f6c-5b43-8f0b-1f3f2f7d0a55';
/** Id of the account that a command makes: the same when it is repeated. */
export const accountIdOf = (commandId: string): string => idFromUuid(uuid5(`account/${commandId}`, IDS));
/** Of its own for every hash: another attempt at the same command has another one, and takes back only its own. */
const credentialIdOf = (commandId: string, hash: string): string => idFromUuid(uuid5(`credential/${commandId}/${hash}`, IDS));

const isAgain = (command: AccountCommand): boolean => command.type === 'Delete' && command.again === true;

type Running = Pick<Execution<Account, AccountEvent>, 'stream' | 'subject' | 'fold' | 'context'>;

/** Reads, decides, appends; what the events name is written before them, what they end is ended before the answer. */
@Injectable()
export class AccountCommands {
  constructor(
    private readonly runner: CommandRunner,
    private readonly accounts: Accounts,
    private readonly erasure: AccountErasure,
    @Inject(VAULT) private readonly vault: Vault,
    @Inject(PASSWORDS) private readonly passwords: PasswordHasher,
  ) {}

  run({ account, command, context, credential }: ChangeAccount, foreseen = false): Promise<AccountOutcome> {
    const { workspace } = context;
    const begins = command.type === 'Create' || command.type === 'Invite';
    return this.runner.run({
      ...this.running(account, context),
      optimistic: !begins && !credential,
      begins: begins && account === accountIdOf(context.commandId),
      foreseen,
      version: (state) => state.version,
      decide: async (state, now, holder) => {
        const decision = decide(
          state,
          command,
          await this.accounts.facts(workspace, now, foreseen ? context.begunAt : undefined),
        );
        return {
          events: decision.events,
          needs: await this.accounts.needs(workspace, account, decision),
          // Who is deleted once more may be unreadable already: then no address names what was taken.
          gives: isAgain(command) ? everythingKept(holder) : await this.accounts.gives(workspace, decision),
        };
      },
      ...(begins || credential ? { prepare: () => this.prepare(account, begins, credential) } : {}),
      ...(credential ? { discard: () => this.discard(account, context, credential) } : {}),
      settle: (folded, since) => this.settle(account, context, folded, since),
    });
  }

  /** The outcome of a keyed command that was done before, with all steps after its event done again; null for a new one. */
  async repeated(account: string, context: CommandContext): Promise<AccountOutcome | null> {
    const running = this.running(account, context);
    const outcome = await this.runner.replay(running);
    if (outcome) await this.settle(account, context, await this.accounts.load(context.workspace, account), null);
    return outcome;
  }

  /** A hash of a password for the event of this command to name. */
  async credential(context: CommandContext, password: string): Promise<NewCredential> {
    const hash = await this.passwords.hash(password);
    return { id: credentialIdOf(context.commandId, hash), hash };
  }

  /** Refuses cheaply what would be refused, before a password is hashed for it. */
  async foresee(change: ChangeAccount): Promise<AccountOutcome> {
    return this.run({ ...change, context: { ...change.context, dryRun: true } }, !change.context.dryRun);
  }

  private running(account: string, context: CommandContext): Running {
    return { stream: accountStream(context.workspace, account), subject: account, fold: accountFold, context };
  }

  private async prepare(account: string, begins: boolean, credential?: NewCredential): Promise<void> {
    if (begins) await this.vault.keys.insert(account);
    if (credential) await this.vault.credentials.insert({ ...credential, account });
  }

  /** A credential that an event names already (the command was done by another attempt) stays. */
  private async discard(account: string, { workspace }: CommandContext, credential: NewCredential): Promise<void> {
    const { state } = await this.accounts.load(workspace, account);
    if (state.credential !== credential.id) await this.vault.credentials.remove(credential.id);
  }

  /** COR-7: whoever is stopped is stopped before the answer; what was opened since is left alone. */
  private async settle(
    account: string,
    { workspace }: CommandContext,
    { state }: Folded<Account>,
    since: Revision | null,
  ): Promise<void> {
    const stream = accountStream(workspace, account);
    const due = (revision: Revision): boolean => revision > (since ?? NO_STREAM);
    if (due(state.ended.revision)) await this.vault.sessions.end(stream, state.ended.revision, state.ended.except ?? undefined);
    if (due(state.barred.revision)) await this.vault.apiKeys.bar(stream, state.barred.revision, state.barred.barred);
    if (accountFold.gone(state)) await this.erasure.erase(workspace, account);
  }
}

/** The account that a route is about, which the guard has found. */
export function targetOf(target: { readonly id: string | null } | null): string {
  if (!target?.id) throw refuse('not-found');
  return target.id;
}
