import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { refuse } from '#kernel';
import { Toy, toyModule } from '../../../test/support/http-toy.js';
import { answer } from './answer.js';
import { createApplication } from './application.js';
import { createLogger } from './logging.js';

type Inject = Parameters<NestFastifyApplication['inject']>[0] & object;

let toy: Toy;
let app: NestFastifyApplication;
let now = 0;

beforeEach(async () => {
  toy = new Toy();
  now = 0;
  app = await createApplication(toyModule(toy), { logger: createLogger({ level: 'silent' }), milliseconds: () => now });
});
afterEach(() => app.close());

const json = { 'content-type': 'application/json' };
const by = (token: string, more: Record<string, string> = {}) => ({ authorization: `Bearer ${token}`, ...json, ...more });

async function ask(options: Inject) {
  const response = await app.inject(options);
  return {
    status: response.statusCode,
    headers: response.headers,
    body: response.body === '' ? undefined : response.json<Record<string, unknown>>(),
  };
}
const codeOf = async (options: Inject) => {
  const { status, headers, body } = await ask(options);
  expect(headers['content-type']).toBe('application/problem+json');
  expect(headers['request-id']).toMatch(/^[0-9a-f]{32}$/);
  expect(headers['cache-control']).toBe('no-store');
  expect(body).toMatchObject({ type: `/problems/${String(body?.['code'])}`, status });
  return `${status} ${String(body?.['code'])}`;
};

describe('the order of checks', () => {
  const change: Inject = { method: 'PATCH', url: '/v1/things/known', headers: by('owner'), payload: '{"name":"B"}' };
  const big = JSON.stringify({ name: 'x'.repeat(2_000_000) });

  it('413 comes before 401, and before an unknown path', async () => {
    expect(await codeOf({ ...change, headers: json, payload: big })).toBe('413 too-large');
    expect(await codeOf({ method: 'POST', url: '/v1/nothing', headers: json, payload: big })).toBe('413 too-large');
  });
  it('400 comes before 429', async () => {
    toy.throttledFor = 5;
    expect(await codeOf({ method: 'POST', url: '/v1/sessions', headers: json, payload: '{' })).toBe('400 malformed-json');
    expect(await codeOf({ method: 'POST', url: '/v1/sessions', headers: json, payload: '{}' })).toBe('429 throttled');
  });
  it('400 comes before 401, 401 before 404, 405 and 415', async () => {
    expect(await codeOf({ ...change, headers: json, payload: '{' })).toBe('400 malformed-json');
    expect(await codeOf({ ...change, headers: json, url: '/v1/things/unknown' })).toBe('401 unauthenticated');
    expect(await codeOf({ method: 'PUT', url: '/v1/things/known' })).toBe('401 unauthenticated');
    expect(await codeOf({ ...change, headers: { 'content-type': 'text/plain' } })).toBe('401 unauthenticated');
    expect(await codeOf({ method: 'GET', url: '/v1/nothing', headers: { authorization: 'Bearer dead' } })).toBe(
      '401 unauthenticated',
    );
  });
  it('404 comes before 415, 415 before 403', async () => {
    const plain = { 'content-type': 'text/plain' };
    expect(await codeOf({ ...change, headers: by('user', plain), url: '/v1/things/unknown' })).toBe('404 not-found');
    expect(await codeOf({ ...change, headers: by('user', plain) })).toBe('415 unsupported-media-type');
  });
  it('403 comes before 422, 422 before 412', async () => {
    expect(await codeOf({ ...change, headers: by('user'), payload: '{"nonsense":1}' })).toBe('403 forbidden');
    expect(await codeOf({ ...change, headers: by('owner', { 'if-match': '"1"' }), payload: '{"nonsense":1}' })).toBe(
      '422 invalid-input',
    );
    expect(await codeOf({ ...change, headers: by('owner', { 'if-match': '"1"' }) })).toBe('412 revision-mismatch');
    expect(toy.calls).toEqual(['change known']);
  });
  it('ACC-12: the replay of a known key comes before 404, 403 and 422, and after 401', async () => {
    const create: Inject = {
      method: 'POST',
      url: '/v1/things',
      headers: by('owner', { 'idempotency-key': 'k' }),
      payload: '{"name":"A"}',
    };
    const first = await ask(create);
    expect(first).toMatchObject({ status: 201, headers: { etag: '"0"', position: '1y', location: '/v1/things/new' } });
    toy.principals.set('owner', { ...toy.principals.get('owner')!, role: 'user' });
    const again = await ask(create);
    expect([again.status, again.body, again.headers['etag'], again.headers['position']]).toEqual([201, first.body, '"0"', '1y']);
    expect(await codeOf({ ...create, payload: '{"nonsense":1}' })).toBe('422 idempotency-key-reused');
    toy.principals.delete('owner');
    expect(await codeOf(create)).toBe('401 unauthenticated');
    expect(toy.calls).toEqual(['create A']);
  });
  it('ACC-12: a command that the same key does while this one is judged is answered, not refused for what it has changed', async () => {
    const remove: Inject = { method: 'DELETE', url: '/v1/things/known', headers: by('owner', { 'idempotency-key': 'k' }) };
    expect((await ask(remove)).status).toBe(204);
    const { commandId, fingerprint = '' } = toy.contexts[0]!;
    toy.targets.get = () => {
      toy.done.set(commandId, { fingerprint, answer: answer(204, undefined, { position: 90 }) });
      return undefined;
    };
    expect(await ask(remove)).toMatchObject({ status: 204, headers: { position: '2i' } });
    expect(toy.calls).toEqual(['delete known']);
    expect(await codeOf({ ...remove, headers: by('owner', { 'idempotency-key': 'another' }) })).toBe('404 not-found');
  });
});

