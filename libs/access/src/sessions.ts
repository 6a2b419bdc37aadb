import { accountStream, type CommandContext } from '#commands';
import type { Position } from '#event-store';
import { refuse, type Clock } from '#kernel';
import type { Principal } from '#policy';
import type { Session, Vault } from '#vault';
import type { AccessLog } from './access-log.js';
import type { FrontDoor } from './front-door.js';
import { isAlive, type Minted, type SessionDesk } from './session-desk.js';

/** AUTH-4: renewing, listing and ending sessions. What is ended is ended before it is answered. */
export class Sessions {
  constructor(
    private readonly vault: Pick<Vault, 'sessions'>,
    private readonly desk: SessionDesk,
    private readonly door: FrontDoor,
    private readonly log: AccessLog,
    private readonly clock: Clock,
  ) {}

  /** Trades a refresh token for the next pair. Reuse ends the whole family, and is recorded. */
  async refresh(refreshToken: string, host: string, context: (workspace: string) => CommandContext): Promise<Minted> {
    const refreshed = await this.desk.refresh(refreshToken, (workspace) => this.door.admits(host, workspace));
    if (refreshed.kind === 'minted') return refreshed.minted;
    if (refreshed.kind === 'reuse') {
      const { session } = refreshed;
      await this.log.record(
        session,
        [{ type: 'SessionEnded', data: { session: session.id, cause: 'reuse' } }],
        context(session.workspace),
      );
    }
    throw refuse('unauthenticated');
  }

  /** Logs out; where that stands in the log. */
  async leave({ credential, account, kind }: Principal, home: string, context: CommandContext): Promise<Position> {
    if (kind === 'api-key') throw refuse('forbidden', { permission: 'sessions:current' });
    await this.vault.sessions.endOne(credential);
    return this.log.record(
      { workspace: home, account },
      [{ type: 'SessionEnded', data: { session: credential, cause: 'logout' } }],
      context,
    );
  }

  /** Sessions of the account that can be used or renewed, oldest first. */
  async list(account: string): Promise<Session[]> {
    const now = this.clock();
    return (await this.vault.sessions.list(account)).filter((session) => isAlive(session, now));
  }

  /** Where the end stands in the log. */
  async endOne(id: string, account: string, context: CommandContext): Promise<Position> {
    const session = await this.vault.sessions.byId(id);
    if (!session || session.account !== account || session.workspace !== context.workspace) throw refuse('not-found');
    await this.vault.sessions.endOne(id);
    return this.log.record(session, [{ type: 'SessionEnded', data: { session: id, cause: 'revoked' } }], context);
  }

  /** Everywhere: all sessions of the account, the impersonations of it, and those begun from them. Where that stands in the log. */
  async endAll(account: string, context: CommandContext): Promise<Position> {
    const { workspace } = context;
    await this.vault.sessions.end(accountStream(workspace, account), Number.MAX_SAFE_INTEGER);
    return this.log.record({ workspace, account }, [{ type: 'SessionsEnded', data: {} }], context);
  }
}
