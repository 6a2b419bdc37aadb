import { itemsOf, textAt, type Api, type Fields } from './api.js';
import { expectStatus, makePlace, PASSWORD, type Place, type StaffRole } from './place.js';
import { OPERATOR, until, type Whitebook } from './whitebook.js';

const DAY = 86_400;

/** A workspace full of people in every state, and its staff logged in. */
export interface Population {
  readonly place: Place;
  /** Ids by the name under which the suite speaks of somebody. */
  readonly ids: Readonly<Record<string, string>>;
}

/** Who is there at first: names, companies and phones in which a search has something to find. */
const FIRST = {
  ann: { fullName: 'Ann Müller', company: 'Acme', phone: '+49 (151) 234-56', username: 'ann', utm: { source: 'google' } },
  joann: { fullName: 'Joann', company: 'ACME', phone: '0151 999', utm: { source: 'google', medium: 'cpc', campaign: 'spring' } },
  anna: { fullName: 'Anna', company: 'Öl & Söhne', username: 'queen.anna' },
  emile: { fullName: 'Émile Zola', company: 'Zebra', phone: '+33 1 44 55 66 77', comment: 'asks often', test: true, testDays: 5 },
  sofia: { fullName: 'Sofía Ødegård', username: 'sofia', test: true, testDays: 200, utm: { source: 'bing', campaign: 'spring' } },
  minh: { fullName: 'Nguyễn Văn Minh', company: 'zebra', attributes: { tier: 'gold' }, botSlots: 3 },
  kim: { fullName: '김철수' },
  nameless: {},
  expired: { fullName: 'Ed Expired', company: 'Acme', test: true, testDays: 1 },
  late: { fullName: 'Ed Late', test: true, testDays: 1 },
};
/** Who comes forty days later. */
const LATER = {
  disabled: { fullName: 'Dora Disabled', company: 'Acme' },
  blocked: { fullName: 'Bob Blocked', company: 'Bricks', phone: '555-0100' },
  brief: { fullName: 'Bea Brief', test: true, testDays: 3 },
  longer: { fullName: 'Lou Longer', test: true, testDays: 7 },
  gone: { fullName: 'Gus Gone', company: 'Vanished' },
};
const INVITED = {
  pending: { fullName: 'Pia Pending', company: 'Acme' },
  pendingTest: { fullName: 'Tom Pending', test: true, testDays: 3 },
  pendingAdmin: { role: 'admin', fullName: 'Adam Pending' },
};
/** Whose email says nothing of the name. */
export const emailOf = (name: string, { slug }: Pick<Place, 'slug'>): string => `p-${name}@${slug}.example`;

export async function populate(whitebook: Whitebook): Promise<Population> {
  const { clock } = whitebook;
  let place = await makePlace(whitebook);
  const ids: Record<string, string> = Object.fromEntries(Object.entries(place.staff).map(([role, { id }]) => [role, id]));
  const create = async (people: Readonly<Record<string, object>>): Promise<void> => {
    for (const [name, fields] of Object.entries(people)) {
      const body = { email: emailOf(name, place), password: PASSWORD, ...fields };
      ids[name] = String(expectStatus(await place.owner.post('/v1/accounts', body), 201).body['id']);
    }
  };
  await create(FIRST);
  clock.move(40 * DAY);
  place = await signInAgain(whitebook, place);
  await create(LATER);
  for (const [name, fields] of Object.entries(INVITED)) {
    const body = { email: emailOf(name, place), ...fields };
    ids[name] = String(expectStatus(await place.owner.post('/v1/invitations', body), 201).body['accountId']);
  }
  const stop = async (name: string, body: object): Promise<unknown> =>
    expectStatus(await place.owner.post(`/v1/accounts/${ids[name]}/disable`, body), 200);
  await stop('disabled', { reason: 'overdue', note: 'three months' });
  await stop('blocked', { kind: 'blocked', reason: 'abuse' });
  await until('the first test accounts to expire', async () => {
    const inactive = itemsOf(await place.owner.get('/v1/accounts?status=inactive&test=true&limit=200'));
    return inactive.length === 3;
  });
  await stop('late', { reason: 'under-review' });
  expectStatus(await place.owner.delete(`/v1/accounts/${ids['gone']}`, { confirm: emailOf('gone', place) }), 204);
  for (const name of ['ann', 'sofia']) {
    await whitebook.signIn({ email: emailOf(name, place), password: PASSWORD }, { host: place.domain });
    clock.move(DAY / 2);
  }
  return { place: await signInAgain(whitebook, place), ids };
}

/** Logs the operator and the staff in anew: tokens live an hour. */
export async function signInAgain(whitebook: Whitebook, place: Place): Promise<Place> {
  const staff = {} as Record<StaffRole, Api>;
  for (const role of Object.keys(place.staff) as StaffRole[])
    staff[role] = await whitebook.signIn({ workspace: place.slug, email: place.staff[role].email, password: PASSWORD });
  return { ...place, ...staff, operator: await whitebook.signIn(OPERATOR) };
}

/** All items of a list, page after page. */
export async function everyPage(api: Api, path: string, limit = 200): Promise<Fields[]> {
  const found: Fields[] = [];
  for (let cursor = ''; ;) {
    const reply = expectStatus(await api.get(`${path}${path.includes('?') ? '&' : '?'}limit=${limit}${cursor}`), 200);
    found.push(...itemsOf(reply));
    if (reply.body['next'] === null) return found;
    cursor = `&cursor=${textAt(reply, 'next')}`;
  }
}
