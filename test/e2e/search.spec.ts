import { itemsOf, type Fields } from '../support/api.js';
import { expectStatus, makeCustomer, makePlace } from '../support/place.js';
import { emailOf, everyPage, populate, type Population } from '../support/population.js';
import { Whitebook } from '../support/whitebook.js';

jest.setTimeout(60_000);

const listed = ({ status }: Fields): boolean => status !== 'pending';

const folded = (text: string): string => text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
const utm =
  (field: string, value: string) =>
  (account: Fields): boolean =>
    listed(account) && (account['utm'] as Fields | null)?.[field] === value;

describe('LIST-2 searching, filtering and sorting', () => {
  let whitebook: Whitebook;
  let people: Population;
  /** Everybody, pending ones too. */
  let everybody: Fields[];

  beforeAll(async () => {
    whitebook = await Whitebook.start();
    people = await populate(whitebook);
    everybody = await everyPage(people.place.owner, '/v1/accounts?status=all');
  });
  afterAll(async () => {
    await whitebook.stop();
    await whitebook.remove();
    expect(whitebook.complaints).toEqual([]);
  });

  const nameOf = (id: unknown): string => Object.entries(people.ids).find(([, each]) => each === id)?.[0] ?? String(id);
  const query = (parameters: Readonly<Record<string, string>>): string => new URLSearchParams(parameters).toString();
  const found = async (parameters: Readonly<Record<string, string>>): Promise<string[]> =>
    (await everyPage(people.place.owner, `/v1/accounts?${query(parameters)}`)).map(({ id }) => nameOf(id));

  describe('search', () => {
    it.each([
      ['part of a name', 'ülle', ['ann']],
      ['accents and case do not matter', 'MULLER', ['ann']],
      ['letters that are no accents', 'ØDEGARD', ['sofia']],
      ['stacked accents', 'nguyen', ['minh']],
      ['one character', 'ø', ['sofia']],
      ['one character of another script', '철', ['kim']],
      ['two characters', 'zo', ['emile']],
      ['part of a username', 'ueen.', ['anna']],
      ['part of a company', 'söhn', ['anna']],
      ['phone by digits', '4915123', ['ann']],
      ['phone as it is typed', '(151) 234', ['ann']],
      ['phone otherwise typed', '+33-14455', ['emile']],
      ['several words in any of the fields', 'acme mul', ['ann']],
      ['several words, one of which is nowhere', 'acme nobody', []],
      ['what is nowhere', 'zzzzzz', []],
      ['wildcards as they are', '%', []],
      ['syntax of an index as it is', 'ann" OR "zola', []],
    ])('finds %s: %s', async (_, search, names) => {
      expect((await found({ search, status: 'all' })).sort()).toEqual([...names].sort());
    });

    it('any part of the email', async () => {
      const { slug } = people.place;
      expect(await found({ search: emailOf('kim', people.place) })).toEqual(['kim']);
      expect(await found({ search: `-KIM@${slug.toUpperCase()}` })).toEqual(['kim']);
      expect((await found({ search: `@${slug}.exam`, status: 'all' })).length).toBe(everybody.length);
    });

    it('brings exact hits first, then beginnings, then the rest, whatever the order', async () => {
      for (const sort of ['joinedAt', '-joinedAt', 'fullName', '-email']) {
        const given = await found({ search: 'ann', sort });
        expect(given[0]).toBe('ann');
        expect(given.indexOf('anna')).toBeLessThan(given.indexOf('joann'));
      }
    });

    it('every part of every shown text finds its account, alone and with a word of another field', async () => {
      for (const account of everybody) {
        const texts = ['email', 'username', 'fullName', 'company', 'phone'].flatMap((field) =>
          typeof account[field] === 'string' ? [account[field]] : [],
        );
        for (const text of texts) {
          const part = [...text].slice(1, 4).join('').trim();
          const search = `${part} ${[...(texts.at(-1) ?? '')].slice(0, 3).join('')}`;
          if (/^[\s()+-]*$/.test(part)) continue;
          expect([search, await found({ search, status: 'all' })]).toEqual([
            search,
            expect.arrayContaining([nameOf(account['id'])]),
          ]);
        }
      }
    });

    it('is none when it is blank', async () => {
      const all = await found({});
      for (const search of ['', ' ', '\t ', '\u200b']) expect(await found({ search })).toEqual(all);
    });

    it('follows an edit, and finds nothing of another workspace', async () => {
      const { owner } = people.place;
      const { id, email } = await makeCustomer(owner, { fullName: 'Quentin Quill' });
      expect(await found({ search: 'quill' })).toEqual([id]);
      expectStatus(await owner.patch(`/v1/accounts/${id}`, { fullName: 'Renamed Person' }), 200);
      expect(await found({ search: 'quill' })).toEqual([]);
      expect(await found({ search: 'renamed per' })).toEqual([id]);
      expectStatus(await owner.delete(`/v1/accounts/${id}`, { confirm: email }), 204);
      expect(await found({ search: 'renamed per' })).toEqual([]);
      await makePlace(whitebook, { verified: false });
      expect(await found({ search: 'olivia owner' })).toEqual(['owner']);
    });
  });

  describe('filters', () => {
    it.each<[string, Readonly<Record<string, string>>, (account: Fields) => boolean]>([
      ['nothing: who is listed', {}, listed],
      ['status active', { status: 'active' }, ({ status }) => status === 'active'],
      [
        'status inactive: blocked ones too',
        { status: 'inactive' },
        ({ status }) => status === 'inactive' || status === 'blocked',
      ],
      ['status blocked alone', { status: 'blocked' }, ({ status }) => status === 'blocked'],
      ['status pending', { status: 'pending' }, ({ status }) => status === 'pending'],
      ['status all', { status: 'all' }, () => true],
      ['a list of status', { status: 'pending,blocked' }, ({ status }) => status === 'pending' || status === 'blocked'],
      ['two status', { status: 'active,blocked' }, ({ status }) => status === 'active' || status === 'blocked'],
      ['a role', { role: 'user' }, (account) => listed(account) && account['role'] === 'user'],
      ['roles', { role: 'owner,admin', status: 'all' }, ({ role }) => role === 'owner' || role === 'admin'],
      ['test accounts', { test: 'true' }, (account) => listed(account) && account['test'] === true],
      ['regular ones', { test: 'false' }, (account) => listed(account) && account['test'] === false],
      ['a plan', { plan: 'standard' }, (account) => listed(account) && account['plan'] === 'standard'],
      ['a plan that nobody has', { plan: 'gold' }, () => false],
      ['a company without case', { company: 'acme' }, (account) => listed(account) && /^acme$/i.test(String(account['company']))],
      ['a company, whole only', { company: 'acm' }, () => false],
      ['accents of a company count', { company: 'OL & SOHNE' }, () => false],
      ['a source', { utmSource: 'google' }, utm('source', 'google')],
      ['a medium', { utmMedium: 'cpc' }, utm('medium', 'cpc')],
      ['a campaign', { utmCampaign: 'spring' }, utm('campaign', 'spring')],
    ])('%s', async (_, parameters, wanted) => {
      expect((await found(parameters)).sort()).toEqual(
        everybody
          .filter(wanted)
          .map(({ id }) => nameOf(id))
          .sort(),
      );
    });

    it('ranges of time, from (included) to (excluded), of joining and of the last log-in', async () => {
      for (const field of ['joinedAt', 'lastLoginAt'] as const) {
        const times = [...new Set(everybody.flatMap(({ [field]: time }) => (typeof time === 'string' ? [time] : [])))].sort();
        const [first = '', middle = '', last = ''] = [times[0], times[times.length >> 1], times.at(-1)];
        const name = field.slice(0, -2);
        for (const [from, to] of [
          [first, middle],
          [middle, last],
          [middle, undefined],
          [undefined, middle],
        ]) {
          const parameters = { ...(from ? { [`${name}From`]: from } : {}), ...(to ? { [`${name}To`]: to } : {}) };
          const inside = everybody.filter((account) => {
            const time = account[field];
            return typeof time === 'string' && time >= (from ?? '') && time < (to ?? '9');
          });
          expect((await found(parameters)).sort()).toEqual(inside.map(({ id }) => nameOf(id)).sort());
        }
      }
      const offset = String(everybody.find(({ id }) => id === people.ids['ann'])?.['joinedAt']).replace('Z', '+00:00');
      expect(await found({ joinedFrom: offset, joinedTo: '2100-01-01T00:00:00+02:00' })).toContain('ann');
    });

    it('test accounts whose time ends soon, and not those whose time is over', async () => {
      expect((await found({ expiringWithinDays: '7' })).sort()).toEqual(['brief', 'longer']);
      expect(await found({ expiringWithinDays: '3' })).toEqual(['brief']);
      expect((await found({ expiringWithinDays: '365' })).sort()).toEqual(['brief', 'longer', 'sofia']);
    });

    it('several at once hold together, with a search too', async () => {
      expect(await found({ company: 'ACME', status: 'active', utmSource: 'google', search: 'n' })).toEqual(['joann', 'ann']);
      expect(await found({ role: 'user', test: 'true', status: 'inactive', search: 'ed' })).toEqual(['late', 'expired']);
      expect(await found({ role: 'user', test: 'true', company: 'bricks' })).toEqual([]);
    });
  });

  describe('sorting', () => {
    const columns = [
      ...['number', 'email', 'username', 'fullName', 'company', 'phone', 'role', 'plan', 'status'],
      ...['test', 'testExpiresAt', 'joinedAt', 'lastLoginAt', 'devices', 'balance', 'channels', 'name'],
    ];

    it.each(columns)('by %s both ways, empty ones last', async (column) => {
      const key = ({ name: 'fullName', test: 'testExpiresAt' } as Record<string, string>)[column] ?? column;
      const valueOf = (account: Fields): string | number | null => {
        const value = account[key] as string | number | object | null;
        return value === null || typeof value === 'object' ? null : typeof value === 'string' ? folded(value) : value;
      };
      for (const sort of [column, `-${column}`]) {
        const rows = await everyPage(people.place.owner, `/v1/accounts?status=all&sort=${sort}`, 4);
        expect(rows.map(({ id }) => id).sort()).toEqual(everybody.map(({ id }) => id).sort());
        const values = rows.map(valueOf);
        const present = values.filter((value) => value !== null);
        expect(values.slice(present.length).every((value) => value === null)).toBe(true);
        const ascending = [...present].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
        expect(present).toEqual(sort === column ? ascending : ascending.reverse());
      }
    });

    it('is by the latest to join first where nothing is said', async () => {
      expect(await found({})).toEqual(await found({ sort: '-joinedAt' }));
    });
  });

  it.each([
    ...['sort=nothing', 'sort=', 'sort=--email', 'sort=attributes', 'sort=email,number', 'sort=email&sort=number'],
    ...['limit=0', 'limit=201', 'limit=ten', 'limit=', 'limit=1.5', 'limit=1e2', 'cursor=', 'cursor=nothing'],
    ...['status=gone', 'status=', 'status=active,', 'role=boss', 'role=operator', 'test=yes', 'test=1', 'plan=', 'company='],
    ...['joinedFrom=yesterday', 'joinedTo=2026-02-30T00:00:00Z', 'lastLoginFrom=2026-01-01', 'lastLoginTo='],
    ...['expiringWithinDays=0', 'expiringWithinDays=-1', 'expiringWithinDays=soon', `search=${'a'.repeat(201)}`, 'search=%00'],
    ...['channel=whatsapp', 'subscription=active', 'overQuota=true', 'asOf=2026-01-01T00:00:00Z'],
    ...['nonsense=1', 'Status=active', 'fields=password', 'fields=', '__proto__=1', 'search[]=a', 'search=a&search=b'],
  ])('refuses %s, by name', async (parameters) => {
    const reply = expectStatus(await people.place.owner.get(`/v1/accounts?${parameters}`), 422);
    const errors = reply.body['errors'] as { pointer: string }[];
    const name = decodeURIComponent(parameters.split('=')[0] ?? '');
    expect([reply.body['code'], errors.map(({ pointer }) => pointer)]).toEqual(['invalid-input', [`?${name}`]]);
  });

  it('HEAD answers as GET does, without a body', async () => {
    const { fixed, base } = people.place.owner;
    const reply = await fetch(`${base}/v1/accounts?limit=1`, { method: 'HEAD', headers: fixed });
    expect([reply.status, await reply.text()]).toEqual([200, '']);
    expect(itemsOf(await people.place.owner.get('/v1/accounts?limit=1'))).toHaveLength(1);
  });
});
