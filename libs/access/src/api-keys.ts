import type { CommandContext, CommandRunner, Outcome } from '#commands';
import { refuse, refuseField, type Ids, type Instant } from '#kernel';
import { canAtAll, type Permission, type Principal } from '#policy';
import type { Vault } from '#vault';
import type { AccessEvent } from './access.events.js';
import { onAccess } from './access-command.js';
import type { Access, KeptApiKey } from './access.fold.js';
import type { AccessLog } from './access-log.js';
import type { Entitlement, Judgement } from './entitlement.js';
import { hashOf, type SessionTokens } from './session-tokens.js';

export interface NewApiKey {
  readonly name: string;
  readonly scopes: readonly Permission[];
  readonly expiresAt: Instant | null;
}

export interface MadeApiKey {
  readonly outcome: Outcome<Access, AccessEvent>;
  /** Null on a repeat: the key was shown once. */
  readonly key: string | null;
}

export interface ListedApiKey extends KeptApiKey {
  readonly lastUsedAt: Instant | null;
}

/** AUTH-4: keys for machines. A key belongs to who made it, and never exceeds what that account may. */
export class ApiKeys {
  constructor(
    private readonly runner: CommandRunner,
    private readonly entitlement: Entitlement,
    private readonly vault: Pick<Vault, 'sessions' | 'apiKeys'>,
    private readonly tokens: SessionTokens,
    private readonly log: AccessLog,
    private readonly ids: Ids,
  ) {}

  /** Makes a key of the caller. Refuses scopes that the caller does not have itself. */
  async make(wanted: NewApiKey, principal: Principal, context: CommandContext): Promise<MadeApiKey> {
    const { facts } = await this.entitlement.judge(context.workspace, principal.account);
    for (const scope of wanted.scopes) {
      const verdict = canAtAll(principal, scope, facts?.settings);
      if (verdict) throw verdict;
    }
    const id = this.ids();
    const key = await this.tokens.apiKey(id);
    let written = false;
    try {
      const outcome = await this.runner.run<Access, AccessEvent>({
        ...onAccess(principal.account, context),
        decide: (_access, now) => {
          if (wanted.expiresAt !== null && wanted.expiresAt <= now)
            throw refuseField('/expiresAt', 'not-in-future', 'must lie in the future');
          return { events: [{ type: 'ApiKeyCreated', data: { key: id, ...wanted } }] };
        },
        prepare: async () => {
          written = true;
          await this.write(id, key, wanted, principal, await this.entitlement.judge(context.workspace, principal.account));
        },
      });
      if (outcome.kind !== 'done' && written) await this.vault.apiKeys.remove(id);
      return { outcome, key: outcome.kind === 'done' ? key : null };
    } catch (error) {
      if (written) await this.vault.apiKeys.remove(id);
      throw error;
    }
  }

  /** Ends a key of the caller, and what was begun with it, before it is answered; again: nothing new happens. */
  async revoke(id: string, principal: Principal, context: CommandContext): Promise<Outcome<Access, AccessEvent>> {
    return this.runner.run<Access, AccessEvent>({
      ...onAccess(principal.account, context),
      decide: async ({ apiKeys }) => {
        const recorded = apiKeys.some((key) => key.id === id);
        const left = recorded ? null : await this.vault.apiKeys.byId(id); // by a process that died in between
        if (!recorded && left?.account !== principal.account) throw refuse('not-found');
        return { events: recorded ? [{ type: 'ApiKeyRevoked', data: { key: id } }] : [] };
      },
      settle: async () => {
        await this.vault.apiKeys.remove(id);
        await this.vault.sessions.endOne(id);
      },
    });
  }

  /** Keys of the account, oldest first. */
  async list(workspace: string, account: string): Promise<ListedApiKey[]> {
    const kept = await this.vault.apiKeys.list(account);
    const { apiKeys } = await this.log.load(workspace, account);
    return apiKeys.map((key) => ({ ...key, lastUsedAt: kept.find(({ id }) => id === key.id)?.lastUsedAt ?? null }));
  }

  /** COR-8: written, then judged again: the account, in the role whose scopes were asked for, and what the key is made with. */
  private async write(id: string, key: string, wanted: NewApiKey, maker: Principal, judgement: Judgement): Promise<void> {
    const { workspace, account, judged } = judgement;
    const held = { id, workspace, account, role: maker.role, judged };
    const now = this.entitlement.now();
    await this.vault.apiKeys.insert({ ...wanted, ...held, keyHash: hashOf(key), createdAt: now });
    if (!(await this.stands(maker)) || !(await this.entitlement.holds(held))) throw refuse('unauthenticated');
  }

  /** Whether nobody has ended the session, or taken the key, with which another key is made: that one would live on. */
  private async stands({ kind, credential }: Principal): Promise<boolean> {
    if (kind === 'api-key') return (await this.vault.apiKeys.byId(credential)) !== null;
    const session = await this.vault.sessions.byId(credential);
    return session !== null && this.entitlement.holds(session);
  }
}
