import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { z } from 'zod';
import type { Json, JsonObject } from '#kernel';
import { Toy, toyModule } from '../../../test/support/http-toy.js';
import { conformanceTo, type Conformance } from '../../../test/support/openapi-conformance.js';
import { createApplication } from './application.js';
import { createLogger } from './logging.js';
import { openApiOf } from './openapi.js';
import { defineRoute } from './route.js';

let toy: Toy;
let app: NestFastifyApplication;
let document: JsonObject;
let conforms: Conformance;

beforeAll(async () => {
  toy = new Toy();
  app = await createApplication(toyModule(toy), { logger: createLogger({ level: 'silent' }) });
  document = (await app.inject({ method: 'GET', url: '/openapi.json' })).json();
  conforms = conformanceTo(document);
});
afterAll(() => app.close());

const at = (value: Json | undefined, ...path: string[]): Json | undefined =>
  path.reduce<Json | undefined>(
    (found, key) => (found !== null && typeof found === 'object' ? (found as JsonObject)[key] : undefined),
    value,
  );
const operations = () =>
  Object.entries(document['paths'] as Record<string, JsonObject>).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation: operation as JsonObject })),
  );

describe('the document', () => {
  it('is OpenAPI 3.1 with every route', () => {
    expect(document['openapi']).toBe('3.1.0');
    expect(
      operations()
        .map(({ method, path }) => `${method} ${path}`)
        .sort(),
    ).toEqual([
      'delete /v1/things/{id}',
      'get /docs',
      'get /live',
      'get /metrics',
      'get /openapi.json',
      'get /ready',
      'get /v1/fail',
      'get /v1/installation',
      'get /v1/things',
      'get /v1/things/{id}',
      'patch /v1/things/{id}',
      'post /v1/introspect',
      'post /v1/sessions',
      'post /v1/things',
    ]);
  });
  it('names each operation once, declares each parameter of its path, describes each answer', () => {
    const ids = operations().map(({ operation }) => operation['operationId']);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { path, operation } of operations()) {
      const declared = (operation['parameters'] as JsonObject[])
        .filter((parameter) => parameter['in'] === 'path')
        .map(({ name }) => name);
      expect(declared).toEqual([...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]));
      for (const [status, response] of Object.entries(operation['responses'] as JsonObject)) {
        expect(status).toMatch(/^[2-5]\d\d$/);
        expect(at(response, 'description')).toEqual(expect.stringMatching(/./));
      }
    }
  });
  it('has no reference to nothing', () => {
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)].map((match) => match[1] as string);
    expect(references.length).toBeGreaterThan(20);
    for (const reference of references) expect([reference, at(document, ...reference.split('/'))]).not.toContain(undefined);
  });
  it('has schemas of JSON Schema 2020-12 only', () => {
    const ajv = new Ajv2020({ strict: true, allowUnionTypes: true, strictRequired: false, strictTypes: false });
    addFormats.default(ajv);
    ajv.addKeyword('components');
    ajv.addSchema({ $id: 'document:', components: document['components'] });
    const schemas: JsonObject[] = [];
    JSON.stringify(document, (key, value: unknown) => {
      if (key === 'schema') schemas.push(value as JsonObject);
      return value;
    });
    expect(schemas.length).toBeGreaterThan(50);
    for (const schema of schemas) ajv.compile(JSON.parse(JSON.stringify(schema).replaceAll('"#/', '"document:#/')) as JsonObject);
  });
  it('gives schemas with an id a name', () => {
    expect(at(document, 'components', 'schemas', 'Thing', 'properties', 'size')).toEqual({ type: 'number' });
    expect(at(document, 'paths', '/v1/things/{id}', 'get', 'responses', '200', 'content', 'application/json', 'schema')).toEqual({
      $ref: '#/components/schemas/Thing',
    });
  });
  it('tells parameters as they are written in a URL', () => {
    const parameters = at(document, 'paths', '/v1/things', 'get', 'parameters') as JsonObject[];
    const schemaOf = (name: string) => parameters.find((parameter) => parameter['name'] === name)?.['schema'];
    expect(schemaOf('limit')).toMatchObject({ type: 'integer', minimum: 1, maximum: 200 });
    expect(schemaOf('test')).toMatchObject({ type: 'boolean' });
    expect(schemaOf('from')).toMatchObject({ type: 'string', format: 'date-time' });
    expect(parameters.filter((parameter) => parameter['in'] === 'header').map(({ name }) => name)).toEqual([
      'Workspace',
      'Min-Position',
    ]);
  });
  it('tells of each status the codes that it can have', () => {
    const codesOf = (path: string, method: string, status: number) => {
      const schema = at(
        document,
        'paths',
        path,
        method,
        'responses',
        String(status),
        'content',
        'application/problem+json',
        'schema',
      );
      return at((at(schema, 'allOf') as Json[] | undefined)?.[1], 'properties', 'code', 'enum');
    };
    expect(codesOf('/v1/things/{id}', 'patch', 409)).toEqual(['account-pending']);
    expect(codesOf('/v1/things/{id}', 'patch', 410)).toEqual(['invitation-expired']);
    expect(codesOf('/v1/things/{id}', 'patch', 412)).toEqual(['revision-mismatch']);
    expect(codesOf('/v1/things', 'post', 422)).toEqual(['idempotency-key-reused', 'invalid-input']);
    expect(codesOf('/v1/things', 'get', 503)).toEqual(['read-model-behind', 'unavailable']);
    expect(codesOf('/v1/things', 'get', 403)).toEqual(['forbidden', 'password-change-required']);
    expect(codesOf('/v1/things', 'get', 412)).toBeUndefined();
    expect(codesOf('/v1/sessions', 'post', 401)).toEqual(['invalid-credentials']);
    expect(codesOf('/v1/sessions', 'post', 429)).toEqual(['throttled']);
  });
  it('keeps the two sides of one schema apart where they differ', () => {
    const both = z.object({ at: z.string().default('now') }).meta({ id: 'Both' });
    const route = defineRoute({
      method: 'POST',
      path: '/both',
      tag: 'Both',
      summary: 'Both',
      access: 'public',
      body: z.strictObject({ both }),
      responses: { 200: { description: 'Both', body: both } },
    });
    const schemas = at(openApiOf([route], { title: 'T', version: '1' }), 'components', 'schemas') as JsonObject;
    expect([at(schemas, 'Both', 'required'), at(schemas, 'BothInput', 'required')]).toEqual([['at'], undefined]);
    expect(Object.keys(schemas)).toEqual(expect.arrayContaining(['Both', 'BothInput']));
  });
});

