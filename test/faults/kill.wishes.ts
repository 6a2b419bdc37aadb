import { textAt, type Api, type Reply } from '../support/api.js';
import { secretFor } from './brand.js';
import { allocatedIn, endResets, living, stopSessions, type Person, type Place, type Session } from './kill.model.js';

/** One command that a client wants done, and what is so from then on. */
export interface Wish {
  readonly name: string;
  /** Whom it is about; of a new one as it would be. Null: the workspace. */
  readonly about: Person | null;
  send(api: Callers, headers: Readonly<Record<string, string>>): Promise<Reply>;
  /** The answers that say that it is done; `doneBefore` is said to one that was sent again. */
  readonly done: readonly number[];
  readonly doneBefore?: readonly number[];
  /** The answers to one that was sent again too late: it was not done, and is not any more. */
  readonly lapsed?: readonly number[];
  /** Seconds for which what is done may be sent again; for good by default. */
  readonly repeatableFor?: number;
  /** Changes the model; without a reply what is only in it stays unknown. */
  apply(reply: Reply | null): void;
}

/** Who calls: the workspace's owner or its operator (`by`), or somebody with a token of its own. */
export interface Callers {
  readonly by: Api;
  /** Without a credential. */
  readonly root: Api;
}

export interface Hand {
  readonly place: Place;
  readonly folder: string;
  readonly operated: boolean;
  /** From 0 to 1. */
  chance(): number;
  /** A name that was never given before. */
  fresh(what: string): string;
}

type Made = Wish | null;
const path = (person: Person): string => `/v1/accounts/${person.id}`;
const one = <T>(hand: Hand, among: readonly T[]): T | undefined => among[Math.floor(hand.chance() * among.length)];

/** Somebody of the place that `may`; blocks that end by themselves are left alone. */
const who = (hand: Hand, may: (person: Person) => boolean): Person | undefined =>
  one(
    hand,
    living(hand.place).filter((person) => person.id !== null && person.until === null && may(person)),
  );
const isActive = ({ status }: Person): boolean => status === 'active';
const isMember = ({ status }: Person): boolean => status !== 'pending';
const isPending = ({ status }: Person): boolean => status === 'pending';

function about(
  person: Person | undefined,
  name: string,
  send: (person: Person, callers: Callers, options: { headers: Readonly<Record<string, string>> }) => Promise<Reply>,
  apply: (person: Person, reply: Reply | null) => void,
  more: Partial<Pick<Wish, 'done' | 'doneBefore' | 'lapsed' | 'repeatableFor'>> = {},
): Made {
  if (!person) return null;
  return {
    ...{ name, about: person, done: [200], ...more },
    send: (callers, headers) => send(person, callers, { headers }),
    apply: (reply) => apply(person, reply),
  };
}

function nobody(hand: Hand, fields: Partial<Person>): Person {
  const email = `${hand.fresh('p')}@customers.example`;
  const none = { company: null, username: null, until: null, password: null };
  const empty = { sessions: [], visits: [], keys: [], dead: [] };
  const counts = { testDays: 0, botSlots: 1, sent: 0, resets: 0, resetUsed: 0 };
  return {
    ...{ id: null, email, status: 'active', role: 'user', test: false, invited: false, mustChange: false },
    ...{ ...none, ...empty, ...counts, ...fields },
  };
}

const mayAdd = ({ place }: Hand): boolean =>
  place.domain === 'verified' && place.slots - allocatedIn(place) > 3 && living(place).length < 12;
const terms = ({ test, testDays, botSlots }: Person) => (test ? { test, testDays } : { botSlots });
const maybeTest = (hand: Hand): Partial<Person> => (hand.chance() < 0.4 ? { test: true, testDays: 9, botSlots: 0 } : {});

