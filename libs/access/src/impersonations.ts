import { statusOf } from '#accounts';
import type { CommandContext, CommandRunner, Outcome } from '#commands';
import { addSeconds, refuse, secondsBetween, type Clock, type Ids, type Instant } from '#kernel';
import { ensure, type Principal, type Role } from '#policy';
import type { Session, Vault } from '#vault';
import type { AccessEvent } from './access.events.js';
import { onAccess } from './access-command.js';
import type { Access } from './access.fold.js';
import type { AccessLog } from './access-log.js';
import { withinTest, type Entitlement, type Judgement } from './entitlement.js';
import type { Minted, SessionDesk } from './session-desk.js';

export const IMPERSONATION_SECONDS = 1_800;

export interface Impersonation {
  readonly outcome: Outcome<Access, AccessEvent>;
  readonly customer: Judgement;
  /** Null on a repeat: the token was shown once. */
  readonly minted: Minted | null;
}

/** AUTH-3: staff in the place of a customer. */
export class Impersonations {
  constructor(
    private readonly runner: CommandRunner,
    private readonly entitlement: Entitlement,
    private readonly desk: SessionDesk,
    private readonly vault: Pick<Vault, 'sessions' | 'apiKeys'>,
    private readonly log: AccessLog,
    private readonly clock: Clock,
    private readonly ids: Ids,
  ) {}

  /** Logs staff in as an active customer: for 30 minutes at most, and not longer than what it was begun from. */
  async begin(account: string, reason: string, context: CommandContext): Promise<Impersonation> {
    const { principal, workspace } = context;
    if (!principal) throw refuse('unauthenticated');
    const staff = await this.entitlement.judge(workspace, principal.account);
    const id = this.ids();
    const latest = await this.end(principal);
    let minted: Minted | null = null;
    try {
      const outcome = await this.runner.run<Access, AccessEvent>({
        ...onAccess(account, context),
        decide: async () => {
          const { state } = await this.permit(principal, workspace, account);
          const data = {
            session: id,
            staff: principal.account,
            lifetimeSeconds: secondsBetween(this.clock(), withinTest(state, latest)),
            reason,
          };
          return { events: [{ type: 'UserImpersonated', data }] };
        },
        prepare: async () => {
          const customer = await this.permit(principal, workspace, account);
          const act = { account: principal.account, session: principal.credential, role: principal.role as Role, reason };
          minted = await this.desk.impersonate(
            id,
            customer,
            staff,
            { act, expiresAt: withinTest(customer.state, latest) },
            context.origin ?? { address: '', agent: '' },
          );
          if (!minted) throw await this.whyNot(principal, workspace, account);
        },
      });
      if (outcome.kind !== 'done') await this.drop(minted);
      else await this.stillOpen(workspace, account, id, principal.account);
      return {
        outcome,
        customer: await this.entitlement.judge(workspace, account),
        minted: outcome.kind === 'done' ? minted : null,
      };
    } catch (error) {
      await this.drop(minted);
      throw error;
    }
  }

  /** Leaves: the staff session is as it was. */
  async exit({ credential, account, act, workspace }: Principal, context: CommandContext): Promise<void> {
    const ended = { workspace, account, session: credential, staff: act?.account ?? '' };
    await this.log.impersonationEnded(ended, 'exit', context);
    await this.vault.sessions.endOne(credential);
  }

  private async permit(principal: Principal, workspace: string, account: string): Promise<Judgement> {
    const customer = await this.entitlement.judge(workspace, account);
    const { state, facts } = customer;
    ensure(principal, 'accounts:impersonate', { id: account, role: state.role }, facts?.settings);
    if (!this.entitlement.mayEnter(customer)) throw refuse('account-not-active', { accountStatus: this.statusNow(customer) });
    return customer;
  }

  /** A test account whose time has just run out is inactive, recorded or not yet. */
  private statusNow(customer: Judgement): string {
    const status = statusOf(customer.state);
    return status === 'active' && !this.entitlement.isActive(customer) ? 'inactive' : status;
  }

  /** When an impersonation ends at the latest. */
  private async end({ kind, credential }: Principal): Promise<Instant> {
    const latest = addSeconds(this.clock(), IMPERSONATION_SECONDS);
    const from = kind === 'api-key' ? await this.vault.apiKeys.byId(credential) : await this.vault.sessions.byId(credential);
    if (!from) throw refuse('unauthenticated');
    const until = 'refreshExpiresAt' in from ? from.refreshExpiresAt : (from.expiresAt ?? latest);
    return until < latest ? until : latest;
  }

  /** The right was lost while the session was written: the customer's, or the caller's own. */
  private async whyNot(principal: Principal, workspace: string, account: string): Promise<Error> {
    await this.permit(principal, workspace, account);
    return refuse('unauthenticated');
  }

  private async drop(minted: { readonly session: Session } | null): Promise<void> {
    if (minted) await this.vault.sessions.endOne(minted.session.id);
  }

  /** It may have been cut off before its beginning was recorded. */
  private async stillOpen(workspace: string, account: string, session: string, staff: string): Promise<void> {
    if (!(await this.vault.sessions.byId(session)))
      await this.log.impersonationEnded({ workspace, account, session, staff }, 'cut-off');
  }
}
