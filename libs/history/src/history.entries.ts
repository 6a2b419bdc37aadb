import { Inject, Injectable } from '@nestjs/common';
import { ACCOUNT_LIST } from '#accounts';
import { READ_STORE, VAULT } from '#commands';
import { MissingKey, open, type PersonKey, type Position } from '#event-store';
import type { Instant, Json, JsonObject } from '#kernel';
import type { ReadStore, Row } from '#read-store';
import type { Vault } from '#vault';
import type { EntryRow } from './history.projection.js';
import { describe, historyEvents, withoutNotes } from './history.words.js';
import type { FieldChange } from './telling.js';

/** Somebody as they are now. Names are null of a deleted account, of a workspace, and of nobody. */
export interface Person {
  readonly id: string | null;
  readonly fullName: string | null;
  readonly email: string | null;
  /** Of an actor the role in which it acted; null of a deleted account. */
  readonly role: string | null;
  /** The account is no more. */
  readonly deleted?: true;
}

export interface Entry {
  readonly id: string;
  readonly at: Instant;
  readonly kind: string;
  readonly summary: string;
  readonly actor: Person;
  readonly onBehalfOf?: Person;
  readonly subject: Person | null;
  readonly changes: readonly FieldChange[];
  readonly reason?: string;
  readonly address?: string;
  readonly agent?: string;
  readonly requestId: string | null;
  readonly commandId: string | null;
  readonly position: Position;
}

/** Who reads. */
export interface Reader {
  /** Under impersonation the customer. */
  readonly account: string;
  /** False under impersonation: it sees what the customer sees. */
  readonly staff: boolean;
}

type Keys = ReadonlyMap<string, PersonKey | 'destroyed'>;
type People = ReadonlyMap<string, Row>;

/** Makes entries of rows: opens what is sealed, names people as they are now. */
@Injectable()
export class HistoryEntries {
  constructor(
    @Inject(READ_STORE) private readonly store: ReadStore,
    @Inject(VAULT) private readonly vault: Vault,
  ) {}

  /** Rejects with `MissingKey` where the vault knows neither key nor tombstone of somebody, with `Unreadable` where what is sealed is damaged. */
  async of(rows: readonly EntryRow[], reader: Reader): Promise<Entry[]> {
    const [keys, people] = await Promise.all([
      this.vault.keys.getMany(
        distinct(rows.flatMap(({ sealed, subject, origin, actor }) => [sealed && subject, origin && actor])),
      ),
      this.store.getMany(ACCOUNT_LIST, distinct(rows.flatMap(({ subject, actor, onBehalfOf }) => [subject, actor, onBehalfOf]))),
    ]);
    return rows.map((row) => entryOf(row, reader, keys, people));
  }
}

const distinct = (ids: readonly (string | null)[]): string[] =>
  [...new Set(ids.filter((id) => id !== null && id !== ''))] as string[];

function entryOf(row: EntryRow, reader: Reader, keys: Keys, people: People): Entry {
  const { kind, at, onBehalfOf } = row;
  const whole = describe(kind, dataOf(row, keys), at);
  const { summary, changes, reason, origin } = reader.staff ? whole : withoutNotes(kind, whole);
  return {
    id: row.eventId,
    at,
    kind,
    summary,
    actor: { ...personOf(row.actor, row, people), role: row.actorRole },
    ...(onBehalfOf === null ? {} : { onBehalfOf: personOf(onBehalfOf, row, people) }),
    subject: row.subject === null ? null : personOf(row.subject, row, people),
    changes,
    ...(reason === undefined ? {} : { reason }),
    ...(isOpenTo(reader, row) ? (origin ?? originOf(row, keys)) : {}),
    requestId: row.requestId,
    commandId: row.commandId,
    position: row.position,
  };
}

/** Where staff sat when it acted is not for customers. */
const isOpenTo = ({ staff, account }: Reader, { actor }: EntryRow): boolean => staff || actor === null || actor === account;

function personOf(id: string | null, { workspace }: EntryRow, people: People): Person {
  const person = id === null ? undefined : people.get(id);
  if (person) return { id, fullName: text(person['fullName']), email: text(person['email']), role: text(person['role']) };
  const nameless = { id, fullName: null, email: null };
  if (id === workspace) return { ...nameless, role: 'workspace' };
  return id === null ? { ...nameless, role: null } : { ...nameless, role: null, deleted: true };
}

const text = (value: Json | undefined): string | null => (typeof value === 'string' ? value : null);

/** The event's data in its present version, without what is erased. */
function dataOf({ kind, data, sealed, subject, schemaVersion }: EntryRow, keys: Keys): JsonObject {
  const key = sealed === null ? null : keyOf(subject, keys);
  let joined = key && sealed !== null ? { ...data, ...open(key, `${kind}/${subject}`, sealed) } : data;
  const { version = schemaVersion, upcasters } = definitions.get(kind) ?? {};
  for (let at = schemaVersion; at < version; at++) joined = upcasters?.[at]?.(joined) ?? joined;
  return joined;
}

const definitions = new Map(historyEvents.map((definition) => [definition.type, definition]));

/** Empty where it is not known, or erased with the actor. */
function originOf({ origin, actor }: EntryRow, keys: Keys): { address?: string; agent?: string } {
  const key = origin === null ? null : keyOf(actor, keys);
  return key && origin !== null ? open(key, 'origin', origin) : {};
}

/** Null where it is destroyed. */
function keyOf(person: string | null, keys: Keys): PersonKey | null {
  const key = keys.get(person ?? '');
  if (key === undefined) throw new MissingKey('neither key nor tombstone of a person in the history');
  return key === 'destroyed' ? null : key;
}