export const peopleWishes: readonly ((hand: Hand) => Made)[] = [
  (hand) => {
    if (!mayAdd(hand)) return null;
    const person = nobody(hand, { password: hand.fresh('word-'), ...maybeTest(hand) });
    const { email, password } = person;
    const add = (made: Person, reply: Reply | null): void => {
      made.id = reply && textAt(reply, 'id');
      hand.place.people.push(made);
    };
    const send = (to: Person, { by }: Callers, options: object) =>
      by.post('/v1/accounts', { email, password, ...terms(to) }, options);
    return about(person, 'create', send, add, { done: [201] });
  },
  (hand) => {
    if (!mayAdd(hand)) return null;
    const person = nobody(hand, { status: 'pending', invited: true, sent: 1, ...maybeTest(hand) });
    const add = (made: Person, reply: Reply | null): void => {
      made.id = reply && textAt(reply, 'accountId');
      hand.place.people.push(made);
    };
    const send = (to: Person, { by }: Callers, options: object) =>
      by.post('/v1/invitations', { email: person.email, ...terms(to) }, options);
    return about(person, 'invite', send, add, { done: [201] });
  },
  (hand) =>
    about(
      hand.place.domain === 'verified' ? who(hand, isPending) : undefined,
      'resend',
      ({ id }, { by }, options) => by.post(`/v1/invitations/i${id}/resend`, {}, options),
      (person) => void person.sent++,
    ),
  (hand) =>
    about(
      hand.chance() < 0.3 ? who(hand, isPending) : undefined,
      'revoke',
      ({ id }, { by }, options) => by.delete(`/v1/invitations/i${id}`, undefined, options),
      (person) => void (person.status = 'gone'),
      { done: [204], doneBefore: [204, 404] },
    ),
  (hand) => {
    const password = hand.fresh('word-');
    return about(
      who(hand, isPending),
      'activate',
      (person, { by }, options) => by.post(`${path(person)}/activate`, { password }, options),
      (person) => void Object.assign(person, { password, status: 'active' }),
    );
  },
  (hand) => {
    const company = hand.fresh('Company ');
    return about(
      who(hand, () => true),
      'change profile',
      (person, { by }, options) => by.patch(path(person), { company }, options),
      (person) => void (person.company = company),
    );
  },
  (hand) => {
    const [email, username] = [`${hand.fresh('q')}@customers.example`, hand.fresh('name')];
    return about(
      who(hand, isMember),
      'change email and username',
      (person, { by }, options) => by.patch(path(person), { email, username }, options),
      (person) => {
        Object.assign(person, { email, username });
        endResets(person);
      },
    );
  },
  (hand) => {
    const kind = hand.chance() < 0.5 ? 'inactive' : 'blocked';
    const until = hand.chance() < 0.3 ? new Date(Date.now() + 1_500).toISOString() : null;
    return about(
      who(hand, isActive),
      'disable',
      (person, { by }, options) => by.post(`${path(person)}/disable`, { kind, until }, options),
      (person) => {
        Object.assign(person, { status: kind, until });
        stopSessions(person);
      },
      until === null ? {} : { lapsed: [422] },
    );
  },
  (hand) =>
    about(
      who(hand, ({ status }) => status === 'inactive' || status === 'blocked'),
      'enable',
      (person, { by }, options) => by.post(`${path(person)}/enable`, {}, options),
      (person) => void (person.status = 'active'),
    ),
  (hand) =>
    about(
      hand.place.slots - allocatedIn(hand.place) > 3 ? who(hand, (person) => isMember(person) && !person.test) : undefined,
      'change role',
      (person, { by }, options) => by.put(`${path(person)}/role`, { role: person.role === 'user' ? 'auditor' : 'user' }, options),
      (person) => {
        person.botSlots = person.role === 'user' ? 0 : 1;
        person.role = person.role === 'user' ? 'auditor' : 'user';
        stopSessions(person);
      },
    ),
  (hand) =>
    about(
      hand.place.slots - allocatedIn(hand.place) > 3 ? who(hand, (person) => person.test) : undefined,
      'convert',
      (person, { by }, options) => by.post(`${path(person)}/convert`, { botSlots: 2 }, options),
      (person) => void Object.assign(person, { test: false, botSlots: 2 }),
    ),
  (hand) => {
    const testDays = 2 + Math.floor(hand.chance() * 300);
    return about(
      who(hand, (person) => person.test && isMember(person)),
      'extend',
      (person, { by }, options) => by.post(`${path(person)}/extend`, { testDays }, options),
      (person) => void (person.testDays = testDays),
    );
  },
  (hand) => {
    const botSlots = Math.floor(hand.chance() * 4);
    return about(
      hand.place.slots - allocatedIn(hand.place) > 3 ? who(hand, ({ role, test }) => role === 'user' && !test) : undefined,
      'allocate',
      (person, { by }, options) => by.put(`${path(person)}/quotas`, { botSlots }, options),
      (person) => void (person.botSlots = botSlots),
    );
  },
  (hand) =>
    about(
      hand.chance() < 0.5 ? who(hand, isMember) : undefined,
      'delete',
      (person, { by }, options) => by.delete(path(person), { confirm: person.email }, options),
      (person) => {
        stopSessions(person);
        person.dead.push(...person.keys.flatMap(({ secret }) => secret ?? []));
        Object.assign(person, { status: 'gone', keys: [] });
      },
      { done: [204] },
    ),
  (hand) => {
    const password = hand.fresh('word-');
    return about(
      who(hand, isMember),
      'set password',
      (person, { by }, options) => by.put(`${path(person)}/password`, { password }, options),
      (person) => {
        Object.assign(person, { password, mustChange: false });
        stopSessions(person);
        endResets(person);
      },
    );
  },
  (hand) =>
    about(
      who(hand, (person) => isMember(person) && !person.mustChange),
      'require password change',
      (person, { by }, options) => by.post(`${path(person)}/require-password-change`, undefined, options),
      (person) => {
        person.mustChange = true;
        stopSessions(person);
      },
    ),
  (hand) =>
    about(
      hand.place.smtpPort === null && hand.place.domain === 'verified' && !hand.place.suspended
        ? who(hand, (person) => isActive(person) && person.resets === person.resetUsed)
        : undefined,
      'ask for reset',
      (person, { by }, options) => by.post(`${path(person)}/password-reset-mail`, undefined, options),
      (person) => void person.resets++,
    ),
];

