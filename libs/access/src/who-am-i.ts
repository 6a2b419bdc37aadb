import { writtenView, type AccountView } from '#accounts';
import { PLATFORM, refuse, type Instant } from '#kernel';
import { canAtAll, PERMISSION_NAMES, type Permission, type Principal, type PrincipalRole } from '#policy';
import type { Vault } from '#vault';
import type { WorkspaceFacts } from '#workspaces';
import type { Entitlement } from './entitlement.js';

export interface WorkspaceName {
  readonly id: string;
  readonly slug: string;
  readonly name: string;
}

export interface CurrentSession {
  readonly account: AccountView;
  /** Who really acts. */
  readonly actor: { readonly id: string; readonly fullName: string | null; readonly email: string; readonly role: PrincipalRole };
  readonly act?: { readonly sub: string };
  readonly workspace: WorkspaceName | null;
  readonly role: PrincipalRole;
  readonly permissions: readonly Permission[];
  readonly plan: string;
  readonly features: readonly string[];
  readonly quotas: AccountView['quotas'];
  readonly banner?: string;
  /** Null for an API key without an end. */
  readonly expiresAt: Instant | null;
  readonly passwordChangeRequired: boolean;
}

/** What a console shows in an orange bar while somebody is logged in as a customer. */
export const bannerOf = (email: string): string => `Logged in as ${email}`;

export const nameOf = (facts: WorkspaceFacts | null): WorkspaceName | null =>
  facts && { id: facts.id, slug: facts.slug, name: facts.name };

/** Where the account of a caller lives: an operator's on the platform, whatever workspace it acts in. */
export const homeOf = ({ role, workspace }: Principal): string => (role === 'operator' ? PLATFORM : workspace);

/** Who holds a credential, as whom it acts, and what it may do. */
export class WhoAmI {
  constructor(
    private readonly vault: Pick<Vault, 'sessions' | 'apiKeys'>,
    private readonly entitlement: Entitlement,
  ) {}

  async current(principal: Principal): Promise<CurrentSession> {
    const home = homeOf(principal);
    const { state } = await this.entitlement.judge(home, principal.account);
    const facts =
      principal.workspace === PLATFORM ? null : (await this.entitlement.judge(principal.workspace, principal.account)).facts;
    const staff = principal.act ? (await this.entitlement.judge(home, principal.act.account)).state : state;
    const account = writtenView(principal.account, state);
    return {
      account,
      actor: {
        id: principal.act?.account ?? principal.account,
        fullName: staff.profile.fullName,
        email: staff.profile.email,
        role: principal.act?.role ?? principal.role,
      },
      ...(principal.act ? { act: { sub: principal.act.account }, banner: bannerOf(state.profile.email) } : {}),
      workspace: nameOf(facts),
      role: principal.role,
      permissions: permissionsOf(principal, facts),
      plan: state.plan,
      features: [],
      quotas: account.quotas,
      expiresAt: await this.end(principal),
      passwordChangeRequired: principal.kind === 'password-change',
    };
  }

  private async end({ kind, credential }: Principal): Promise<Instant | null> {
    const found = kind === 'api-key' ? await this.vault.apiKeys.byId(credential) : await this.vault.sessions.byId(credential);
    if (!found) throw refuse('unauthenticated');
    return found.expiresAt;
  }
}

/** What the caller may do: to others of the workspace, or at least on the own account. */
const permissionsOf = (principal: Principal, facts: WorkspaceFacts | null): Permission[] =>
  PERMISSION_NAMES.filter((permission) => canAtAll(principal, permission, facts?.settings) === null);
