import { expectStatus } from './place.js';
import type { Api, CallOptions, Fields, Reply } from './api.js';

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** One operation of the service's own OpenAPI document. */
export interface DocumentedRoute {
  /** `METHOD /path` with parameters as `{name}`. */
  readonly name: string;
  readonly method: Method;
  readonly path: string;
  readonly isPublic: boolean;
  readonly takesDryRun: boolean;
}

interface Operation {
  readonly security: readonly unknown[];
  readonly parameters: readonly { readonly name: string; readonly in: string }[];
}

/** All operations of the document. */
export async function documentedRoutes(api: Api): Promise<DocumentedRoute[]> {
  const paths = expectStatus(await api.get('/openapi.json'), 200).body['paths'] as Record<string, Record<string, Operation>>;
  return Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([verb, { security, parameters }]) => ({
      name: `${verb.toUpperCase()} ${path}`,
      method: verb.toUpperCase() as Method,
      path,
      isPublic: security.length === 0,
      takesDryRun: parameters.some(({ name, in: place }) => name === 'dryRun' && place === 'query'),
    })),
  );
}

const PASSWORD = 'new-lantern-78';

/** A body that fits, by operation; where there is none the operation takes none. */
export const BODIES: Readonly<Record<string, Fields>> = {
  'POST /v1/accounts': { email: 'somebody@customers.example', password: PASSWORD },
  'PATCH /v1/accounts/{id}': { fullName: 'Another Name' },
  'DELETE /v1/accounts/{id}': { confirm: 'nobody@customers.example' },
  'POST /v1/accounts/{id}/delete': { confirm: 'nobody@customers.example' },
  'POST /v1/accounts/{id}/activate': { password: PASSWORD },
  'POST /v1/accounts/{id}/extend': { testDays: 7 },
  'POST /v1/accounts/{id}/impersonations': { reason: 'ticket 7' },
  'PUT /v1/accounts/{id}/password': { password: PASSWORD, currentPassword: 'not-the-present-one' },
  'PUT /v1/accounts/{id}/plan': { plan: 'standard' },
  'PUT /v1/accounts/{id}/quotas': { conversations: 100 },
  'PUT /v1/accounts/{id}/role': { role: 'user' },
  'PUT /v1/accounts/{id}/status': { status: 'inactive' },
  'POST /v1/api-keys': { name: 'sync', scopes: ['sessions:current'] },
  'POST /v1/email-changes/accept': { token: 'unknown' },
  'POST /v1/invitations': { email: 'somebody@customers.example' },
  'POST /v1/invitations/accept': { token: 'unknown', password: PASSWORD },
  'POST /v1/invitations/inspect': { token: 'unknown' },
  'POST /v1/password-resets': { email: 'somebody@customers.example' },
  'POST /v1/password-resets/accept': { token: 'unknown', password: PASSWORD },
  'POST /v1/sessions': { email: 'nobody@customers.example', password: PASSWORD },
  'POST /v1/sessions/refresh': { refreshToken: 'unknown' },
  'PUT /v1/workspace/branding': { productName: 'Acme' },
  'PUT /v1/workspace/domain': { domain: 'another.localhost' },
  'PUT /v1/workspace/smtp': { host: 'mail.example', port: 25, security: 'none', from: 'a@acme.example' },
  'POST /v1/workspace/smtp/test': { to: 'me@acme.example' },
  'PATCH /v1/workspaces/{id}': { name: 'Another Name' },
  'POST /v1/workspaces': {
    name: 'Another',
    slug: 'another',
    pool: { botSlots: 1 },
    owner: { email: 'owner@another.example', fullName: 'Another Owner', password: PASSWORD },
  },
  'PUT /v1/workspaces/{id}/pool': { botSlots: 50 },
};

/** What stands in a path's parameters. */
export interface PathIds {
  readonly account: string;
  readonly invitation: string;
  readonly workspace: string;
  readonly session: string;
  readonly apiKey: string;
}

export const UNKNOWN_ID = 'f'.repeat(32);
export const UNKNOWN_IDS: PathIds = {
  account: UNKNOWN_ID,
  invitation: UNKNOWN_ID,
  workspace: UNKNOWN_ID,
  session: UNKNOWN_ID,
  apiKey: UNKNOWN_ID,
};

/** The path with ids in the place of its parameters. */
export function pathWith({ path }: Pick<DocumentedRoute, 'path'>, ids: PathIds): string {
  const kinds = { accounts: ids.account, invitations: ids.invitation, workspaces: ids.workspace, 'api-keys': ids.apiKey };
  const [, kind = ''] = /^\/v1\/([a-z-]+)\/\{id\}/.exec(path) ?? [];
  const id = kinds[kind as keyof typeof kinds] as string | undefined;
  if (path.includes('{id}') && id === undefined) throw new Error(`it is not known what {id} is in ${path}`);
  return path.replace('{id}', id ?? '').replace('{sid}', ids.session);
}

export interface RouteCall extends CallOptions {
  /** In the place of the body that fits. */
  readonly body?: Fields;
  /** Whether it is really done, where it takes a dry run. */
  readonly really?: boolean;
}

/** Calls the operation with a body that fits; what takes a dry run is not done. */
export function callRoute(
  caller: Api,
  route: DocumentedRoute,
  ids: PathIds,
  { body = BODIES[route.name], really = false, ...options }: RouteCall = {},
): Promise<Reply> {
  const query =
    route.takesDryRun && !really ? '?dryRun=true' : route.name === 'GET /domains/ask' ? '?domain=unknown.example' : '';
  return caller.call(route.method, `${pathWith(route, ids)}${query}`, body, options);
}
