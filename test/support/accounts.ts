import {
  absent,
  accountFold,
  accountsProjection,
  decide,
  type Account,
  type AccountCommand,
  type AccountEvent,
  type AccountFacts,
  type NewAccount,
} from '#accounts';
import type { DomainEvent, Metadata, Recorded } from '#event-store';
import { addSeconds, SECONDS_PER_DAY, type Instant } from '#kernel';
import type { Change, Row } from '#read-store';
import { scenario } from './scenario.js';

export const NOON: Instant = '2026-01-31T12:00:00.000Z';
export const WORKSPACE = 'w1';
export const SARA = 'a'.repeat(32);
export const ADMIN = 'b'.repeat(32);
export const STREAM = `account-${WORKSPACE}-${SARA}`;

/** The moment `days` and `seconds` after noon. */
export const after = (days: number, seconds = 0): Instant => addSeconds(NOON, days * SECONDS_PER_DAY + seconds);

export interface RecordedAt {
  readonly revision?: number;
  readonly at?: Instant;
  readonly stream?: string;
  readonly actor?: Metadata['actor'];
  /** Fields that are gone with the person's key. */
  readonly without?: readonly string[];
}

/** An event as the log gives it back: of Sara's stream, at noon, by an admin, unless told otherwise. */
export function recorded<E extends DomainEvent>(event: E, given: RecordedAt = {}): Recorded<E> {
  const { revision = 0, at = NOON, stream = STREAM, without = [] } = given;
  const actor = given.actor ?? { id: ADMIN, role: 'admin', workspace: WORKSPACE };
  const data = Object.fromEntries(Object.entries(event.data).filter(([name]) => !without.includes(name)));
  return {
    event: { ...event, data },
    id: `event-${stream}-${revision}`,
    stream,
    revision,
    position: revision + 1,
    created: at,
    workspace: WORKSPACE,
    number: revision + 1,
    metadata: {
      workspace: WORKSPACE,
      subject: SARA,
      actor,
      commandId: `command-${revision}`,
      correlationId: `command-${revision}`,
      at,
      schemaVersion: 1,
    },
    clear: {},
    sealed: null,
    erased: without.length > 0,
  };
}

/** An event and when it was recorded; without a time it was at noon. */
type Given = AccountEvent & { readonly at?: Instant };
export const on = (at: Instant, event: AccountEvent): Given => ({ ...event, at });

/** The fold of a history, one revision after the other. */
export const foldOf = (...history: Given[]): Account =>
  history.reduce<Account>((before, { at, ...event }, revision) => {
    return accountFold.evolve(before, recorded(event, { revision, ...(at === undefined ? {} : { at }) }));
  }, absent);

const FACTS: AccountFacts = { now: NOON, domainMissing: null, plans: ['standard', 'gold'] };

/** `account({ now }).given(…events).when(command).then(…events)`. */
export const account = (facts: Partial<AccountFacts> = {}) =>
  scenario({
    initial: absent,
    evolve: (before: Account, { at, ...event }: Given) =>
      accountFold.evolve(before, recorded(event, { revision: before.version, ...(at === undefined ? {} : { at }) })),
    decide: (state: Account, command: AccountCommand) => decide(state, command, { ...FACTS, ...facts }),
  });

export const profile = {
  email: 'Sara@northwind.test',
  username: null,
  fullName: 'Sara Lind',
  company: 'Northwind',
  phone: null,
  attributes: {},
  comment: null,
  utm: null,
};

/** What somebody wants for Sara: a regular customer on the standard plan. */
export const wanted = (changes: Partial<NewAccount> = {}): NewAccount => ({
  profile,
  role: 'user',
  plan: 'standard',
  test: false,
  testDays: null,
  botSlots: null,
  conversations: null,
  teamMembers: 10,
  ...changes,
});

