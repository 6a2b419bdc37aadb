import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Toy, toyModule } from '../../../test/support/http-toy.js';
import { createApplication } from './application.js';
import { createLogger } from './logging.js';

let toy: Toy;
let app: NestFastifyApplication;

beforeAll(async () => {
  toy = new Toy();
  app = await createApplication(toyModule(toy), { logger: createLogger({ level: 'silent' }) });
});
beforeEach(() => {
  toy.calls = [];
  toy.contexts = [];
  toy.before = () => undefined;
});
afterAll(() => app.close());

type Headers = Record<string, string | string[]>;
interface Errors {
  code?: string;
  errors?: { pointer: string; code: string; message: string }[];
}

const owner = { authorization: 'Bearer owner', 'content-type': 'application/json' };

async function post(payload: string | Buffer, headers: Headers = {}) {
  const response = await app.inject({ method: 'POST', url: '/v1/things', headers: { ...owner, ...headers }, payload });
  return { status: response.statusCode, body: response.json<Errors>() };
}
const errorsOf = ({ errors }: Errors) => errors?.map(({ pointer, code }) => `${pointer} ${code}`);

describe('bodies', () => {
  it.each([
    ['no JSON', '{"name":'],
    ['nothing, said to be JSON, where a body is needed', ''],
    ['two values', '{} {}'],
    ['a byte order mark', '\ufeff{"name":"A"}'],
    ['no UTF-8', Buffer.from([0x22, 0xff, 0x22])],
    ['33 levels', '['.repeat(33) + ']'.repeat(33)],
    ['100,000 levels', '['.repeat(100_000) + ']'.repeat(100_000)],
    ['a prototype', '{"name":"A","more":{"__proto__":{"x":1}}}'],
  ])('are 400 malformed-json: %s', async (_, payload) => {
    expect(await post(payload)).toMatchObject({ status: 400, body: { code: 'malformed-json' } });
  });

  it.each([
    ['a list', '[]', [' invalid-type']],
    ['null', 'null', [' invalid-type']],
    ['a text', '"A"', [' invalid-type']],
    ['32 levels', '['.repeat(32) + ']'.repeat(32), [' invalid-type']],
    ['nothing in it', '{}', ['/name required']],
    ['wrong types', '{"name":1,"size":"2"}', ['/name invalid-type', '/size invalid-type']],
    ['numbers out of range', '{"name":"A","size":10}', ['/size too-big']],
    ['fractions', '{"name":"A","size":1.5}', ['/size invalid-type']],
    ['unknown fields', '{"name":"A","role":"owner","a/b~c":1}', ['/role unknown-field', '/a~1b~0c unknown-field']],
    ['the constructor', '{"name":"A","constructor":{"prototype":{}}}', ['/constructor unknown-field']],
    ['a name of one megabyte', JSON.stringify({ name: 'x'.repeat(1_000_000) }), ['/name too-long']],
    ['a blank name', '{"name":"  "}', ['/name too-short']],
    ['a line break in a name', '{"name":"a\\nb"}', ['/name invalid-characters']],
    ['NUL', '{"name":"a\\u0000"}', ['/name invalid-characters', '/name invalid-characters']],
    ['half a surrogate pair', '{"name":"A","more":{"x":["\\ud800"]}}', ['/more/x/0 invalid-characters']],
    ['NUL in a key', '{"name":"A","more":{"a\\u0000":1}}', ['/more/a\0 invalid-characters']],
    ['a code of its own', '{"name":"A","email":"nobody"}', ['/email invalid-email']],
  ])('are 422 invalid-input: %s', async (_, payload, errors) => {
    const { status, body } = await post(payload);
    expect([status, body.code, errorsOf(body)]).toEqual([422, 'invalid-input', errors]);
  });

  it('does not repeat what was sent, but the name of an unknown field, cut', async () => {
    const { body } = await post(JSON.stringify({ name: 'secret\0', email: 'secret', ['y'.repeat(1000)]: 'secret' }));
    expect(JSON.stringify(body)).not.toContain('secret');
    expect(JSON.stringify(body).length).toBeLessThan(1000);
  });
  it('names fifty errors at most', async () => {
    const fields = Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`f${i}`, i]));
    expect((await post(JSON.stringify(fields))).body.errors).toHaveLength(50);
  });
  it.each([
    ['text/plain', '{"name":"A"}', {}],
    ['application/json; charset=latin1', '{"name":"A"}', {}],
    ['application/x-www-form-urlencoded', 'name=A', {}],
    ['application/json', '{"name":"A"}', { 'content-encoding': 'gzip' }],
  ])('are 415 in a type that is not taken: %s %s %o', async (type, payload, headers) => {
    expect(await post(payload, { 'content-type': type, ...headers })).toMatchObject({
      status: 415,
      body: { code: 'unsupported-media-type' },
    });
  });
  it.each(['application/json;charset=UTF-8', 'Application/JSON'])('are JSON as %s', async (type) => {
    expect((await post('{"name":" A "}', { 'content-type': type })).body).toEqual({ id: 'new', name: 'A', size: 1 });
  });
  it('are forms where a route takes them; a field given twice is no text', async () => {
    const introspect = (payload: string) =>
      app.inject({
        method: 'POST',
        url: '/v1/introspect',
        headers: { ...owner, 'content-type': 'application/x-www-form-urlencoded' },
        payload,
      });
    expect((await introspect('token=a+b%26')).statusCode).toBe(200);
    expect(toy.calls).toEqual(['introspect a b&']);
    expect(errorsOf((await introspect('token=a&token=b')).json())).toEqual(['/token invalid-type']);
  });
  it('may be left out, and empty with a media type, where none is needed', async () => {
    for (const headers of [owner, { authorization: 'Bearer owner' }]) {
      expect((await app.inject({ method: 'DELETE', url: '/v1/things/known', headers })).statusCode).toBe(204);
    }
    const response = await app.inject({ method: 'DELETE', url: '/v1/things/known', headers: owner, payload: '{"confirm":"x"}' });
    expect(errorsOf(response.json())).toEqual(['/confirm unknown-field']);
  });
});

