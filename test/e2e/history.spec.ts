import { at, itemsOf, textAt, type Api, type Fields, type Reply } from '../support/api.js';
import { expectStatus, makeCustomer, makePlace, PASSWORD, type Place } from '../support/place.js';
import { everyPage, signInAgain } from '../support/population.js';
import { until, Whitebook } from '../support/whitebook.js';

jest.setTimeout(60_000);

const agent = (name: string): Record<string, string> => ({ 'user-agent': name });

describe('HIST-1 the history', () => {
  let whitebook: Whitebook;
  let place: Place;
  let owner: Api;
  let sara: { id: string; email: string };
  /** Answers of the changes that are told below. */
  const done: Record<string, Reply> = {};

  beforeAll(async () => {
    whitebook = await Whitebook.start();
    place = await makePlace(whitebook);
    owner = place.owner.with(agent('Owner Browser'));
    const admin = place.admin.with(agent('Admin Browser'));
    sara = await makeCustomer(admin, { fullName: 'Sara Lind', company: 'Northwind', comment: 'a friend of ours', test: true });
    const path = `/v1/accounts/${sara.id}`;
    done['edit'] = expectStatus(await admin.patch(path, { fullName: 'Sara Berg', phone: '+49 30 1' }), 200);
    done['disable'] = expectStatus(await owner.post(`${path}/disable`, { reason: 'overdue', note: 'never pays' }), 200);
    done['enable'] = expectStatus(await owner.post(`${path}/enable`), 200);
    done['convert'] = expectStatus(await owner.post(`${path}/convert`, {}), 200);
    done['quotas'] = expectStatus(await owner.put(`${path}/quotas`, { botSlots: 3, conversations: 100 }), 200);
    done['role'] = expectStatus(await owner.put(`${path}/role`, { role: 'manager' }), 200);
    done['back'] = expectStatus(await owner.put(`${path}/role`, { role: 'user' }), 200);
  });
  afterAll(async () => {
    await whitebook.stop();
    await whitebook.remove();
    expect(whitebook.complaints).toEqual([]);
  });

  const entries = (query = '', by: Api = owner): Promise<Fields[]> => everyPage(by, `/v1/history?${query}`);
  const of = (id: string, by: Api = owner, query = ''): Promise<Fields[]> => everyPage(by, `/v1/accounts/${id}/history?${query}`);
  const kinds = (items: readonly Fields[]): unknown[] => items.map(({ kind }) => kind);
  const one = async (kind: string): Promise<Fields> => (await of(sara.id)).find((entry) => entry['kind'] === kind) as Fields;
  const customer = (): Promise<Api> =>
    whitebook.signIn({ email: sara.email, password: PASSWORD }, { host: place.domain, ...agent('Sara Phone') });

  describe('tells', () => {
    it('what happened to an account, newest first', async () => {
      expect(kinds(await of(sara.id))).toEqual([
        ...['RoleChanged', 'RoleChanged', 'QuotasChanged', 'UserConverted', 'UserEnabled', 'UserDisabled', 'ProfileChanged'],
        'UserCreated',
      ]);
    });

    it('who, when, where and by which request', async () => {
      const entry = await one('ProfileChanged');
      expect(entry).toMatchObject({
        actor: { id: place.staff.admin.id, fullName: 'Person admin', email: place.staff.admin.email, role: 'admin' },
        subject: { id: sara.id, fullName: 'Sara Berg', email: sara.email, role: 'user' },
        address: '127.0.0.1',
        agent: 'Admin Browser',
        requestId: done['edit']?.headers['request-id'],
        commandId: expect.any(String),
        position: done['edit']?.headers['position'],
      });
      expect(Math.abs(Date.parse(String(entry['at'])) - Date.parse(whitebook.clock.now()))).toBeLessThan(60_000);
    });

    it.each([
      [
        'ProfileChanged',
        [
          { field: 'fullName', from: 'Sara Lind', to: 'Sara Berg' },
          { field: 'phone', from: null, to: '+49 30 1' },
        ],
      ],
      ['UserDisabled', [expect.objectContaining({ field: 'status', from: 'active', to: 'inactive' }), note('never pays')]],
      ['UserEnabled', [{ field: 'status', from: 'inactive', to: 'active' }]],
      [
        'UserConverted',
        [
          { field: 'test', from: true, to: false },
          { field: 'botSlots', from: 0, to: 1 },
        ],
      ],
      [
        'QuotasChanged',
        [
          { field: 'botSlots', from: 1, to: 3 },
          { field: 'conversations', from: null, to: 100 },
        ],
      ],
      ['RoleChanged', [{ field: 'role', from: 'manager', to: 'user' }]],
    ])('before and after: %s', async (kind, changes) => {
      const entry = await one(kind);
      expect(entry['changes']).toEqual(changes);
      expect(String(entry['summary']).length).toBeGreaterThan(3);
      expect(String(entry['summary'])).not.toMatch(/sara|lind|berg|pays/i);
    });

    it('actor and subject as they are named now', async () => {
      expectStatus(await owner.patch(`/v1/accounts/${place.staff.admin.id}`, { fullName: 'Adele Admin' }), 200);
      expect(await one('ProfileChanged')).toMatchObject({
        actor: { fullName: 'Adele Admin' },
        subject: { fullName: 'Sara Berg' },
      });
      expect(await one('UserCreated')).toMatchObject({ subject: { fullName: 'Sara Berg' } });
    });

    it('log-ins, failed log-ins, and ends of sessions', async () => {
      const lena = await makeCustomer(owner);
      const wrong = { email: lena.email, password: 'not-the-password' };
      expectStatus(await whitebook.api.post('/v1/sessions', wrong, { headers: { host: place.domain, ...agent('Thief') } }), 401);
      const session = await whitebook.signIn({ email: lena.email, password: PASSWORD }, { host: place.domain });
      expectStatus(await session.with({ host: place.domain }).delete('/v1/sessions/current'), 204);
      const told = await until('all of it to be told', async () => {
        const found = await of(lena.id);
        return found.length === 4 && found;
      });
      expect(kinds(told)).toEqual(['SessionEnded', 'UserLoggedIn', 'LoginFailed', 'UserCreated']);
      const anonymous = { id: null, fullName: null, email: null, role: 'anonymous' };
      expect(told[2]).toMatchObject({
        actor: anonymous,
        subject: { id: lena.id },
        reason: 'invalid-credentials',
        agent: 'Thief',
      });
      expect(told[1]).toMatchObject({ actor: { id: lena.id, role: 'user' } });
    });

    it('a failed log-in of nobody, in the history of the workspace', async () => {
      const nobody = { email: 'nobody@nowhere.example', password: 'not-the-password' };
      expectStatus(await whitebook.api.post('/v1/sessions', nobody, { headers: { host: place.domain } }), 401);
      const [entry] = await until('the failure to be told', async () => {
        const found = (await entries('kind=LoginFailed')).filter(
          ({ subject }) => subject === null || at({ body: { subject } }, 'subject.id') === place.id,
        );
        return found.length > 0 && found;
      });
      expect(entry).toMatchObject({ actor: { id: null, role: 'anonymous' } });
      expect(JSON.stringify(entry)).not.toContain('nobody@nowhere');
    });

    it('AUTH-3: what staff did as the customer: the actor is staff, in both histories', async () => {
      const begun = await place.admin.post(`/v1/accounts/${sara.id}/impersonations`, { reason: 'asked by phone' });
      const inside = place.admin.as(textAt(begun, 'token')).with({ host: place.domain });
      expectStatus(await inside.patch(`/v1/accounts/${sara.id}`, { phone: '+49 30 2' }), 200);
      expectStatus(await inside.delete('/v1/sessions/current'), 200);
      const wanted = ['ImpersonationEnded', 'ProfileChanged', 'UserImpersonated'];
      const told = await until('the end to be told', async () => {
        const found = (await of(sara.id)).slice(0, 3);
        return kinds(found)[0] === 'ImpersonationEnded' && found;
      });
      expect(kinds(told)).toEqual(wanted);
      expect(kinds((await of(place.staff.admin.id)).slice(0, 3))).toEqual(wanted);
      for (const entry of told) expect(entry['actor']).toMatchObject({ id: place.staff.admin.id, role: 'admin' });
      expect(told[1]).toMatchObject({ onBehalfOf: { id: sara.id }, subject: { id: sara.id } });
      expect(told[2]).toMatchObject({ reason: 'asked by phone' });
      expect(kinds(await of(sara.id, await customer())).slice(1, 4)).toEqual(wanted);
    });

    it('what the system did by itself', async () => {
      const until_ = whitebook.clock.in(600);
      const { id } = await makeCustomer(owner);
      expectStatus(await owner.post(`/v1/accounts/${id}/disable`, { until: until_ }), 200);
      whitebook.clock.move(601);
      const [entry] = await until('the block to end', async () => {
        const found = await of(id);
        return found[0]?.['kind'] === 'UserEnabled' && found;
      });
      expect(entry).toMatchObject({ actor: { id: null, fullName: null, email: null, role: 'system' } });
      expect(entry).not.toHaveProperty('address');
    });
  });

  describe('of a deleted account', () => {
    it('keeps what happened, when and by whom, and nothing of the person (ACC-9)', async () => {
      const { id, email } = await makeCustomer(owner, { fullName: 'Vera Vanish', company: 'Vanish Ltd', comment: 'secret note' });
      const session = await whitebook.signIn({ email, password: PASSWORD }, { host: place.domain, ...agent('Vanishing Phone') });
      expectStatus(await session.with({ host: place.domain }).patch(`/v1/accounts/${id}`, { phone: '+1 555 0199' }), 200);
      expectStatus(await owner.delete(`/v1/accounts/${id}`, { confirm: email, reason: 'left' }), 204);
      expectStatus(await owner.get(`/v1/accounts/${id}`), 404);
      const told = await of(id);
      expect(kinds(told)).toEqual(['UserDeleted', 'ProfileChanged', 'UserLoggedIn', 'UserCreated']);
      expect(JSON.stringify([told, await entries(`subject=${id}`)])).not.toMatch(/vera|vanish|0199|secret note/i);
      const gone = { id, fullName: null, email: null, deleted: true };
      for (const entry of told) expect(entry['subject']).toMatchObject(gone);
      expect(told[1]?.['actor']).toMatchObject({ ...gone, role: 'user' });
      expect(told[0]).toMatchObject({ reason: 'left', actor: { email: place.staff.owner.email } });
      expect(told[1]?.['changes']).toEqual([{ field: 'phone', from: null, to: null }]);
      expect(await entries('search=vanish')).toEqual([]);
      expectStatus(await owner.get(`/v1/accounts/${'0'.repeat(32)}/history`), 404);
    });
  });

  describe('filters', () => {
    it('by actor, subject and kind, alone and together', async () => {
      const all = await entries();
      const idOf = (entry: Fields, who: string): unknown => at({ body: entry }, `${who}.id`);
      for (const who of [place.staff.admin.id, place.staff.owner.id, sara.id]) {
        expect(await entries(`actor=${who}`)).toEqual(all.filter((entry) => idOf(entry, 'actor') === who));
        expect(await entries(`subject=${who}`)).toEqual(all.filter((entry) => idOf(entry, 'subject') === who));
      }
      const both = ['UserDisabled', 'UserEnabled'];
      expect(await entries(`kind=${both.join()}`)).toEqual(all.filter(({ kind }) => both.includes(String(kind))));
      expect(kinds(await entries(`kind=ProfileChanged&actor=${place.staff.admin.id}&subject=${sara.id}`)).length).toBe(2);
      expect(kinds(await of(sara.id, owner, 'kind=UserConverted'))).toEqual(['UserConverted']);
    });

    it('by time, from (included) to (excluded)', async () => {
      const all = await entries();
      const times = all.map((entry) => String(entry['at']));
      const [from = '', to = ''] = [times[Math.floor(times.length * 0.7)], times[Math.floor(times.length * 0.3)]];
      const inside = all.filter((entry) => String(entry['at']) >= from && String(entry['at']) < to);
      expect(inside.length).toBeGreaterThan(3);
      expect(await entries(`from=${from}&to=${to}`)).toEqual(inside);
      expect(await entries(`from=${whitebook.clock.in(60)}`)).toEqual([]);
    });

    it('by text: kinds, codes, and people by their present name or email', async () => {
      const about = (id: string) => (entry: Fields) =>
        ['actor', 'subject', 'onBehalfOf'].some((who) => at({ body: entry }, `${who}.id`) === id);
      expect(kinds(await entries('search=UserConverted'))).toEqual(['UserConverted']);
      expect((await entries('search=overdue')).map(({ reason }) => reason)).toEqual(['overdue']);
      const berg = await entries('search=sara%20berg');
      expect(berg.length).toBeGreaterThan(8);
      expect(berg.every(about(sara.id))).toBe(true);
      expect(await entries(`search=${sara.email}`)).toEqual(berg);
      expect(await entries('search=lind')).toEqual([]);
      expect(await entries('search=never%20pays')).toEqual([]);
      expect(await entries('search=%20')).toEqual(await entries());
    });

    it.each([
      ...['kind=Nothing', 'kind=', 'from=yesterday', 'to=x', 'limit=0', 'limit=500', 'cursor=Not%20one', 'actor=', 'actor=a%20b'],
      ...['subject=..', 'nonsense=1', 'asOf=2026-01-01T00:00:00Z', `search=${'a'.repeat(201)}`, 'sort=at'],
    ])('refuse %s by name', async (query) => {
      for (const path of ['/v1/history', `/v1/accounts/${sara.id}/history`]) {
        const reply = expectStatus(await owner.get(`${path}?${query}`), 422);
        expect(at(reply, 'errors.0.pointer')).toBe(`?${query.split('=')[0]}`);
      }
    });
  });

  describe('pages', () => {
    it('of any size are the history, newest first, each position once', async () => {
      const whole = await entries();
      for (const limit of [1, 4, 7]) expect(await everyPage(owner, '/v1/history', limit)).toEqual(whole);
      const times = whole.map((entry) => String(entry['at']));
      expect(times).toEqual([...times].sort().reverse());
      expect(new Set(whole.map(({ id }) => id)).size).toBe(whole.length);
      for (const query of ['search=sara', 'kind=UserCreated,RoleChanged'])
        expect(await everyPage(owner, `/v1/history?${query}`, 2)).toEqual(await entries(query));
    });

    it('go on where they ended while more happens', async () => {
      const whole = await entries();
      const first = await owner.get('/v1/history?limit=5');
      await makeCustomer(owner, { test: true });
      const second = await owner.get(`/v1/history?limit=5&cursor=${textAt(first, 'next')}`);
      expect([...itemsOf(first), ...itemsOf(second)]).toEqual(whole.slice(0, 10));
    });

    it('LIST-4: the author sees the entry in the next read', async () => {
      for (let n = 0; n < 5; n++) {
        const reply = expectStatus(await owner.patch(`/v1/accounts/${sara.id}`, { company: `Company ${n}` }), 200);
        const [entry] = itemsOf(await owner.get('/v1/history?limit=1'));
        expect(entry?.['position']).toBe(reply.headers['position']);
      }
    });
  });

  describe('readers', () => {
    it('AUTH-1: owner, admin and auditor see the history of the workspace; a manager none; a customer only its own', async () => {
      for (const reader of [place.owner, place.admin, place.auditor]) {
        expectStatus(await reader.get('/v1/history?limit=1'), 200);
        expectStatus(await reader.get(`/v1/accounts/${sara.id}/history`), 200);
      }
      for (const path of ['/v1/history', `/v1/accounts/${sara.id}/history`]) expectStatus(await place.manager.get(path), 403);
      expectStatus(await place.manager.get(`/v1/accounts/${place.staff.manager.id}/history`), 200);
      const me = (await customer()).with({ host: place.domain });
      expect(expectStatus(await me.get('/v1/history'), 403).body).toMatchObject({ permission: 'history:read', role: 'user' });
      expectStatus(await me.get(`/v1/accounts/${sara.id}/history`), 200);
      expectStatus(await me.get(`/v1/accounts/${place.staff.admin.id}/history`), 403);
    });

    it('AUTH-1: a customer’s own history has no notes of staff, nor where staff sat', async () => {
      const own = await of(sara.id, (await customer()).with({ host: place.domain }));
      const text = JSON.stringify(own);
      expect(text).not.toMatch(/never pays|a friend of ours|Admin Browser|Owner Browser/);
      expect(kinds(own)).toEqual(expect.arrayContaining(['UserDisabled', 'UserCreated', 'ProfileChanged']));
      expect(own.find(({ kind }) => kind === 'UserLoggedIn')).toMatchObject({ address: '127.0.0.1', agent: 'Sara Phone' });
      expect(JSON.stringify(await of(sara.id))).toContain('never pays');
    });

    it('nothing of another workspace', async () => {
      const other = await makePlace(whitebook);
      expectStatus(await other.owner.get(`/v1/accounts/${sara.id}/history`), 404);
      const told = await entries('', other.owner);
      expect(JSON.stringify(told)).not.toContain(place.id);
      expect(await entries(`subject=${sara.id}`, other.owner)).toEqual([]);
      expect(await entries('search=sara', other.owner)).toEqual([]);
    });

    it('has a list of kinds with their titles', async () => {
      const reply = expectStatus(await place.auditor.get('/v1/history/kinds'), 200);
      const known = itemsOf(reply).map(({ kind }) => String(kind));
      expect(known).toEqual([...known].sort());
      expect(known).toEqual(
        expect.arrayContaining(['UserCreated', 'UserInvited', 'UserDisabled', 'UserConverted', 'UserImpersonated']),
      );
      for (const { title } of itemsOf(reply)) expect(String(title)).toMatch(/^[A-Z]/);
      for (const { kind } of await entries()) expect(known).toContain(kind);
      expectStatus(await whitebook.api.get('/v1/history/kinds'), 401);
    });
  });

  it('is the same after a rebuild', async () => {
    place = await signInAgain(whitebook, place);
    owner = place.owner;
    const before = [await entries(), await of(sara.id)];
    await whitebook.parts.projector.rebuild('history');
    expect([await entries(), await of(sara.id)]).toEqual(before);
  });
});

function note(text: string): object {
  return { field: 'note', from: null, to: text };
}
