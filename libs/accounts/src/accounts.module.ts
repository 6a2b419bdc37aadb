import { Global, Module, type OnModuleInit } from '@nestjs/common';
import { CqrsModule } from '@nestjs/cqrs';
import { JOBS, MAILER, Resources, StreamLoader, VAULT } from '#commands';
import { EventLog, type Snapshots } from '#event-store';
import { ReplayBook, Targets, type Answer, type FoundTarget, type RequestContext, type Route } from '#http';
import type { Jobs } from '#jobs';
import type { Mailer } from '#mail';
import type { Target } from '#policy';
import type { Vault } from '#vault';
import { OWNER_RULES, Workspaces } from '#workspaces';
import { AccountAnswers } from './account.answers.js';
import { AccountCommands, accountIdOf } from './account-commands.js';
import { AccountErasure } from './account-erasure.js';
import { exists } from './account.js';
import { AccountReader, ListAccountsHandler, ReadAccountHandler, SummarizeAccountsHandler } from './account.queries.js';
import { Accounts } from './accounts.js';
import { AccountsController } from './accounts.controller.js';
import { AccountsReadController } from './accounts-read.controller.js';
import * as accountRoutes from './accounts.dto.js';
import { AddressBook } from './address-book.js';
import { ChangeAccountHandler } from './change-account.handler.js';
import type { AccountOutcome } from './change-account.js';
import { ListCompaniesHandler } from './companies.queries.js';
import { Deadlines } from './deadlines.js';
import { ERASURE_LEDGER, type ErasureLedger } from './erasure-ledger.port.js';
import { InvitationMailer } from './invitation-mailer.js';
import { InvitationsController } from './invitations.controller.js';
import * as invitationRoutes from './invitations.dto.js';
import { invitedAccount } from './invitations.projection.js';
import {
  ListAllocationsHandler,
  ListInvitationsHandler,
  ListTimersHandler,
  ReadInvitationHandler,
} from './invitation.queries.js';
import { NewAccounts } from './new-account.js';
import { CreateWorkspaceOwnerHandler, OwnersRules } from './workspace-owner.handler.js';

/** Folds kept beside the log; composition provides them. */
export const SNAPSHOTS = Symbol('Snapshots');

const isAccountId = (id: string): boolean => /^[0-9a-f]{32}$/.test(id);

/** Accounts, their invitations and timers. Composition provides the ports of `#commands`, `EventLog`, `CommandRunner`, `StreamLoader`, `Resources`, `SNAPSHOTS` and `ERASURE_LEDGER`. */
@Global()
@Module({
  imports: [CqrsModule],
  controllers: [AccountsController, AccountsReadController, InvitationsController],
  providers: [
    {
      provide: AddressBook,
      inject: [VAULT, Resources, EventLog, StreamLoader],
      useFactory: (vault: Vault, resources: Resources, log: EventLog, loader: StreamLoader) =>
        new AddressBook(vault.secrets, resources, log, loader),
    },
    {
      provide: Accounts,
      inject: [StreamLoader, AddressBook, Workspaces],
      useFactory: (loader: StreamLoader, book: AddressBook, workspaces: Workspaces) => new Accounts(loader, book, workspaces),
    },
    {
      provide: AccountErasure,
      inject: [VAULT, SNAPSHOTS, MAILER, JOBS, EventLog, ERASURE_LEDGER],
      useFactory: (vault: Vault, snapshots: Snapshots, mailer: Mailer, jobs: Jobs, { store }: EventLog, ledger: ErasureLedger) =>
        new AccountErasure(vault, snapshots, mailer, jobs, () => store.now(), ledger),
    },
    { provide: AccountAnswers, inject: [Resources], useFactory: (resources: Resources) => new AccountAnswers(resources) },
    { provide: OWNER_RULES, useClass: OwnersRules },
    AccountCommands,
    AccountReader,
    NewAccounts,
    Deadlines,
    InvitationMailer,
    ChangeAccountHandler,
    CreateWorkspaceOwnerHandler,
    ListAccountsHandler,
    SummarizeAccountsHandler,
    ReadAccountHandler,
    ListCompaniesHandler,
    ListInvitationsHandler,
    ReadInvitationHandler,
    ListTimersHandler,
    ListAllocationsHandler,
  ],
  exports: [Accounts, AccountCommands, AccountErasure, AccountReader, Deadlines, InvitationMailer, AddressBook, OWNER_RULES],
})
export class AccountsModule implements OnModuleInit {
  constructor(
    private readonly targets: Targets,
    private readonly replays: ReplayBook,
    private readonly accounts: Accounts,
    private readonly commands: AccountCommands,
    private readonly answers: AccountAnswers,
  ) {}