describe('answers are as documented', () => {
  const owner = { authorization: 'Bearer owner', 'content-type': 'application/json' };
  type Ask = [
    what: string,
    method: 'GET' | 'HEAD' | 'POST' | 'PATCH' | 'DELETE',
    url: string,
    headers: Record<string, string>,
    payload: string,
    status: number,
  ];
  it.each<Ask>([
    ['a page', 'GET', '/v1/things', owner, '', 200],
    ['one', 'GET', '/v1/things/known', owner, '', 200],
    ['one without its body', 'HEAD', '/v1/things/known', owner, '', 200],
    ['a creation', 'POST', '/v1/things', owner, '{"name":"A"}', 201],
    ['a dry run', 'POST', '/v1/things?dryRun=true', owner, '{"name":"A"}', 200],
    ['a change', 'PATCH', '/v1/things/known', owner, '{"name":"A"}', 200],
    ['a deletion', 'DELETE', '/v1/things/known', owner, '', 204],
    ['malformed JSON', 'POST', '/v1/things', owner, '{', 400],
    ['an unknown caller', 'GET', '/v1/things', {}, '', 401],
    ['a missing right', 'POST', '/v1/things', { ...owner, authorization: 'Bearer user' }, '{}', 403],
    ['an unknown id', 'GET', '/v1/things/unknown', owner, '', 404],
    ['an old revision', 'PATCH', '/v1/things/known', { ...owner, 'if-match': '"1"' }, '{}', 412],
    ['another media type', 'POST', '/v1/things', { ...owner, 'content-type': 'text/plain' }, 'x', 415],
    ['bad input', 'POST', '/v1/things', owner, '{"size":"x","y":1}', 422],
    ['a fault', 'GET', '/v1/fail', {}, '', 500],
    ['liveness', 'GET', '/live', {}, '', 200],
    ['readiness', 'GET', '/ready', {}, '', 200],
    ['metrics', 'GET', '/metrics', {}, '', 200],
    ['the document', 'GET', '/openapi.json', {}, '', 200],
    ['the page', 'GET', '/docs', {}, '', 200],
  ])('%s', async (_, method, url, headers, payload, status) => {
    const response = await app.inject({ method, url, headers, ...(payload === '' ? {} : { payload }) });
    const isJson = /json/.test(String(response.headers['content-type'])) && response.body !== '';
    const body: unknown = isJson ? response.json() : response.body;
    expect(response.statusCode).toBe(status);
    expect(conforms({ method, path: url, status, headers: response.headers, body })).toEqual([]);
  });

  const thing = { id: 'a', name: 'A', size: 1 };
  const headers = { 'request-id': '1', 'content-type': 'application/json' };
  it.each([
    ['an unknown path', { path: '/v1/nothing' }],
    ['an unknown status', { status: 418 }],
    ['a missing field', { body: { id: 'a', name: 'A' } }],
    ['a field too many', { body: { ...thing, secret: 1 } }],
    ['a missing header', { headers: { 'content-type': 'application/json' } }],
    ['an undocumented header', { headers: { ...headers, location: '/x' } }],
    ['a wrong header', { headers: { ...headers, etag: '3' } }],
    ['another media type', { headers: { ...headers, 'content-type': 'text/html' } }],
    [
      'another code',
      {
        status: 404,
        headers: { ...headers, 'content-type': 'application/problem+json' },
        body: { type: '/problems/busy', title: 'x', status: 404, code: 'busy' },
      },
    ],
  ])('complains about %s', (_, wrong) => {
    const right = { method: 'GET', path: '/v1/things/known', status: 200, headers, body: thing };
    expect(conforms(right)).toEqual([]);
    expect(conforms({ ...right, ...wrong })).not.toEqual([]);
  });
});

