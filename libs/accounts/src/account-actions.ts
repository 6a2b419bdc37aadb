import { Refusal } from '#kernel';
import { can, type Permission, type PolicySettings, type Principal, type Target } from '#policy';
import { mayEnter, statusOf, type Account } from './account.js';
import { decide } from './account.decider.js';
import type { AccountCommand, AccountFacts } from './account.commands.js';

export interface ActionView {
  readonly name: string;
  readonly allowed: boolean;
  /** What the route would answer; absent where it is allowed. */
  readonly code?: string;
}

/** What an action needs, and the command that its route would give (or a verdict of its own). */
interface Probe {
  readonly permission: Permission;
  /** What the route needs instead where the account is the caller's own. */
  readonly own?: Permission;
  /** The route finds nothing to act on: it says so before it asks who may. */
  isMissing?(account: Account): boolean;
  readonly command?: AccountCommand;
  verdict?(account: Account, facts: ActionFacts): string | null;
}

export interface ActionFacts extends AccountFacts {
  readonly freeBotSlots: number;
  /** Whether a mail could be sent at all. */
  readonly mail: boolean;
  /** Whether the account is the only active owner. */
  readonly lastOwner: boolean;
}

const stop = (kind: 'inactive' | 'blocked'): AccountCommand => ({
  type: 'Disable',
  kind,
  reason: 'other',
  note: null,
  until: null,
});
const uninvited = (account: Account): boolean => account.invitation === null;
const pendingOnly = (account: Account): string | null => (account.phase === 'pending' ? null : 'invitation-used');
const ownerStays = (_account: Account, { lastOwner }: ActionFacts): string | null => (lastOwner ? 'last-owner' : null);
/** Its part is not built yet. */
const unbuilt = (): boolean => true;

/** Each action of the contract, in its order. */
const PROBES: Readonly<Record<string, Probe>> = {
  edit: { permission: 'accounts:write-name' },
  disable: { permission: 'accounts:disable', command: stop('inactive'), verdict: (...asked) => already('inactive', ...asked) },
  block: { permission: 'accounts:disable', command: stop('blocked'), verdict: (...asked) => already('blocked', ...asked) },
  enable: { permission: 'accounts:enable', command: { type: 'Enable' } },
  convert: {
    permission: 'accounts:convert',
    command: { type: 'Convert', botSlots: 1 },
    verdict: (_account, { freeBotSlots }) => (freeBotSlots < 1 ? 'no-free-bot-slot' : null),
  },
  extend: { permission: 'accounts:extend', command: { type: 'Extend', testDays: 1 } },
  impersonate: {
    permission: 'accounts:impersonate',
    verdict: (account, { now }) => (mayEnter(account, now) ? null : 'account-not-active'),
  },
  'set-role': { permission: 'accounts:set-role', verdict: ownerStays },
  'set-password': { permission: 'accounts:set-password', own: 'accounts:change-password' },
  'assign-plan': { permission: 'accounts:assign-plan' },
  'assign-add-on': { permission: 'accounts:assign-plan', isMissing: unbuilt },
  allocate: { permission: 'accounts:allocate' },
  delete: { permission: 'accounts:delete', verdict: ownerStays },
  resend: {
    permission: 'accounts:invite',
    isMissing: uninvited,
    command: { type: 'Resend', via: 'workspace' },
    verdict: (account, { mail }) => pendingOnly(account) ?? (mail ? null : 'smtp-not-configured'),
  },
  revoke: { permission: 'accounts:invite', isMissing: uninvited, verdict: pendingOnly },
};

/** A pending account is refused by the decider. */
function already(kind: 'inactive' | 'blocked', account: Account, facts: ActionFacts): string | null {
  return statusOf(account) === kind ? 'nothing-to-do' : ownerStays(account, facts);
}

/** What the caller may do with the account now, by the same policy function and the same decider as the routes; a write decides again. */
export function actionsOf(
  who: Principal,
  id: string,
  account: Account,
  facts: ActionFacts,
  settings: PolicySettings,
): ActionView[] {
  return Object.entries(PROBES).map(([name, probe]) => {
    if (probe.isMissing?.(account)) return { name, allowed: false, code: 'not-found' };
    const code = verdictOn(probe, who, { id, role: account.role }, settings) ?? refusalOf(account, probe, facts);
    return code === null ? { name, allowed: true } : { name, allowed: false, code };
  });
}

function verdictOn({ permission, own }: Probe, who: Principal, target: Target, settings: PolicySettings): string | null {
  const needed = own && target.id === who.account ? own : permission;
  return can(who, needed, target, settings)?.code ?? null;
}

function refusalOf(account: Account, probe: Probe, facts: ActionFacts): string | null {
  const decided = probe.command ? codeOf(account, probe.command, facts) : null;
  return decided === 'nothing-to-do' ? decided : (decided ?? probe.verdict?.(account, facts) ?? null);
}

/** The code with which the decider refuses; `nothing-to-do` where it would record nothing; null where it would do it. */
function codeOf(account: Account, command: AccountCommand, facts: ActionFacts): string | null {
  try {
    return decide(account, command, facts).events.length === 0 ? 'nothing-to-do' : null;
  } catch (error) {
    if (error instanceof Refusal) return error.code;
    throw error;
  }
}