describe('parameters', () => {
  const list = async (query: string) => {
    const response = await app.inject({ method: 'GET', url: `/v1/things?${query}`, headers: owner });
    return { status: response.statusCode, body: response.json<Errors>() };
  };
  it.each([
    ['', { limit: 50 }],
    ['limit=200', { limit: 200 }],
    ['test=false', { limit: 50, test: false }],
    ['test=true&status=inactive,active,active', { limit: 50, test: true, status: ['inactive', 'active'] }],
    ['from=2026-01-31T10:00:00%2B01:00', { limit: 50, from: '2026-01-31T09:00:00.000Z' }],
  ])('are read: %s', async (query, input) => {
    expect((await list(query)).status).toBe(200);
    expect(JSON.parse((toy.calls[0] ?? '').slice('list '.length))).toEqual(input);
  });
  it.each([
    ['limit=0', '?limit too-small'],
    ['limit=201', '?limit too-big'],
    ['limit=1e2', '?limit invalid-type'],
    ['limit=', '?limit invalid-type'],
    ['limit=1&limit=2', '?limit invalid-type'],
    ['test=1', '?test invalid-value'],
    ['test=', '?test invalid-value'],
    ['status=', '?status invalid-value'],
    ['status=active,', '?status invalid-value'],
    ['from=2026-02-30T00:00:00Z', '?from invalid-format'],
    ['from=2026-02-20T24:00:00Z', '?from invalid-format'],
    ['from=9999-12-31T23:59:59-12:00', '?from invalid-format'],
    ['from=0000-01-01T00:00:00%2B12:00', '?from invalid-format'],
    ['from=yesterday', '?from invalid-format'],
    ['from=2026-01-01', '?from invalid-format'],
    ['cursor=%00', '?cursor invalid-characters'],
    ['serach=x', '?serach unknown-field'],
    ['__proto__=x', '?__proto__ unknown-field'],
    ['dryRun=true', '?dryRun unknown-field'],
  ])('are 422 and never ignored: %s', async (query, error) => {
    const { status, body } = await list(query);
    expect([status, errorsOf(body)]).toEqual([422, [error]]);
  });
  it('DRY-1: dryRun is true or false', async () => {
    const dry = (value: string) =>
      app.inject({ method: 'POST', url: `/v1/things?dryRun=${value}`, headers: owner, payload: '{"name":"A"}' });
    expect((await dry('true')).json()).toMatchObject({ dryRun: true });
    expect((await dry('false')).statusCode).toBe(201);
    expect(errorsOf((await dry('yes')).json())).toEqual(['?dryRun invalid-value']);
  });
});

