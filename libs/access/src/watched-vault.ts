import type { StreamLoader } from '#commands';
import type { EventLog } from '#event-store';
import type { Session, Sessions, Vault } from '#vault';
import { AccessLog } from './access-log.js';

/**
 * The vault, with every impersonation that ends in it recorded before its end is answered, whoever ends it. What cannot be recorded now
 * ends nevertheless: a timer records it when its time would have been over.
 */
export function watchedVault(vault: Vault, events: EventLog, loader: StreamLoader): Vault {
  const log = new AccessLog(events, loader);
  const tell = async (ended: Session[], cause: 'cut-off' | 'expired'): Promise<Session[]> => {
    await Promise.allSettled(
      ended.map(async ({ id: session, workspace, account, act }) => {
        if (act) await log.impersonationEnded({ workspace, account, session, staff: act.account }, cause);
      }),
    );
    return ended;
  };
  const { sessions } = vault;
  const watched: Sessions = {
    insert: (session) => sessions.insert(session),
    byToken: (tokenHash) => sessions.byToken(tokenHash),
    byRefresh: (refreshHash) => sessions.byRefresh(refreshHash),
    byId: (id) => sessions.byId(id),
    rotate: (id, from, next) => sessions.rotate(id, from, next),
    unlock: (id, credential, judged) => sessions.unlock(id, credential, judged),
    touch: (id, at, generation) => sessions.touch(id, at, generation),
    list: (account) => sessions.list(account),
    end: async (stream, before, except) => tell(await sessions.end(stream, before, except), 'cut-off'),
    endOne: async (id) => tell(await sessions.endOne(id), 'cut-off'),
    expire: async (now) => tell(await sessions.expire(now), 'expired'),
  };
  return { ...vault, sessions: watched };
}