describe('/docs', () => {
  it('lists all operations and loads nothing', async () => {
    const { headers, body } = await app.inject({ method: 'GET', url: '/docs' });
    expect(headers['content-type']).toBe('text/html; charset=utf-8');
    expect(headers['content-security-policy']).toBe(
      "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'",
    );
    for (const { operation } of operations()) expect(body).toContain((operation['summary'] as string).replaceAll("'", '&#39;'));
    expect(body).not.toMatch(/<script|src=|https?:/);
  });
});

describe('a route', () => {
  const base = { path: '/x/:id', tag: 'X', summary: 'X', responses: {} } as const;
  const params = z.strictObject({ id: z.string() });
  it.each([
    ['with a parameter that is not declared', () => defineRoute({ ...base, method: 'GET', access: 'credential' })],
    ['that writes for nobody', () => defineRoute({ ...base, params, method: 'POST', access: 'public', write: true })],
    ['that writes with GET', () => defineRoute({ ...base, params, method: 'GET', access: 'credential', write: true })],
    [
      'that takes If-Match and does not write',
      () => defineRoute({ ...base, params, method: 'PUT', access: 'credential', ifMatch: true }),
    ],
  ])('%s is not defined', (_, define) => expect(define).toThrow());
  it('that needs what nobody provides does not start', async () => {
    const module = toyModule(toy);
    const without = (providers: NonNullable<typeof module.providers>) =>
      createApplication({ ...module, providers }, { logger: createLogger({ level: 'silent' }) });
    for (const [i, provider] of (module.providers ?? []).entries()) {
      if (i === 0) continue;
      await expect(without((module.providers ?? []).filter((each) => each !== provider))).rejects.toThrow();
    }
  });
});
