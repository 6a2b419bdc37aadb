import { at, itemsOf, type Api, type Fields } from '../support/api.js';
import { expectStatus } from '../program/place.js';

export interface Session {
  readonly token: string;
  readonly refreshToken: string;
  /** Good for a new password alone; `maybe` where that was set and nobody was answered: sent again it surely is a full one. */
  limited: boolean | 'maybe';
}

/** An account as its client knows it from the answers. */
export interface Person {
  /** Null as long as no answer told it. */
  id: string | null;
  invited: boolean;
  email: string;
  status: 'pending' | 'active' | 'inactive' | 'blocked' | 'gone';
  /** When a block ends by itself. */
  until: string | null;
  company: string | null;
  username: string | null;
  role: 'user' | 'auditor';
  test: boolean;
  testDays: number;
  botSlots: number;
  /** Times that the invitation was sent. */
  sent: number;
  /** Reset links that were asked for, and the last one that was used. */
  resets: number;
  resetUsed: number;
  password: string | null;
  /** The next log-in opens a session that is good for a new password alone. */
  mustChange: boolean;
  sessions: Session[];
  visits: string[];
  keys: { id: string; secret: string | null }[];
  /** Tokens that are refused for ever. */
  dead: string[];
}

/** A workspace of one client. */
export interface Place {
  readonly id: string;
  readonly slug: string;
  people: Person[];
  domain: 'none' | 'pending' | 'verified';
  suspended: boolean;
  timeZone: string;
  productName: string | null;
  smtpPort: number | null;
  slots: number;
}

/** Ends what is open of somebody, but one session. */
export function stopSessions(person: Person, except = ''): void {
  const ended = person.sessions.filter(({ token }) => token !== except);
  person.dead.push(...person.visits, ...ended.map(({ token }) => token));
  person.visits = [];
  person.sessions = person.sessions.filter(({ token }) => token === except);
}

/** With a new password or another address the reset links that were mailed before are dead. */
export function endResets(person: Person): void {
  person.resetUsed = person.resets;
}

export const living = ({ people }: Place): Person[] => people.filter(({ status }) => status !== 'gone');
export const allocatedIn = (place: Place): number =>
  living(place).reduce((sum, { role, test, botSlots }) => sum + (role === 'user' && !test ? botSlots : 0), 0);

/** What the reads must tell of somebody. Tokens that work, and those that do not, come in the model's order. */
export function expected(person: Person | null, { suspended }: Place): object {
  if (!person) return { status: 'absent' };
  const { status, email, company, username, role, test, testDays, botSlots, invited, sent, sessions, visits, keys, dead } =
    person;
  const keyStatus = status === 'active' && !suspended ? 'open' : 'refused';
  const tokens = {
    open: [
      ...sessions.map(({ limited }) => (limited === 'maybe' ? 'maybe' : limited ? 'limited' : 'open')),
      ...visits.map(() => 'open'),
    ],
    keys: person.until === null ? keys.filter(({ secret }) => secret !== null).map(() => keyStatus) : [],
    ended: dead.map(() => 'refused'),
  };
  if (status === 'gone') return { status, ...tokens };
  const slots = role === 'user' && !test ? botSlots : 0;
  const invitation = invited ? [status === 'pending' ? 'pending' : 'accepted', sent] : null;
  const days = test && status !== 'pending' ? testDays : null;
  return { status: person.until ?? status, email, company, username, role, test, days, slots, invitation, ...tokens };
}

/** What the reads tell of somebody; of who has no id yet whether there is an account with that email. */
export async function seen(by: Api, root: Api, person: Person): Promise<object> {
  const id = person.id ?? (await idOf(by, person.email));
  if (id === null) return { status: 'absent' };
  const tokens = await tokensOf(root, person);
  const { status: answered, body } = await by.get(`/v1/accounts/${id}`);
  if (answered === 404) return { status: 'gone', ...tokens };
  const { email, company, username, role, test, testSecondsLeft } = body;
  // a block that ends by itself may have ended, or not yet
  const status =
    body['status'] === 'active' || body['disabledUntil'] === person.until ? (person.until ?? body['status']) : body['status'];
  const days = typeof testSecondsLeft === 'number' ? Math.ceil(testSecondsLeft / 86_400) : null;
  const slots = at({ body }, 'quotas.botSlots.allocated');
  const invitation = person.invited ? await invitationOf(by, id) : null;
  return { status, email, company, username, role, test, days, slots, invitation, ...tokens };
}

async function invitationOf(by: Api, account: string): Promise<[unknown, unknown]> {
  const { state, sentCount } = expectStatus(await by.get(`/v1/invitations/i${account}`), 200).body;
  return [state, sentCount];
}

/** The id of the one account with that email, pending or not; null where there is none. */
async function idOf(by: Api, email: string): Promise<string | null> {
  const found = itemsOf(expectStatus(await by.get(`/v1/accounts?status=all&search=${encodeURIComponent(email)}`), 200));
  const same = found.filter((item: Fields) => item['email'] === email);
  if (same.length > 1) throw new Error('two accounts have one email');
  return same[0] ? String(same[0]['id']) : null;
}

async function tokensOf(root: Api, { sessions, visits, keys, dead, until }: Person) {
  const told = (tokens: readonly string[]): Promise<string[]> =>
    Promise.all(
      tokens.map(async (token) => {
        const { status, body } = await root.as(token).get('/v1/sessions/current');
        if (status === 200) return body['passwordChangeRequired'] === true ? 'limited' : 'open';
        return status === 401 ? 'refused' : String(status);
      }),
    );
  const open = await told([...sessions.map(({ token }) => token), ...visits]);
  return {
    open: open.map((status, n) => (sessions[n]?.limited === 'maybe' && status !== 'refused' ? 'maybe' : status)),
    keys: until === null ? await told(keys.flatMap(({ secret }) => secret ?? [])) : [],
    ended: await told(dead),
  };
}

/** What the reads must tell of the workspace itself. */
export const expectedPlace = (place: Place): object => ({
  domain: place.domain,
  state: place.suspended ? 'suspended' : 'active',
  timeZone: place.timeZone,
  productName: place.productName,
  smtpPort: place.smtpPort,
  pool: { total: place.slots, allocated: allocatedIn(place), free: place.slots - allocatedIn(place) },
});

export async function seenPlace(by: Api): Promise<object> {
  const own = expectStatus(await by.get('/v1/workspace'), 200);
  return {
    domain: at(own, 'domain.state') ?? 'none',
    state: at(own, 'state'),
    timeZone: at(own, 'settings.timeZone'),
    productName: at(own, 'branding.productName'),
    smtpPort: at(own, 'smtp.port') ?? null,
    pool: at(own, 'pool.botSlots'),
  };
}
