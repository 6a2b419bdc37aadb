import type { Actor, Revision } from '#event-store';
import { uuid5 } from '#kernel';
import type { Principal } from '#policy';

/** Everything about a command but what it wants: who, from where, under which id. */
export interface CommandContext {
  /** Whose workspace it happens in; `platform` for what belongs to the installation. */
  readonly workspace: string;
  /** Who really acts. */
  readonly actor: Actor;
  /** Under impersonation: the customer. */
  readonly onBehalfOf?: string;
  /** The proved caller; null for the system (timers, reactions) and for those who hold a mailed secret. */
  readonly principal: Principal | null;
  /** uuid5(workspace, actor, method, full path, key); random without a key. */
  readonly commandId: string;
  /** HMAC of the body under the installation's key; present exactly when the caller gave an idempotency key. */
  readonly fingerprint?: string;
  readonly dryRun: boolean;
  /** When the request came, by `performance.now()` of this process: what was read since is not older than the request. */
  readonly begunAt?: number;
  /** The command id is random and was told to nobody: nothing can have been done under it before. */
  readonly once?: boolean;
  /** Revision that the caller names with `If-Match`. */
  readonly ifMatch?: number;
  readonly requestId?: string;
  readonly correlationId: string;
  readonly causationId?: string;
  /** Sealed under the actor's key in what is recorded. */
  readonly origin?: { readonly address: string; readonly agent: string };
  /**
   * Asks the guard again where its verdict is older than a second, or was about a target as it is remembered, at another revision than that at which
   * the command is decided; rejects when the right is gone.
   */
  recheck?(decidedAt?: Revision): Promise<void>;
}

const COMMANDS = '3f0c3b5e-0f0e-5f7a-8f5b-0d6f8f0f9d11';

/** COR-1: the command id of a keyed request. The key itself is stored nowhere. */
export const keyedCommandId = (workspace: string, actor: string, method: string, path: string, key: string): string =>
  uuid5([workspace, actor, method, path, key].map((part) => `${part.length}:${part}`).join('/'), COMMANDS);

/** Context of a command that the system itself gives: a due deadline, a follow-up. */
export const systemContext = (workspace: string, commandId: string, causationId?: string): CommandContext => ({
  workspace,
  actor: { id: null, role: 'system', workspace },
  principal: null,
  commandId,
  dryRun: false,
  correlationId: causationId ?? commandId,
  ...(causationId ? { causationId } : {}),
});
