import { refuse, type Refusal } from '#kernel';
import { holds, isStaff, ruleOf, type Permission, type PrincipalRole, type Role } from './permissions.js';

/** Who asks, as the guard has proved it. */
export interface Principal {
  readonly account: string;
  readonly role: PrincipalRole;
  /** Where the caller acts: of its credential, or the one that an operator names; `platform` for an operator that names none. */
  readonly workspace: string;
  /** Id of the session or API key. */
  readonly credential: string;
  readonly kind: 'full' | 'password-change' | 'impersonation' | 'api-key';
  /** Only of API keys: what the key may use of its account's permissions. */
  readonly scopes?: readonly string[];
  /** Under impersonation: who really acts. `account` above is the customer. */
  readonly act?: { readonly account: string; readonly role: Role; readonly session: string; readonly reason: string };
}

/** The account acted on; for one that is about to be, `id` is null and `role` the one it would have. */
export interface Target {
  readonly id: string | null;
  readonly role: Role;
}

/** What of the workspace's settings permissions depend on. */
export interface PolicySettings {
  readonly managersMayImpersonate: boolean;
}

/** A verdict: null is yes, else the refusal to answer with. */
export type Verdict = Refusal | null;

/** The one policy function: whether `who` may use `permission`, on `target` where it is about an account. Pure. */
export function can(who: Principal, permission: Permission, target?: Target, settings?: PolicySettings): Verdict {
  const no = (): Refusal => refuse('forbidden', { permission, role: who.role });
  const rule = ruleOf(permission);
  const self = target !== undefined && target.id === who.account;
  if (who.kind === 'password-change') return passwordChangeOnly(permission, self);
  if (who.kind === 'impersonation') return impersonated(permission, target, self, no);
  if (who.kind === 'api-key' && who.scopes?.includes(permission) !== true) return no();
  if (permission === 'accounts:impersonate') return mayImpersonate(who, target, self, settings, no);
  if (rule.platform) return who.role === 'operator' ? null : no();
  if (!target) return holdsUnaimed(who.role, permission) ? null : no();
  if (self && rule.own) return null;
  if (!holds(who.role, permission)) return no();
  if (!rule.manages) return null;
  const owns = who.role === 'owner' || who.role === 'operator';
  return owns || (!self && !isStaff(target.role)) ? null : no();
}

/** Without a target nobody is `self`: what everybody holds on the own account counts only where no role holds it on others. */
function holdsUnaimed(role: PrincipalRole, permission: Permission): boolean {
  const { own, roles } = ruleOf(permission);
  return holds(role, permission) || (own === true && roles.length === 0);
}

/** A session that must first set a new password sees and leaves itself, and sets that password; all else waits. */
function passwordChangeOnly(permission: Permission, self: boolean): Verdict {
  const allowed = permission === 'sessions:current' || (permission === 'accounts:change-password' && self);
  return allowed ? null : refuse('password-change-required');
}

function impersonated(permission: Permission, target: Target | undefined, self: boolean, no: () => Refusal): Verdict {
  if (permission === 'accounts:impersonate') return refuse('nested-impersonation');
  if (!ruleOf(permission).impersonated) return refuse('impersonation-forbidden', { permission });
  return self || (target === undefined && holdsUnaimed('user', permission)) ? null : no();
}

function mayImpersonate(
  who: Principal,
  target: Target | undefined,
  self: boolean,
  settings: PolicySettings | undefined,
  no: () => Refusal,
): Verdict {
  const allowed =
    holds(who.role, 'accounts:impersonate') || (who.role === 'manager' && settings?.managersMayImpersonate === true);
  if (!allowed) return no();
  if (target && (self || isStaff(target.role))) return refuse('staff-account');
  return null;
}

/** Whether `who` may use `permission` at all: on others of the workspace, or at least on the own account. */
export function canAtAll(who: Principal, permission: Permission, settings?: PolicySettings): Verdict {
  const self: Target = { id: who.account, role: who.role === 'operator' ? 'owner' : who.role };
  return can(who, permission, undefined, settings) && can(who, permission, self, settings);
}

/** Throws the refusal of `can`, if there is one. */
export function ensure(who: Principal, permission: Permission, target?: Target, settings?: PolicySettings): void {
  const verdict = can(who, permission, target, settings);
  if (verdict) throw verdict;
}