/** What needs a mail: nothing where that does not come at once. */
export const mailWishes: readonly ((hand: Hand) => Promise<Made>)[] = [
  async (hand) => {
    const { place, folder } = hand;
    const person = place.suspended ? undefined : who(hand, isPending);
    const token = person && (await secretFor(folder, String(person.id), 'invitation', person.sent, 0.5).catch(() => null));
    if (!token) return null;
    const password = hand.fresh('word-');
    return about(
      person,
      'accept',
      (_, { root }) => root.post('/v1/invitations/accept', { token, password }),
      (accepted, reply) => {
        Object.assign(accepted, { password, status: 'active' });
        if (reply?.status === 201) accepted.sessions.push(sessionIn(reply));
      },
      { done: [201], doneBefore: [201, 409] },
    );
  },
  async (hand) => {
    const person = who(hand, ({ status, resets, resetUsed }) => status !== 'pending' && resets > resetUsed);
    const token = person && (await secretFor(hand.folder, String(person.id), 'reset', person.resets, 0.5).catch(() => null));
    if (!token) return null;
    const password = hand.fresh('word-');
    return about(
      person,
      'reset password',
      (_, { root }) => root.post('/v1/password-resets/accept', { token, password }),
      (reset) => {
        Object.assign(reset, { password, mustChange: false, resetUsed: reset.resets });
        stopSessions(reset);
      },
      { done: [204], doneBefore: [204, 409] },
    );
  },
];

export const sessionIn = (reply: Reply): Session => ({
  token: textAt(reply, 'token'),
  refreshToken: textAt(reply, 'refreshToken'),
  limited: reply.body['passwordChangeRequired'] === true,
});
export { about, isActive, one, path, who, type Made };
