import * as fc from 'fast-check';
import { at, type Fields } from '../support/api.js';
import { expectStatus, makeCustomer, makePlace, PASSWORD } from '../support/place.js';
import { everyPage, populate, type Population } from '../support/population.js';
import { until, Whitebook } from '../support/whitebook.js';

jest.setTimeout(60_000);

/** How many combinations of filters are tried. */
const RUNS = Number(process.env['WHITEBOOK_TEST_FILTERS'] ?? 50);

describe('LIST-3 the summary', () => {
  let whitebook: Whitebook;
  let people: Population;

  beforeAll(async () => {
    whitebook = await Whitebook.start();
    people = await populate(whitebook);
  });
  afterAll(async () => {
    await whitebook.stop();
    await whitebook.remove();
    expect(whitebook.complaints).toEqual([]);
  });

  const cards = async (query: string): Promise<Fields> =>
    expectStatus(await people.place.auditor.get(`/v1/accounts/summary?${query}`), 200).body;
  const count = async (query: string, more = ''): Promise<number> =>
    (await everyPage(people.place.auditor, `/v1/accounts?fields=id&${query}${more}`)).length;

  /** What the list itself gives under the same filters. */
  async function counted(query: string): Promise<Fields> {
    const [total, active, inactive, blocked, pending] = [
      await count(query),
      await count(query, '&status=active'),
      await count(query, '&status=inactive'),
      await count(query, '&status=blocked'),
      await count(query, '&status=pending'),
    ];
    const rows = await everyPage(people.place.auditor, `/v1/accounts?fields=test,testExpiresAt,channels&${query}`);
    const soon = whitebook.clock.in(7 * 86_400);
    const now = whitebook.clock.now();
    const expiringSoon = rows.filter(({ test, testExpiresAt: end }) => test && String(end) >= now && String(end) < soon).length;
    const sum = (name: string): number => rows.reduce((all, body) => all + Number(at({ body }, `channels.${name}`)), 0);
    const channels = Object.fromEntries(['whatsapp', 'webchat', 'instagram', 'total'].map((name) => [name, sum(name)]));
    const test = rows.filter((row) => row['test']).length;
    return { total, created: total + pending, active, inactive, blocked, pending, test, expiringSoon, channels };
  }

  it('of all roles, and of customers alone, is what the list gives', async () => {
    for (const query of ['', 'role=user', 'role=owner,admin,manager,auditor'])
      expect(await cards(query)).toEqual(await counted(query));
    const all = await cards('');
    expect(all).toMatchObject({ pending: 3, blocked: 1, inactive: 5, expiringSoon: 2 });
    expect(all['total']).toBe(Number(all['active']) + Number(all['inactive']));
    expect((await cards('role=user'))['total']).toBe(Number(all['total']) - 4);
  });

  it('is what the list gives under any filters', async () => {
    const { clock } = whitebook;
    const time = fc.constantFrom(clock.in(-86_400 * 30), clock.in(-86_400), clock.in(-43_000), clock.in(0), clock.in(86_400));
    const filters = fc.record(
      {
        search: fc.constantFrom('a', 'an', 'ann', 'acme', 'ed', '1', '+49', ' ', 'o e', 'é', 'ö', 'nobody'),
        role: fc.constantFrom('user', 'admin', 'user,owner', 'manager,auditor'),
        test: fc.constantFrom('true', 'false'),
        plan: fc.constantFrom('standard', 'gold'),
        company: fc.constantFrom('acme', 'ZEBRA', 'öl & söhne', 'Vanished', 'bricks'),
        utmSource: fc.constantFrom('google', 'bing'),
        utmMedium: fc.constantFrom('cpc'),
        utmCampaign: fc.constantFrom('spring', 'autumn'),
        joinedFrom: time,
        joinedTo: time,
        lastLoginFrom: time,
        lastLoginTo: time,
        expiringWithinDays: fc.constantFrom('1', '7', '365'),
      },
      { requiredKeys: [] },
    );
    // more than three filters at once leave nobody
    const few = fc.tuple(filters, fc.nat()).map(([all, seed]) => {
      const names = Object.entries<string | undefined>(all).flatMap(([name, value]) =>
        value === undefined ? [] : [[name, value] as [string, string]],
      );
      return names.filter((_, n) => (n + seed) % Math.ceil(names.length / 3 || 1) === 0);
    });
    await fc.assert(
      fc.asyncProperty(few, async (chosen) => {
        const query = new URLSearchParams(chosen).toString();
        expect([query, await cards(query)]).toEqual([query, await counted(query)]);
      }),
      { numRuns: RUNS },
    );
  });

  it('follows every step of a life at once', async () => {
    const { owner } = people.place;
    const step = async (act: () => Promise<unknown>, changes: Readonly<Record<string, number>>): Promise<void> => {
      const before = await own();
      await act();
      const after = await own();
      const differences = Object.keys(after).flatMap((name) =>
        typeof after[name] === 'number' && after[name] !== before[name] ? [[name, after[name] - Number(before[name])]] : [],
      );
      expect(Object.fromEntries(differences)).toEqual(changes);
    };
    const own = async (): Promise<Fields> => expectStatus(await owner.get('/v1/accounts/summary'), 200).body;
    const path = (id: unknown): string => `/v1/accounts/${String(id)}`;

    let id: unknown;
    const email = 'walker@summary.example';
    await step(async () => (id = (await owner.post('/v1/invitations', { email, test: true, testDays: 30 })).body['accountId']), {
      created: 1,
      pending: 1,
    });
    const join = { password: PASSWORD };
    await step(() => owner.post(`${path(id)}/activate`, join), { pending: -1, total: 1, active: 1, test: 1 });
    await step(() => owner.post(`${path(id)}/extend`, { testDays: 2 }), { expiringSoon: 1 });
    await step(() => owner.post(`${path(id)}/disable`, {}), { active: -1, inactive: 1 });
    await step(() => owner.post(`${path(id)}/disable`, { kind: 'blocked' }), { blocked: 1 });
    await step(() => owner.post(`${path(id)}/convert`, {}), { test: -1, expiringSoon: -1 });
    await step(() => owner.post(`${path(id)}/enable`), { active: 1, inactive: -1, blocked: -1 });
    await step(() => owner.delete(path(id), { confirm: email }), { created: -1, total: -1, active: -1 });
  });

  it('counts nobody of another workspace, and is told to others within a second', async () => {
    const other = await makePlace(whitebook);
    const before = await cards('');
    await makeCustomer(other.owner, { fullName: 'Ann Müller' });
    expect(await cards('')).toEqual(before);
    await makeCustomer(people.place.owner);
    await until(
      'the auditor to see the account counted',
      async () => (await cards(''))['total'] === Number(before['total']) + 1,
      1,
    );
  });

  it('WS-2: carries the warning of a workspace without a domain, as the list does', async () => {
    const { owner } = await makePlace(whitebook, { verified: false });
    for (const path of ['/v1/accounts/summary', '/v1/accounts?limit=1', '/v1/workspace'])
      expect(at(await owner.get(path), 'warnings.0')).toMatchObject({ code: 'domain-not-configured', severity: 'error' });
  });

  it.each(['status=active', 'sort=email', 'limit=1', 'cursor=a', 'fields=id', 'asOf=2026-01-01T00:00:00Z', 'channel=whatsapp'])(
    'refuses %s: each card is a status, and what is not built is not ignored',
    async (query) => {
      const reply = expectStatus(await people.place.owner.get(`/v1/accounts/summary?${query}`), 422);
      expect(at(reply, 'errors.0')).toMatchObject({ pointer: `?${query.split('=')[0]}`, code: 'unknown-field' });
    },
  );
});
