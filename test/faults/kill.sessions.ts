import { textAt } from '../support/api.js';
import { endResets, stopSessions, type Person, type Session } from './kill.model.js';
import { about, isActive, one, sessionIn, who, type Hand, type Made } from './kill.wishes.js';

/** AUTH-4: for so long a refresh that is repeated gives the same successor; after that it ends the session. */
const REFRESH_GRACE_SECONDS = 30;

/** Somebody with an open session, and that session. */
function holder(hand: Hand, may: (person: Person, session: Session) => boolean = () => true) {
  const person = who(hand, ({ sessions }) => sessions.length > 0);
  const session = person && one(hand, person.sessions);
  return person && session && may(person, session) ? { person, ...session } : undefined;
}

const leaves = (person: Person, gone: string): void => {
  person.sessions = person.sessions.filter(({ token }) => token !== gone);
  person.visits = person.visits.filter((token) => token !== gone);
  person.dead.push(gone);
};

/** Log-ins and what they open. Their routes know no keys: what had no answer is simply sent again. */
export const sessionWishes: readonly ((hand: Hand) => Made)[] = [
  (hand) => {
    const { domain, slug, suspended } = hand.place;
    return about(
      suspended ? undefined : who(hand, (person) => isActive(person) && person.password !== null && person.sessions.length < 3),
      'log in',
      ({ email, password }, { root }) =>
        domain === 'verified'
          ? root.post('/v1/sessions', { email, password }, { headers: { host: `${slug}.localhost` } })
          : root.post('/v1/sessions', { email, password, workspace: slug }),
      (person, reply) => void (reply && person.sessions.push(sessionIn(reply))),
      { done: [201] },
    );
  },
  (hand) => {
    const held = holder(hand);
    return about(
      held?.person,
      'refresh',
      (_, { root }) => root.post('/v1/sessions/refresh', { refreshToken: held?.refreshToken }),
      (person, reply) => {
        leaves(person, held?.token ?? '');
        if (reply) person.sessions.push(sessionIn(reply));
      },
      { done: [201], repeatableFor: REFRESH_GRACE_SECONDS },
    );
  },
  (hand) => {
    const held = holder(hand);
    return about(
      held?.person,
      'log out',
      (_, { root }) => root.as(held?.token ?? '').delete('/v1/sessions/current'),
      (person) => leaves(person, held?.token ?? ''),
      { done: [204], doneBefore: [204, 401] },
    );
  },
  (hand) =>
    about(
      hand.chance() < 0.4 ? who(hand, ({ status }) => status !== 'pending') : undefined,
      'end all sessions',
      ({ id }, { by }) => by.delete(`/v1/accounts/${id}/sessions`),
      (person) => stopSessions(person),
      { done: [204] },
    ),
  (hand) => {
    const held = holder(hand, ({ password }) => password !== null);
    const [currentPassword, password] = [held?.person.password, hand.fresh('word-')];
    return about(
      held?.person,
      'change own password',
      ({ id }, { root }, options) =>
        root.as(held?.token ?? '').put(`/v1/accounts/${id}/password`, { password, currentPassword }, options),
      (person, reply) => {
        stopSessions(person, held?.token);
        for (const session of person.sessions) session.limited = reply ? false : session.limited && 'maybe';
        Object.assign(person, { password, mustChange: false });
        endResets(person);
      },
    );
  },
  (hand) => {
    const held = holder(hand, (person, { limited }) => !limited && person.keys.length < 4);
    return about(
      held?.person,
      'make a key',
      (_, { root }, options) =>
        root.as(held?.token ?? '').post('/v1/api-keys', { name: 'sync', scopes: ['sessions:current'] }, options),
      (person, reply) => {
        const secret = reply?.body['key'];
        person.keys.push({ id: reply ? textAt(reply, 'id') : '', secret: typeof secret === 'string' ? secret : null });
      },
      { done: [201] },
    );
  },
  (hand) => {
    const held = holder(hand, (person, { limited }) => !limited && person.keys.length > 0);
    const key = held && one(hand, held.person.keys);
    return about(
      key && held.person,
      'revoke a key',
      (_, { root }, options) => root.as(held?.token ?? '').delete(`/v1/api-keys/${key?.id}`, undefined, options),
      (person) => {
        person.keys = person.keys.filter(({ id }) => id !== key?.id);
        if (key && key.secret !== null) person.dead.push(key.secret);
      },
      { done: [204] },
    );
  },
  (hand) =>
    about(
      hand.operated ? undefined : who(hand, (person) => isActive(person) && person.role === 'user' && person.visits.length < 2),
      'impersonate',
      ({ id }, { by }, options) => by.post(`/v1/accounts/${id}/impersonations`, { reason: 'ticket 7' }, options),
      (person, reply) => {
        const token = reply?.body['token'];
        if (typeof token === 'string') person.visits.push(token);
      },
      { done: [201] },
    ),
  (hand) => {
    const person = who(hand, ({ visits }) => visits.length > 0);
    const visit = person && one(hand, person.visits);
    return about(
      person,
      'end a visit',
      (_, { root }) => root.as(visit ?? '').delete('/v1/sessions/current'),
      (visited) => leaves(visited, visit ?? ''),
      { doneBefore: [200, 401] },
    );
  },
];
