import { at, itemsOf, textAt, type Api, type Reply } from '../support/api.js';
import { accountOf, again, counted, fieldsRefused, kindsOf, poolOf, secretTo, told } from '../support/people.js';
import { expectStatus, makeCustomer, makePlace, PASSWORD, type Place } from '../support/place.js';
import { until, Whitebook } from '../support/whitebook.js';

const DAY = 86_400;

describe('test accounts', () => {
  let whitebook: Whitebook;
  let place: Place;
  let admin: Api;

  beforeAll(async () => {
    whitebook = await Whitebook.start();
    place = await makePlace(whitebook, { botSlots: 20 });
    admin = place.admin;
  });
  afterAll(async () => {
    await whitebook.stop();
    await whitebook.remove();
    expect(whitebook.complaints).toEqual([]);
  });

  const tester = (fields: object = {}) => makeCustomer(admin, { test: true, ...fields });
  const act = (id: string, action: string, body: object = {}): Promise<Reply> => admin.post(`/v1/accounts/${id}/${action}`, body);
  const logIn = (email: string): Promise<Reply> =>
    whitebook.api.post('/v1/sessions', { email, password: PASSWORD }, { headers: { host: place.domain } });
  const session = async (email: string): Promise<Api> => whitebook.api.as(textAt(expectStatus(await logIn(email), 201), 'token'));
  const daysOf = (reply: Pick<Reply, 'body'>, from: string): number =>
    (Date.parse(textAt(reply, 'testExpiresAt')) - Date.parse(from)) / (DAY * 1000);
  const moveDays = async (days: number): Promise<void> => {
    whitebook.clock.move(days * DAY);
    admin = await again(whitebook, place, 'admin');
  };
  /** Moves to the end of an account's test and waits until it is so. */
  const expire = async (id: string): Promise<void> => {
    whitebook.clock.moveTo(String((await accountOf(admin, id))['testExpiresAt']));
    admin = await again(whitebook, place, 'admin');
    await until('the end of the test', async () => (await accountOf(admin, id))['statusReason'] === 'test-expired', 5);
  };

  it('ACC-5: have a lifetime from creation, 14 days if nothing is said, a badge and the time left; they hold no slot', async () => {
    const before = await poolOf(admin);
    const { id, email } = await tester();
    const read = await accountOf(admin, id);
    expect(read).toMatchObject({ test: true, status: 'active', quotas: { botSlots: { allocated: 0 } } });
    expect(daysOf({ body: read }, String(read['joinedAt']))).toBe(14);
    expect(Number(read['testSecondsLeft'])).toBeGreaterThan(14 * DAY - 60);
    expect(Number(read['testSecondsLeft'])).toBeLessThanOrEqual(14 * DAY);
    const [row] = itemsOf(await admin.get(`/v1/accounts?search=${email}&test=true`));
    expect(row).toMatchObject({ id, test: true, testExpiresAt: read['testExpiresAt'], testSecondsLeft: expect.any(Number) });
    expect(await poolOf(admin)).toEqual(before);
    const longest = await accountOf(admin, (await tester({ testDays: 365 })).id);
    expect(daysOf({ body: longest }, String(longest['joinedAt']))).toBe(365);
  });

  it('ACC-5: 1 to 365 days, never staff, and no slots', async () => {
    const refused = async (fields: object, by = admin): Promise<string[]> => {
      const reply = await by.post('/v1/accounts', { email: 'no@test.example', password: PASSWORD, test: true, ...fields });
      expect(reply.status).toBe(422);
      return fieldsRefused(reply);
    };
    expect(await refused({ testDays: 0 })).toEqual(['/testDays too-small']);
    expect(await refused({ testDays: 366 })).toEqual(['/testDays too-big']);
    expect(await refused({ testDays: 1.5 })).toEqual(['/testDays invalid-type']);
    expect(await refused({ botSlots: 1 })).toEqual(['/botSlots invalid-value']);
    const owner = await again(whitebook, place, 'owner');
    expect(await refused({ role: 'manager' }, owner)).toEqual(['/test invalid-value']);
    const { id } = await tester();
    expect(told(await owner.put(`/v1/accounts/${id}/role`, { role: 'admin' }))).toBe('422 invalid-input');
    expect(told(await admin.put(`/v1/accounts/${id}/quotas`, { botSlots: 1 }))).toBe('422 invalid-input');
  });

  it('ACC-5: of an invited one the lifetime begins with the acceptance', async () => {
    const invited = expectStatus(
      await admin.post('/v1/invitations', { email: 'later@test.example', test: true, testDays: 5 }),
      201,
    );
    expect(invited.body).toMatchObject({ test: true, testDays: 5, botSlots: 0 });
    expect(await accountOf(admin, textAt(invited, 'accountId'))).toMatchObject({ test: true, testExpiresAt: null });
    const secret = await secretTo(whitebook, 'later@test.example');
    await moveDays(3);
    const accepted = expectStatus(await whitebook.api.post('/v1/invitations/accept', { token: secret, password: PASSWORD }), 201);
    expect(daysOf({ body: accepted.body['account'] as never }, textAt(accepted, 'account.joinedAt'))).toBe(5);
  });

  it('ACC-5: when the time is over log-in and API access stop at once, data stays, and the reason is test-expired', async () => {
    const { id, email } = await tester({ testDays: 1, company: 'Stays & Co' });
    const expiresAt = String((await accountOf(admin, id))['testExpiresAt']);
    whitebook.clock.moveTo(new Date(Date.parse(expiresAt) - 2000).toISOString());
    const own = await session(email);
    admin = await again(whitebook, place, 'admin');
    const made = expectStatus(await own.post('/v1/api-keys', { name: 'machine', scopes: ['accounts:read'] }), 201);
    const key = whitebook.api.as(textAt(made, 'key'));
    expectStatus(await key.get(`/v1/accounts/${id}`), 200);
    whitebook.clock.moveTo(expiresAt);
    expect(told(await logIn(email))).toBe('403 account-disabled');
    await until('the end of the test', async () => (await accountOf(admin, id))['status'] === 'inactive', 5);
    expect(await accountOf(admin, id)).toMatchObject({ statusReason: 'test-expired', testSecondsLeft: 0, company: 'Stays & Co' });
    await until('the end of its sessions', async () => (await own.get('/v1/sessions/current')).status === 401, 5);
    expectStatus(await key.get(`/v1/accounts/${id}`), 401);
    expect(told(await act(id, 'enable'))).toBe('409 test-expired');
    expect(told(await admin.put(`/v1/accounts/${id}/status`, { status: 'active' }))).toBe('409 test-expired');
    const [entry] = itemsOf(await admin.get(`/v1/accounts/${id}/history?kind=TestExpired`));
    expect(entry).toMatchObject({ actor: { role: 'system' } });
    const back = expectStatus(await act(id, 'extend', { testDays: 3 }), 200);
    expect(back.body).toMatchObject({ status: 'active', statusReason: null, test: true });
    expectStatus(await logIn(email), 201);
    expectStatus(await own.get('/v1/sessions/current'), 401);
    expectStatus(await key.get(`/v1/accounts/${id}`), 200);
  });

  it('ACC-5: extend counts from now, each time; the old end does not fire', async () => {
    const { id } = await tester({ testDays: 1 });
    const first = String((await accountOf(admin, id))['testExpiresAt']);
    const now = whitebook.clock.now();
    const reply = expectStatus(await act(id, 'extend', { testDays: 30 }), 200);
    expect(daysOf(reply, now)).toBeCloseTo(30, 3);
    const marker = await tester({ testDays: 1 });
    await expire(marker.id);
    expect(whitebook.clock.now() > first).toBe(true);
    expect((await accountOf(admin, id))['status']).toBe('active');
    const shorter = expectStatus(await act(id, 'extend', { testDays: 2 }), 200);
    expect(daysOf(shorter, whitebook.clock.now())).toBeCloseTo(2, 3);
    expect(told(await act(id, 'extend', {}))).toBe('422 invalid-input');
    const regular = await makeCustomer(admin);
    expect(told(await act(regular.id, 'extend', { testDays: 3 }))).toBe('409 not-a-test-account');
  });

  it('ACC-5: one that somebody disabled stays so when it is extended; enabled after its time it is inactive still', async () => {
    const { id } = await tester({ testDays: 1 });
    expectStatus(await act(id, 'disable', { kind: 'blocked', reason: 'abuse' }), 200);
    whitebook.clock.move(DAY + 1);
    admin = await again(whitebook, place, 'admin');
    await until('the end of the test', async () => (await kindsOf(admin, id))[0] === 'TestExpired', 5);
    expect(await accountOf(admin, id)).toMatchObject({ status: 'blocked', statusReason: 'abuse' });
    expect(expectStatus(await act(id, 'extend', { testDays: 3 }), 200).body).toMatchObject({ status: 'blocked' });
    expect(expectStatus(await act(id, 'enable'), 200).body).toMatchObject({ status: 'active', test: true });
  });

  it('ACC-5, ACC-7: a block that ends after the test did leaves it inactive, for the reason test-expired', async () => {
    const { id } = await tester({ testDays: 1 });
    const ends = whitebook.clock.in(2 * DAY);
    expectStatus(await act(id, 'disable', { kind: 'blocked', until: ends }), 200);
    whitebook.clock.moveTo(ends);
    admin = await again(whitebook, place, 'admin');
    await until('the end of both', async () => (await accountOf(admin, id))['statusReason'] === 'test-expired', 5);
    expect(await accountOf(admin, id)).toMatchObject({ status: 'inactive', disabledUntil: null });
    expect(told(await act(id, 'enable'))).toBe('409 test-expired');
  });

  it('ACC-5, ACC-8: a pending one that staff activate begins its lifetime then', async () => {
    const invited = expectStatus(
      await admin.post('/v1/invitations', { email: 'staff@test.example', test: true, testDays: 4 }),
      201,
    );
    whitebook.clock.move(600);
    const reply = expectStatus(await act(textAt(invited, 'accountId'), 'activate', { password: PASSWORD }), 200);
    expect(daysOf(reply, textAt(reply, 'joinedAt'))).toBe(4);
  });

  it('ACC-6: convert keeps id, number, join date, sessions and history, takes a slot, and makes it regular', async () => {
    const { id, email } = await tester({ company: 'Kept & Co' });
    const own = await session(email);
    const before = await until('the log-in in the list', async () => {
      const account = await accountOf(admin, id);
      return account['lastLoginAt'] !== null && account;
    });
    const pool = await poolOf(admin);
    const reply = expectStatus(await act(id, 'convert', { botSlots: 2 }), 200);
    expect(reply.body).toMatchObject({
      id,
      test: false,
      testExpiresAt: null,
      status: 'active',
      quotas: { botSlots: { allocated: 2 } },
    });
    const { number, joinedAt, company, lastLoginAt } = before;
    expect(await accountOf(admin, id)).toMatchObject({ number, joinedAt, company, lastLoginAt, testSecondsLeft: null });
    expectStatus(await own.get('/v1/sessions/current'), 200);
    expect(await poolOf(admin)).toEqual({ ...pool, allocated: pool.allocated + 2, free: pool.free - 2 });
    expect(await kindsOf(admin, id)).toEqual(['UserConverted', 'UserLoggedIn', 'UserCreated']);
    expect(told(await act(id, 'convert'))).toBe('409 not-a-test-account');
    await moveDays(15);
    expect((await accountOf(admin, id))['status']).toBe('active');
  });

  it('ACC-6: an expired one becomes active; one disabled by hand stays disabled; by default it takes one slot', async () => {
    const { id, email } = await tester({ testDays: 1 });
    await expire(id);
    expect(expectStatus(await act(id, 'convert'), 200).body).toMatchObject({
      status: 'active',
      quotas: { botSlots: { allocated: 1 } },
    });
    expectStatus(await logIn(email), 201);
    const other = await tester({ testDays: 1 });
    expectStatus(await act(other.id, 'disable', { reason: 'left' }), 200);
    const kept = expectStatus(await act(other.id, 'convert'), 200);
    expect(kept.body).toMatchObject({ status: 'inactive', statusReason: 'left', test: false });
    expect(told(await logIn(other.email))).toBe('403 account-disabled');
    expect(fieldsRefused(await act((await tester()).id, 'convert', { botSlots: 0 }))).toEqual(['/botSlots too-small']);
  });

  it('ACC-6: a pending one becomes a regular invitation and holds its slots', async () => {
    const email = 'pending-convert@test.example';
    const invited = expectStatus(await admin.post('/v1/invitations', { email, test: true }), 201);
    const secret = await secretTo(whitebook, email);
    const pool = await poolOf(admin);
    const id = textAt(invited, 'accountId');
    expect(expectStatus(await act(id, 'convert', { botSlots: 2 }), 200).body).toMatchObject({ status: 'pending', test: false });
    expect((await poolOf(admin)).free).toBe(pool.free - 2);
    const read = expectStatus(await admin.get(`/v1/invitations/${textAt(invited, 'id')}`), 200);
    expect(read.body).toMatchObject({ test: false, testDays: null, botSlots: 2, state: 'pending' });
    const accepted = expectStatus(await whitebook.api.post('/v1/invitations/accept', { token: secret, password: PASSWORD }), 201);
    expect(at(accepted, 'account')).toMatchObject({ test: false, testExpiresAt: null, status: 'active' });
    expect(told(await act(id, 'extend', { testDays: 1 }))).toBe('409 not-a-test-account');
  });

  it('ACC-6: with no free slot it is 409 no-free-bot-slot, and nothing changes; of 20 who want the last one, one gets it', async () => {
    const tight = await makePlace(whitebook, { botSlots: 1 });
    const testers = await Promise.all(Array.from({ length: 20 }, () => makeCustomer(tight.admin, { test: true })));
    const first = testers[0] as { id: string };
    expect(told(await tight.admin.post(`/v1/accounts/${first.id}/convert`, { botSlots: 2 }))).toBe('409 no-free-bot-slot');
    expect(await accountOf(tight.admin, first.id)).toMatchObject({ test: true, revision: 1 });
    const replies = await Promise.all(testers.map(({ id }) => tight.admin.post(`/v1/accounts/${id}/convert`, {})));
    expect(counted(replies)).toEqual({ '200': 1, '409 no-free-bot-slot': 19 });
    expect(await poolOf(tight.admin)).toEqual({ total: 1, allocated: 1, free: 0 });
    const summary = expectStatus(await tight.admin.get('/v1/accounts/summary?role=user'), 200);
    expect(summary.body).toMatchObject({ total: 20, test: 19 });
  });
});
