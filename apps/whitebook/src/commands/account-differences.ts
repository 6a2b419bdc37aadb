import { accountFold, exists, writtenView, type Account, type AccountEvent, type AccountRow } from '#accounts';
import { accountOf, accountStream, claimEvents } from '#commands';
import type { ReadStore } from '#read-store';
import { unequalFields } from './differences.js';
import type { Folder } from './folder.js';
import { everyEvent } from './verify.js';

/** Keeps the books of claims and says nothing of the account. */
const HOUSEKEEPING: ReadonlySet<string> = new Set(claimEvents.map(({ type }) => type));

/** Each account's row against the fold of its own stream, which is what the write side decides by. */
export async function* accountDifferences(folder: Folder, read: ReadStore): AsyncIterable<string> {
  const seen = new Set<string>();
  for await (const { stream, revision } of everyEvent(folder.log)) {
    const place = revision === 0 ? accountOf(stream) : null;
    if (!place || stream !== accountStream(place.workspace, place.account) || seen.has(stream)) continue;
    seen.add(stream);
    const state = await foldOf(folder, stream);
    const row = await read.get('accounts/list', place.account);
    if (!exists(state)) {
      if (row) yield `${place.account} has a row, though it is over`;
    } else if (!row) yield `${place.account} lives and has no row`;
    else {
      const fields = unequalFields(rowAsWritten(row as AccountRow & { id: string }), asRow(place.account, state));
      if (fields.length > 0) yield `${place.account} differs from its stream in ${fields.join(', ')}`;
    }
  }
}

/** The stream from its first event on, without snapshots. */
async function foldOf({ log, codec }: Folder, stream: string): Promise<Account> {
  let state = accountFold.initial;
  for (const recorded of await codec.decode<AccountEvent>(await log.read(stream))) {
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
