import type { Json, JsonObject } from '#kernel';
import { PROBLEMS, type ProblemCode } from './problems.js';
import { Components } from './openapi-schemas.js';
import { problemsByStatus } from './route-problems.js';
import { fixedPermissions, type AnswerDefinition, type AnswerHeader, type Route } from './route.js';

export interface Titles {
  readonly title: string;
  readonly version: string;
}

/** The OpenAPI 3.1 document of these routes. */
export function openApiOf(routes: readonly Route[], { title, version }: Titles): JsonObject {
  const components = new Components();
  const paths: Record<string, JsonObject> = {};
  for (const route of routes) responses(route, components); // names of what is answered are given first
  for (const route of routes) {
    const path = templateOf(route.path);
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation(route, components) };
  }
  const tags = [...new Set(routes.map(({ tag }) => tag))].sort().map((name) => ({ name }));
  return {
    openapi: '3.1.0',
    info: { title, version },
    jsonSchemaDialect: 'https://json-schema.org/draft/2020-12/schema',
    tags,
    paths,
    components: {
      schemas: { ...components.schemas, Problem: PROBLEM, DryRun: DRY_RUN },
      headers: HEADERS,
      securitySchemes: { credential: { type: 'http', scheme: 'bearer', description: 'A session token or an API key' } },
    },
  };
}

/** `/v1/accounts/:id` as OpenAPI writes it. */
export const templateOf = (path: string): string => path.replace(/:([a-zA-Z]+)/g, '{$1}');

/** `POST /v1/accounts/:id/disable` as `postV1AccountsIdDisable`. */
const operationId = ({ method, path }: Route): string =>
  method.toLowerCase() + path.replace(/[^a-zA-Z0-9]+(.?)/g, (_, first: string) => first.toUpperCase());

function operation(route: Route, components: Components): JsonObject {
  const { access, tag, summary } = route;
  const permissions = fixedPermissions(access);
  return {
    operationId: operationId(route),
    tags: [tag],
    summary,
    ...(permissions.length > 0 ? { 'x-permissions': [...permissions] } : {}),
    security: access === 'public' ? [] : [{ credential: [] }],
    parameters: [...inputs(route, components), ...headersTaken(route)],
    ...requestBody(route, components),
    responses: responses(route, components),
  };
}

function inputs(route: Route, components: Components): JsonObject[] {
  const path = parameters('path', components.schema(route.params, 'input'));
  const query = parameters('query', components.schema(route.query, 'input'));
  const dryRun = {
    name: 'dryRun',
    in: 'query',
    required: false,
    schema: { type: 'boolean' },
    description: 'Only tell what would happen',
  };
  return [...path, ...query, ...(route.write ? [dryRun] : [])];
}

function parameters(place: 'path' | 'query', { properties = {}, required = [] }: JsonObject): JsonObject[] {
  return Object.entries(properties as JsonObject).map(([name, schema]) => ({
    name,
    in: place,
    required: place === 'path' || (required as Json[]).includes(name),
    schema,
  }));
}

function headersTaken({ access, write, ifMatch, minPosition }: Route): JsonObject[] {
  const header = (name: string, description: string): JsonObject => ({
    name,
    in: 'header',
    required: false,
    schema: { type: 'string' },
    description,
  });
  return [
    ...(access === 'public' ? [] : [header('Workspace', 'For operators: id of the workspace to act in')]),
    ...(write
      ? [header('Idempotency-Key', '1 to 255 printable ASCII characters: the same key and body have one effect and one answer')]
      : []),
    ...(ifMatch ? [header('If-Match', 'The `ETag` that the change is meant for')] : []),
    ...(minPosition ? [header('Min-Position', 'A `Position` that the answer must not be older than')] : []),
  ];
}

const MEDIA_TYPES = { json: 'application/json', form: 'application/x-www-form-urlencoded' } as const;

function requestBody(route: Route, components: Components): JsonObject {
  if (route.method === 'GET') return {};
  const schema = components.schema(route.body, 'input');
  if (route.bodyOptional && Object.keys((schema['properties'] ?? {}) as JsonObject).length === 0 && schema['$ref'] === undefined)
    return {};
  const content = Object.fromEntries(route.consumes.map((type) => [MEDIA_TYPES[type], { schema }]));
  return { requestBody: { required: !route.bodyOptional, content } };
}