  onModuleInit(): void {
    this.targets.register('account', (id, workspace, optimistic) =>
      optimistic ? this.remembered(id, workspace) : this.target(id, workspace, false),
    );
    this.targets.register('invitation', (id, workspace) => this.target(invitedAccount(id) ?? '', workspace, true));
    this.answerRepeats();
  }

  /** The account by the write side; of invitations also one that is over. */
  private async target(id: string, workspace: string, invited: boolean): Promise<Target | null> {
    if (!isAccountId(id)) return null;
    const { state } = await this.accounts.load(workspace, id);
    const found = invited ? state.invitation !== null : exists(state);
    return found ? { id, role: state.role } : null;
  }

  /** As `target`, read only where nothing is remembered that the caller could act on. */
  private async remembered(id: string, workspace: string): Promise<FoundTarget | null> {
    const known = isAccountId(id) ? this.accounts.remembered(workspace, id) : null;
    if (!known || !exists(known.state)) return this.target(id, workspace, false);
    return { id, role: known.state.role, rememberedAt: known.revision };
  }

  /** Keyed commands that were done answer as they did then, before anything else is looked at. */
  private answerRepeats(): void {
    type Show = (workspace: string, id: string, outcome: AccountOutcome) => Promise<Answer>;
    const account: Show = (workspace, id, outcome) => this.answers.account(workspace, id, outcome);
    const nothing: Show = (workspace, id, outcome) => this.answers.nothing(workspace, id, outcome);
    const repeat = (route: Route, idOf: (context: RequestContext, id: string) => string, show: Show): void =>
      this.replays.register(route, async (context, { id }) => {
        const found = idOf(context, String(id));
        const outcome = await this.commands.repeated(found, context.command());
        return outcome && show(context.workspace, found, outcome);
      });
    const { disableAccount, enableAccount, convertAccount, extendAccount, activateAccount, editAccount } = accountRoutes;
    const { setStatus, setRole, assignPlan, setQuotas } = accountRoutes;
    for (const route of [
      disableAccount,
      enableAccount,
      convertAccount,
      extendAccount,
      activateAccount,
      editAccount,
      setStatus,
      setRole,
      assignPlan,
      setQuotas,
    ]) {
      repeat(route, (_context, id) => id, account);
    }
    for (const route of [accountRoutes.deleteAccount, accountRoutes.postDeleteAccount])
      repeat(route, (_context, id) => id, nothing);
    const made = ({ commandId }: RequestContext): string => accountIdOf(commandId);
    repeat(accountRoutes.createAccount, made, (workspace, id, outcome) => this.answers.account(workspace, id, outcome, 201));
    repeat(invitationRoutes.inviteAccount, made, (workspace, id, outcome) =>
      this.answers.invitation(workspace, id, outcome, 201),
    );
    repeat(invitationRoutes.revokeInvitation, (_context, id) => invitedAccount(id) ?? '', nothing);
    this.answerRepeatedResend(made);
  }

  /** A resend is one of the old account, or the making of a new one in its place. */
  private answerRepeatedResend(made: (context: RequestContext) => string): void {
    this.replays.register(invitationRoutes.resendInvitation, async (context, { id }) => {
      const old = invitedAccount(String(id)) ?? '';
      for (const [account, status] of [
        [made(context), 201],
        [old, 200],
      ] as const) {
        const outcome = await this.commands.repeated(account, context.command());
        if (outcome) return this.answers.invitation(context.workspace, account, outcome, status);
      }
      return null;
    });
  }
}
