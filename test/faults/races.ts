import { at, itemsOf, textAt, type Api, type Reply } from '../support/api.js';
import { counted, poolOf, told } from '../support/people.js';
import { expectStatus } from '../program/place.js';
import { until } from '../program/program.js';
import { all, atOnce, expectBooks, makeBrand, PASSWORD, type Brand } from './brand.js';
import { Stand, won, type Racecourse } from './races.course.js';
import { Takers } from './races.takers.js';
import { rounds, timeFor } from './sizes.js';

/** Of requests that hash a password each. */
const HASHES_AT_ONCE = 20;

export interface RacesOptions {
  /** Rounds of each race, where `WHITEBOOK_TEST_ROUNDS` does not say how many. */
  readonly usual: number;
  /** A round takes at most so many seconds. */
  readonly seconds: number;
  /** Requests that are sent at once: a multiple of four. */
  readonly atOnce: number;
  readonly open: () => Promise<Racecourse>;
}

/** Many at once, round after round, against what `open` gives. */
export function races({ usual, seconds, atOnce: AT_ONCE, open }: RacesOptions): void {
  const ROUNDS = rounds(usual);
  const TIME = timeFor(ROUNDS, seconds);
  let course: Racecourse;
  let stand: Stand;
  let brand: Brand;

  beforeAll(async () => {
    course = await open();
    stand = await Stand.on(course);
    ({ brand } = stand);
  }, TIME);
  afterAll(() => course?.close(), TIME);

  const eachRound = async (work: (round: number) => Promise<void>): Promise<void> => {
    for (let round = 0; round < ROUNDS; round++) await work(round);
  };

  it(
    'ACC-11: of creates and invitations with one email one succeeds, the others are told that it is taken',
    async () => {
      await eachRound(async () => {
        const one = stand.email();
        const typed = (n: number): string => (n % 3 === 0 ? one.toUpperCase() : n % 3 === 1 ? ` ${one} ` : one);
        const replies = await atOnce(AT_ONCE, (n) =>
          n % 8 ? stand.invite({ email: typed(n), botSlots: 0 }) : stand.create({ email: typed(n), botSlots: 0 }),
        );
        expect(counted(replies)).toEqual({ '201': 1, '409 email-taken': AT_ONCE - 1 });
      });
      await expectBooks(brand.owner);
    },
    TIME,
  );

  it(
    'WS-8, ACC-6: the last slots go to exactly as many as there are, by create, invitation, conversion and a raised allocation',
    async () => {
      const takers = new Takers(stand);
      await eachRound(async (round) => {
        const free = 1 + (round % 3);
        const { allocated } = await poolOf(brand.owner);
        await stand.resize(allocated + free);
        const lost = (await takers.take(AT_ONCE)).filter((reply) => !won(reply));
        expect(counted(lost)).toEqual({ '409 no-free-bot-slot': AT_ONCE - free });
        expect(await poolOf(brand.owner)).toEqual({ total: allocated + free, allocated: allocated + free, free: 0 });
        await takers.giveBack();
      });
      await expectBooks(brand.owner);
    },
    TIME,
  );

  it(
    'WS-8: as many as there are free slots all get theirs',
    async () => {
      const takers = new Takers(stand);
      await eachRound(async () => {
        const { allocated } = await poolOf(brand.owner);
        await stand.resize(allocated + AT_ONCE);
        const replies = await takers.take(AT_ONCE);
        expect(counted(replies.filter((reply) => !won(reply)))).toEqual({});
        expect(await poolOf(brand.owner)).toEqual({ total: allocated + AT_ONCE, allocated: allocated + AT_ONCE, free: 0 });
        await takers.giveBack();
      });
      await expectBooks(brand.owner);
    },
    TIME,
  );

  /** What became of an invitation, within the second in which its owner sees what others did. */
  const endOf = (id: string): Promise<unknown> =>
    until('the end of an invitation', async () => {
      const state = at(expectStatus(await brand.owner.get(`/v1/invitations/${id}`), 200), 'state');
      return state !== 'pending' && state;
    });

  it(
    'ACC-2: one invitation is accepted once',
    async () => {
      await eachRound(async () => {
        const { id, account, token } = await stand.guest();
        const replies = await atOnce(HASHES_AT_ONCE, () => stand.accept(token));
        expect(counted(replies)).toEqual({ '201': 1, '409 invitation-used': HASHES_AT_ONCE - 1 });
        const session = course.api.as(textAt(replies.find(won) as Reply, 'token'));
        expect(at(expectStatus(await session.get('/v1/sessions/current'), 200), 'account.id')).toBe(account);
        expect(await endOf(id)).toBe('accepted');
      });
    },
    TIME,
  );

  it(
    'ACC-2, ACC-4: of accepting and revoking one invitation one wins, and all are told so',
    async () => {
      const winners: string[] = [];
      /** Milliseconds that revokes wait, since an accept hashes a password first: whoever lost gets a better start in the next round. */
      let wait = 10;
      await eachRound(async () => {
        const { id, token } = await stand.guest();
        const revoke = async (n: number): Promise<Reply> => {
          await new Promise((resolve) => setTimeout(resolve, wait + n / 4));
          return brand.owner.delete(`/v1/invitations/${id}`);
        };
        const replies = await atOnce(2 * HASHES_AT_ONCE, (n) => (n % 2 ? stand.accept(token) : revoke(n)));
        const [accepts, revokes] = [
          counted(replies.filter((_, n) => n % 2 === 1)),
          counted(replies.filter((_, n) => n % 2 === 0)),
        ];
        const state = await endOf(id);
        const half = HASHES_AT_ONCE;
        if (state === 'accepted')
          expect([accepts, revokes]).toEqual([{ '201': 1, '409 invitation-used': half - 1 }, { '409 invitation-used': half }]);
        else expect([state, accepts, revokes]).toEqual(['revoked', { '410 invitation-revoked': half }, { '204': half }]);
        winners.push(String(state));
        wait = state === 'revoked' ? 1.5 * wait + 2 : 0.6 * wait;
      });
      if (ROUNDS >= 20) expect(new Set(winners).size).toBe(2);
      await expectBooks(brand.owner);
    },
    TIME,
  );

  const LESSEN: readonly ((by: Api, id: string, email: string) => Promise<Reply>)[] = [
    (by, id) => by.put(`/v1/accounts/${id}/role`, { role: 'admin' }),
    (by, id) => by.post(`/v1/accounts/${id}/disable`, {}),
    (by, id, confirm) => by.delete(`/v1/accounts/${id}`, { confirm }),
  ];
  const lessen = (round: number) => LESSEN[round % LESSEN.length] as (typeof LESSEN)[number];

  /** A workspace of its own with two owners. */
  const twoOwners = async (slug: string) => {
    const place = await makeBrand(course, slug, 0, stand.operator);
    const credentials = { email: `second@${slug}.example`, password: PASSWORD };
    const second = expectStatus(await place.owner.post('/v1/accounts', { ...credentials, role: 'owner' }), 201);
    const session = expectStatus(await course.api.post('/v1/sessions', { ...credentials, workspace: slug }), 201);
    const owners = [
      { id: place.ownerId, email: `owner@${slug}.example`, api: place.owner },
      { id: textAt(second, 'id'), email: credentials.email, api: course.api.as(textAt(session, 'token')) },
    ] as const;
    return { place, owners };
  };
  /** The only owner that is left, within the second in which others see it. */
  const oneOwnerOf = async ({ operator: by }: Brand): Promise<string[]> =>
    until('one owner', async () => {
      const left = (await all(by, '/v1/accounts?role=owner&status=active')).map(({ id }) => String(id));
      return left.length === 1 && left;
    });

  it(
    'AUTH-2: of two owners who demote, disable or delete each other one stays',
    async () => {
      await eachRound(async (round) => {
        const { place, owners } = await twoOwners(`rivals-${round}`);
        const replies = await atOnce(AT_ONCE, (n) => {
          const [me, other] = n % 2 ? owners : [owners[1], owners[0]];
          return lessen(round)(me.api, other.id, other.email);
        });
        const left = await oneOwnerOf(place);
        const stayed = owners.findIndex(({ id }) => id === left[0]);
        const allowed = [
          ...['200', '204', '404 not-found'], // by who stayed
          ...['401 unauthenticated', '403 forbidden', '409 last-owner'], // by who did not
        ];
        expect(Object.keys(counted(replies)).filter((answer) => !allowed.includes(answer))).toEqual([]);
        const byLoser = replies.filter((_, n) => (n % 2 ? 0 : 1) !== stayed);
        expect(byLoser.filter(won)).toEqual([]);
      });
    },
    TIME,
  );

  it(
    'AUTH-2: of the last two owners, stopped by a third at once, one stays and all who want its end are told why not',
    async () => {
      await eachRound(async (round) => {
        const { place, owners } = await twoOwners(`pair-${round}`);
        const replies = await atOnce(AT_ONCE, (n) => {
          const { id, email: confirm } = owners[n % 2 ? 1 : 0];
          return lessen(round)(place.operator, id, confirm);
        });
        const left = await oneOwnerOf(place);
        const stayed = owners.findIndex(({ id }) => id === left[0]);
        const [about, others] = [replies.filter((_, n) => n % 2 === stayed), replies.filter((_, n) => n % 2 !== stayed)];
        expect(counted(about)).toEqual({ '409 last-owner': AT_ONCE / 2 });
        expect(others.filter((reply) => !won(reply) && told(reply) !== '404 not-found')).toEqual([]);
        expect(others.filter(won).length).toBeGreaterThan(0);
      });
    },
    TIME,
  );

  /** What answers must agree in; a secret is in one of them alone. */
  const core = ({ status, headers, body }: Reply): string => {
    const { key: _key, secretShown: _shown, ...shown } = body;
    return JSON.stringify([status, headers['etag'], headers['position'], headers['location'], shown]);
  };
  const KEYED: readonly {
    kind: string;
    send(account: string, email: string): (by: Api, headers: Record<string, string>) => Promise<Reply>;
  }[] = [
    { kind: 'ProfileChanged', send: (id) => (by, headers) => by.patch(`/v1/accounts/${id}`, { company: 'Acme' }, { headers }) },
    { kind: 'UserConverted', send: (id) => (by, headers) => by.post(`/v1/accounts/${id}/convert`, {}, { headers }) },
    { kind: 'TestExtended', send: (id) => (by, headers) => by.post(`/v1/accounts/${id}/extend`, { testDays: 3 }, { headers }) },
    {
      kind: 'UserDisabled',
      send: (id) => (by, headers) => by.post(`/v1/accounts/${id}/disable`, { kind: 'blocked' }, { headers }),
    },
    { kind: 'UserDeleted', send: (id, confirm) => (by, headers) => by.delete(`/v1/accounts/${id}`, { confirm }, { headers }) },
  ];
  const countOf = async (kind: string, more: string): Promise<number> =>
    itemsOf(expectStatus(await brand.owner.get(`/v1/history?kind=${kind}&limit=200${more}`), 200)).length;

  it(
    'ACC-12, COR-4: one key sent many times at once is one event and equal answers',
    async () => {
      await eachRound(async (round) => {
        const { allocated } = await poolOf(brand.owner);
        await stand.resize(allocated + 1);
        const headers = { 'idempotency-key': `round-${round}` };
        const { kind, send } = KEYED[round % KEYED.length] as (typeof KEYED)[number];
        const guest = { email: stand.email(), test: true };
        const guests = await atOnce(AT_ONCE, () => brand.owner.post('/v1/invitations', guest, { headers }));
        expect(counted(guests)).toEqual({ '201': AT_ONCE });
        expect([...new Set(guests.map(core))]).toHaveLength(1);
        expect(await countOf('UserInvited', `&subject=${textAt(guests[0] as Reply, 'accountId')}`)).toBe(1);
        const one = stand.email();
        const body = { email: one, password: PASSWORD, test: true };
        const made = await atOnce(round % 5 ? 2 : AT_ONCE, () => brand.owner.post('/v1/accounts', body, { headers }));
        expect([...new Set(made.map(core))]).toHaveLength(1);
        const id = textAt(expectStatus(made[0] as Reply, 201), 'id');
        const change = send(id, one);
        const replies = await atOnce(AT_ONCE, () => change(brand.owner, headers));
        expect(counted(replies.filter((reply) => !won(reply)))).toEqual({});
        expect([...new Set(replies.map(core))]).toHaveLength(1);
        const about = `&subject=${id}`;
        expect([await countOf('UserCreated', about), await countOf(kind, about)]).toEqual([1, 1]);
      });
      await expectBooks(brand.owner);
    },
    TIME,
  );

  it(
    'ACC-12: of all answers to one key a secret is in one',
    async () => {
      await eachRound(async (round) => {
        const headers = { 'idempotency-key': `secret-${round}` };
        const wish = { name: `key ${round}`, scopes: ['sessions:current'] };
        const replies = await atOnce(AT_ONCE, () => brand.owner.post('/v1/api-keys', wish, { headers }));
        expect(counted(replies)).toEqual({ '201': AT_ONCE });
        expect([...new Set(replies.map(core))]).toHaveLength(1);
        const keys = replies.flatMap(({ body }) => (typeof body['key'] === 'string' ? [body['key']] : []));
        expect([keys.length, replies.filter(({ body }) => body['secretShown'] === true).length]).toEqual([1, AT_ONCE - 1]);
        expectStatus(await course.api.as(String(keys[0])).get('/v1/sessions/current'), 200);
      });
      expect(await countOf('ApiKeyCreated', '')).toBe(ROUNDS);
    },
    TIME,
  );

  it(
    'RUN-2, HIST-3: afterwards the lists are the fold of the log, and its chain holds',
    async () => {
      await course.expectSound();
    },
    TIME,
  );
}
