import { itemsOf, textAt, type Api, type Fields } from '../support/api.js';
import { again, secretTo, told } from '../support/people.js';
import { expectStatus, makeCustomer, makePlace, PASSWORD, type Place } from '../support/place.js';
import { until, Whitebook } from '../support/whitebook.js';

describe('timers', () => {
  let whitebook: Whitebook;
  let place: Place;
  let admin: Api;

  beforeAll(async () => {
    whitebook = await Whitebook.start();
    place = await makePlace(whitebook);
    admin = place.admin;
  });
  afterAll(async () => {
    await whitebook.stop();
    await whitebook.remove();
    expect(whitebook.complaints).toEqual([]);
  });

  const timers = async (by = admin): Promise<readonly Fields[]> =>
    itemsOf(expectStatus(await by.get('/v1/timers?limit=200'), 200));
  const of = async (subject: string): Promise<string[]> =>
    (await timers()).filter((timer) => timer['subject'] === subject).map(({ kind, at }) => `${String(kind)} ${String(at)}`);
  const invite = async (email: string, fields: object = {}) =>
    expectStatus(await admin.post('/v1/invitations', { email, ...fields }), 201);

  it('TIMER-1: every future effect is listed with its time, soonest first, and follows what moves it', async () => {
    const ends = whitebook.clock.in(3600);
    const invited = await invite('timer@timers.example', { test: true, testDays: 2 });
    const test = expectStatus(
      await admin.post('/v1/accounts', { email: 'test@timers.example', password: PASSWORD, test: true }),
      201,
    );
    const blocked = await makeCustomer(admin);
    expectStatus(await admin.post(`/v1/accounts/${blocked.id}/disable`, { until: ends }), 200);
    const account = textAt(invited, 'accountId');
    expect(await of(account)).toEqual([`invitation-expires ${textAt(invited, 'expiresAt')}`]);
    expect(await of(textAt(test, 'id'))).toEqual([`test-expires ${textAt(test, 'testExpiresAt')}`]);
    expect(await of(blocked.id)).toEqual([`block-ends ${ends}`]);
    const all = await timers();
    expect(all.map((timer) => timer['at'])).toEqual(all.map((timer) => timer['at']).sort());
    expect(Object.keys(all[0] as Fields).sort()).toEqual(['at', 'id', 'kind', 'subject']);

    whitebook.clock.move(60);
    const extended = expectStatus(await admin.post(`/v1/accounts/${textAt(test, 'id')}/extend`, { testDays: 20 }), 200);
    expect(await of(textAt(test, 'id'))).toEqual([`test-expires ${textAt(extended, 'testExpiresAt')}`]);
    const resent = expectStatus(await admin.post(`/v1/invitations/${textAt(invited, 'id')}/resend`, {}), 200);
    expect(await of(account)).toEqual([`invitation-expires ${textAt(resent, 'expiresAt')}`]);
    expectStatus(await admin.post(`/v1/accounts/${blocked.id}/enable`, {}), 200);
    expect(await of(blocked.id)).toEqual([]);
    expectStatus(await admin.post(`/v1/accounts/${textAt(test, 'id')}/convert`, {}), 200);
    expect(await of(textAt(test, 'id'))).toEqual([]);
    const token = await secretTo(whitebook, 'timer@timers.example', 2);
    const accepted = expectStatus(await whitebook.api.post('/v1/invitations/accept', { token, password: PASSWORD }), 201);
    const expected = [`test-expires ${textAt(accepted, 'account.testExpiresAt')}`];
    await until('the timer of the test', async () => (await of(account)).join() === expected.join());
  });

  it('TIMER-1: a reset link and a link for another email are listed until they are used or over', async () => {
    const { id, email } = await makeCustomer(admin);
    const before = whitebook.clock.now();
    expectStatus(await admin.post(`/v1/accounts/${id}/password-reset-mail`, {}), 200);
    const own = await whitebook.signIn({ email, password: PASSWORD }, { host: place.domain });
    expectStatus(await own.patch(`/v1/accounts/${id}`, { email: 'wish@timers.example' }), 200);
    const listed = await until('both timers', async () => {
      const found = await of(id);
      return found.length === 2 && found;
    });
    expect(listed.map((timer) => timer.split(' ')[0]).sort()).toEqual(['email-link-ends', 'reset-link-ends']);
    for (const timer of listed) {
      const seconds = (Date.parse(timer.split(' ')[1] as string) - Date.parse(before)) / 1000;
      expect(Math.abs(seconds - 3600)).toBeLessThan(30);
    }
    const token = await secretTo(whitebook, 'wish@timers.example');
    expectStatus(await whitebook.api.post('/v1/email-changes/accept', { token }), 204);
    await until('one timer', async () => (await of(id)).length === 1);
    whitebook.clock.move(3_700);
    admin = await again(whitebook, place, 'admin');
    expect(await of(id)).toEqual([]);
  });

  it('TIMER-1: what is deleted or revoked has no timer any more; another workspace sees none of them', async () => {
    const invited = await invite('gone@timers.example');
    const { id, email } = await makeCustomer(admin, { test: true });
    expectStatus(await admin.post(`/v1/accounts/${id}/disable`, { until: whitebook.clock.in(9999) }), 200);
    expect(await of(id)).toHaveLength(2);
    const other = await makePlace(whitebook);
    expect(await timers(other.admin)).toEqual([]);
    expectStatus(await admin.delete(`/v1/invitations/${textAt(invited, 'id')}`), 204);
    expectStatus(await admin.delete(`/v1/accounts/${id}`, { confirm: email }), 204);
    expect([...(await of(id)), ...(await of(textAt(invited, 'accountId')))]).toEqual([]);
  });

  it('TIMER-1: staff see them, customers do not; pages go on where they ended', async () => {
    for (let i = 0; i < 5; i++) await makeCustomer(admin, { test: true, testDays: 100 + i });
    const seen: unknown[] = [];
    let cursor = '';
    do {
      const page = expectStatus(await admin.get(`/v1/timers?limit=2${cursor}`), 200);
      seen.push(...itemsOf(page).map(({ id }) => id));
      cursor = page.body['next'] === null ? '' : `&cursor=${encodeURIComponent(textAt(page, 'next'))}`;
    } while (cursor !== '');
    expect(seen).toEqual((await timers()).map(({ id }) => id));
    const { email } = await makeCustomer(admin);
    const own = await whitebook.signIn({ email, password: PASSWORD }, { host: place.domain });
    expect(told(await own.get('/v1/timers'))).toBe('403 forbidden');
  });
});