describe('headers', () => {
  const change = async (headers: Headers) => {
    const response = await app.inject({
      method: 'PATCH',
      url: '/v1/things/known',
      headers: { ...owner, ...headers },
      payload: '{}',
    });
    return { status: response.statusCode, body: response.json<Errors>() };
  };
  it.each(['"3"', '*'])('If-Match %s lets the change through', async (tag) => {
    expect((await change({ 'if-match': tag })).status).toBe(200);
  });
  it.each(['"2"', '"4"', '"abc"', '""', 'W/"3"'])('If-Match %s is 412', async (tag) => {
    expect(await change({ 'if-match': tag })).toMatchObject({ status: 412, body: { code: 'revision-mismatch' } });
  });
  it.each(['3', '"3", "4"', '"3", W/"3"', '"3', 'w/"3"', ''])('If-Match %s is 422', async (tag) => {
    expect(errorsOf((await change({ 'if-match': tag })).body)).toEqual(['If-Match invalid-format']);
  });
  it('If-Match is refused, not ignored, where a write does not take it', async () => {
    expect(errorsOf((await post('{"name":"A"}', { 'if-match': '"1"' })).body)).toEqual(['If-Match unknown-field']);
  });

  const read = (headers: Headers) =>
    app.inject({ method: 'GET', url: '/v1/things/known', headers: { authorization: 'Bearer manager', ...headers } });
  it.each(['', '-1', '01', '1Z', '1.5', 'zzzzzzzzzzzzz'])('Min-Position "%s" is 422', async (position) => {
    expect(errorsOf((await read({ 'min-position': position })).json())).toEqual(['Min-Position invalid-format']);
  });
  it('LIST-4: a read asks for the later of Min-Position and the last write with its credential', async () => {
    const asked = async (headers: Headers) => (await read(headers)).headers['position'];
    expect(await asked({})).toBe('0');
    expect(await asked({ 'min-position': '1a' })).toBe('1a');
    const manager = { authorization: 'Bearer manager', 'content-type': 'application/json' };
    const written = await app.inject({ method: 'PATCH', url: '/v1/things/known', headers: manager, payload: '{"name":"B"}' });
    expect(written.headers).toMatchObject({ position: '28', etag: '"4"' });
    expect(await asked({})).toBe('28');
    expect(await asked({ 'min-position': '1a' })).toBe('28');
    expect(await asked({ 'min-position': '2a' })).toBe('2a');
    expect(await asked({ authorization: 'Bearer user' })).toBeUndefined();
  });
});

describe('faults', () => {
  it('a 5xx shows nothing inside', async () => {
    const response = await app.inject({ method: 'GET', url: '/v1/fail' });
    expect(response.statusCode).toBe(500);
    expect(response.json()).toEqual({
      type: '/problems/internal-error',
      title: 'Something went wrong here',
      status: 500,
      code: 'internal-error',
    });
  });
});