const DAY = SECONDS_PER_DAY;
const terms = {
  role: 'user',
  plan: 'standard',
  test: false,
  testSeconds: null,
  quotas: { botSlots: 1, conversations: null, teamMembers: 10 },
} as const;
const test = { test: true, testSeconds: 14 * DAY, quotas: { botSlots: 0, conversations: null, teamMembers: 10 } };
type Data<Type extends AccountEvent['type']> = Extract<AccountEvent, { type: Type }>['data'];

export const created = (changes: Partial<Data<'UserCreated'>> = {}): AccountEvent => ({
  type: 'UserCreated',
  data: { ...profile, ...terms, credential: 'c1', passwordChangeRequired: false, ...changes },
});
export const invited = (changes: Partial<Data<'UserInvited'>> = {}): AccountEvent => ({
  type: 'UserInvited',
  data: {
    ...profile,
    ...terms,
    invitation: `i${SARA}`,
    generation: 1,
    lifetimeSeconds: 7 * DAY,
    via: 'workspace',
    ...changes,
  },
});
export const createdTest = (changes: Partial<Data<'UserCreated'>> = {}) => created({ ...test, ...changes });
export const invitedTest = (changes: Partial<Data<'UserInvited'>> = {}) => invited({ ...test, ...changes });
export const createdOwner = () => created({ role: 'owner', quotas: { botSlots: 0, conversations: null, teamMembers: 10 } });
export const accepted = (changes: Partial<Data<'InvitationAccepted'>> = {}): AccountEvent => ({
  type: 'InvitationAccepted',
  data: { generation: 1, credential: 'c1', fullName: null, utm: null, testSeconds: null, ...changes },
});
export const resent = (generation = 2): AccountEvent => ({
  type: 'InvitationResent',
  data: { generation, lifetimeSeconds: 7 * DAY, via: 'workspace' },
});
export const revoked = (generation = 1): AccountEvent => ({ type: 'InvitationRevoked', data: { generation } });
export const lapsed = (generation = 1): AccountEvent => ({ type: 'InvitationExpired', data: { generation } });
export const disabled = (changes: Partial<Data<'UserDisabled'>> = {}): AccountEvent => ({
  type: 'UserDisabled',
  data: { from: 'active', kind: 'inactive', reason: 'other', note: null, until: null, ...changes },
});
export const expired = (changes: Partial<Data<'TestExpired'>> = {}): AccountEvent => ({
  type: 'TestExpired',
  data: { testExpiresAt: after(14), from: 'active', to: 'inactive', ...changes },
});
export const deleted = (changes: Partial<Data<'UserDeleted'>> = {}): AccountEvent => ({
  type: 'UserDeleted',
  data: { reason: null, status: 'active', ...changes },
});
export const converted = (changes: Partial<Data<'UserConverted'>> = {}): AccountEvent => ({
  type: 'UserConverted',
  data: { botSlots: 1, status: 'active', ...changes },
});

type Rows = Record<'list' | 'invitations' | 'timers', Record<string, Row>>;

/** The rows that follow from what was recorded, as a store would keep them. */
export function rowsAfter(history: readonly Recorded[]): Rows {
  const rows: Rows = { list: {}, invitations: {}, timers: {} };
  const numbers: Record<string, number> = {};
  for (const each of history) {
    const sequence = accountsProjection.numbered?.({ ...each, type: each.event.type }) ?? null;
    const number = sequence === null ? null : (numbers[sequence] = (numbers[sequence] ?? 0) + 1);
    for (const change of accountsProjection.project(each, { number })) applyTo(rows, change);
  }
  return rows;
}

function applyTo(rows: Rows, change: Change): void {
  const table = rows[change.collection as keyof Rows];
  const known = table[change.id];
  if (change.op === 'remove') delete table[change.id];
  else if (change.op === 'put') table[change.id] = { ...change.row, id: change.id };
  else if (known) table[change.id] = { ...known, ...change.fields };
}

/** Histories of the projections' tests: the events of Sara's stream, one revision after the other. */
export const history = (...events: Given[]): Recorded[] =>
  events.map(({ at, ...event }, revision) => recorded(event, { revision, ...(at === undefined ? {} : { at }) }));
