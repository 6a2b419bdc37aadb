import { accountFold, exists, writtenView, type Account, type AccountEvent, type AccountRow } from '#accounts';
import { accountOf, accountStream, claimEvents } from '#commands';
import { MissingKey, type Position } from '#event-store';
import type { ReadStore } from '#read-store';
import { unequalFields, type Finding } from './differences.js';
import type { Installation } from './installation.js';
import { everyEvent } from './verify.js';

/** Keeps the books of claims and says nothing of the account. */
const HOUSEKEEPING: ReadonlySet<string> = new Set(claimEvents.map(({ type }) => type));

/** Streams that are read at once. */
const AT_ONCE = 32;

interface Place {
  readonly stream: string;
  readonly account: string;
}

/** Each account's row against the fold of its own stream up to a position, which is what the write side decides by. */
export async function* accountDifferences(
  installation: Installation,
  read: ReadStore,
  position: () => Position,
): AsyncIterable<Finding> {
  for await (const places of inGroups(accountsIn(installation))) {
    const looks = places.map((place) => () => differencesOf(installation, place, position(), read));
    const texts = await Promise.all(looks.map((look) => look()));
    for (const [index, again] of looks.entries()) {
      const here = texts[index] ?? [];
      if (here.length > 0) yield { texts: here, again };
    }
  }
}

/** A stream that cannot be read is a difference too. */
async function differencesOf(installation: Installation, place: Place, until: Position, read: ReadStore): Promise<string[]> {
  const { account, stream } = place;
  const state = await foldOf(installation, stream, until).catch((error: unknown) => {
    if (error instanceof MissingKey) return null;
    throw error;
  });
  if (state === null) return [`${account} has neither key nor tombstone: its stream cannot be read`];
  const row = await read.get('accounts/list', account);
  if (!exists(state)) return row ? [`${account} has a row, though it is over`] : [];
  if (!row) return [`${account} lives and has no row`];
  const fields = unequalFields(rowAsWritten(row as AccountRow & { id: string }), asRow(account, state));
  return fields.length > 0 ? [`${account} differs from its stream in ${fields.join(', ')}`] : [];
}

async function* accountsIn({ log }: Installation): AsyncIterable<Place> {
  const seen = new Set<string>();
  for await (const { stream, revision } of everyEvent(log)) {
    const place = revision === 0 ? accountOf(stream) : null;
    if (!place || stream !== accountStream(place.workspace, place.account) || seen.has(stream)) continue;
    seen.add(stream);
    yield { stream, account: place.account };
  }
}

async function* inGroups<T>(all: AsyncIterable<T>): AsyncIterable<T[]> {
  let group: T[] = [];
  for await (const each of all) {
    if (group.push(each) < AT_ONCE) continue;
    yield group;
    group = [];
  }
  if (group.length > 0) yield group;
}

/** The stream from its first event on, without snapshots. */
async function foldOf({ log, codec }: Installation, stream: string, until: Position): Promise<Account> {
  let state = accountFold.initial;
  const events = (await log.read(stream)).filter(({ position }) => position <= until);
  for (const recorded of await codec.decode<AccountEvent>(events)) {
    if (!HOUSEKEEPING.has(recorded.event.type)) state = accountFold.evolve(state, recorded);
  }
  return state;
}

/** The answer to a write, in a row's words. */
function asRow(id: string, account: Account): Partial<AccountRow> {
  const { email, username, fullName, company, phone, role, plan, quotas, createdBy, ...view } = writtenView(id, account);
  const { status, statusReason, statusNote, disabledUntil, test, testExpiresAt, utm, attributes, joinedAt, revision } = view;
  return {
    ...{ email, username, fullName, company, phone, role, plan, status, statusNote, disabledUntil, test, testExpiresAt },
    ...{ statusReason, utm, joinedAt, revision, attributes: attributes as AccountRow['attributes'] },
    botSlots: quotas.botSlots.allocated ?? 0,
    conversations: quotas.conversations.allocated,
    teamMembers: quotas.teamMembers.allocated ?? 0,
    createdBy: createdBy.id,
  };
}

/** The part of a row that a stream alone tells: numbers are the list's, log-ins lie in another stream. */
function rowAsWritten(row: AccountRow & { id: string }): Partial<AccountRow> {
  const { id: _id, workspace: _w, listed: _l, number: _n, lastLoginAt: _at, comment: _c, createdAt: _made, ...rest } = row;
  const { companyKey: _key, utmSource: _source, utmMedium: _medium, utmCampaign: _campaign, ...written } = rest;
  return written;
}
