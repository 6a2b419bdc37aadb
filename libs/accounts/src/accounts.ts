import { accountStream, ownersStream, poolStream, type StreamLoader, type Folded, type Need, type Resource } from '#commands';
import { domainRefusal, type Workspaces } from '#workspaces';
import { accountFold } from './account.fold.js';
import { statusOf, type Account } from './account.js';
import type { AccountDecision, AccountFacts } from './account.commands.js';
import type { AddressBook } from './address-book.js';

/** Accounts on the write side: what decisions read. */
export class Accounts {
  constructor(
    private readonly loader: StreamLoader,
    readonly addresses: AddressBook,
    private readonly workspaces: Workspaces,
  ) {}

  /** The account as its stream says now; `absent` (revision -1) for an id that was never given. */
  load(workspace: string, account: string): Promise<Folded<Account>> {
    return this.loader.load(accountStream(workspace, account), account, accountFold);
  }

  /** The account as it is remembered here (see `StreamLoader.remembered`); null where it is not. */
  remembered(workspace: string, account: string): Folded<Account> | null {
    return this.loader.remembered(accountStream(workspace, account), accountFold);
  }

  /** What a decision reads of the workspace, as it is now or was at some moment since `since`. The platform's own accounts (operators) need no domain. */
  async facts(workspace: string, now: string, since?: number): Promise<AccountFacts> {
    const facts = await this.workspaces.facts(workspace, since);
    if (!facts) return { now, domainMissing: null, plans: [''] };
    return { now, domainMissing: domainRefusal(facts), plans: facts.plans.map(({ code }) => code) };
  }

  /** The places that a decision takes, in the fixed order of claims: email, username, pool, owners. */
  async needs(workspace: string, account: string, { takes, ownerLess, ownerMore }: AccountDecision): Promise<Need[]> {
    const needs: Need[] = [];
    const place = (resource: string, amount: number, refusal: 'email-taken' | 'username-taken' | 'no-free-bot-slot') =>
      needs.push({ kind: 'place', resource, amount, refusal });
    if (takes?.email !== undefined) place(await this.addresses.emailStream(workspace, takes.email), 1, 'email-taken');
    if (takes?.username !== undefined) place(await this.addresses.usernameStream(workspace, takes.username), 1, 'username-taken');
    if (takes?.botSlots) place(poolStream(workspace), takes.botSlots, 'no-free-bot-slot');
    const owners = ownersStream(workspace);
    if (ownerMore) needs.push({ kind: 'listed', resource: owners, account });
    if (ownerLess) {
      needs.push({
        kind: 'alone',
        resource: owners,
        refusal: 'last-owner',
        others: (resource) => this.anotherOwner(workspace, account, resource),
      });
    }
    return needs;
  }

  async gives(workspace: string, { gives }: AccountDecision): Promise<{ resource: string; keep: number }[]> {
    const given: { resource: string; keep: number }[] = [];
    if (gives?.email !== undefined) given.push({ resource: await this.addresses.emailStream(workspace, gives.email), keep: 0 });
    if (gives?.username !== undefined)
      given.push({ resource: await this.addresses.usernameStream(workspace, gives.username), keep: 0 });
    if (gives?.botSlots !== undefined) given.push({ resource: poolStream(workspace), keep: gives.botSlots });
    return given;
  }

  /** Whether somebody else is an active owner, by the streams of all that were ever named as one. */
  async anotherOwner(workspace: string, account: string, { owners }: Pick<Resource, 'owners'>): Promise<boolean> {
    for (const other of owners) {
      if (other === account) continue;
      const { state } = await this.load(workspace, other);
      if (state.phase === 'member' && state.role === 'owner' && statusOf(state) === 'active') return true;
    }
    return false;
  }
}