describe('credentials', () => {
  it.each(['', 'Bearer', 'Bearer a b', 'Basic owner', 'owner', 'Bearer dead'])('answers 401 to "%s"', async (authorization) => {
    const response = await ask({ method: 'GET', url: '/v1/things', headers: { authorization } });
    expect(response).toMatchObject({ status: 401, headers: { 'www-authenticate': 'Bearer' }, body: { code: 'unauthenticated' } });
  });
  it('names the missing permission and the role', async () => {
    const { body } = await ask({ method: 'POST', url: '/v1/things', headers: by('manager'), payload: '{"name":"A"}' });
    expect(body).toEqual({
      type: '/problems/forbidden',
      title: 'The caller may not do this',
      status: 403,
      code: 'forbidden',
      permission: 'accounts:create',
      role: 'manager',
    });
  });
  it('asks for every permission that the body needs', async () => {
    const change = (payload: string): Inject => ({ method: 'PATCH', url: '/v1/things/known', headers: by('manager'), payload });
    expect((await ask(change('{"name":"B"}'))).status).toBe(200);
    expect((await ask(change('{"size":2}'))).body).toMatchObject({ code: 'forbidden', permission: 'accounts:set-role' });
  });
  it('a session that waits for a new password gets no further', async () => {
    expect(await codeOf({ method: 'GET', url: '/v1/things', headers: by('limited') })).toBe('403 password-change-required');
    expect(await codeOf({ method: 'POST', url: '/v1/introspect', headers: by('limited'), payload: '{"token":"t"}' })).toBe(
      '403 password-change-required',
    );
  });
  it('passes on that the vault is down', async () => {
    toy.principals.get = () => {
      throw refuse('unavailable');
    };
    expect(await ask({ method: 'GET', url: '/v1/things', headers: by('owner') })).toMatchObject({
      status: 503,
      headers: { 'retry-after': '1' },
    });
  });
});

