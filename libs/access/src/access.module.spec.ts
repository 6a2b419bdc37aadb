import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { AccessPlace, NOON, PASSWORD } from '../../../test/support/access.js';
import { serve } from '../../../test/support/access-http.js';

const NEXT = 'another fine password';
let place: AccessPlace;
let app: NestFastifyApplication;
let customer: string;
let admin: string;
let token: string;

beforeEach(async () => {
  place = new AccessPlace();
  await place.open('northwind', 'app.northwind.test');
  customer = await place.member({ email: 'cora@northwind.test' });
  admin = await place.member({ email: 'ada@northwind.test', role: 'admin' });
  app = await serve(place);
  token = (await logIn('ada@northwind.test')).body.token as string;
});
afterEach(() => app.close());

type Body = Record<string, unknown>;
async function ask(method: 'GET' | 'POST' | 'PUT' | 'DELETE', url: string, { by, body, headers = {} }: Asking = {}) {
  const response = await app.inject({
    method,
    url,
    headers: { host: 'whitebook.test', ...(by === undefined ? {} : { authorization: `Bearer ${by}` }), ...headers },
    ...(body === undefined ? {} : { payload: body }),
  });
  return {
    status: response.statusCode,
    headers: response.headers,
    body: response.body.startsWith('{') ? response.json<Body>() : {},
  };
}
interface Asking {
  by?: string;
  body?: object;
  headers?: Record<string, string>;
}
const logIn = (email: string, password = PASSWORD, workspace: string | undefined = 'northwind', headers = {}) =>
  ask('POST', '/v1/sessions', { body: { email, password, ...(workspace === '' ? {} : { workspace }) }, headers });
const branded = { host: 'app.northwind.test:3000' };
const codeOf = ({ status, body }: { status: number; body: Body }) => `${status} ${String(body['code'])}`;

it('AUTH-4: logs in, says who is who, and logs out', async () => {
  const { status, body } = await logIn('cora@northwind.test', PASSWORD, '', branded);
  expect([status, body]).toEqual([
    201,
    {
      token: expect.stringMatching(/^wbs_/),
      refreshToken: expect.stringMatching(/^wbr_/),
      expiresAt: '2026-01-31T13:00:00.000Z',
      account: expect.objectContaining({ id: customer, email: 'cora@northwind.test', status: 'active' }),
      workspace: { id: place.workspace, slug: 'northwind', name: 'northwind' },
      passwordChangeRequired: false,
      totpRequired: false,
    },
  ]);
  const by = String(body['token']);
  const current = await ask('GET', '/v1/sessions/current', { by });
  expect(current).toMatchObject({ status: 200, body: { role: 'user', plan: 'standard', features: [], actor: { id: customer } } });
  expect((await ask('DELETE', '/v1/sessions/current', { by })).status).toBe(204);
  expect(codeOf(await ask('GET', '/v1/sessions/current', { by }))).toBe('401 unauthenticated');
});

it('WS-6, AUTH-5: refuses with the codes of the contract, and with 429 before anything else', async () => {
  expect(await logIn('cora@northwind.test')).toMatchObject({
    status: 403,
    body: { code: 'wrong-host', loginUrl: 'https://app.northwind.test/login' },
  });
  expect(codeOf(await logIn('cora@northwind.test', 'wrong'))).toBe('401 invalid-credentials');
  for (const body of [
    { email: 'a' },
    { email: 'a', login: 'b', password: 'x' },
    { password: 'x' },
    { email: 'a', password: 'x', totp: '1' },
  ])
    expect(codeOf(await ask('POST', '/v1/sessions', { body }))).toBe('422 invalid-input');
  for (let i = 0; i < 9; i++) await logIn('cora@northwind.test', 'wrong');
  const throttled = await logIn('cora@northwind.test');
  expect([codeOf(throttled), throttled.headers['retry-after']]).toEqual(['429 throttled', '1']);
});

it('AUTH-4: trades refresh tokens', async () => {
  const first = (await logIn('ada@northwind.test')).body;
  const refresh = () => ask('POST', '/v1/sessions/refresh', { body: { refreshToken: first['refreshToken'] } });
  const next = await refresh();
  expect(next).toMatchObject({ status: 201, body: { account: { id: admin }, workspace: { slug: 'northwind' } } });
  expect((await refresh()).body).toEqual(next.body);
  place.after(31);
  expect(codeOf(await refresh())).toBe('401 unauthenticated');
});

