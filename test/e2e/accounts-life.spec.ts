import { at, itemsOf, textAt, type Api, type Reply } from '../support/api.js';
import { accountOf, counted, fieldsRefused, kindsOf, poolOf, told } from '../support/people.js';
import { expectStatus, makeCustomer, makePlace, PASSWORD, type Place } from '../support/place.js';
import { until, Whitebook } from '../support/whitebook.js';

describe('the life of an account', () => {
  let whitebook: Whitebook;
  let place: Place;

  beforeAll(async () => {
    whitebook = await Whitebook.start();
    place = await makePlace(whitebook, { botSlots: 200 });
  });
  afterAll(async () => {
    await whitebook.stop();
    await whitebook.remove();
    expect(whitebook.complaints).toEqual([]);
  });

  const logIn = (email: string, password = PASSWORD): Promise<Reply> =>
    whitebook.api.post('/v1/sessions', { email, password }, { headers: { host: place.domain } });
  const session = async (email: string): Promise<Api> => whitebook.api.as(textAt(expectStatus(await logIn(email), 201), 'token'));
  const act = (id: string, action: string, body: object = {}): Promise<Reply> =>
    place.admin.post(`/v1/accounts/${id}/${action}`, body);

  describe('disable and enable', () => {
    it('ACC-7: disable ends every token at once: own sessions, impersonations, API keys; enable lifts the keys only', async () => {
      const { id, email } = await makeCustomer(place.admin);
      const [one, two] = [await session(email), await session(email)];
      const made = expectStatus(await one.post('/v1/api-keys', { name: 'machine', scopes: ['accounts:read'] }), 201);
      const key = whitebook.api.as(textAt(made, 'key'));
      const posed = expectStatus(await place.admin.post(`/v1/accounts/${id}/impersonations`, { reason: 'help' }), 201);
      const impersonation = whitebook.api.as(textAt(posed, 'token'));
      for (const caller of [one, two, key, impersonation]) expectStatus(await caller.get(`/v1/accounts/${id}`), 200);
      const before = await poolOf(place.admin);
      const reply = expectStatus(await act(id, 'disable', { reason: 'overdue', note: 'Called twice' }), 200);
      expect(reply.body).toMatchObject({ status: 'inactive', statusReason: 'overdue', statusNote: 'Called twice', revision: 2 });
      for (const caller of [one, two, key, impersonation]) expectStatus(await caller.get(`/v1/accounts/${id}`), 401);
      expect(told(await logIn(email))).toBe('403 account-disabled');
      expect(told(await logIn(email, 'not-the-password-1'))).toBe('401 invalid-credentials');
      expect(await poolOf(place.admin)).toEqual(before);
      expectStatus(await act(id, 'enable'), 200);
      for (const caller of [one, two, impersonation]) expectStatus(await caller.get(`/v1/accounts/${id}`), 401);
      expectStatus(await key.get(`/v1/accounts/${id}`), 200);
      expectStatus(await logIn(email), 201);
    });

    it('ACC-7, LIST-2: blocked is a kind of its own; the default is inactive for the reason `other`', async () => {
      const { id, email } = await makeCustomer(place.admin);
      expect(expectStatus(await act(id, 'disable'), 200).body).toMatchObject({ status: 'inactive', statusReason: 'other' });
      const blocked = expectStatus(await act(id, 'disable', { kind: 'blocked', reason: 'abuse' }), 200);
      expect(blocked.body).toMatchObject({ status: 'blocked', statusReason: 'abuse', statusNote: null });
      const listed = async (status: string): Promise<number> =>
        itemsOf(await place.admin.get(`/v1/accounts?search=${email}&status=${status}`)).length;
      expect([await listed('blocked'), await listed('inactive'), await listed('active')]).toEqual([1, 1, 0]);
    });

    it('ACC-8: what is already so is 200 and no event; another kind, reason, note or until is one', async () => {
      const { id } = await makeCustomer(place.admin);
      const steps: [string, object, number][] = [
        ['enable', {}, 0],
        ['disable', {}, 1],
        ['disable', {}, 0],
        ['disable', { reason: 'other', kind: 'inactive', note: null, until: null }, 0],
        ['disable', { kind: 'blocked' }, 1],
        ['disable', { kind: 'blocked', reason: 'left' }, 1],
        ['disable', { kind: 'blocked', reason: 'left', note: 'x' }, 1],
        ['disable', { kind: 'blocked', reason: 'left', note: ' x ' }, 0],
        ['disable', { kind: 'blocked', reason: 'left', note: 'x', until: '2999-01-01T00:00:00Z' }, 1],
        ['disable', { kind: 'blocked', reason: 'left', note: 'x', until: '2999-01-01T01:00:00+01:00' }, 0],
        ['enable', {}, 1],
        ['enable', {}, 0],
      ];
      let expected = 1;
      for (const [action, body, events] of steps) {
        expected += events;
        expect(expectStatus(await act(id, action, body), 200).body['revision']).toBe(expected);
        expect(await kindsOf(place.admin, id)).toHaveLength(expected);
      }
    });

    it('ACC-7: with `until` it is re-enabled by itself, not before', async () => {
      const { id, email } = await makeCustomer(place.admin);
      const ends = whitebook.clock.in(60);
      const reply = expectStatus(await act(id, 'disable', { kind: 'blocked', until: ends }), 200);
      expect(reply.body['disabledUntil']).toBe(ends);
      whitebook.clock.moveTo(new Date(Date.parse(ends) - 2000).toISOString());
      expect(told(await logIn(email))).toBe('403 account-disabled');
      whitebook.clock.moveTo(ends);
      const back = await until(
        'the end of the block',
        async () => {
          const account = await accountOf(place.admin, id);
          return account['status'] === 'active' && account;
        },
        5,
      );
      expect(back).toMatchObject({ disabledUntil: null, statusReason: null });
      expectStatus(await logIn(email), 201);
      const history = itemsOf(await place.admin.get(`/v1/accounts/${id}/history?kind=UserEnabled`));
      expect(history).toMatchObject([{ actor: { role: 'system', id: null } }]);
      expect(String(history[0]?.['at']) >= ends).toBe(true);
      const past = await act(id, 'disable', { until: whitebook.clock.in(-1) });
      expect(fieldsRefused(past)).toEqual(['/until not-in-future']);
    });

    it('ACC-7: an `until` that was taken away or moved does not fire at its first time', async () => {
      const { id } = await makeCustomer(place.admin);
      const first = whitebook.clock.in(30);
      expectStatus(await act(id, 'disable', { until: first }), 200);
      expectStatus(await act(id, 'disable', {}), 200);
      const other = await makeCustomer(place.admin);
      expectStatus(await act(other.id, 'disable', { until: first }), 200);
      whitebook.clock.moveTo(first);
      await until('the end of the other block', async () => (await accountOf(place.admin, other.id))['status'] === 'active');
      expect((await accountOf(place.admin, id))['status']).toBe('inactive');
    });

    it('ACC-8: the status is set in one call, with the same events; pending cannot be set', async () => {
      const { id } = await makeCustomer(place.admin);
      const set = (body: object): Promise<Reply> => place.admin.put(`/v1/accounts/${id}/status`, body);
      expect(expectStatus(await set({ status: 'blocked', reason: 'under-review', note: 'n' }), 200).body).toMatchObject({
        status: 'blocked',
        statusReason: 'under-review',
        statusNote: 'n',
      });
      expect(expectStatus(await set({ status: 'inactive' }), 200).body).toMatchObject({
        status: 'inactive',
        statusReason: 'other',
      });
      expectStatus(await set({ status: 'inactive' }), 200);
      expect(expectStatus(await set({ status: 'active' }), 200).body).toMatchObject({ status: 'active', statusReason: null });
      expectStatus(await set({ status: 'active' }), 200);
      expect(told(await set({ status: 'pending' }))).toBe('409 status-not-settable');
      expect(told(await set({ status: 'deleted' }))).toBe('422 invalid-input');
      expect(await kindsOf(place.admin, id)).toEqual(['UserEnabled', 'UserDisabled', 'UserDisabled', 'UserCreated']);
      expect(told(await place.manager.put(`/v1/accounts/${id}/status`, { status: 'blocked' }))).toBe('403 forbidden');
    });

    it('AUTH-2: the last owner cannot be disabled, deleted or demoted', async () => {
      const { id, email } = place.staff.owner;
      for (const reply of [
        await place.owner.post(`/v1/accounts/${id}/disable`, {}),
        await place.owner.put(`/v1/accounts/${id}/status`, { status: 'blocked' }),
        await place.owner.put(`/v1/accounts/${id}/role`, { role: 'admin' }),
        await place.owner.delete(`/v1/accounts/${id}`, { confirm: email }),
      ])
        expect(told(reply)).toBe('409 last-owner');
      expectStatus(await place.owner.get('/v1/sessions/current'), 200);
      // what a refusal leaves behind in the log is no change of the account
      const read = await place.owner.get(`/v1/accounts/${id}`);
      expect(read.headers['etag']).toBe('"1"');
      const matching = { headers: { 'if-match': '"1"' } };
      expectStatus(await place.owner.patch(`/v1/accounts/${id}`, { fullName: 'Olivia Still' }, matching), 200);
      expect((await place.owner.get(`/v1/accounts/${id}`)).headers['etag']).toBe('"2"');
    });
  });

  describe('delete', () => {
    it('ACC-9: needs the email as confirmation; then the id is 404, sessions are dead, email and slots are free, history stays', async () => {
      const { id, email } = await makeCustomer(place.admin, { username: 'leaving', botSlots: 4, fullName: 'Lea Ving' });
      const own = await session(email);
      const before = await poolOf(place.admin);
      const wrong = await place.admin.delete(`/v1/accounts/${id}`, { confirm: 'someone@else.example' });
      expect(told(wrong)).toBe('422 confirmation-mismatch');
      expect(told(await place.admin.delete(`/v1/accounts/${id}`))).toBe('422 invalid-input');
      const gone = expectStatus(
        await place.admin.delete(`/v1/accounts/${id}`, { confirm: ` ${email.toUpperCase()}`, reason: 'duplicate' }),
        204,
      );
      expect(gone.text).toBe('');
      expect(gone.headers['position']).toBeDefined();
      expectStatus(await own.get('/v1/sessions/current'), 401);
      expect(told(await logIn(email))).toBe('401 invalid-credentials');
      expect(await poolOf(place.admin)).toEqual({ ...before, allocated: before.allocated - 4, free: before.free + 4 });
      for (const reply of [
        await place.admin.get(`/v1/accounts/${id}`),
        await place.admin.patch(`/v1/accounts/${id}`, { fullName: 'X' }),
        await act(id, 'disable'),
        await place.admin.delete(`/v1/accounts/${id}`, { confirm: email }),
      ])
        expect(told(reply)).toBe('404 not-found');
      const history = itemsOf(expectStatus(await place.admin.get(`/v1/accounts/${id}/history`), 200));
      expect(history.map(({ kind }) => kind)).toEqual(['UserDeleted', 'UserLoggedIn', 'UserCreated']);
      expect(history[0]).toMatchObject({
        reason: 'duplicate',
        actor: { id: place.staff.admin.id, fullName: 'Person admin' },
        subject: { id, fullName: null, email: null, deleted: true },
      });
      expect(JSON.stringify(history)).not.toMatch(/Lea Ving|leaving/);
      expectStatus(await place.admin.post('/v1/accounts', { email, password: PASSWORD, username: 'leaving' }), 201);
    });

    it('ACC-9: POST …/delete does the same, for clients that send no body with DELETE', async () => {
      const { id, email } = await makeCustomer(place.admin);
      expectStatus(await act(id, 'delete', { confirm: email }), 204);
      expectStatus(await place.admin.get(`/v1/accounts/${id}`), 404);
    });

    it('LIST-1: a number is never used again', async () => {
      const first = await makeCustomer(place.admin);
      const number = Number((await accountOf(place.admin, first.id))['number']);
      expectStatus(await act(first.id, 'delete', { confirm: first.email }), 204);
      const second = await makeCustomer(place.admin);
      expect((await accountOf(place.admin, second.id))['number']).toBe(number + 1);
    });
  });

  describe('everything at once', () => {
    it('ACC-7, ACC-8, ACC-9: one order holds: revisions count the changes, slots and counters agree, nothing is 5xx', async () => {
      const { admin } = await makePlace(whitebook, { botSlots: 12 });
      const accounts = await Promise.all(Array.from({ length: 4 }, () => makeCustomer(admin)));
      const writes = accounts.flatMap(({ id, email }, i) => [
        ...Array.from({ length: 4 }, (_, n) => admin.post(`/v1/accounts/${id}/disable`, { note: `${n}` })),
        ...Array.from({ length: 4 }, () => admin.post(`/v1/accounts/${id}/enable`, {})),
        ...Array.from({ length: 4 }, (_, n) => admin.put(`/v1/accounts/${id}/quotas`, { botSlots: n })),
        ...Array.from({ length: 4 }, (_, n) => admin.patch(`/v1/accounts/${id}`, { username: `u${n}`, company: `c${n}` })),
        ...(i === 0 ? [admin.delete(`/v1/accounts/${id}`, { confirm: email })] : []),
      ]);
      const replies = await Promise.all(writes);
      const allowed = ['200', '204', '404 not-found', '409 username-taken', '409 no-free-bot-slot'];
      expect(Object.keys(counted(replies)).filter((answer) => !allowed.includes(answer))).toEqual([]);
      const list = itemsOf(expectStatus(await admin.get('/v1/accounts?role=user&limit=200'), 200));
      expect(list).toHaveLength(3);
      for (const row of list) expect(await kindsOf(admin, String(row['id']))).toHaveLength(Number(row['revision']));
      const slots = list.map((row) => Number(at({ body: row }, 'quotas.botSlots.allocated')));
      expect((await poolOf(admin)).allocated).toBe(slots.reduce((sum, held) => sum + held, 0));
      const names = list.flatMap(({ username }) => (username === null ? [] : [username]));
      expect(new Set(names).size).toBe(names.length);
      const summary = (await admin.get('/v1/accounts/summary?role=user')).body;
      const count = (status: string): number => list.filter((row) => row['status'] === status).length;
      expect(summary).toMatchObject({ total: 3, active: count('active'), inactive: count('inactive') });
    });
  });

  describe('revisions', () => {
    it('ACC-12: an old If-Match is 412, and log-ins do not count as changes', async () => {
      const admin = await whitebook.signIn({ workspace: place.slug, email: place.staff.admin.email, password: PASSWORD });
      const { id, email } = await makeCustomer(admin);
      const etag = String((await admin.get(`/v1/accounts/${id}`)).headers['etag']);
      await session(email);
      await logIn(email, 'wrong-password-0');
      const matching = { headers: { 'if-match': etag } };
      const next = expectStatus(await admin.patch(`/v1/accounts/${id}`, { company: 'A' }, matching), 200).headers['etag'];
      expect([etag, next]).toEqual(['"1"', '"2"']);
      for (const reply of [
        await admin.patch(`/v1/accounts/${id}`, { company: 'B' }, matching),
        await admin.post(`/v1/accounts/${id}/disable`, {}, matching),
        await admin.post(`/v1/accounts/${id}/enable`, {}, matching),
        await admin.put(`/v1/accounts/${id}/status`, { status: 'blocked' }, matching),
        await admin.put(`/v1/accounts/${id}/role`, { role: 'user' }, matching),
        await admin.put(`/v1/accounts/${id}/plan`, { plan: 'standard' }, matching),
        await admin.put(`/v1/accounts/${id}/quotas`, { botSlots: 1 }, matching),
        await admin.put(`/v1/accounts/${id}/password`, { password: 'other-harbour-22' }, matching),
        await admin.post(`/v1/accounts/${id}/delete`, { confirm: email }, matching),
        await admin.delete(`/v1/accounts/${id}`, { confirm: email }, matching),
        await admin.patch(`/v1/accounts/${id}`, { company: 'B' }, { headers: { 'if-match': '"nonsense"' } }),
      ])
        expect(told(reply)).toBe('412 revision-mismatch');
      expect(told(await admin.patch(`/v1/accounts/${id}`, { role: 'x' }, matching))).toBe('422 invalid-input');
      expect(told(await admin.patch(`/v1/accounts/${place.id}`, { company: 'B' }, matching))).toBe('404 not-found');
      expectStatus(await admin.patch(`/v1/accounts/${id}`, { company: 'B' }, { headers: { 'if-match': '*' } }), 200);
      expect((await accountOf(admin, id))['revision']).toBe(3);
      const wins = await Promise.all(
        Array.from({ length: 20 }, (_, i) =>
          admin.patch(`/v1/accounts/${id}`, { company: `racer ${i}` }, { headers: { 'if-match': '"3"' } }),
        ),
      );
      expect(counted(wins)).toEqual({ '200': 1, '412 revision-mismatch': 19 });
    });
  });
});
