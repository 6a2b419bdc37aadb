/** Roles of a workspace, highest first; `operator` stands above all workspaces. */
export const ROLES = ['owner', 'admin', 'manager', 'auditor', 'user'] as const;
export type Role = (typeof ROLES)[number];
export type PrincipalRole = Role | 'operator';
export const STAFF_ROLES: readonly Role[] = ['owner', 'admin', 'manager', 'auditor'];
export const isStaff = (role: PrincipalRole): boolean => role !== 'user';

interface Rule {
  readonly about: string;
  /** Who holds it over the workspace and its customers. An operator that names a workspace has an owner's, but where `operator` says otherwise. */
  readonly roles: readonly Role[];
  /** Everybody holds it on the own account. */
  readonly own?: true;
  /** It changes an account: on staff only an owner has it, and on oneself only who has `own`, or an owner. */
  readonly manages?: true;
  /** Held by operators alone, without a workspace. */
  readonly platform?: true;
  /** Operators do not have it. */
  readonly notOperator?: true;
  /** Kept while somebody is logged in as the customer. */
  readonly impersonated?: true;
}

const ADMIN: readonly Role[] = ['owner', 'admin'];
const MANAGER: readonly Role[] = ['owner', 'admin', 'manager'];
/** Who reads history: managers do their work without it. */
const AUDITORS: readonly Role[] = ['owner', 'admin', 'auditor'];
const READERS: readonly Role[] = ['owner', 'admin', 'manager', 'auditor'];

/** The one permission table. Served at `GET /v1/permissions`. */
export const PERMISSIONS = {
  'accounts:read': { about: 'see accounts', roles: READERS, own: true, impersonated: true },
  'accounts:read-comments': { about: 'see comments of staff', roles: READERS },
  'accounts:create': { about: 'create accounts', roles: ADMIN, manages: true },
  'accounts:invite': { about: 'invite people, resend and revoke invitations', roles: ADMIN, manages: true },
  'accounts:write-name': { about: 'change full name', roles: MANAGER, own: true, manages: true, impersonated: true },
  'accounts:write-company': { about: 'change company', roles: MANAGER, manages: true },
  'accounts:write-phone': { about: 'change phone', roles: ADMIN, own: true, manages: true, impersonated: true },
  'accounts:write-profile': { about: 'change username and attributes', roles: ADMIN, manages: true },
  'accounts:write-email': { about: 'set an email without confirmation by link', roles: ADMIN, manages: true },
  'accounts:change-email': { about: 'ask for a change of the own email, confirmed by link', roles: [], own: true },
  'accounts:set-role': { about: 'set roles', roles: ADMIN, manages: true },
  'accounts:set-password': { about: 'set passwords, force a change, send a reset mail, unlock', roles: ADMIN, manages: true },
  'accounts:change-password': { about: 'change the own password', roles: [], own: true },
  'accounts:activate': { about: 'activate pending accounts', roles: ADMIN, manages: true },
  'accounts:disable': { about: 'disable and block accounts', roles: ADMIN, manages: true },
  'accounts:enable': { about: 'enable accounts', roles: ADMIN, manages: true },
  'accounts:extend': { about: 'extend test accounts', roles: ADMIN, manages: true },
  'accounts:convert': { about: 'convert test accounts', roles: ADMIN, manages: true },
  'accounts:impersonate': { about: 'log in as a customer', roles: ADMIN, manages: true, notOperator: true },
  'accounts:assign-plan': { about: 'assign plans', roles: ADMIN, manages: true },
  'accounts:allocate': { about: 'allocate quotas', roles: ADMIN, manages: true },
  'accounts:delete': { about: 'delete accounts', roles: ADMIN, manages: true },
  'sessions:read': { about: 'see sessions', roles: READERS, own: true },
  'sessions:end': { about: 'end sessions', roles: ADMIN, own: true, manages: true },
  'sessions:current': { about: 'see and leave the own session', roles: [], own: true, impersonated: true },
  'api-keys:own': { about: 'make, see and revoke own API keys', roles: [], own: true },
  'history:read': { about: 'see the history of the workspace', roles: AUDITORS },
  'history:read-account': { about: 'see the history of an account', roles: AUDITORS, own: true, impersonated: true },
  'invitations:read': { about: 'see invitations', roles: READERS },
  'timers:read': { about: 'see what will happen when', roles: READERS },
  'workspace:read': { about: 'see the workspace', roles: READERS },
  'workspace:settings': { about: 'change domain, branding, mail server, catalogue and defaults', roles: ADMIN },
  'pool:read': { about: 'see the pool and its allocations', roles: READERS },
  'plans:read': { about: 'see the catalogue', roles: READERS },
  'permissions:read': { about: 'see this table', roles: ROLES, impersonated: true },
  'workspaces:manage': { about: 'create workspaces, set their state and pool', roles: [], platform: true },
} as const satisfies Record<string, Rule>;

export type Permission = keyof typeof PERMISSIONS;
export const ruleOf = (permission: Permission): Rule => PERMISSIONS[permission];
export const PERMISSION_NAMES = Object.keys(PERMISSIONS) as Permission[];

/** Permissions that a role holds over the workspace and its customers, in the order of the table. */
export const permissionsOf = (role: PrincipalRole): Permission[] =>
  PERMISSION_NAMES.filter((name) => holds(role, name) || ruleOf(name).own === true);

/** Whether a role holds a permission beyond the own account. */
export function holds(role: PrincipalRole, permission: Permission): boolean {
  const rule = ruleOf(permission);
  if (role === 'operator') return rule.platform === true || (rule.notOperator !== true && rule.roles.includes('owner'));
  return rule.roles.includes(role);
}
