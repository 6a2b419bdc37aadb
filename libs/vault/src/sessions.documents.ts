import type { Revision } from '#event-store';
import { addSeconds, later, SECONDS_PER_DAY } from '#kernel';
import type { Clock, Instant } from '#kernel';
import type { Documents, Filter } from './documents.port.js';
import { fromPairs, toPairs, type Pair } from './judged-pairs.js';
import type { Touches } from './touches.js';
import type { Session, Sessions } from './vault.port.js';

/** Longer than any request that could still write a session under an id that was ended. */
const ENDED_IDS_KEPT_SECONDS = SECONDS_PER_DAY;
const EXPIRED_AT_ONCE = 500;

/** A session as a document. `judgings` counts how often it was judged, so that an end can tell whether it was judged anew meanwhile. */
interface Standing extends Omit<Session, 'id' | 'judged' | 'act'> {
  readonly _id: string;
  readonly act: NonNullable<Session['act']> | null;
  readonly actSession: string | null;
  readonly judged: readonly Pair[];
  readonly streams: readonly string[];
  readonly judgings: number;
}

/**
 * Sessions, each with the memory of its end in one document: an ended session becomes a stub, in one step. So it is ended once, told by one
 * process, and nothing writes it again.
 */
export class DocumentSessions implements Sessions {
  constructor(
    private readonly documents: Documents,
    private readonly clock: Clock,
    private readonly touches: Touches,
  ) {}

  /** An impersonation is written, then the session that it was begun from is looked at; whoever ends that one does it the other way round. */
  async insert(session: Session): Promise<void> {
    const inserted = await this.documents.insert({ ...toDocument(session) });
    const from = session.act?.session;
    if (!inserted || from === undefined) return;
    if (await this.documents.current({ _id: from, endedAt: { $gte: '' } })) await this.bury({ _id: session.id });
  }

  byToken(tokenHash: string): Promise<Session | null> {
    return this.one({ tokenHash });
  }

  async byRefresh(refreshHash: string): Promise<Session | null> {
    return (await this.one({ refreshHash })) ?? this.one({ previousRefreshHash: refreshHash });
  }

  byId(id: string): Promise<Session | null> {
    return this.one({ _id: id, endedAt: null });
  }

  rotate(id: string, from: number, next: Parameters<Sessions['rotate']>[2]): Promise<boolean> {
    return this.documents.update({ _id: id, generation: from }, { ...next, generation: from + 1, used: false });
  }

  async unlock(id: string, credential: string, judged: Readonly<Record<string, Revision>>): Promise<boolean> {
    for (;;) {
      const session = await this.documents.current<Standing>({ _id: id, endedAt: null });
      if (!session || session.kind === 'impersonation') return false;
      const { judgings } = session;
      const anew = { kind: 'full', credential, ...judgedFields(judged), judgings: judgings + 1 };
      if (await this.documents.update({ _id: id, judgings }, anew)) return true;
    }
  }

  async touch(id: string, at: Instant, generation?: number): Promise<void> {
    this.touches.add(id, at, generation ?? null);
  }

  async end(stream: string, before: Revision, except?: string): Promise<Session[]> {
    const listing = await this.documents.find<Standing>({ streams: stream });
    const ended = listing.map(async (session) => (session._id === except ? [] : this.endOlder(session, stream, before)));
    return (await Promise.all(ended)).flat();
  }

  /** Its id is remembered, whether it was there or not. */
  endOne(id: string): Promise<Session[]> {
    return this.endWithBegun(id, () => this.bury({ _id: id }, true));
  }

  async list(account: string): Promise<Session[]> {
    const found = await this.documents.find<Standing>({ account }, { sort: ['createdAt', '_id'] });
    return found.map((session) => this.touched(toSession(session)));
  }

  async expire(now: Instant): Promise<Session[]> {
    await this.documents.remove({ endedAt: { $lt: addSeconds(now, -ENDED_IDS_KEPT_SECONDS) } });
    // an impersonation has no refresh: both of its times are the same
    const found = await this.documents.find<Standing>({ refreshExpiresAt: { $lte: now } }, { limit: EXPIRED_AT_ONCE });
    const expired: Session[] = [];
    for (const { _id, generation } of found) {
      const buried = await this.bury({ _id, generation });
      if (buried?.kind === 'impersonation') expired.push(buried);
    }
    return expired;
  }

  private async one(filter: Filter): Promise<Session | null> {
    const found = await this.documents.current<Standing>(filter);
    return found && this.touched(toSession(found));
  }

  /** Ends a session that was found, unless it is judged anew by then: looks again until it is one or the other. */
  private async endOlder(found: Standing, stream: string, before: Revision): Promise<Session[]> {
    const all: Session[] = [];
    for (let session: Standing | null = found; session && isOlder(session, stream, before);) {
      const { judgings } = session;
      const ended = await this.endWithBegun(found._id, () => this.bury({ _id: found._id, judgings }));
      all.push(...ended); // what was begun from it may have ended here, and it itself elsewhere
      if (ended.some(({ id }) => id === found._id)) break;
      session = await this.documents.current<Standing>({ _id: found._id, endedAt: null });
    }
    return all;
  }

  /** What was begun from it ends before it, so that whoever dies in between is repeated, and after it, so that nothing slips through. */
  private async endWithBegun(id: string, bury: () => Promise<Session | null>): Promise<Session[]> {
    const before = await this.endBegunFrom(id);
    const ended = await bury();
    return [...before, ...(ended ? [ended] : []), ...(await this.endBegunFrom(id))];
  }

  private async endBegunFrom(id: string): Promise<Session[]> {
    const begun = await this.documents.find<Standing>({ actSession: id });
    return (await Promise.all(begun.map(({ _id }) => this.endOne(_id)))).flat();
  }

  private async bury(filter: Filter & { readonly _id: string }, orMake = false): Promise<Session | null> {
    const stub = { endedAt: this.clock() };
    const buried = await this.documents.replace<Standing>({ ...filter, endedAt: null }, stub, { orMake });
    return buried && toSession(buried);
  }

  private touched(session: Session): Session {
    const at = this.touches.of(session.id, session.generation);
    return at === null ? session : { ...session, used: true, lastUsedAt: later(session.lastUsedAt, at) };
  }
}

const isOlder = ({ judged }: Standing, stream: string, before: Revision): boolean =>
  judged.some((pair) => pair.stream === stream && pair.revision < before);

const judgedFields = (judged: Readonly<Record<string, Revision>>): Pick<Standing, 'judged' | 'streams'> => ({
  judged: toPairs(judged),
  streams: Object.keys(judged),
});

function toDocument({ id, judged, act, ...session }: Session): Standing {
  return { ...session, _id: id, act: act ?? null, actSession: act?.session ?? null, ...judgedFields(judged), judgings: 1 };
}

function toSession({
  _id,
  judged,
  act,
  actSession: _from,
  streams: _streams,
  judgings: _judgings,
  ...session
}: Standing): Session {
  return { ...session, id: _id, judged: fromPairs(judged), ...(act ? { act } : {}) };
}