describe('the Workspace header', () => {
  const list = (token: string, workspace?: string): Inject => ({
    method: 'GET',
    url: '/v1/things',
    headers: { authorization: `Bearer ${token}`, ...(workspace === undefined ? {} : { workspace }) },
  });
  it('is 403 from anyone but an operator, even with the own workspace', async () => {
    expect(await codeOf(list('owner', 'w1'))).toBe('403 forbidden');
  });
  it('is where an operator acts, 404 for a workspace that is none', async () => {
    expect((await ask(list('operator', 'w2'))).status).toBe(200);
    expect(toy.contexts[0]?.workspace).toBe('w2');
    expect(toy.contexts[0]?.command()).toMatchObject({
      workspace: 'w2',
      actor: { id: 'operator', role: 'operator', workspace: 'platform' },
    });
    expect(await codeOf(list('operator', 'w9'))).toBe('404 not-found');
  });
  it('is needed by an operator where a route belongs to a workspace, and only there', async () => {
    const { status, body } = await ask(list('operator'));
    expect([status, body?.['errors']]).toMatchObject([422, [{ pointer: 'Workspace', code: 'required' }]]);
    expect(await codeOf({ ...list('operator'), url: '/v1/things/known' })).toBe('422 invalid-input');
    expect((await ask({ ...list('operator'), url: '/v1/installation' })).body).toEqual({ workspace: 'platform' });
    expect(await codeOf({ ...list('owner'), url: '/v1/installation' })).toBe('403 forbidden');
  });
});

describe('paths', () => {
  it('are 404 where there is none, and 405 with Allow where there is', async () => {
    expect(await codeOf({ method: 'GET', url: '/v1/nothing' })).toBe('404 not-found');
    expect(await codeOf({ method: 'GET', url: '/' })).toBe('404 not-found');
    const response = await ask({ method: 'PUT', url: '/v1/things/known', headers: by('owner') });
    expect(response).toMatchObject({
      status: 405,
      headers: { allow: 'DELETE, GET, HEAD, PATCH' },
      body: { code: 'method-not-allowed' },
    });
    expect(await codeOf({ method: 'DELETE', url: '/v1/sessions' })).toBe('405 method-not-allowed');
    expect(await codeOf({ method: 'OPTIONS', url: '/v1/sessions', headers: { origin: 'https://a.test' } })).toBe(
      '405 method-not-allowed',
    );
  });
  it.each([
    ['NUL', '%00'],
    ['a path', '..%2f'],
    ['5,000 letters', 'a'.repeat(5000)],
    ['an emoji', '%F0%9F%98%80'],
    ['an id and a slash', 'known/'],
  ])('an id that cannot be is 404: %s', async (_, id) =>
    expect(await codeOf({ method: 'GET', url: `/v1/things/${id}`, headers: by('owner') })).toBe('404 not-found'),
  );
  it('a path that is no UTF-8 is 400', async () => {
    expect(await codeOf({ method: 'GET', url: '/v1/things/%ff', headers: by('owner') })).toBe('400 bad-request');
  });
  it('HEAD is GET without a body', async () => {
    const response = await app.inject({ method: 'HEAD', url: '/v1/things/known', headers: by('owner') });
    expect([response.statusCode, response.body, response.headers['etag']]).toEqual([200, '', '"3"']);
  });
});

describe('COR-12: a verdict that has grown old', () => {
  const create: Inject = { method: 'POST', url: '/v1/things', headers: by('owner'), payload: '{"name":"A"}' };
  const recheckAfter = (milliseconds: number, change: () => void) => {
    toy.before = async (context) => {
      now += milliseconds;
      change();
      await context.command().recheck?.();
    };
  };
  it('is asked again: the session has ended', async () => {
    recheckAfter(1001, () => toy.principals.delete('owner'));
    expect(await codeOf(create)).toBe('401 unauthenticated');
  });
  it('is asked again: the right is gone', async () => {
    recheckAfter(1001, () => toy.principals.set('owner', { ...toy.principals.get('owner')!, role: 'manager' }));
    expect(await codeOf(create)).toBe('403 forbidden');
  });
  it('is asked again: the target is gone', async () => {
    recheckAfter(1001, () => toy.targets.clear());
    expect(await codeOf({ method: 'DELETE', url: '/v1/things/known', headers: by('owner') })).toBe('404 not-found');
  });
  it('is asked again at once for the own account: nothing is wished for by whom was stopped', async () => {
    toy.targets.set('w1/known', { id: toy.principals.get('owner')!.account, role: 'owner' });
    recheckAfter(1, () => toy.principals.delete('owner'));
    expect(await codeOf({ method: 'DELETE', url: '/v1/things/known', headers: by('owner') })).toBe('401 unauthenticated');
  });
  it('stands for a second', async () => {
    recheckAfter(1000, () => toy.principals.delete('owner'));
    expect((await ask(create)).status).toBe(201);
  });
});