it('AUTH-4: lists and ends sessions of an account', async () => {
  await logIn('cora@northwind.test', PASSWORD, '', branded);
  const listed = await ask('GET', `/v1/accounts/${customer}/sessions`, { by: token });
  const [session] = listed.body['items'] as { id: string; current: boolean; createdAt: string }[];
  expect(session).toMatchObject({ current: false, createdAt: NOON });
  const path = `/v1/accounts/${customer}/sessions`;
  expect((await ask('DELETE', `${path}/${session?.id}`, { by: token })).status).toBe(204);
  expect(codeOf(await ask('DELETE', `${path}/${session?.id}`, { by: token }))).toBe('404 not-found');
  expect((await ask('DELETE', path, { by: token })).status).toBe(204);
  expect(codeOf(await ask('GET', `/v1/accounts/${'f'.repeat(32)}/sessions`, { by: token }))).toBe('404 not-found');
});

it('AUTH-3, ACC-12: impersonates, shows the token once, and goes back', async () => {
  const path = `/v1/accounts/${customer}/impersonations`;
  const body = { reason: 'a question' };
  expect(codeOf(await ask('POST', path, { by: token, body: {} }))).toBe('422 invalid-input');
  const dry = await ask('POST', `${path}?dryRun=true`, { by: token, body });
  expect(dry).toMatchObject({ status: 200, body: { dryRun: true, events: [{ type: 'UserImpersonated' }] } });
  const headers = { 'idempotency-key': 'k' };
  const begun = await ask('POST', path, { by: token, body, headers });
  const { token: inside, ...rest } = begun.body;
  expect([begun.status, rest]).toEqual([
    201,
    {
      expiresAt: '2026-01-31T12:30:00.000Z',
      banner: 'Logged in as cora@northwind.test',
      openUrl: 'https://app.northwind.test/',
      act: { sub: admin },
    },
  ]);
  const again = await ask('POST', path, { by: token, body, headers });
  expect([again.status, again.body, again.headers['position']]).toEqual([
    201,
    { ...rest, secretShown: true },
    begun.headers['position'],
  ]);
  expect(codeOf(await ask('POST', path, { by: token, body: { reason: 'another' }, headers }))).toBe('422 idempotency-key-reused');
  const by = String(inside);
  expect(codeOf(await ask('POST', path, { by, body }))).toBe('403 nested-impersonation');
  const password = { password: NEXT, currentPassword: PASSWORD };
  expect(codeOf(await ask('PUT', `/v1/accounts/${customer}/password`, { by, body: password }))).toBe(
    '403 impersonation-forbidden',
  );
  expect(await ask('DELETE', '/v1/sessions/current', { by })).toMatchObject({
    status: 200,
    body: { returnUrl: 'https://app.northwind.test/' },
  });
  expect((await ask('GET', '/v1/sessions/current', { by: token })).status).toBe(200);
});

it('AUTH-4, ACC-12: makes, lists and revokes API keys', async () => {
  const body = { name: 'CRM', scopes: ['accounts:read'] };
  const headers = { 'idempotency-key': 'k' };
  const made = await ask('POST', '/v1/api-keys', { by: token, body, headers });
  const { key, ...view } = made.body;
  expect([made.status, made.headers['location']]).toEqual([201, `/v1/api-keys/${String(view['id'])}`]);
  expect((await ask('POST', '/v1/api-keys', { by: token, body, headers })).body).toEqual({ ...view, secretShown: true });
  expect((await ask('GET', '/v1/api-keys', { by: token })).body).toEqual({ items: [view], next: null });
  expect(codeOf(await ask('GET', '/v1/api-keys', { by: String(key) }))).toBe('403 forbidden');
  expect(codeOf(await ask('POST', '/v1/api-keys', { by: token, body: { ...body, scopes: ['nothing:known'] } }))).toBe(
    '422 invalid-input',
  );
  expect((await ask('DELETE', `/v1/api-keys/${String(view['id'])}`, { by: token })).status).toBe(204);
  expect(codeOf(await ask('GET', '/v1/permissions', { by: String(key) }))).toBe('401 unauthenticated');
});

