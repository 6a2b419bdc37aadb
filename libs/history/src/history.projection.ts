import { claimEvents } from '#commands';
import type { Position, Recorded } from '#event-store';
import type { Instant, JsonObject } from '#kernel';
import type { Change, Collection, Projection } from '#read-store';
import { historyEvents } from './history.words.js';

/** COR-16: an entry as it is kept: ids, codes and sealed bytes. It is opened and named when it is read. */
export type EntryRow = JsonObject & {
  eventId: string;
  workspace: string;
  position: Position;
  at: Instant;
  kind: string;
  /** Account or workspace that it is about. */
  subject: string | null;
  actor: string | null;
  actorRole: string;
  onBehalfOf: string | null;
  /** Codes: why, and what came of it (a status, a role, a plan). */
  reason: string | null;
  result: string | null;
  data: JsonObject;
  /** The personal part, sealed under the subject's key. */
  sealed: string | null;
  /** Address and agent, sealed under the actor's key. */
  origin: string | null;
  schemaVersion: number;
  requestId: string | null;
  commandId: string | null;
};

const shared = {
  workspace: 'key',
  position: 'number',
  at: 'key',
  kind: 'key',
  subject: 'key',
  actor: 'key',
  reason: 'key',
  result: 'key',
} as const;
type Shared = keyof typeof shared;

/** One entry per event that people read. Never removed: of a deleted account the facts stay. */
const entries: Collection<never> = {
  name: 'entries',
  fields: shared,
  indexes: [
    ['workspace', 'position'],
    ['workspace', 'subject', 'position'],
    ['workspace', 'actor', 'position'],
    ['workspace', 'kind', 'position'],
    ['workspace', 'reason', 'position'],
    ['workspace', 'result', 'position'],
    ['workspace', 'at'],
  ],
};

/** Whose histories an entry stands in beside that of its subject: under impersonation there is somebody else. */
const links: Collection<never> = {
  name: 'links',
  fields: { ...shared, account: 'key' },
  indexes: [['workspace', 'account', 'position']],
};

export const entryId = (position: Position): string => String(position).padStart(16, '0');

/** What keeps the books between streams; other events say the same to people. */
const UNTOLD: ReadonlySet<string> = new Set(claimEvents.map(({ type }) => type));
/** The installation's own streams, which are cut off at their beginning. */
const SYSTEM_STREAMS: ReadonlySet<string> = new Set(['clock', 'chain']);

/** The history of workspaces and accounts. */
export const historyProjection: Projection = {
  name: 'history',
  version: 2,
  collections: [entries, links],
  // No key is needed to keep an entry: nothing of it can fail.
  keyless: true,
  unparkable: historyEvents.map(({ type }) => type),
  project(recorded) {
    if (UNTOLD.has(recorded.event.type) || SYSTEM_STREAMS.has(recorded.stream)) return [];
    const row = rowOf(recorded);
    const id = entryId(recorded.position);
    return [{ op: 'put', collection: 'entries', id, row }, ...othersOf(recorded).map((account) => link(row, id, account))];
  },
};

function rowOf({ id, event, workspace, position, created, metadata, clear, sealed }: Recorded): EntryRow {
  const { subject, actor, onBehalfOf, origin, schemaVersion, requestId, commandId } = metadata;
  return {
    eventId: id,
    workspace,
    position,
    at: created,
    kind: event.type,
    subject,
    actor: actor.id,
    actorRole: actor.role,
    onBehalfOf: onBehalfOf ?? null,
    reason: code(clear['reason']) ?? code(clear['cause']),
    result: code(clear['kind']) ?? code(clear['to']),
    data: clear,
    sealed,
    origin: origin ?? null,
    schemaVersion,
    requestId: requestId ?? null,
    commandId,
  };
}

const code = (value: unknown): string | null => (typeof value === 'string' ? value : null);

function link(row: EntryRow, id: string, account: string): Change {
  const kept = Object.fromEntries((Object.keys(shared) as Shared[]).map((field) => [field, row[field]]));
  return { op: 'put', collection: 'links', id: `${id}-${account}`, row: { ...kept, account } };
}

/**
 * AUTH-3: start, end and whatever happens under an impersonation stand in the customer's history and in that of who really acts. The entry itself
 * says its subject: no link is needed for that.
 */
function othersOf({ event, metadata, clear }: Recorded): string[] {
  const { subject, actor, onBehalfOf } = metadata;
  const borders = event.type === 'UserImpersonated' || event.type === 'ImpersonationEnded';
  const impersonator = borders ? code(clear['staff']) : onBehalfOf === undefined ? null : actor.id;
  const accounts = [onBehalfOf ?? null, impersonator].filter((account) => account !== null);
  return [...new Set(accounts)].filter((account) => account !== subject);
}