describe('a target that is judged as it is remembered', () => {
  const remove: Inject = { method: 'DELETE', url: '/v1/things/known', headers: by('owner') };
  const remember = (role: 'user' | 'owner'): void => void toy.remembered.set('w1/known', { id: 'known', role, rememberedAt: 7 });
  const decidesAt = (revision: number): void => {
    toy.before = async (context) => context.command().recheck?.(revision);
  };
  const gone = (): void => toy.targets.clear();

  it('counts where the command is decided at that revision', async () => {
    remember('user');
    gone();
    decidesAt(7);
    expect((await ask(remove)).status).toBe(204);
  });
  it('is judged anew where it is decided at another one, however often it is asked', async () => {
    remember('user');
    gone();
    decidesAt(8);
    expect(await codeOf(remove)).toBe('404 not-found');
    toy.before = async (context) => {
      const { recheck } = context.command();
      await recheck?.(8).catch(() => undefined);
      await recheck?.(8);
    };
    expect(await codeOf(remove)).toBe('404 not-found');
  });
  it('refuses nobody by itself', async () => {
    toy.principals.set('owner', { ...toy.principals.get('owner')!, role: 'admin' });
    remember('owner');
    expect((await ask(remove)).status).toBe(204);
  });
  it('is not there for a bad input where it is gone', async () => {
    remember('user');
    const bad: Inject = { ...remove, payload: '{"nonsense":1}' };
    expect(await codeOf(bad)).toBe('422 invalid-input');
    gone();
    expect(await codeOf(bad)).toBe('404 not-found');
  });
});

describe('idempotency keys', () => {
  const create = (key: string, more: Record<string, string> = {}): Inject => ({
    method: 'POST',
    url: '/v1/things',
    headers: by('owner', { 'idempotency-key': key, ...more }),
    payload: '{"name":"A"}',
  });
  it.each([
    ['nothing', ''],
    ['256', 'x'.repeat(256)],
    ['others', 'snow\u00e9'],
  ])('are 1 to 255 printable ASCII characters, not %s', async (_, key) => {
    expect((await ask(create(key))).body).toMatchObject({ code: 'invalid-input', errors: [{ pointer: 'Idempotency-Key' }] });
  });
  it('COR-1: belong to workspace, actor, method and path', async () => {
    for (const options of [create('k'), { ...create('k'), url: '/v1/things/known', method: 'PATCH' as const }])
      await ask(options);
    await ask({ ...create('k'), headers: by('operator', { 'idempotency-key': 'k', workspace: 'w1' }) });
    await ask({ ...create('k'), headers: by('operator', { 'idempotency-key': 'k', workspace: 'w2' }) });
    expect(new Set(toy.contexts.map(({ commandId }) => commandId)).size).toBe(4);
    expect(toy.contexts.every(({ keyed }) => keyed)).toBe(true);
  });
  it('DRY-1: a dry run neither uses up a key nor is answered by one', async () => {
    const dry = { ...create('k'), url: '/v1/things?dryRun=true' };
    expect(await ask(dry)).toMatchObject({ status: 200, body: { dryRun: true } });
    expect((await ask(create('k'))).status).toBe(201);
    expect((await ask(dry)).status).toBe(200);
  });
  it('without one every command has an id of its own', async () => {
    const { headers: _, ...rest } = create('k');
    for (let i = 0; i < 2; i++) await ask({ ...rest, headers: by('owner') });
    expect(toy.contexts[0]?.commandId).not.toBe(toy.contexts[1]?.commandId);
    expect(toy.contexts[0]?.command()).not.toHaveProperty('fingerprint');
  });
});
