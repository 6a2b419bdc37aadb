import { at, itemsOf, textAt, type Api, type Reply } from '../support/api.js';
import { expectStatus, makeCustomer, makePlace, PASSWORD, type Place } from '../support/place.js';
import { expectProblem, statusOf, useWhitebook } from '../support/suite.js';
import { OPERATOR, until, type Whitebook } from '../support/whitebook.js';

const WRONG = 'wrong-lantern-00';

/** All that a caller can tell two answers by. */
const seen = ({ status, headers, text }: Reply): unknown => {
  const { date: _date, 'request-id': _id, ...told } = headers;
  return { status, told, text };
};

describe('logging in', () => {
  let whitebook: Whitebook;
  let place: Place;
  let other: Place;
  let customer: { id: string; email: string };
  let sources = 0;

  useWhitebook(
    async (started) => {
      whitebook = started;
      place = await makePlace(whitebook);
      other = await makePlace(whitebook);
      customer = await makeCustomer(place.admin, { username: 'sara.ng' });
    },
    () => ({ WHITEBOOK_TRUSTED_PROXIES: '127.0.0.1' }),
  );

  /** Somebody at an address of its own, so that no test uses up another's attempts. */
  const somewhere = (host?: string): Api =>
    whitebook.api.with({ 'x-forwarded-for': `203.0.113.${++sources}`, ...(host === undefined ? {} : { host }) });
  const logIn = (caller: Api, email: string, password = PASSWORD, more: object = {}) =>
    caller.post('/v1/sessions', { email, password, ...more });

  describe('by host', () => {
    it('WS-6: a customer logs in at its domain, with email or username, whatever case and port', async () => {
      for (const host of [place.domain, place.domain.toUpperCase(), `${place.domain}:8443`, `${place.domain}.`])
        expectStatus(await logIn(somewhere(host), customer.email), 201);
      const named = await somewhere(place.domain).post('/v1/sessions', { login: 'SARA.ng', password: PASSWORD });
      expect(textAt(expectStatus(named, 201), 'account.id')).toBe(customer.id);
      expectStatus(await logIn(somewhere(place.domain), ` ${customer.email.toUpperCase()} `), 201);
    });

    it('WS-6: on the platform’s host it is told where to go, once the password is proved', async () => {
      const loginUrl = `http://${place.domain}:${new URL(whitebook.base).port}/login`;
      for (const host of [undefined, 'localhost', 'unknown.example', '127.0.0.1']) {
        const right = await logIn(somewhere(host), customer.email, PASSWORD, { workspace: place.slug });
        expect(expectProblem(right, 403, 'wrong-host').body['loginUrl']).toBe(loginUrl);
      }
      const wrong = await logIn(somewhere(), customer.email, WRONG, { workspace: place.slug });
      const unknown = await logIn(somewhere(), 'nobody@customers.example', PASSWORD, { workspace: place.slug });
      expectProblem(wrong, 401, 'invalid-credentials');
      expect(seen(wrong)).toEqual(seen(unknown));
    });

    it('WS-6: who names no workspace there, or the wrong one, is nobody', async () => {
      expectProblem(await logIn(somewhere(), customer.email), 401, 'invalid-credentials');
      expectProblem(await logIn(somewhere(), customer.email, PASSWORD, { workspace: other.slug }), 401, 'invalid-credentials');
      expectProblem(await logIn(somewhere(), customer.email, PASSWORD, { workspace: 'unknown' }), 401, 'invalid-credentials');
      expectProblem(
        await logIn(somewhere(place.domain), customer.email, PASSWORD, { workspace: other.slug }),
        401,
        'invalid-credentials',
      );
      expectProblem(await logIn(somewhere(other.domain), customer.email), 401, 'invalid-credentials');
    });

    it('WS-6: staff log in on either, operators on the platform’s only', async () => {
      for (const { email } of Object.values(place.staff)) {
        expectStatus(await logIn(somewhere(place.domain), email), 201);
        expectStatus(await logIn(somewhere(), email, PASSWORD, { workspace: place.slug }), 201);
      }
      expectProblem(await logIn(somewhere(place.domain), OPERATOR.email, OPERATOR.password), 401, 'invalid-credentials');
      expectStatus(await logIn(somewhere(), OPERATOR.email, OPERATOR.password), 201);
    });

    it('WS-6: a token works on its own domain and the platform’s host; on another’s it is 401', async () => {
      const session = expectStatus(await logIn(somewhere(place.domain), customer.email), 201);
      const inside = await place.admin.post(`/v1/accounts/${customer.id}/impersonations`, { reason: 'ticket 7' });
      const key = await place.admin.post('/v1/api-keys', { name: 'sync', scopes: ['sessions:current'] });
      const tokens = [
        textAt(session, 'token'),
        textAt(expectStatus(inside, 201), 'token'),
        textAt(expectStatus(key, 201), 'key'),
      ];
      for (const caller of tokens.map((token) => whitebook.api.as(token))) {
        expect(await statusOf(caller)).toBe(200);
        expect(await statusOf(caller.with({ host: place.domain }))).toBe(200);
        expect(await statusOf(caller.with({ host: 'unknown.example' }))).toBe(200);
        expect(await statusOf(caller.with({ host: other.domain }))).toBe(401);
      }
      const { refreshToken } = session.body;
      expectProblem(await somewhere(other.domain).post('/v1/sessions/refresh', { refreshToken }), 401, 'unauthenticated');
      expectStatus(await somewhere(place.domain).post('/v1/sessions/refresh', { refreshToken }), 201);
    });

    it('AUTH-4: the answer says who it is, and is kept by nobody on the way', async () => {
      const session = expectStatus(await logIn(somewhere(place.domain), customer.email), 201);
      expect(session.headers['cache-control']).toBe('no-store');
      expect(session.body).toMatchObject({
        account: { id: customer.id, email: customer.email, role: 'user' },
        workspace: { id: place.id, slug: place.slug },
        passwordChangeRequired: false,
        totpRequired: false,
      });
      expect(JSON.stringify(session.body['account'])).not.toMatch(/password|hash|\$argon2/i);
    });
  });

  describe('with what does not open', () => {
    it('AUTH-5: unknown, wrong, disabled, pending and expired are one answer after the same work', async () => {
      const [disabled, expired] = [await makeCustomer(place.admin), await makeCustomer(place.admin, { test: true, testDays: 1 })];
      expectStatus(await place.admin.post(`/v1/accounts/${disabled.id}/disable`), 200);
      expectStatus(await place.admin.post('/v1/invitations', { email: 'pending@customers.example' }), 201);
      const verify = jest.spyOn(whitebook.parts.passwords, 'verify');
      const answers: unknown[] = [];
      for (const email of [
        customer.email,
        disabled.email,
        expired.email,
        'pending@customers.example',
        'unknown@customers.example',
        'x',
      ]) {
        verify.mockClear();
        answers.push(seen(expectProblem(await logIn(somewhere(place.domain), email, WRONG), 401, 'invalid-credentials')));
        expect(verify).toHaveBeenCalledTimes(1);
      }
      verify.mockRestore();
      expect(answers).toEqual(answers.map(() => answers[0]));
    });

    it('AUTH-5, ACC-5: with the right password a disabled account, and a test account whose time is over, is told so', async () => {
      const [disabled, test] = [await makeCustomer(place.admin), await makeCustomer(place.admin, { test: true, testDays: 1 })];
      expectStatus(await place.admin.post(`/v1/accounts/${disabled.id}/disable`, { kind: 'blocked' }), 200);
      expectProblem(await logIn(somewhere(place.domain), disabled.email), 403, 'account-disabled');
      whitebook.clock.move(86_401);
      expectProblem(await logIn(somewhere(place.domain), test.email), 403, 'account-disabled');
      const caller = await admin();
      const [latest] = itemsOf(expectStatus(await caller.get(`/v1/accounts/${disabled.id}/history`), 200));
      expect(latest).toMatchObject({ kind: 'LoginFailed', reason: 'account-disabled' });
    });

    it.each([
      ['neither email nor login', { password: PASSWORD }, '/email'],
      ['both', { email: 'a@b.example', login: 'a', password: PASSWORD }, '/email'],
      ['no password', { email: 'a@b.example' }, '/password'],
      ['a field that is not known', { email: 'a@b.example', password: PASSWORD, admin: true }, '/admin'],
    ])('AUTH-5: %s is 422', async (_what, body, pointer) => {
      const refused = expectProblem(await somewhere(place.domain).post('/v1/sessions', body), 422, 'invalid-input');
      expect(at(refused, 'errors')).toEqual([expect.objectContaining({ pointer })]);
    });

    it('AUTH-5: passwords are compared after NFC; short, long and common ones are refused', async () => {
      const composed = await makeCustomer(await admin(), { password: 'caf\u00e9-lantern' });
      expectStatus(await logIn(somewhere(place.domain), composed.email, 'cafe\u0301-lantern'), 201);
      for (const [password, code] of [
        ['short-7', 'password-too-short'],
        ['password123', 'password-too-common'],
        ['x'.repeat(201), 'password-too-long'],
      ]) {
        const refused = await (await admin()).post('/v1/accounts', { email: 'p@customers.example', password });
        expect(at(expectProblem(refused, 422, 'invalid-input'), 'errors')).toEqual([
          expect.objectContaining({ pointer: '/password', code }),
        ]);
      }
    });
  });

  const admin = () => whitebook.signIn({ workspace: place.slug, email: place.staff.admin.email, password: PASSWORD });

  describe('too often', () => {
    const fail = async (caller: () => Api, email: string, times: number): Promise<void> => {
      for (let i = 0; i < times; i++) expectProblem(await logIn(caller(), email, WRONG), 401, 'invalid-credentials');
    };
    const atDomain = (): Api => somewhere(place.domain);

    it('AUTH-5: ten failures with one address from anywhere lock it, for 1 s, then twice as long each time', async () => {
      const locked = await makeCustomer(await admin());
      await fail(atDomain, locked.email, 10);
      for (let seconds = 1; seconds <= 8; seconds *= 2) {
        const refused = expectProblem(await logIn(atDomain(), locked.email), 429, 'throttled');
        expect(Number(refused.headers['retry-after'])).toBe(seconds);
        whitebook.clock.move(seconds + 1);
        await fail(atDomain, locked.email, 1);
      }
      whitebook.clock.move(17);
      expectStatus(await logIn(atDomain(), locked.email), 201);
    });

    it('AUTH-5: an address that is nobody’s is locked the same way', async () => {
      await fail(atDomain, 'nobody-at-all@customers.example', 10);
      const refused = expectProblem(await logIn(atDomain(), 'NOBODY-at-all@customers.example'), 429, 'throttled');
      expect(refused.headers['retry-after']).toBe('1');
    });

    it('AUTH-5: many at once try no more than one after the other', async () => {
      const { email } = await makeCustomer(await admin());
      const answers = await Promise.all(Array.from({ length: 40 }, () => logIn(atDomain(), email, WRONG)));
      expect(answers.filter(({ status }) => status === 401)).toHaveLength(10);
      for (const answer of answers.filter(({ status }) => status !== 401)) expectProblem(answer, 429, 'throttled');
    });

    it('AUTH-5: a right password never counts, and does not lose what it opens by counting', async () => {
      const { id, email } = await makeCustomer(await admin());
      await fail(atDomain, email, 9);
      for (let i = 0; i < 12; i++) expectStatus(await logIn(atDomain(), email), 201);
      expectStatus(await (await admin()).post(`/v1/accounts/${id}/disable`), 200);
      for (let i = 0; i < 12; i++) expectProblem(await logIn(atDomain(), email), 403, 'account-disabled');
    });

    it('AUTH-5: the lockout is an event in the history, and staff lift it', async () => {
      const caller = await admin();
      const { id, email } = await makeCustomer(caller);
      await fail(atDomain, email, 10);
      for (const seconds of [1, 2, 4]) {
        whitebook.clock.move(seconds + 1);
        await fail(atDomain, email, 1);
      }
      expectProblem(await logIn(atDomain(), email), 429, 'throttled');
      const lockouts = () => caller.get(`/v1/accounts/${id}/history?kind=AccountLocked`);
      const history = await until('the lockouts', async () => {
        const reply = expectStatus(await lockouts(), 200);
        return itemsOf(reply).length === 4 && reply;
      });
      expect(itemsOf(history).map(({ summary }) => summary)).toEqual([
        'Log-in locked for 8 seconds after 13 failed log-ins',
        'Log-in locked for 4 seconds after 12 failed log-ins',
        'Log-in locked for 2 seconds after 11 failed log-ins',
        'Log-in locked for 1 second after 10 failed log-ins',
      ]);
      const failures = itemsOf(expectStatus(await caller.get(`/v1/accounts/${id}/history?kind=LoginFailed`), 200));
      expect(failures).toHaveLength(13);
      expect(failures[0]).toMatchObject({
        actor: { id: null, role: 'anonymous' },
        address: expect.stringMatching(/^203\.0\.113\./),
      });
      expectProblem(await logIn(atDomain(), email), 429, 'throttled');
      expectStatus(await caller.post(`/v1/accounts/${id}/unlock`), 200);
      expectStatus(await logIn(atDomain(), email), 201);
    });

    it('AUTH-5: who never failed to log in has nothing to lift', async () => {
      const caller = await admin();
      const { id } = await makeCustomer(caller);
      expect(expectStatus(await caller.post(`/v1/accounts/${id}/unlock`), 200).body).toMatchObject({ id, status: 'active' });
    });

    it('AUTH-5: a hundred failures from one source lock the source, and no other', async () => {
      const here = { 'x-forwarded-for': '198.51.100.7' };
      const fromHere = () => whitebook.api.with({ ...here, host: place.domain });
      for (let i = 0; i < 100; i += 20)
        await Promise.all(Array.from({ length: 20 }, (_, j) => logIn(fromHere(), `guess-${i + j}@customers.example`, WRONG)));
      const refused = expectProblem(await logIn(fromHere(), customer.email), 429, 'throttled');
      expect(refused.headers['retry-after']).toBe('1');
      expectStatus(await logIn(atDomain(), customer.email), 201);
      const kinds = itemsOf(expectStatus(await (await admin()).get('/v1/history?kind=SignInLocked&search=SignIn'), 200));
      expect(kinds[0]).toMatchObject({ actor: { role: 'anonymous' }, summary: expect.stringContaining('a source') });
    });
  });
});
