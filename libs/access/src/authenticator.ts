import type { Authenticator, Whence } from '#http';
import { secondsBetween, type Clock, type Instant } from '#kernel';
import type { Principal, PrincipalRole, Role } from '#policy';
import type { ApiKey, Session, Vault } from '#vault';
import type { Entitlement } from './entitlement.js';
import type { FrontDoor } from './front-door.js';
import { API_KEY_PREFIX, hashOf, SESSION_PREFIX } from './session-tokens.js';

/** The last use of a credential is noted no more often than this. */
const TOUCH_SECONDS = 60;

/**
 * Who holds a token. A session costs one look-up in the vault, a manager's impersonation also its workspace, and one that is asked again all streams
 * that it lists; an API key also reads its account, since it never exceeds what that may.
 */
export class TokenAuthenticator implements Authenticator {
  constructor(
    private readonly vault: Pick<Vault, 'sessions' | 'apiKeys'>,
    private readonly entitlement: Entitlement,
    private readonly door: FrontDoor,
    private readonly clock: Clock,
  ) {}

  async authenticate(token: string, { host }: Pick<Whence, 'host'>, again = false): Promise<Principal | null> {
    if (token.startsWith(SESSION_PREFIX)) return this.bySession(token, host, again);
    return token.startsWith(API_KEY_PREFIX) ? this.byApiKey(token, host) : null;
  }

  private async bySession(token: string, host: string, again: boolean): Promise<Principal | null> {
    const session = await this.vault.sessions.byToken(hashOf(token));
    const now = this.clock();
    if (!session || now >= session.expiresAt || !(await this.door.admits(host, session.workspace))) return null;
    if (!(await (again ? this.entitlement.holds(session) : this.entitlement.mayAct(session)))) return null;
    if (!session.used || isStale(session.lastUsedAt, now)) await this.vault.sessions.touch(session.id, now, session.generation);
    return principalOf(session);
  }

  private async byApiKey(token: string, host: string): Promise<Principal | null> {
    const key = await this.vault.apiKeys.byHash(hashOf(token));
    const now = this.clock();
    if (!key || key.barred || (key.expiresAt !== null && now >= key.expiresAt)) return null;
    if (!(await this.door.admits(host, key.workspace))) return null;
    const judgement = await this.entitlement.judge(key.workspace, key.account);
    if (!this.entitlement.mayEnter(judgement)) return null;
    if (key.lastUsedAt === null || isStale(key.lastUsedAt, now)) await this.vault.apiKeys.touch(key.id, now);
    return keyPrincipal(key, judgement.role);
  }
}

const isStale = (lastUsedAt: Instant, now: Instant): boolean => secondsBetween(lastUsedAt, now) >= TOUCH_SECONDS;

export function principalOf({ id, account, workspace, role, kind, act }: Session): Principal {
  return {
    account,
    role: role as PrincipalRole,
    workspace,
    credential: id,
    kind,
    ...(act ? { act: { ...act, role: act.role as Role } } : {}),
  };
}

/** With the role that the account has now, and of what that may do only the key's scopes. */
const keyPrincipal = ({ id, account, workspace, scopes }: ApiKey, role: PrincipalRole): Principal => ({
  account,
  role,
  workspace,
  credential: id,
  kind: 'api-key',
  scopes,
});
