import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import * as fc from 'fast-check';
import type { Api, Fields } from '../support/api.js';
import { Ground } from '../support/ground.js';
import { addressed, requestsTo } from '../support/made-up-requests.js';
import { paramsOf, type Schema } from '../support/operations.js';
import { PASSWORD } from '../support/place.js';
import { Whitebook } from '../support/whitebook.js';

jest.setTimeout(120_000);

/** How many requests are made up. */
const RUNS = Number(process.env['WHITEBOOK_TEST_REQUESTS'] ?? 1_500);

describe('the OpenAPI document', () => {
  let whitebook: Whitebook;
  let ground: Ground;
  let document: Fields;

  beforeAll(async () => {
    whitebook = await Whitebook.start();
    ground = await Ground.of(whitebook);
    document = (await whitebook.api.get('/openapi.json')).body;
  });
  afterAll(async () => {
    await whitebook.stop();
    await whitebook.remove();
    expect(whitebook.complaints).toEqual([]);
  });

  describe('is whole', () => {
    it('OpenAPI 3.1 with a title and a version', () => {
      expect(document).toMatchObject({
        openapi: expect.stringMatching(/^3\.1\.\d+$/),
        info: { title: 'Whitebook', version: expect.any(String) },
      });
      expect(Object.keys(document).sort()).toEqual(['components', 'info', 'jsonSchemaDialect', 'openapi', 'paths', 'tags']);
      const tags = (document['tags'] as { name: string }[]).map(({ name }) => name);
      for (const { tags: [tag] = [] } of ground.operations) expect(tags).toContain(tag);
    });

    it('each operation has summary, one tag, an id of its own, security, and its parameters', () => {
      const paths = document['paths'] as Record<string, Record<string, Fields>>;
      const described = Object.values(paths).flatMap((methods) => Object.values(methods));
      expect(described.length).toBeGreaterThan(60);
      const ids = described.map(({ operationId }) => operationId);
      expect(new Set(ids).size).toBe(ids.length);
      for (const operation of ground.operations) {
        expect(operation.summary).toMatch(/^[A-Z].{5,}/);
        expect(operation.tags).toHaveLength(1);
        expect(operation.parameters.filter((each) => each.in === 'path').map(({ name }) => name)).toEqual(paramsOf(operation));
        expect(operation.parameters.every(({ required, in: place }) => place !== 'path' || required)).toBe(true);
      }
      const open = ground.operations.filter(({ isPublic }) => isPublic).map(({ template }) => template);
      expect(new Set(open)).toEqual(new Set([...PUBLIC]));
    });

    it('each operation has its refusals as problems, and at least one answer', () => {
      for (const { method, template, isPublic, responses, body } of ground.operations) {
        const place = `${method} ${template}`;
        const statuses = Object.keys(responses);
        const needed = [
          '400',
          '422',
          '431',
          '500',
          '503',
          ...(isPublic ? [] : ['401', '403', '404']),
          ...(body ? ['413', '415'] : []),
        ];
        expect([place, statuses]).toEqual([place, expect.arrayContaining(needed)]);
        if (template !== '/v1/registrations') expect([place, statuses.some((status) => status < '400')]).toEqual([place, true]);
        for (const [status, answer] of Object.entries(responses)) {
          const types = Object.keys((answer['content'] ?? {}) as object);
          if (status >= '400') expect([place, status, types]).toEqual([place, status, ['application/problem+json']]);
          expect((answer['description'] as string).length).toBeGreaterThan(2);
        }
      }
    });

    it('every schema is one, and every reference leads somewhere', () => {
      const { schemas } = document['components'] as { schemas: Record<string, Schema> };
      const ajv = new Ajv2020({ strict: false, validateSchema: true });
      addFormats.default(ajv);
      ajv.addSchema({ $id: 'document:', components: document['components'] });
      for (const operation of ground.operations)
        for (const schema of [operation.body, ...operation.parameters.map((each) => each.schema)])
          if (schema) ajv.compile(schema);
      const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/components\/(schemas|headers)\/([^"]+)"/g)];
      expect(references.length).toBeGreaterThan(200);
      const headers = (document['components'] as { headers: object }).headers;
      for (const [, kind, name = ''] of references) expect(Object.keys(kind === 'schemas' ? schemas : headers)).toContain(name);
    });

    it('is served as a page too, with every operation and nothing from elsewhere', async () => {
      const reply = await whitebook.api.get('/docs');
      expect([reply.status, reply.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
      for (const { template, summary } of ground.operations) {
        expect(reply.text).toContain(template.replace(/\{(\w+)\}/g, ':$1'));
        expect(reply.text).toContain(summary.replaceAll("'", '&#39;').replaceAll('"', '&quot;').replaceAll('<', '&lt;'));
      }
      expect(reply.text).not.toMatch(/<script|https?:\/\//);
      expect(reply.headers['content-security-policy']).toContain("default-src 'none'");
    });
  });

  it(`answers ${RUNS} made-up requests as it says: no fault of its own, nothing undocumented`, async () => {
    const { place, operations } = ground;
    let owner = place.owner;
    const statuses: Record<string, number> = {};
    const renewed = async (): Promise<Api> => {
      const reply = await whitebook.api.post('/v1/sessions', {
        workspace: place.slug,
        email: place.staff.owner.email,
        password: PASSWORD,
      });
      return reply.status === 201 ? place.owner.as(String(reply.body['token'])) : owner;
    };
    await fc.assert(
      fc.asyncProperty(fc.oneof(...operations.map(requestsTo)), async (request) => {
        const { operation, body } = request;
        const { path, headers } = addressed(request, (each) => ground.path(each));
        const reply = await owner.call(operation.method, path, body, { headers });
        statuses[`${reply.status}`] = (statuses[`${reply.status}`] ?? 0) + 1;
        if (reply.status === 401 && !operation.isPublic) owner = await renewed();
        if (operation.template === '/v1/sessions/current' && operation.method === 'DELETE') owner = await renewed();
        expect([reply.status < 500, reply.text.slice(0, 300)]).toEqual([true, expect.anything()]);
        expect(whitebook.complaints).toEqual([]);
      }),
      { numRuns: RUNS },
    );
    // most of them got further than the door
    expect(statuses['401'] ?? 0).toBeLessThan(RUNS / 10);
    expect((statuses['200'] ?? 0) + (statuses['201'] ?? 0) + (statuses['204'] ?? 0)).toBeGreaterThan(RUNS / 10);
    expect(statuses['422'] ?? 0).toBeGreaterThan(RUNS / 10);
  }, 600_000);
});

const PUBLIC = [
  ...['/live', '/ready', '/metrics', '/openapi.json', '/docs', '/domains/ask', '/accept', '/reset', '/email'],
  ...['/v1/sessions', '/v1/sessions/refresh', '/v1/registrations', '/v1/password-resets', '/v1/password-resets/accept'],
  ...['/v1/email-changes/accept', '/v1/invitations/inspect', '/v1/invitations/accept'],
];