function responses(route: Route, components: Components): JsonObject {
  const found: Record<string, JsonObject> = {};
  for (const [status, definition] of Object.entries(route.responses)) found[status] = response(definition, components);
  if (route.write) found['200'] = withDryRun(found['200']);
  for (const [status, codes] of problemsByStatus(route)) {
    if (found[String(status)]) throw new Error(`${route.method} ${route.path}: ${status} is both an answer and a problem`);
    found[String(status)] = problem(status, codes);
  }
  return found;
}

function response(
  { description, body, type = 'application/json', headers = [] }: AnswerDefinition,
  components: Components,
): JsonObject {
  return {
    description,
    headers: headerRefs(['Request-Id', ...headers]),
    ...(body ? { content: { [type]: { schema: components.schema(body, 'output') } } } : {}),
  };
}

/** A dry run is answered 200 in place of the answer; where the route has a 200 of its own its headers are those of the real one only. */
function withDryRun(own: JsonObject | undefined): JsonObject {
  const dry: JsonObject = { $ref: '#/components/schemas/DryRun' };
  if (!own)
    return {
      description: 'What would happen (`dryRun`)',
      headers: headerRefs(['Request-Id']),
      content: { 'application/json': { schema: dry } },
    };
  const { schema } = ((own['content'] as JsonObject | undefined)?.['application/json'] ?? {}) as JsonObject;
  const content: JsonObject = { 'application/json': { schema: schema === undefined ? dry : { anyOf: [schema, dry] } } };
  return { ...own, description: `${own['description'] as string}; or what would happen (\`dryRun\`)`, content };
}

function problem(status: number, codes: readonly ProblemCode[]): JsonObject {
  const own = { properties: { status: { const: status }, code: { enum: [...codes] } } };
  return {
    description: codes.map((code) => PROBLEMS[code][1]).join('; '),
    headers: headerRefs(['Request-Id', ...(status === 429 || status === 503 ? (['Retry-After'] as const) : [])]),
    content: { 'application/problem+json': { schema: { allOf: [{ $ref: '#/components/schemas/Problem' }, own] } } },
  };
}

type HeaderName = AnswerHeader | 'Request-Id';

const headerRefs = (names: readonly HeaderName[]): JsonObject =>
  Object.fromEntries([...new Set(names)].map((name) => [name, { $ref: `#/components/headers/${name}` }]));

const header = (description: string, schema: JsonObject = { type: 'string' }, required = false): JsonObject => ({
  description,
  required,
  schema,
});

const HEADERS: Readonly<Record<HeaderName, JsonObject>> & JsonObject = {
  'Request-Id': header('Names the request in logs and in the history', { type: 'string' }, true),
  'Retry-After': header('Seconds after which to try again', { type: 'integer', minimum: 0 }),
  ETag: header('The revision, quoted; for `If-Match`', { type: 'string', pattern: '^"[0-9]+"$' }),
  Position: header('Opaque: of a write where it stands in the log, of a read how fresh it is; for `Min-Position`'),
  Location: header('Where it is', { type: 'string', format: 'uri-reference' }),
  'Set-Cookie': header('A cookie for browsers'),
  'Content-Disposition': header('Name of the file'),
};

const PROBLEM: JsonObject = {
  type: 'object',
  description: 'A refusal (RFC 9457). Some codes carry facts of their own beside these.',
  required: ['type', 'title', 'status', 'code'],
  properties: {
    type: { type: 'string', format: 'uri-reference' },
    title: { type: 'string' },
    status: { type: 'integer' },
    code: { type: 'string' },
    detail: { type: 'string' },
    errors: {
      type: 'array',
      items: {
        type: 'object',
        required: ['pointer', 'code', 'message'],
        additionalProperties: false,
        properties: {
          pointer: {
            type: 'string',
            description: 'JSON pointer into the body, `?name` for a parameter, or the name of a header',
          },
          code: { type: 'string' },
          message: { type: 'string' },
        },
      },
    },
  },
};

const DRY_RUN: JsonObject = {
  type: 'object',
  description: 'What a command would record and do; nothing is recorded.',
  required: ['dryRun', 'events'],
  additionalProperties: false,
  properties: {
    dryRun: { const: true },
    events: {
      type: 'array',
      items: {
        type: 'object',
        required: ['type', 'stream', 'data'],
        properties: { type: { type: 'string' }, stream: { type: 'string' }, data: { type: 'object' } },
      },
    },
    pool: {
      type: 'object',
      required: ['before', 'after'],
      properties: { before: { type: 'object' }, after: { type: 'object' } },
    },
    access: { type: 'object' },
  },
};
