import { at, itemsOf, textAt, type Api, type Reply } from '../support/api.js';
import { expectStatus, makeCustomer, makePlace, PASSWORD, type Place } from '../support/place.js';
import { expectProblem, statusOf, useWhitebook } from '../support/suite.js';
import { until, type Whitebook } from '../support/whitebook.js';

const NEXT = 'calm-lantern-99';

describe('sessions', () => {
  let whitebook: Whitebook;
  let place: Place;
  useWhitebook(async (started) => {
    whitebook = started;
    place = await makePlace(whitebook);
  });

  interface Open {
    readonly id: string;
    readonly email: string;
    readonly api: Api;
    readonly refreshToken: string;
  }
  const admin = () => whitebook.signIn({ workspace: place.slug, email: place.staff.admin.email, password: PASSWORD });
  const logIn = async ({ id, email }: { id: string; email: string }, password = PASSWORD): Promise<Open> => {
    const reply = await whitebook.api.with({ host: place.domain }).post('/v1/sessions', { email, password });
    return {
      id,
      email,
      api: whitebook.api.as(textAt(expectStatus(reply, 201), 'token')),
      refreshToken: textAt(reply, 'refreshToken'),
    };
  };
  const opened = async (fields: object = {}) => logIn(await makeCustomer(await admin(), fields));
  const refresh = (refreshToken: string) => whitebook.api.post('/v1/sessions/refresh', { refreshToken });
  const pairOf = (reply: Reply) => [textAt(expectStatus(reply, 201), 'token'), textAt(reply, 'refreshToken')];

  describe('renewed', () => {
    it('AUTH-4: a token lives an hour, its refresh token 30 days', async () => {
      const { api, refreshToken } = await opened();
      whitebook.clock.move(3_590);
      expect(await statusOf(api)).toBe(200);
      whitebook.clock.move(20);
      expect(await statusOf(api)).toBe(401);
      const [token, next = ''] = pairOf(await refresh(refreshToken));
      expect(await statusOf(whitebook.api.as(token ?? ''))).toBe(200);
      whitebook.clock.move(30 * 86_400);
      expectProblem(await refresh(next), 401, 'unauthenticated');
    });

    it('AUTH-4, COR-6: repeated within 30 s, with nothing newer used, it gives the same successor', async () => {
      const { refreshToken } = await opened();
      const first = pairOf(await refresh(refreshToken));
      const again = await Promise.all(Array.from({ length: 8 }, () => refresh(refreshToken)));
      whitebook.clock.move(25);
      for (const reply of [...again, await refresh(refreshToken)]) expect(pairOf(reply)).toEqual(first);
      expect(await statusOf(whitebook.api.as(first[0] ?? ''))).toBe(200);
    });

    it('AUTH-4: many at once get one successor', async () => {
      const { refreshToken } = await opened();
      const pairs = (await Promise.all(Array.from({ length: 12 }, () => refresh(refreshToken)))).map(pairOf);
      expect(pairs).toEqual(pairs.map(() => pairs[0]));
    });

    it.each([
      ['after 30 s', async () => whitebook.clock.move(31)],
      ['once the newer token was used', async (token: string) => statusOf(whitebook.api.as(token))],
      ['once the newer refresh token was used', async (_token: string, next: string) => refresh(next)],
    ])('AUTH-4, COR-6: repeated %s it is theft, and ends the whole family', async (_when, meanwhile) => {
      const { id, refreshToken } = await opened();
      const [token = '', next = ''] = pairOf(await refresh(refreshToken));
      await meanwhile(token, next);
      expectProblem(await refresh(refreshToken), 401, 'unauthenticated');
      expect(await statusOf(whitebook.api.as(token))).toBe(401);
      expectProblem(await refresh(next), 401, 'unauthenticated');
      const [ended] = itemsOf(expectStatus(await (await admin()).get(`/v1/accounts/${id}/history?kind=SessionEnded`), 200));
      expect(ended).toMatchObject({ reason: 'reuse' });
    });

    it.each(['', 'x', 'wbr_', `wbr_${'A'.repeat(70)}`])('AUTH-4: "%s" is no refresh token', async (refreshToken) => {
      const reply = await refresh(refreshToken);
      expect([401, 422]).toContain(reply.status);
    });
  });

  describe('listed and ended', () => {
    it('AUTH-4: they are listed with device, address and last use', async () => {
      const customer = await makeCustomer(await admin());
      const first = await logIn(customer);
      const headers = { host: place.domain, 'user-agent': 'Phone/2' };
      const second = await whitebook.signIn({ email: customer.email, password: PASSWORD }, headers);
      const sessions = itemsOf(expectStatus(await second.get(`/v1/accounts/${customer.id}/sessions`), 200));
      expect(sessions).toEqual([
        expect.objectContaining({ kind: 'full', current: false, address: '127.0.0.1' }),
        expect.objectContaining({ kind: 'full', current: true, agent: 'Phone/2', lastUsedAt: expect.any(String) }),
      ]);
      expect(JSON.stringify(sessions)).not.toMatch(/wb[sr]_|[Hh]ash/);
      const other = String(sessions[0]?.['id']);
      const ended = expectStatus(await second.delete(`/v1/accounts/${customer.id}/sessions/${other}`), 204);
      expect(ended.headers).toHaveProperty('position');
      expect([await statusOf(first.api), await statusOf(second)]).toEqual([401, 200]);
      expectProblem(await second.delete(`/v1/accounts/${customer.id}/sessions/${other}`), 404, 'not-found');
    });

    it('AUTH-4: logged out, token and refresh token are dead, and other sessions go on', async () => {
      const customer = await makeCustomer(await admin());
      const [left, stays] = [await logIn(customer), await logIn(customer)];
      expect(expectStatus(await left.api.delete('/v1/sessions/current'), 204).headers).toHaveProperty('position');
      expect([await statusOf(left.api), await statusOf(stays.api)]).toEqual([401, 200]);
      expectProblem(await refresh(left.refreshToken), 401, 'unauthenticated');
    });

    it('AUTH-4: logged out everywhere, by itself or by staff', async () => {
      const customer = await makeCustomer(await admin());
      const by = [(await logIn(customer)).api, await admin()];
      for (const caller of by) {
        const sessions = [await logIn(customer), await logIn(customer)];
        expectStatus(await caller.delete(`/v1/accounts/${customer.id}/sessions`), 204);
        for (const { api, refreshToken } of sessions) {
          expect(await statusOf(api)).toBe(401);
          expectProblem(await refresh(refreshToken), 401, 'unauthenticated');
        }
      }
      expect(await statusOf((await logIn(customer)).api)).toBe(200);
    });
  });

  describe('and passwords', () => {
    const change = (caller: Api, id: string, body: object) => caller.put(`/v1/accounts/${id}/password`, body);

    it('AUTH-4: the own password takes the present one, and ends all other sessions', async () => {
      const customer = await makeCustomer(await admin());
      const [here, there] = [await logIn(customer), await logIn(customer)];
      const missing = expectProblem(await change(here.api, customer.id, { password: NEXT }), 422, 'invalid-input');
      expect(at(missing, 'errors.0.pointer')).toBe('/currentPassword');
      const wrong = await change(here.api, customer.id, { password: NEXT, currentPassword: 'wrong-lantern-00' });
      expect(at(expectProblem(wrong, 422, 'invalid-input'), 'errors.0')).toMatchObject({
        pointer: '/currentPassword',
        code: 'wrong-password',
      });
      expect(await statusOf(there.api)).toBe(200);
      expectStatus(await change(here.api, customer.id, { password: NEXT, currentPassword: PASSWORD }), 200);
      expect([await statusOf(here.api), await statusOf(there.api)]).toEqual([200, 401]);
      expectProblem(await refresh(there.refreshToken), 401, 'unauthenticated');
      pairOf(await refresh(here.refreshToken));
      await logIn(customer, NEXT);
    });

    it('AUTH-4: a new password by somebody else, and the demand for one, end all', async () => {
      for (const stop of [
        async (id: string) => change(await admin(), id, { password: NEXT }),
        async (id: string) => (await admin()).post(`/v1/accounts/${id}/require-password-change`),
      ]) {
        const session = await opened();
        expectStatus(await stop(session.id), 200);
        expect(await statusOf(session.api)).toBe(401);
        expectProblem(await refresh(session.refreshToken), 401, 'unauthenticated');
      }
    });

    it('ACC-1: until it has set a new password a session sees and leaves itself, and nothing else', async () => {
      const { id, api, refreshToken } = await opened({ requirePasswordChange: true });
      expect(at(expectStatus(await api.get('/v1/sessions/current'), 200), 'passwordChangeRequired')).toBe(true);
      for (const refused of [
        await api.get(`/v1/accounts/${id}`),
        await api.get('/v1/permissions'),
        await api.get('/v1/history/kinds'),
        await api.patch(`/v1/accounts/${id}`, { fullName: 'X' }),
        await api.post('/v1/api-keys', { name: 'x', scopes: ['accounts:read'] }),
        await api.get(`/v1/accounts/${id}/sessions`),
      ])
        expectProblem(refused, 403, 'password-change-required');
      const [token = ''] = pairOf(await refresh(refreshToken));
      const renewed = whitebook.api.as(token);
      expectProblem(await renewed.get(`/v1/accounts/${id}`), 403, 'password-change-required');
      expectStatus(await change(renewed, id, { password: NEXT, currentPassword: PASSWORD }), 200);
      expectStatus(await renewed.get(`/v1/accounts/${id}`), 200);
      expect(at(expectStatus(await renewed.get('/v1/sessions/current'), 200), 'passwordChangeRequired')).toBe(false);
    });
  });

  describe('at the same moment', () => {
    it.each([
      ['a disable', (by: Api, id: string) => by.post(`/v1/accounts/${id}/disable`)],
      ['a new password by staff', (by: Api, id: string) => by.put(`/v1/accounts/${id}/password`, { password: NEXT })],
      ['another role', (by: Api, id: string) => by.put(`/v1/accounts/${id}/role`, { role: 'auditor' })],
    ])('COR-8: of log-ins and refreshes around %s none that was given before it is good after it', async (_what, stop) => {
      const owner = await whitebook.signIn({ workspace: place.slug, email: place.staff.owner.email, password: PASSWORD });
      for (let round = 0; round < 4; round++) {
        const customer = await makeCustomer(owner);
        const before = await logIn(customer);
        const old = { email: customer.email, password: PASSWORD };
        const onDomain = whitebook.api.with({ host: place.domain });
        const racing = [
          ...Array.from({ length: 3 }, () => onDomain.post('/v1/sessions', old)),
          refresh(before.refreshToken),
          stop(owner, customer.id),
          ...Array.from({ length: 3 }, () => onDomain.post('/v1/sessions', old)),
        ];
        const answers = await Promise.all(racing);
        expectStatus(answers[4] as Reply, 200);
        // Whoever was let in after the stop must be what the account is now: of another role, and only with a password in force.
        const tokens = answers.flatMap(({ body }) => (typeof body['token'] === 'string' ? [body['token']] : []));
        for (const token of [...tokens]) {
          const seen = await whitebook.api.as(token).get('/v1/sessions/current');
          if (seen.status === 200) expect([_what, seen.body['role']]).toEqual(['another role', 'auditor']);
        }
        expect(await statusOf(before.api)).toBe(401);
      }
    });

    it('COR-8: of visits and API keys that are made around a stop none is good after it', async () => {
      const owner = await whitebook.signIn({ workspace: place.slug, email: place.staff.owner.email, password: PASSWORD });
      for (let round = 0; round < 6; round++) {
        const [helper, customer] = [await makeCustomer(owner, { role: 'admin' }), await makeCustomer(owner)];
        const [staff, self] = [await logIn(helper), await logIn(customer)];
        const enter = () => staff.api.post(`/v1/accounts/${customer.id}/impersonations`, { reason: 'ticket 7' });
        const makeKey = () => self.api.post('/v1/api-keys', { name: 'x', scopes: ['sessions:current'] });
        const stopped = round % 2 === 0 ? [customer.id] : [customer.id, helper.id];
        const answers = await Promise.all([
          enter(),
          makeKey(),
          ...stopped.map((id) => owner.post(`/v1/accounts/${id}/disable`)),
          enter(),
          makeKey(),
        ]);
        const given = answers.flatMap(({ body }) => [body['token'], body['key']].filter((one) => typeof one === 'string'));
        for (const token of given) expect(await statusOf(whitebook.api.as(token))).toBe(401);
        for (const answer of answers) expect([200, 201, 401, 409]).toContain(answer.status);
      }
    });

    it('COR-7: a stop whose answer was lost half-way is finished by the second click, before it answers', async () => {
      const { id, api } = await opened();
      const by = await admin();
      const end = jest.spyOn(whitebook.parts.vault.sessions, 'end').mockRejectedValue(new Error('the vault is asleep'));
      const lost = await by.post(`/v1/accounts/${id}/disable`, { reason: 'abuse' });
      expect(lost.status).toBe(500);
      expect(await statusOf(api)).toBe(200);
      end.mockRestore();
      expectStatus(await by.post(`/v1/accounts/${id}/disable`, { reason: 'abuse' }), 200);
      expect(await statusOf(api)).toBe(401);
    });

    it('COR-12: a verdict older than a second is asked again right before the append', async () => {
      const owner = await whitebook.signIn({ workspace: place.slug, email: place.staff.owner.email, password: PASSWORD });
      const helper = await makeCustomer(owner, { role: 'admin' });
      const { api } = await logIn(helper);
      let hashing = (): void => undefined;
      const begun = new Promise<void>((resolve) => (hashing = resolve));
      let go = (): void => undefined;
      const held = new Promise<void>((resolve) => (go = resolve));
      const { passwords } = whitebook.parts;
      const hash = passwords.hash.bind(passwords);
      const spy = jest.spyOn(passwords, 'hash').mockImplementation(async (password) => {
        hashing();
        await held;
        return hash(password);
      });
      const creating = api.post('/v1/accounts', { email: 'too-late@customers.example', password: PASSWORD });
      await begun;
      const since = performance.now();
      expectStatus(await owner.put(`/v1/accounts/${helper.id}/role`, { role: 'auditor' }), 200);
      await until('the verdict to be old', async () => performance.now() - since > 1_050);
      go();
      expectProblem(await creating, 401, 'unauthenticated');
      spy.mockRestore();
      const found = await owner.get('/v1/accounts?status=all&search=too-late');
      expect(itemsOf(expectStatus(found, 200))).toEqual([]);
    });
  });
});
