import { at, itemsOf, textAt, type Api, type Fields } from '../support/api.js';
import { expectStatus, makeCustomer, makePlace, PASSWORD } from '../support/place.js';
import { everyPage, populate, signInAgain, type Population } from '../support/population.js';
import { until, Whitebook } from '../support/whitebook.js';

jest.setTimeout(60_000);

const COLUMNS = [
  ...['id', 'number', 'email', 'username', 'fullName', 'company', 'phone', 'role', 'status', 'statusReason', 'statusNote'],
  ...['disabledUntil', 'test', 'testExpiresAt', 'testSecondsLeft', 'plan', 'addOns', 'hasActiveSubscription', 'quotas'],
  ...['overQuota', 'channels', 'usage', 'devices', 'balance', 'utm', 'attributes', 'joinedAt', 'createdBy', 'lastLoginAt'],
  'revision',
];

const plain = (text: string): string => text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();

describe('the list of accounts', () => {
  let whitebook: Whitebook;
  let people: Population;
  let owner: Api;

  beforeAll(async () => {
    whitebook = await Whitebook.start();
    people = await populate(whitebook);
    ({ owner } = people.place);
  });
  afterAll(async () => {
    await whitebook.stop();
    await whitebook.remove();
    expect(whitebook.complaints).toEqual([]);
  });

  const list = (query = ''): Promise<Fields[]> => everyPage(owner, `/v1/accounts?${query}`);
  const inList = async (name: string): Promise<Fields> =>
    (await list('status=all')).find(({ id }) => id === people.ids[name]) as Fields;

  describe('LIST-1 columns', () => {
    it('shows all columns but those that must be named', async () => {
      for (const account of await list('status=all')) expect(Object.keys(account).sort()).toEqual([...COLUMNS].sort());
    });

    it('shows each as it is', async () => {
      const { staff } = people.place;
      expect(await inList('ann')).toMatchObject({
        ...{ fullName: 'Ann Müller', company: 'Acme', phone: '+49 (151) 234-56', username: 'ann', utm: { source: 'google' } },
        ...{ role: 'user', status: 'active', test: false, testExpiresAt: null, testSecondsLeft: null, plan: 'standard' },
        quotas: { botSlots: { allocated: 1, used: 0 }, teamMembers: { allocated: 10 }, conversations: { allocated: null } },
        channels: { whatsapp: 0, webchat: 0, instagram: 0, total: 0 },
        ...{ devices: 0, balance: { amount: 0 }, createdBy: { id: staff.owner.id, fullName: 'Olivia Owner' } },
        lastLoginAt: expect.any(String),
      });
      expect(await inList('disabled')).toMatchObject({ status: 'inactive', statusReason: 'overdue', statusNote: 'three months' });
      expect(await inList('blocked')).toMatchObject({ status: 'blocked', statusReason: 'abuse', statusNote: null });
      expect(await inList('expired')).toMatchObject({ status: 'inactive', statusReason: 'test-expired', testSecondsLeft: 0 });
      expect(await inList('late')).toMatchObject({ status: 'inactive', statusReason: 'under-review', test: true });
      expect(await inList('pending')).toMatchObject({ status: 'pending', number: null, joinedAt: null, lastLoginAt: null });
      const longer = await inList('longer');
      const left = (Date.parse(String(longer['testExpiresAt'])) - Date.parse(whitebook.clock.now())) / 1000;
      expect(Math.abs(Number(longer['testSecondsLeft']) - left)).toBeLessThan(5);
    });

    it.each([
      ['email,role', ['id', 'email', 'role']],
      ['id', ['id']],
      ['id,id,id', ['id']],
      ['channels,devices,balance', ['id', 'channels', 'devices', 'balance']],
      ['actions', ['id', 'actions']],
      ['comments,number', ['id', 'number', 'comments']],
    ])('gives those that are picked: %s', async (fields, names) => {
      for (const account of await list(`status=all&fields=${fields}`))
        expect(Object.keys(account).sort()).toEqual([...names].sort());
    });

    it('the comment at creation is the first comment, for staff only', async () => {
      const [emile] = await list('fields=comments&search=zola');
      expect(emile?.['comments']).toEqual([
        { text: 'asks often', at: expect.any(String), author: { id: people.place.staff.owner.id } },
      ]);
    });
  });

  describe('LIST-1 numbers', () => {
    const numbers = async (): Promise<Record<string, unknown>> =>
      Object.fromEntries((await list('status=all')).map(({ id, number }) => [String(id), number]));

    it('count the accounts in the order in which they enter the list', async () => {
      const given = await numbers();
      const order = ['owner', 'admin', 'manager', 'auditor', 'ann', 'joann', 'anna', 'emile', 'sofia', 'minh', 'kim'];
      expect(order.map((name) => given[people.ids[name] ?? ''])).toEqual(order.map((_, n) => n + 1));
      expect(given[people.ids['pending'] ?? '']).toBeNull();
      const places = Object.values(given).filter((number) => number !== null);
      expect(new Set(places).size).toBe(places.length);
    });

    it('are given on acceptance, kept for ever, and never reused; a rebuild gives the same', async () => {
      const before = await numbers();
      // the last number of all was that of somebody who is gone
      const last = Math.max(...Object.values(before).map(Number)) + 1;
      const one = await makeCustomer(owner);
      const two = await makeCustomer(owner);
      expectStatus(await owner.delete(`/v1/accounts/${two.id}`, { confirm: two.email }), 204);
      const three = await makeCustomer(owner);
      const pending = String(people.ids['pendingTest']);
      const activated = await owner.post(`/v1/accounts/${pending}/activate`, { password: PASSWORD });
      expect(expectStatus(activated, 200).body['number']).toBeNull();
      const after = await numbers();
      expect(after).toEqual({ ...before, [one.id]: last + 1, [three.id]: last + 3, [pending]: last + 4 });

      const whole = await list('status=all&fields=' + COLUMNS.filter((name) => name !== 'testSecondsLeft').join(','));
      const [pages, summary] = [await timeless('/v1/accounts/summary'), await timeless('/v1/workspace/pool/allocations')];
      await whitebook.parts.projector.rebuild('accounts');
      expect(await list('status=all&fields=' + COLUMNS.filter((name) => name !== 'testSecondsLeft').join(','))).toEqual(whole);
      expect([await timeless('/v1/accounts/summary'), await timeless('/v1/workspace/pool/allocations')]).toEqual([
        pages,
        summary,
      ]);
      const four = await makeCustomer(owner);
      expect((await numbers())[four.id]).toBe(last + 5);
    });

    const timeless = async (path: string): Promise<unknown> => expectStatus(await owner.get(path), 200).body;
  });

  describe('LIST-1 pages', () => {
    it('stay right while accounts come and go', async () => {
      const stay: string[] = [];
      const leave: { id: string; email: string }[] = [];
      for (let n = 0; n < 6; n++) {
        const test = { test: true, company: 'Pagers' };
        stay.push((await makeCustomer(owner, { ...test, fullName: `Stays ${n}` })).id);
        leave.push(await makeCustomer(owner, { ...test, fullName: `Stays ${n} not` }));
      }
      const seen: unknown[] = [];
      let cursor = '';
      do {
        const page = expectStatus(await owner.get(`/v1/accounts?company=pagers&sort=fullName&limit=2${cursor}`), 200);
        seen.push(...itemsOf(page).map(({ id }) => id));
        cursor = page.body['next'] === null ? '' : `&cursor=${textAt(page, 'next')}`;
        const left = leave.pop();
        if (left) expectStatus(await owner.delete(`/v1/accounts/${left.id}`, { confirm: left.email }), 204);
        await makeCustomer(owner, { test: true, company: 'Pagers', fullName: `Aa ${seen.length}` });
      } while (cursor !== '');
      expect(seen.filter((id) => stay.includes(String(id)))).toEqual(stay);
      expect(new Set(seen).size).toBe(seen.length);
    });

    it('whatever their size, they are the list', async () => {
      for (const sort of ['-joinedAt', 'company', '-lastLoginAt', 'phone']) {
        const whole = await everyPage(owner, `/v1/accounts?sort=${sort}&status=all&fields=id`);
        for (const limit of [1, 3, 7])
          expect(await everyPage(owner, `/v1/accounts?sort=${sort}&status=all&fields=id`, limit)).toEqual(whole);
      }
      const searched = await everyPage(owner, '/v1/accounts?search=a&fields=id');
      expect(await everyPage(owner, '/v1/accounts?search=a&fields=id', 2)).toEqual(searched);
    });

    it('are found by a cursor that shows nothing of anybody, and is good for its list alone', async () => {
      const page = await owner.get('/v1/accounts?sort=email&limit=2');
      const cursor = textAt(page, 'next');
      const last = textAt(page, 'items.1.email');
      const bytes = Buffer.from(cursor, 'base64url').toString('latin1');
      for (const part of [last, Buffer.from(last).toString('base64url').slice(4, 14)]) expect(bytes + cursor).not.toContain(part);
      expectStatus(await owner.get(`/v1/accounts?sort=email&limit=3&cursor=${cursor}`), 200);
      const changed = `${cursor.slice(0, 30)}${cursor[30] === 'x' ? 'y' : 'x'}${cursor.slice(31)}`;
      for (const query of [
        ...[`sort=-email&cursor=${cursor}`, `sort=email&status=all&cursor=${cursor}`, `sort=email&search=a&cursor=${cursor}`],
        ...[`sort=email&cursor=${changed}`, `sort=email&cursor=${cursor.slice(0, -3)}`, `sort=email&cursor=${cursor}AAAA`],
      ])
        expect(at(expectStatus(await owner.get(`/v1/accounts?${query}`), 422), 'errors.0.pointer')).toBe('?cursor');
      for (const path of ['/v1/invitations', '/v1/timers', '/v1/workspace/pool/allocations', '/v1/history'])
        expectStatus(await owner.get(`${path}?cursor=${cursor}`), 422);
      const other = await makePlace(whitebook, { verified: false });
      expectStatus(await other.owner.get(`/v1/accounts?sort=email&cursor=${cursor}`), 422);
    });

    it('go on after the longest name that there can be', async () => {
      const fullName = '\ufdfa'.repeat(200);
      const first = await makeCustomer(owner, { fullName, company: 'Long', test: true });
      const second = await makeCustomer(owner, { fullName, company: 'Long', test: true });
      const found = await everyPage(owner, '/v1/accounts?company=long&sort=fullName&fields=id', 1);
      expect(found.map(({ id }) => id).sort()).toEqual([first.id, second.id].sort());
    });

    it('of a list that depends on the time are of the time of its first page', async () => {
      const page = await owner.get('/v1/accounts?expiringWithinDays=365&sort=testExpiresAt&limit=1');
      const rest = await owner.get(
        `/v1/accounts?expiringWithinDays=365&sort=testExpiresAt&limit=200&cursor=${textAt(page, 'next')}`,
      );
      const whole = await owner.get('/v1/accounts?expiringWithinDays=365&sort=testExpiresAt&limit=200');
      expect([...itemsOf(page), ...itemsOf(rest)].map(({ id }) => id)).toEqual(itemsOf(whole).map(({ id }) => id));
    });
  });

  describe('LIST-4 freshness', () => {
    it('a write is in its author’s next read, every time', async () => {
      for (let n = 0; n < 15; n++) {
        const { id } = await makeCustomer(owner, { test: true });
        const [found] = itemsOf(await owner.get('/v1/accounts?limit=1'));
        expect(found?.['id']).toBe(id);
        expectStatus(await owner.patch(`/v1/accounts/${id}`, { fullName: `Fresh ${n}` }), 200);
        expect(itemsOf(await owner.get('/v1/accounts?limit=1&fields=fullName'))).toEqual([{ id, fullName: `Fresh ${n}` }]);
      }
    });

    it('others see it within a second, or at once with the position of the write', async () => {
      const { auditor } = people.place;
      const name = async (api: Api, id: string): Promise<unknown> => (await api.get(`/v1/accounts/${id}`)).body['fullName'];
      const { id } = await makeCustomer(owner, { fullName: 'Seen by others', test: true });
      await until('the auditor to see the account', async () => (await name(auditor, id)) === 'Seen by others', 1);
      const written = expectStatus(await owner.patch(`/v1/accounts/${id}`, { fullName: 'Seen at once' }), 200);
      const reader = auditor.with({ 'min-position': String(written.headers['position']) });
      expect(await name(reader, id)).toBe('Seen at once');
      const search = await reader.get('/v1/accounts?search=seen%20at%20once');
      expect(itemsOf(search)).toHaveLength(1);
      expect(parseInt(String(search.headers['position']), 36)).toBeGreaterThanOrEqual(
        parseInt(String(written.headers['position']), 36),
      );
    });

    it('is 503 with Retry-After where a position is asked for that is not reached', async () => {
      const reply = expectStatus(await owner.with({ 'min-position': 'zzzzzzz' }).get('/v1/accounts?limit=1'), 503);
      expect([reply.body['code'], Number(reply.headers['retry-after']) > 0]).toEqual(['read-model-behind', true]);
    });
  });

  describe('other lists', () => {
    it('ACC-3: invitations by state, newest first', async () => {
      const invite = async (email: string): Promise<string> =>
        String(expectStatus(await owner.post('/v1/invitations', { email, test: true }), 201).body['id']);
      const revoked = await invite('revoked@list.example');
      expectStatus(await owner.delete(`/v1/invitations/${revoked}`), 204);
      const accepted = await invite('accepted@list.example');
      const account = textAt(await owner.get(`/v1/invitations/${accepted}`), 'accountId');
      expectStatus(await owner.post(`/v1/accounts/${account}/activate`, { password: PASSWORD }), 200);
      const pending = await invite('waiting@list.example');
      const states = async (query: string): Promise<unknown[]> =>
        (await everyPage(owner, `/v1/invitations${query}`, 2)).map(({ state }) => state);
      const ids = (await everyPage(owner, '/v1/invitations', 2)).map(({ id }) => id);
      expect(ids.slice(0, 3)).toEqual([pending, accepted, revoked]);
      expect(new Set(await states('?state=pending'))).toEqual(new Set(['pending']));
      expect(await states('?state=revoked')).toEqual(['revoked']);
      expect(new Set(await states('?state=accepted,revoked'))).toEqual(new Set(['accepted', 'revoked']));
      expect((await states('')).length).toBe((await states('?state=pending,accepted,revoked,expired')).length);
      const [first] = await everyPage(owner, '/v1/invitations?state=revoked');
      expect(first).toMatchObject({ email: null, fullName: null, sentCount: 1, invitedBy: { fullName: 'Olivia Owner' } });
      expectStatus(await owner.get('/v1/invitations?state=gone'), 422);
    });

    it('WS-8: allocations of the pool, most first, are what the pool says', async () => {
      const pages = await everyPage(owner, '/v1/workspace/pool/allocations', 3);
      const slots = pages.map((item) => Number(at({ body: item }, 'botSlots.allocated')));
      expect(slots).toEqual([...slots].sort((a, b) => b - a));
      expect(pages[0]).toMatchObject({ accountId: people.ids['minh'], botSlots: { allocated: 3, used: 0 } });
      const pool = await owner.get('/v1/workspace/pool');
      expect(slots.reduce((sum, each) => sum + each, 0)).toBe(at(pool, 'botSlots.allocated'));
      expect(Number(at(pool, 'botSlots.total'))).toBe(Number(at(pool, 'botSlots.allocated')) + Number(at(pool, 'botSlots.free')));
    });

    it('TIMER-1: what will happen when, soonest first, page by page', async () => {
      const whole = await everyPage(owner, '/v1/timers');
      const times = whole.map(({ at: time }) => String(time));
      expect(times).toEqual([...times].sort());
      expect(await everyPage(owner, '/v1/timers', 2)).toEqual(whole);
      expect(whole).toContainEqual(expect.objectContaining({ kind: 'test-expires', subject: people.ids['brief'] }));
      expect(whole).toContainEqual(expect.objectContaining({ kind: 'invitation-expires', subject: people.ids['pending'] }));
      expect(whole.every(({ subject }) => subject !== people.ids['expired'])).toBe(true);
    });

    it('LIST-1: workspaces, for the operator', async () => {
      const { operator } = people.place;
      const whole = await everyPage(operator, '/v1/workspaces');
      expect(whole.length).toBeGreaterThan(1);
      expect(await everyPage(operator, '/v1/workspaces', 1)).toEqual(whole);
      expectStatus(await owner.get('/v1/workspaces'), 403);
    });

    it('companies by name, each with as many accounts as the list has', async () => {
      const companies = itemsOf(expectStatus(await owner.get('/v1/companies?limit=200'), 200));
      const names = companies.map(({ company }) => String(company));
      expect(names).toEqual(expect.arrayContaining(['Bricks', 'Öl & Söhne']));
      expect(names.filter((name) => /^acme$/i.test(name))).toHaveLength(1);
      expect(names).not.toContain('Vanished');
      expect(names.map(plain)).toEqual(names.map(plain).sort());
      for (const { company, accounts } of companies)
        expect([company, (await list(`company=${encodeURIComponent(String(company))}`)).length]).toEqual([company, accounts]);
    });

    it('companies by a part of their name, without case and accents', async () => {
      const found = async (query: string): Promise<unknown[]> =>
        itemsOf(expectStatus(await owner.get(`/v1/companies?${query}`), 200)).map(({ company }) => plain(String(company)));
      expect(await found('search=CM')).toEqual(['acme']);
      expect(await found('search=sohn')).toEqual(['ol & sohne']);
      expect(await found('search=%25')).toEqual([]);
      expect(await found('limit=1&search=')).toEqual(['acme']);
      expectStatus(await owner.get('/v1/companies?cursor=x'), 422);
      const customer = await whitebook.signIn(
        { email: `p-kim@${people.place.slug}.example`, password: PASSWORD },
        { host: people.place.domain },
      );
      expect(expectStatus(await customer.get('/v1/companies'), 403).body).toMatchObject({
        permission: 'accounts:read',
        role: 'user',
      });
      for (const reader of [people.place.admin, people.place.manager, people.place.auditor])
        expectStatus(await reader.get('/v1/companies'), 200);
    });
  });

  it('the cursor of a page outlives the session that it was given to', async () => {
    const cursor = textAt(await owner.get('/v1/accounts?limit=2'), 'next');
    const again = await signInAgain(whitebook, people.place);
    expectStatus(await again.auditor.get(`/v1/accounts?cursor=${cursor}`), 200);
  });
});
