import { at, itemsOf, textAt, type Api, type Fields } from '../support/api.js';
import { expectStatus, makeCustomer, makePlace, PASSWORD, type Place } from '../support/place.js';
import { UNKNOWN_ID } from '../support/routes.js';
import { expectProblem, statusOf, useWhitebook } from '../support/suite.js';
import type { Whitebook } from '../support/whitebook.js';

describe('API keys', () => {
  let whitebook: Whitebook;
  let place: Place;
  useWhitebook(async (started) => {
    whitebook = started;
    place = await makePlace(whitebook);
  });

  const make = async (by: Api, scopes: string[], more: Fields = {}) => {
    const made = expectStatus(await by.post('/v1/api-keys', { name: 'sync', scopes, ...more }), 201);
    return { id: textAt(made, 'id'), api: whitebook.api.as(textAt(made, 'key')), key: textAt(made, 'key') };
  };
  const member = async (fields: Fields = {}) => {
    const account = await makeCustomer(place.owner, fields);
    return { ...account, api: await whitebook.signIn({ email: account.email, password: PASSWORD }, { host: place.domain }) };
  };

  it('AUTH-4: a key is named, shown once, and listed without its secret', async () => {
    const { api } = await member();
    const made = expectStatus(await api.post('/v1/api-keys', { name: '  nightly sync ', scopes: ['accounts:read'] }), 201);
    expect(made.headers).toMatchObject({ location: `/v1/api-keys/${textAt(made, 'id')}`, 'cache-control': 'no-store' });
    const { key, ...shown } = made.body;
    expect(shown).toMatchObject({ name: 'nightly sync', scopes: ['accounts:read'], expiresAt: null, lastUsedAt: null });
    const listed = expectStatus(await api.get('/v1/api-keys'), 200);
    expect(itemsOf(listed)).toEqual([shown]);
    expect(listed.text).not.toContain(String(key));
    const history = await place.auditor.get('/v1/history?kind=ApiKeyCreated');
    expect(expectStatus(history, 200).text).not.toContain(String(key));
  });

  it('AUTH-4, ACC-12: repeated with the same key the answer says that the secret was shown', async () => {
    const { api } = await member();
    const headers = { 'idempotency-key': 'make-one' };
    const wish = { name: 'sync', scopes: ['accounts:read'] };
    const answers = await Promise.all(Array.from({ length: 6 }, () => api.post('/v1/api-keys', wish, { headers })));
    answers.push(await api.post('/v1/api-keys', wish, { headers }));
    const secrets = answers.map((answer) => expectStatus(answer, 201).body).filter((body) => 'key' in body);
    expect(secrets).toHaveLength(1);
    expect(answers.filter(({ body }) => body['secretShown'] === true)).toHaveLength(answers.length - 1);
    expect(new Set(answers.map(({ body }) => body['id'])).size).toBe(1);
    expect(itemsOf(expectStatus(await api.get('/v1/api-keys'), 200))).toHaveLength(1);
    expect(await statusOf(whitebook.api.as(String(secrets[0]?.['key'])))).toBe(403);
  });

  it('AUTH-4: it may do what its scopes say, and a refusal names what is missing', async () => {
    const { api } = await make(place.admin, ['accounts:read']);
    expectStatus(await api.get('/v1/accounts'), 200);
    for (const [refused, permission] of [
      [await api.post('/v1/accounts', { email: 'x@customers.example', password: PASSWORD }), 'accounts:create'],
      [await api.get('/v1/history'), 'history:read'],
      [await api.get('/v1/sessions/current'), 'sessions:current'],
      [await api.post('/v1/api-keys', { name: 'more', scopes: ['accounts:read'] }), 'api-keys:own'],
    ] as const)
      expect(expectProblem(refused, 403, 'forbidden').body).toMatchObject({ permission, role: 'admin' });
  });

  it.each([
    ['no scope', { scopes: [] }, '/scopes'],
    ['an unknown scope', { scopes: ['accounts:everything'] }, '/scopes/0'],
    ['no name', { name: ' ' }, '/name'],
    ['an end that is past', { expiresAt: '2020-01-01T00:00:00Z' }, '/expiresAt'],
  ])('AUTH-4: with %s it is 422', async (_what, changes, pointer) => {
    const refused = await place.admin.post('/v1/api-keys', { name: 'x', scopes: ['accounts:read'], ...changes });
    expect(at(expectProblem(refused, 422, 'invalid-input'), 'errors')).toEqual([expect.objectContaining({ pointer })]);
  });

  it('AUTH-4: nobody gives a key more than it has itself, a key least of all', async () => {
    for (const [caller, scope] of [
      [place.manager, 'accounts:create'],
      [place.auditor, 'workspace:settings'],
      [place.owner, 'workspaces:manage'],
      [(await member()).api, 'history:read'],
    ] as const) {
      const refused = await caller.post('/v1/api-keys', { name: 'x', scopes: [scope] });
      expect(expectProblem(refused, 403, 'forbidden').body['permission']).toBe(scope);
    }
    const { api } = await make(place.admin, ['api-keys:own', 'accounts:read']);
    expectProblem(await api.post('/v1/api-keys', { name: 'x', scopes: ['accounts:delete'] }), 403, 'forbidden');
    const child = await make(api, ['accounts:read']);
    expectStatus(await child.api.get('/v1/accounts'), 200);
  });

  it('AUTH-4: it never exceeds what its account may now', async () => {
    const { id, api } = await member({ role: 'admin' });
    const key = await make(api, ['accounts:read', 'accounts:create', 'workspace:settings', 'sessions:current']);
    expectStatus(await key.api.patch('/v1/workspace', { timeZone: 'Europe/Berlin' }), 200);
    expectStatus(await place.owner.put(`/v1/accounts/${id}/role`, { role: 'auditor' }), 200);
    expect(await statusOf(api)).toBe(401);
    expectStatus(await key.api.get('/v1/accounts'), 200);
    expectProblem(await key.api.patch('/v1/workspace', { timeZone: 'UTC' }), 403, 'forbidden');
    expectStatus(await place.owner.put(`/v1/accounts/${id}/role`, { role: 'user' }), 200);
    expectProblem(await key.api.get('/v1/accounts'), 403, 'forbidden');
    expect(at(expectStatus(await key.api.get('/v1/sessions/current'), 200), 'role')).toBe('user');
  });

  it('AUTH-4: a customer’s key is for its own account', async () => {
    const [mine, other] = [await member(), await member()];
    const { api } = await make(mine.api, ['accounts:read', 'accounts:write-name']);
    expectStatus(await api.get(`/v1/accounts/${mine.id}`), 200);
    expectStatus(await api.patch(`/v1/accounts/${mine.id}`, { fullName: 'By Machine' }), 200);
    expectProblem(await api.get(`/v1/accounts/${other.id}`), 403, 'forbidden');
    expectProblem(await api.get('/v1/accounts'), 403, 'forbidden');
  });

  it('AUTH-4: it ends at its time', async () => {
    const { id, api } = await make(place.admin, ['sessions:current'], { expiresAt: whitebook.clock.in(60) });
    expect(at(expectStatus(await api.get('/v1/sessions/current'), 200), 'expiresAt')).toEqual(expect.any(String));
    whitebook.clock.move(61);
    expect(await statusOf(api)).toBe(401);
    const listed = itemsOf(expectStatus(await place.admin.get('/v1/api-keys'), 200));
    expect(listed.find((key) => key['id'] === id)).toMatchObject({ expiresAt: expect.any(String) });
  });

  it('AUTH-4: revoked it is dead before the answer; it is the business of its account alone', async () => {
    const key = await make(place.admin, ['sessions:current']);
    for (const caller of [place.owner, place.auditor, (await member()).api])
      expectProblem(await caller.delete(`/v1/api-keys/${key.id}`), 404, 'not-found');
    expect(await statusOf(key.api)).toBe(200);
    expectStatus(await place.admin.delete(`/v1/api-keys/${key.id}`), 204);
    expect(await statusOf(key.api)).toBe(401);
    expectProblem(await place.admin.delete(`/v1/api-keys/${UNKNOWN_ID}`), 404, 'not-found');
    expect(itemsOf(expectStatus(await place.admin.get('/v1/api-keys'), 200)).map(({ id }) => id)).not.toContain(key.id);
  });

  it('ACC-7, COR-10: barred while its account is disabled, it works again after enable', async () => {
    const { id, api } = await member();
    const key = await make(api, ['sessions:current']);
    for (let round = 0; round < 2; round++) {
      expectStatus(await place.admin.post(`/v1/accounts/${id}/disable`), 200);
      expect(await statusOf(key.api)).toBe(401);
      expectStatus(await place.admin.post(`/v1/accounts/${id}/enable`), 200);
      expect(await statusOf(key.api)).toBe(200);
    }
    expect(await statusOf(api)).toBe(401);
  });

  it('COR-10: barred by its account and its workspace, it works again once both have lifted it', async () => {
    const other = await makePlace(whitebook);
    const { id, email } = await makeCustomer(other.owner);
    const self = await whitebook.signIn({ email, password: PASSWORD }, { host: other.domain });
    const key = await make(self, ['sessions:current']);
    const inWorkspace = other.operator.with({ workspace: other.id });
    expectStatus(await other.operator.post(`/v1/workspaces/${other.id}/suspend`), 200);
    expectStatus(await inWorkspace.post(`/v1/accounts/${id}/disable`), 200);
    expectStatus(await other.operator.post(`/v1/workspaces/${other.id}/resume`), 200);
    expect(await statusOf(key.api)).toBe(401);
    expectStatus(await other.operator.post(`/v1/workspaces/${other.id}/suspend`), 200);
    expectStatus(await inWorkspace.post(`/v1/accounts/${id}/enable`), 200);
    expect(await statusOf(key.api)).toBe(401);
    expectStatus(await other.operator.post(`/v1/workspaces/${other.id}/resume`), 200);
    expect(await statusOf(key.api)).toBe(200);
  });

  it('AUTH-4: it dies with its account', async () => {
    const { id, email, api } = await member();
    const key = await make(api, ['sessions:current']);
    expectStatus(await place.admin.delete(`/v1/accounts/${id}`, { confirm: email }), 204);
    expect(await statusOf(key.api)).toBe(401);
    const again = await makeCustomer(place.admin, { email });
    expect(again.id).not.toBe(id);
    expect(await statusOf(key.api)).toBe(401);
  });

  it('ACC-5: it is refused once the test time of its account is over, and works again once it is extended', async () => {
    const { id, api } = await member({ test: true, testDays: 1 });
    const key = await make(api, ['sessions:current']);
    whitebook.clock.move(86_401);
    expect(await statusOf(key.api)).toBe(401);
    const admin = await whitebook.signIn({ workspace: place.slug, email: place.staff.admin.email, password: PASSWORD });
    expectStatus(await admin.post(`/v1/accounts/${id}/extend`, { testDays: 2 }), 200);
    expect(await statusOf(key.api)).toBe(200);
  });
});
