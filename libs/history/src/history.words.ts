import { accessEvents, type AccessEvent } from '#access/records';
import { accountEvents, mailEvents, type AccountEvent, type MailEvent } from '#accounts/records';
import type { EventDefinition } from '#event-store';
import type { Instant, JsonObject } from '#kernel';
import { workspaceEvents, type WorkspaceEvent } from '#workspaces/records';
import { accessWords, CAUSES } from './access.words.js';
import { accountWords, REASONS } from './account.words.js';
import { sentence, told, type Telling, type Tellings, type Told } from './telling.js';
import { workspaceWords } from './workspace.words.js';

/** Events that people read in the history. */
export type HistoryEvent = AccountEvent | MailEvent | WorkspaceEvent | AccessEvent;
export const historyEvents: readonly EventDefinition[] = [...accountEvents, ...mailEvents, ...workspaceEvents, ...accessEvents];

const tellings: Tellings<HistoryEvent> = { ...accountWords, ...workspaceWords, ...accessWords };
const byKind = new Map<string, Telling<JsonObject>>(Object.entries(tellings as Tellings<HistoryEvent & { data: JsonObject }>));

/** Kinds of entries with their titles, in alphabetical order of the kinds. */
export const KINDS: readonly { readonly kind: string; readonly title: string }[] = [...byKind]
  .map(([kind, { title }]) => ({ kind, title }))
  .sort((a, b) => (a.kind < b.kind ? -1 : 1));

/** What an event of this kind and with this data says. A kind that has no words yet is told by its name, so that nothing is lost. */
export const describe = (kind: string, data: JsonObject, at: Instant): Told =>
  byKind.get(kind)?.tell(data, at) ?? told(sentence(kind));

/** What staff writes about customers for staff. */
const STAFF_FIELDS: readonly string[] = ['note', 'comment'];
const STAFF_REASONS: readonly string[] = ['PlanAssigned'] satisfies HistoryEvent['type'][];

/** The same for somebody who is not staff: without what staff writes for staff. Why somebody was in the account stays. */
export function withoutNotes(kind: string, { reason, ...rest }: Told): Told {
  const changes = rest.changes.filter(({ field }) => !STAFF_FIELDS.includes(field));
  return { ...rest, changes, ...(reason === undefined || STAFF_REASONS.includes(kind) ? {} : { reason }) };
}

/** Kinds whose name or title contains `text`. */
export const kindsLike = (text: string): string[] =>
  KINDS.filter(({ kind, title }) => contains(kind, text) || contains(title, text)).map(({ kind }) => kind);

/** Codes of reasons and causes that contain `text`, as codes or in words. */
export const reasonsLike = (text: string): string[] =>
  Object.entries({ ...REASONS, ...CAUSES })
    .filter(([code, words]) => contains(code, text) || contains(words, text))
    .map(([code]) => code);

const contains = (whole: string, text: string): boolean => whole.toLowerCase().includes(text.trim().toLowerCase());