it('ACC-1, AUTH-4: sets passwords: the own one with the present one, those of others as staff', async () => {
  const cora = String((await logIn('cora@northwind.test', PASSWORD, '', branded)).body['token']);
  const path = `/v1/accounts/${customer}/password`;
  const put = (by: string, body: object, headers = {}) => ask('PUT', path, { by, body, headers });
  const fieldOf = ({ body }: { body: Body }) => (body['errors'] as { pointer: string; code: string }[])[0];
  expect(fieldOf(await put(cora, { password: NEXT }))).toMatchObject({ pointer: '/currentPassword', code: 'required' });
  expect(fieldOf(await put(cora, { password: 'short', currentPassword: PASSWORD }))).toMatchObject({
    code: 'password-too-short',
  });
  expect(fieldOf(await put(cora, { password: NEXT, currentPassword: 'wrong' }))).toMatchObject({ code: 'wrong-password' });
  expect(await put(cora, { password: NEXT, currentPassword: PASSWORD })).toMatchObject({ status: 200, body: { id: customer } });
  const keyed = { 'idempotency-key': 'k' };
  const set = await put(token, { password: PASSWORD, requirePasswordChange: true }, keyed);
  expect([set.status, set.headers['etag']]).toEqual([200, `"${String(set.body['revision'])}"`]);
  expect((await put(token, { password: PASSWORD, requirePasswordChange: true }, keyed)).body).toEqual(set.body);
  const limited = await logIn('cora@northwind.test', PASSWORD, '', branded);
  expect(limited.body['passwordChangeRequired']).toBe(true);
  const by = String(limited.body['token']);
  expect(codeOf(await ask('GET', '/v1/api-keys', { by }))).toBe('403 password-change-required');
  expect((await ask('GET', '/v1/sessions/current', { by })).body['passwordChangeRequired']).toBe(true);
  expect((await put(by, { password: NEXT, currentPassword: PASSWORD })).status).toBe(200);
  expect((await ask('GET', '/v1/api-keys', { by })).status).toBe(200);
});

it('AUTH-5: security options of an account', async () => {
  for (const action of ['require-password-change', 'password-reset-mail', 'unlock']) {
    const path = `/v1/accounts/${customer}/${action}`;
    const headers = { 'idempotency-key': action };
    const done = await ask('POST', path, { by: token, headers });
    expect(done).toMatchObject({ status: 200, body: { id: customer } });
    expect((await ask('POST', path, { by: token, headers })).body).toEqual(done.body);
    expect((await ask('POST', `${path}?dryRun=true`, { by: token })).body).toMatchObject({ dryRun: true });
  }
});

it('AUTH-5, WS-7: what nobody needs a credential for', async () => {
  expect((await ask('POST', '/v1/password-resets', { body: { email: 'nobody@northwind.test' } })).status).toBe(202);
  for (const path of ['/v1/password-resets/accept', '/v1/invitations/accept'])
    expect(codeOf(await ask('POST', path, { body: { token: 'x', password: NEXT } }))).toBe('404 not-found');
  for (const path of ['/v1/email-changes/accept', '/v1/invitations/inspect'])
    expect(codeOf(await ask('POST', path, { body: { token: 'x' } }))).toBe('404 not-found');
  for (const body of [undefined, { email: 'new@northwind.test', anything: 1 }])
    expect(codeOf(await ask('POST', '/v1/registrations', { body }))).toBe('403 self-registration-disabled');
});

it('AUTH-1: the permission table', async () => {
  const { body } = await ask('GET', '/v1/permissions', { by: token });
  expect(body['items']).toContainEqual({
    ...{ permission: 'accounts:disable', about: 'disable and block accounts', own: false, impersonated: false },
    roles: ['operator', 'owner', 'admin'],
  });
  expect(body['teamPermissions']).toContain('live-chat');
});

it('ACC-2, WS-4: pages of mailed links, in the brand of the host', async () => {
  for (const page of ['accept', 'reset', 'email']) {
    const response = await app.inject({ method: 'GET', url: `/${page}`, headers: branded });
    expect([response.statusCode, response.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
    expect(response.headers['content-security-policy']).toMatch(/^default-src 'none'; script-src 'sha256-/);
    expect(response.body).toContain('northwind');
  }
});
