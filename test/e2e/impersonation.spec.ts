import { at, itemsOf, textAt, type Api, type Reply } from '../support/api.js';
import { expectStatus, makeCustomer, makePlace, PASSWORD, type Place } from '../support/place.js';
import { callRoute, documentedRoutes, UNKNOWN_IDS } from '../support/routes.js';
import { expectProblem, statusOf, useWhitebook } from '../support/suite.js';
import { until, type Whitebook } from '../support/whitebook.js';

/** What somebody who is logged in as a customer may do, beside what is open to everybody. */
const KEPT = [
  'GET /v1/accounts/{id}',
  'PATCH /v1/accounts/{id}',
  'GET /v1/accounts/{id}/history',
  'GET /v1/history/kinds',
  'GET /v1/permissions',
  'GET /v1/sessions/current',
  'DELETE /v1/sessions/current',
];

describe('logging in as a customer', () => {
  let whitebook: Whitebook;
  let place: Place;
  useWhitebook(async (started) => {
    whitebook = started;
    place = await makePlace(whitebook);
  });

  const enter = (by: Api, id: string, body: object = { reason: 'ticket 7' }) =>
    by.post(`/v1/accounts/${id}/impersonations`, body);
  const logIn = ({ email }: { email: string }) => whitebook.signIn({ email, password: PASSWORD }, { host: place.domain });
  const inside = async (by: Api = place.admin, fields: object = {}) => {
    const customer = await makeCustomer(place.owner, fields);
    const begun = expectStatus(await enter(by, customer.id), 201);
    return { ...customer, begun, api: whitebook.api.as(textAt(begun, 'token')) };
  };
  const kindsOf = async (id: string, by = place.owner): Promise<unknown[][]> =>
    itemsOf(expectStatus(await by.get(`/v1/accounts/${id}/history`), 200)).map(({ kind, reason }) => [kind, reason]);

  describe('begun', () => {
    it('AUTH-3: the token names both, lives 30 minutes at most and carries the banner', async () => {
      const { id, email, begun, api } = await inside();
      expect(begun.body).toMatchObject({ banner: `Logged in as ${email}`, act: { sub: place.staff.admin.id } });
      expect(textAt(begun, 'openUrl').startsWith(`http://${place.domain}:`)).toBe(true);
      expect(begun.headers['cache-control']).toBe('no-store');
      const me = expectStatus(await api.get('/v1/sessions/current'), 200);
      expect(me.body).toMatchObject({
        account: { id, email },
        actor: { id: place.staff.admin.id, email: place.staff.admin.email, role: 'admin' },
        act: { sub: place.staff.admin.id },
        role: 'user',
        banner: `Logged in as ${email}`,
      });
      const seconds = (Date.parse(textAt(me, 'expiresAt')) - Date.parse(whitebook.clock.now())) / 1000;
      expect(seconds).toBeGreaterThan(1_700);
      expect(seconds).toBeLessThanOrEqual(1_800);
    });

    it('AUTH-3: test accounts too; a reason is needed', async () => {
      expect(await statusOf((await inside(place.owner, { test: true })).api)).toBe(200);
      const customer = await makeCustomer(place.owner);
      for (const body of [{}, { reason: '' }, { reason: '   ' }]) {
        const refused = expectProblem(await enter(place.admin, customer.id, body), 422, 'invalid-input');
        expect(at(refused, 'errors')).toEqual([expect.objectContaining({ pointer: '/reason' })]);
      }
    });

    it('AUTH-3: active customers only, and the answer says what the account is instead', async () => {
      const [disabled, blocked, expired] = [
        await makeCustomer(place.owner),
        await makeCustomer(place.owner),
        await makeCustomer(place.owner, { test: true, testDays: 1 }),
      ];
      expectStatus(await place.owner.post(`/v1/accounts/${disabled.id}/disable`), 200);
      expectStatus(await place.owner.post(`/v1/accounts/${blocked.id}/disable`, { kind: 'blocked' }), 200);
      const pending = expectStatus(await place.owner.post('/v1/invitations', { email: 'pending@customers.example' }), 201);
      const wanted = { [disabled.id]: 'inactive', [blocked.id]: 'blocked', [textAt(pending, 'accountId')]: 'pending' };
      for (const [id, status] of Object.entries(wanted))
        expect(expectProblem(await enter(place.admin, id), 409, 'account-not-active').body['accountStatus']).toBe(status);
      whitebook.clock.move(86_401);
      place = { ...place, ...(await staffAgain()) };
      const late = expectProblem(await enter(place.admin, expired.id), 409, 'account-not-active');
      expect(late.body['accountStatus']).toBe('inactive');
    });

    it('AUTH-3: never into staff, the own account or another one’s; never from inside another one', async () => {
      for (const by of [place.owner, place.admin])
        for (const { id } of Object.values(place.staff)) expectProblem(await enter(by, id), 403, 'staff-account');
      const { id, api } = await inside();
      const other = await makeCustomer(place.owner);
      for (const target of [id, other.id, place.staff.owner.id])
        expectProblem(await enter(api, target), 403, 'nested-impersonation');
    });

    it('AUTH-3: by owners and admins; by managers where the workspace says so; by auditors, users and operators never', async () => {
      const customer = await makeCustomer(place.owner);
      const self = await logIn(customer);
      const operator = await whitebook.signIn({ email: 'operator@platform.example', password: 'quiet-harbour-41' });
      const never = [place.auditor, self, operator.with({ workspace: place.id })];
      for (const managersMayImpersonate of [true, false]) {
        expectStatus(await place.owner.patch('/v1/workspace', { managersMayImpersonate }), 200);
        for (const by of never)
          expect(expectProblem(await enter(by, customer.id), 403, 'forbidden').body['permission']).toBe('accounts:impersonate');
        expect((await enter(place.manager, customer.id)).status).toBe(managersMayImpersonate ? 201 : 403);
      }
    });
  });

  it('AUTH-3, COR-7: what managers have begun ends for good once the workspace takes it from them, and nothing else does', async () => {
    const allow = async (managersMayImpersonate: boolean): Promise<unknown> =>
      expectStatus(await place.owner.patch('/v1/workspace', { managersMayImpersonate }), 200);
    await allow(true);
    const [byManager, byAdmin] = [await inside(place.manager), await inside(place.admin)];
    expectStatus(await place.owner.patch('/v1/workspace', { timeZone: 'Europe/Rome' }), 200);
    expect([await statusOf(byManager.api), await statusOf(byAdmin.api), await statusOf(place.manager)]).toEqual([200, 200, 200]);
    await allow(false);
    expect([await statusOf(byManager.api), await statusOf(byAdmin.api), await statusOf(place.manager)]).toEqual([401, 200, 200]);
    const endOf = async ({ id }: { id: string }): Promise<string> => String((await kindsOf(id))[0]);
    await until('the end in the history', async () => (await endOf(byManager)) === 'ImpersonationEnded,cut-off');
    expect(await endOf(byAdmin)).toBe('UserImpersonated,ticket 7');
    await allow(true);
    expect([await statusOf(byManager.api), await statusOf((await inside(place.manager)).api)]).toEqual([401, 200]);
    await allow(false);
  });

  const staffAgain = async () => {
    const again = async (role: 'owner' | 'admin' | 'manager' | 'auditor') => logIn(place.staff[role]);
    return {
      owner: await again('owner'),
      admin: await again('admin'),
      manager: await again('manager'),
      auditor: await again('auditor'),
    };
  };

  describe('inside', () => {
    it('AUTH-3: of all operations those of a visitor are left, the rest says why', async () => {
      const { id, api } = await inside();
      const ids = { ...UNKNOWN_IDS, account: id, workspace: place.id };
      for (const route of (await documentedRoutes(whitebook.api)).filter(({ isPublic }) => !isPublic)) {
        if (route.name === 'DELETE /v1/sessions/current') continue;
        const { status, body } = await callRoute(api, route, ids);
        if (KEPT.includes(route.name)) expect([route.name, status]).toEqual([route.name, 200]);
        else
          expect([route.name, body['code']]).toEqual([
            route.name,
            expect.stringMatching(/^(impersonation-forbidden|nested-impersonation|forbidden|not-found)$/),
          ]);
      }
      for (const [refused, name] of [
        [await api.put(`/v1/accounts/${id}/password`, { password: 'new-lantern-78', currentPassword: PASSWORD }), 'password'],
        [await api.patch(`/v1/accounts/${id}`, { email: 'moved@customers.example' }), 'email'],
        [await api.delete(`/v1/accounts/${id}`, { confirm: 'x' }), 'delete'],
        [await api.get(`/v1/accounts/${id}/sessions`), 'sessions'],
        [await api.delete(`/v1/accounts/${id}/sessions`), 'end sessions'],
        [await api.post('/v1/api-keys', { name: 'x', scopes: ['accounts:read'] }), 'API keys'],
        [await api.get('/v1/workspace'), 'the workspace'],
      ] as const)
        expect([name, refused.status, refused.body['code']]).toEqual([name, 403, 'impersonation-forbidden']);
    });

    it('AUTH-3: it sees the one account as the customer does, without staff’s comments, and no other', async () => {
      const { id, api } = await inside(place.admin, { comment: 'pays late' });
      const seen = expectStatus(await api.get(`/v1/accounts/${id}`), 200);
      expect(seen.text).not.toContain('pays late');
      const other = await makeCustomer(place.owner);
      expectProblem(await api.get(`/v1/accounts/${other.id}`), 403, 'forbidden');
      expectProblem(await api.get(`/v1/accounts/${place.staff.admin.id}`), 403, 'forbidden');
      expectProblem(await api.get('/v1/accounts'), 403, 'forbidden');
    });

    it('AUTH-3: start, every action and end are in both histories, with who really acted', async () => {
      const { id, email, api } = await inside();
      expectStatus(await api.patch(`/v1/accounts/${id}`, { fullName: 'Changed Inside' }), 200);
      expect(expectStatus(await api.delete('/v1/sessions/current'), 200).body).toEqual({
        returnUrl: expect.stringContaining(place.domain),
      });
      expect(await statusOf(api)).toBe(401);
      expect(await statusOf(place.admin)).toBe(200);
      const wanted = [
        ['ImpersonationEnded', 'exit'],
        ['ProfileChanged', undefined],
        ['UserImpersonated', 'ticket 7'],
      ];
      expect((await kindsOf(id)).slice(0, 3)).toEqual(wanted);
      const staffs = itemsOf(
        expectStatus(await place.owner.get(`/v1/accounts/${place.staff.admin.id}/history?subject=${id}`), 200),
      );
      expect(staffs.map(({ kind, reason }) => [kind, reason]).slice(0, 3)).toEqual(wanted);
      for (const { actor, subject } of staffs.slice(0, 3))
        expect([actor, subject]).toEqual([
          expect.objectContaining({ id: place.staff.admin.id }),
          expect.objectContaining({ id, email }),
        ]);
      expect(staffs[1]).toMatchObject({ onBehalfOf: { id } });
      const own = await logIn({ email });
      const seen = (await kindsOf(id, own)).filter(([kind]) => kind !== 'UserLoggedIn');
      expect(seen.slice(0, 3)).toEqual(wanted);
    });

    it('AUTH-3: the customer’s last login, and its sessions, are as they were', async () => {
      const customer = await makeCustomer(place.owner);
      const self = await logIn(customer);
      const before = await until('the log-in in the list', async () => {
        const seen = expectStatus(await place.owner.get(`/v1/accounts/${customer.id}`), 200);
        return at(seen, 'lastLoginAt') !== null && seen;
      });
      whitebook.clock.move(60);
      const api = whitebook.api.as(textAt(expectStatus(await enter(place.admin, customer.id), 201), 'token'));
      expectStatus(await api.get(`/v1/accounts/${customer.id}`), 200);
      const after = expectStatus(await place.owner.get(`/v1/accounts/${customer.id}`), 200);
      expect([textAt(after, 'lastLoginAt'), after.headers['etag']]).toEqual([
        textAt(before, 'lastLoginAt'),
        before.headers['etag'],
      ]);
      expect(await statusOf(self)).toBe(200);
    });

    it('ACC-12: repeated with the same key there is one, and its token was shown once', async () => {
      const customer = await makeCustomer(place.owner);
      const headers = { 'idempotency-key': 'enter' };
      const path = `/v1/accounts/${customer.id}/impersonations`;
      const [first, again] = [
        expectStatus(await place.admin.post(path, { reason: 'ticket 7' }, { headers }), 201),
        expectStatus(await place.admin.post(path, { reason: 'ticket 7' }, { headers }), 201),
      ];
      const { token, ...shown } = first.body;
      expect(again.body).toEqual({ ...shown, secretShown: true });
      expect(await statusOf(whitebook.api.as(String(token)))).toBe(200);
      expect((await kindsOf(customer.id)).filter(([kind]) => kind === 'UserImpersonated')).toHaveLength(1);
    });
  });

  describe('ended', () => {
    const cutOff: [string, (of: { id: string; email: string; staff: Api; helper: string }) => Promise<Reply>, number][] = [
      ['the customer is disabled', ({ id }) => place.owner.post(`/v1/accounts/${id}/disable`), 200],
      ['the customer is deleted', ({ id, email }) => place.owner.delete(`/v1/accounts/${id}`, { confirm: email }), 204],
      ['the customer becomes staff', ({ id }) => place.owner.put(`/v1/accounts/${id}/role`, { role: 'auditor' }), 200],
      ['the customer’s sessions are all ended', ({ id }) => place.owner.delete(`/v1/accounts/${id}/sessions`), 204],
      ['the staff account is disabled', ({ helper }) => place.owner.post(`/v1/accounts/${helper}/disable`), 200],
      ['the staff account is demoted', ({ helper }) => place.owner.put(`/v1/accounts/${helper}/role`, { role: 'auditor' }), 200],
      [
        'the staff account gets another password',
        ({ helper }) => place.owner.put(`/v1/accounts/${helper}/password`, { password: 'new-lantern-78' }),
        200,
      ],
      ['the staff session is left', ({ staff }) => staff.delete('/v1/sessions/current'), 204],
    ];
    it.each(cutOff)('AUTH-3: cut off before the answer when %s', async (_when, stop, status) => {
      const helper = await makeCustomer(place.owner, { role: 'admin' });
      const staff = await logIn(helper);
      const { id, email, api } = await inside(staff);
      expect(await statusOf(api)).toBe(200);
      expectStatus(await stop({ id, email, staff, helper: helper.id }), status);
      expect(await statusOf(api)).toBe(401);
      const ended = `/v1/history?kind=ImpersonationEnded&subject=${id}`;
      const history = await until('the end in the history', async () => {
        const items = itemsOf(expectStatus(await place.owner.get(ended), 200));
        return items.length > 0 && items;
      });
      expect(history).toEqual([expect.objectContaining({ reason: 'cut-off' })]);
    });

    it('AUTH-3: at its time, by itself, in both histories', async () => {
      const { id, api } = await inside();
      whitebook.clock.move(1_790);
      expect(await statusOf(api)).toBe(200);
      whitebook.clock.move(11);
      expect(await statusOf(api)).toBe(401);
      await until('the end in the history', async () => String((await kindsOf(id))[0]) === 'ImpersonationEnded,expired');
      expect(await statusOf(place.admin)).toBe(200);
    });

    it('AUTH-3: the customer’s own new password leaves the visit; the customer may see who was there and why', async () => {
      const customer = await makeCustomer(place.owner);
      const self = await logIn(customer);
      const begun = expectStatus(await enter(place.admin, customer.id, { reason: 'called about an invoice' }), 201);
      expect(await statusOf(whitebook.api.as(textAt(begun, 'token')))).toBe(200);
      const [latest] = itemsOf(expectStatus(await self.get(`/v1/accounts/${customer.id}/history?kind=UserImpersonated`), 200));
      expect(latest).toMatchObject({ reason: 'called about an invoice', actor: { id: place.staff.admin.id } });
    });
  });
});
