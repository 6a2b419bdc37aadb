import type { AccountCommand, NewAccount } from '#accounts';
import { madeBy, type Sent } from './world.js';

/** What several processes want at once. */
export interface Scenario {
  readonly name: string;
  /** Bot slots that there are. */
  readonly slots: number;
  /** Done before, one after the other. */
  readonly given: readonly Sent[];
  readonly processes: readonly { readonly name: string; readonly after?: string; readonly sends: readonly Sent[] }[];
}

const address = (name: string): string => `${name}@example.test`;

function accountWith(email: string, terms: Partial<NewAccount> = {}): NewAccount {
  const profile = {
    email: address(email),
    username: null,
    fullName: null,
    company: null,
    phone: null,
    attributes: {},
    comment: null,
    utm: null,
  };
  const rest = { role: 'user', plan: '', test: false, testDays: null, conversations: null, teamMembers: 10 } as const;
  return { profile, ...rest, botSlots: 0, ...terms };
}

/** Creates the account `madeBy(id)`. */
export const create = (id: string, email: string, botSlots = 0): Sent => ({
  id,
  account: madeBy(id),
  command: { type: 'Create', account: accountWith(email, { botSlots }), credential: `of-${id}`, passwordChangeRequired: false },
});
const createTest = (id: string, email: string): Sent => ({
  id,
  account: madeBy(id),
  command: {
    type: 'Create',
    account: accountWith(email, { test: true, testDays: 14, botSlots: null }),
    credential: `of-${id}`,
    passwordChangeRequired: false,
  },
});
export const createOwner = (id: string): Sent => ({
  id,
  account: madeBy(id),
  command: {
    type: 'Create',
    account: accountWith(id, { role: 'owner', botSlots: null }),
    credential: `of-${id}`,
    passwordChangeRequired: false,
  },
});
const invite = (id: string, email: string, botSlots = 0): Sent => ({
  id,
  account: madeBy(id),
  command: { type: 'Invite', account: accountWith(email, { botSlots }), invitation: `invitation-${id}`, via: 'installation' },
});
/** A command on the account that the given command `of` made. */
const on = (id: string, of: string, command: AccountCommand): Sent => ({ id, account: madeBy(of), command });
export const move = (id: string, of: string, email: string): Sent =>
  on(id, of, { type: 'Edit', changes: {}, email: { to: address(email), confirmed: true } });
export const allocate = (id: string, of: string, botSlots: number): Sent =>
  on(id, of, { type: 'SetQuotas', quotas: { botSlots } });
export const remove = (id: string, of: string, email: string): Sent =>
  on(id, of, { type: 'Delete', confirm: address(email), reason: null });
const convert = (id: string, of: string): Sent => on(id, of, { type: 'Convert', botSlots: 1 });
export const demote = (id: string, of: string): Sent => on(id, of, { type: 'SetRole', role: 'admin' });
const disable = (id: string, of: string): Sent =>
  on(id, of, { type: 'Disable', kind: 'blocked', reason: 'other', note: null, until: null });

/** Each command by a process of its own, all at once. */
const apart = (...sends: Sent[]): Scenario['processes'] =>
  sends.map((sent, at) => ({ name: `${'pqrst'[at]} (${sent.command.type} ${sent.id})`, sends: [sent] }));

export const claims: readonly Scenario[] = [
  {
    name: 'ACC-11 COR-2 COR-4 a change of address beside an invitation to the old one',
    slots: 0,
    given: [create('S', 'x')],
    processes: apart(move('e', 'S', 'y'), invite('k', 'x')),
  },
  {
    name: 'ACC-11 COR-4 a change of address, and back, beside a create of the first one',
    slots: 0,
    given: [create('S', 'x')],
    processes: apart(move('e', 'S', 'y'), move('f', 'S', 'x'), create('k', 'x')),
  },
  {
    name: 'COR-2 WS-8 one create sent twice, and another that wants the last slot',
    slots: 1,
    given: [],
    processes: apart(create('k', 'x', 1), create('k', 'x', 1), create('l', 'y', 1)),
  },
  {
    name: 'COR-2 COR-4 WS-8 one create sent twice, and a delete that frees the last slot',
    slots: 1,
    given: [create('S', 's', 1)],
    processes: apart(create('k', 'x', 1), create('k', 'x', 1), remove('d', 'S', 's')),
  },
  {
    name: 'ACC-11 WS-8 a create, a rival for its address, and a delete that frees the last slot',
    slots: 1,
    given: [create('S', 's', 1)],
    processes: apart(create('k', 'x', 1), create('l', 'x'), remove('d', 'S', 's')),
  },
  {
    name: 'WS-8 an allocation lowered beside a create that wants what is given up',
    slots: 2,
    given: [create('S', 's', 2)],
    processes: apart(allocate('a', 'S', 1), create('k', 'x', 1)),
  },
  {
    name: 'WS-8 COR-4 an allocation lowered twice beside two creates',
    slots: 3,
    given: [create('S', 's', 3)],
    processes: apart(allocate('a', 'S', 2), allocate('b', 'S', 1), create('k', 'x', 1), create('l', 'y', 1)),
  },
  {
    name: 'COR-2 WS-8 refused for the slot, the slot comes free, the same command again',
    slots: 1,
    given: [create('S', 's', 1)],
    processes: [
      { name: 'p', sends: [create('k', 'x', 1)] },
      { name: 'q', after: 'p', sends: [create('k', 'x', 1)] },
      { name: 'd', sends: [remove('d', 'S', 's')] },
      { name: 'r', after: 'q', sends: [create('l', 'x')] },
    ],
  },
  {
    name: 'ACC-6 WS-8 two converts of one account for the last slot',
    slots: 1,
    given: [createTest('S', 's')],
    processes: apart(convert('c', 'S'), convert('f', 'S')),
  },
  {
    name: 'WS-8 an allocation raised beside others of the same account and a create',
    slots: 5,
    given: [create('S', 's', 3)],
    processes: apart(allocate('a', 'S', 5), allocate('b', 'S', 1), create('k', 'x', 1)),
  },
  {
    name: 'WS-8 COR-4 an allocation raised, lowered in part, and a create that wants the rest',
    slots: 3,
    given: [create('S', 's', 1)],
    processes: [
      { name: 'p', sends: [allocate('a', 'S', 3)] },
      { name: 'q', after: 'p', sends: [allocate('b', 'S', 2)] },
      { name: 'r', sends: [create('k', 'x', 1)] },
    ],
  },
  {
    name: 'ACC-11 WS-8 a raised allocation and a change of address beside a delete of the account',
    slots: 3,
    given: [create('S', 's', 1)],
    processes: apart(allocate('a', 'S', 3), move('e', 'S', 'x'), remove('d', 'S', 's')),
  },
];

export const owners: readonly Scenario[] = [
  {
    name: 'AUTH-2 two owners, each demoted by the other',
    slots: 0,
    given: [createOwner('A'), createOwner('B')],
    processes: apart(demote('a', 'A'), demote('b', 'B')),
  },
  {
    name: 'AUTH-2 three owners, all demoted at once',
    slots: 9,
    given: [createOwner('A'), createOwner('B'), createOwner('C')],
    processes: apart(demote('a', 'A'), demote('b', 'B'), demote('c', 'C')),
  },
  {
    name: 'AUTH-2 COR-4 three owners: one disabled, one deleted, one demoted twice by one command',
    slots: 0,
    given: [createOwner('A'), createOwner('B'), createOwner('C')],
    processes: apart(disable('a', 'A'), remove('b', 'B', 'B'), demote('c', 'C'), demote('c', 'C')),
  },
];
