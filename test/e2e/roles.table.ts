import type { Fields } from '../support/api.js';

/**
 * What AUTH-1 to AUTH-3 say, written down apart from the permission table of the code: an operation, and the letters of all who may use
 * it: O owner, A admin, M manager, R auditor, U user, P operator that names the workspace. `A=code` is a refusal with a code of its own.
 */
export type Who = 'O' | 'A' | 'M' | 'R' | 'U' | 'P';
type Table = Readonly<Record<string, string>>;

export const PUBLIC: readonly string[] = [
  'GET /accept',
  'GET /docs',
  'GET /domains/ask',
  'GET /email',
  'GET /live',
  'GET /metrics',
  'GET /openapi.json',
  'GET /ready',
  'GET /reset',
  'POST /v1/email-changes/accept',
  'POST /v1/invitations/accept',
  'POST /v1/invitations/inspect',
  'POST /v1/password-resets',
  'POST /v1/password-resets/accept',
  'POST /v1/registrations',
  'POST /v1/sessions',
  'POST /v1/sessions/refresh',
];

export const OTHER_ROUTES: Table = {
  'GET /v1/accounts': 'OAMRP',
  'POST /v1/accounts': 'OAP',
  'GET /v1/accounts/summary': 'OAMRP',
  'GET /v1/api-keys': 'OAMRUP',
  'POST /v1/api-keys': 'OAMRUP',
  'DELETE /v1/api-keys/{id}': 'OAMRUP',
  'GET /v1/companies': 'OAMRP',
  'GET /v1/history': 'OARP',
  'GET /v1/history/kinds': 'OAMRUP',
  'GET /v1/invitations': 'OAMRP',
  'POST /v1/invitations': 'OAP',
  'GET /v1/invitations/{id}': 'OAMRP',
  'DELETE /v1/invitations/{id}': 'OAP',
  'POST /v1/invitations/{id}/resend': 'OAP',
  'GET /v1/permissions': 'OAMRUP',
  'GET /v1/plans': 'OAMRP',
  'GET /v1/sessions/current': 'OAMRUP',
  'DELETE /v1/sessions/current': 'OAMRUP',
  'GET /v1/timers': 'OAMRP',
  'GET /v1/workspace': 'OAMRP',
  'PATCH /v1/workspace': 'OAP',
  'PUT /v1/workspace/branding': 'OAP',
  'GET /v1/workspace/domain': 'OAMRP',
  'PUT /v1/workspace/domain': 'OAP',
  'DELETE /v1/workspace/domain': 'OAP',
  'POST /v1/workspace/domain/verify': 'OAP',
  'GET /v1/workspace/pool': 'OAMRP',
  'GET /v1/workspace/pool/allocations': 'OAMRP',
  'PUT /v1/workspace/smtp': 'OAP',
  'DELETE /v1/workspace/smtp': 'OAP',
  'POST /v1/workspace/smtp/test': 'OAP',
  'GET /v1/workspaces': 'P',
  'POST /v1/workspaces': 'P',
  'GET /v1/workspaces/{id}': 'P',
  'PATCH /v1/workspaces/{id}': 'P',
  'PUT /v1/workspaces/{id}/pool': 'P',
  'POST /v1/workspaces/{id}/resume': 'P',
  'POST /v1/workspaces/{id}/suspend': 'P',
};

export const ON_CUSTOMER: Table = {
  'GET /v1/accounts/{id}': 'OAMRP',
  'PATCH /v1/accounts/{id}': 'OAMP',
  'DELETE /v1/accounts/{id}': 'OAP',
  'POST /v1/accounts/{id}/delete': 'OAP',
  'POST /v1/accounts/{id}/activate': 'OAP',
  'POST /v1/accounts/{id}/convert': 'OAP',
  'POST /v1/accounts/{id}/disable': 'OAP',
  'POST /v1/accounts/{id}/enable': 'OAP',
  'POST /v1/accounts/{id}/extend': 'OAP',
  'GET /v1/accounts/{id}/history': 'OARP',
  'POST /v1/accounts/{id}/impersonations': 'OA',
  'PUT /v1/accounts/{id}/password': 'OAP',
  'POST /v1/accounts/{id}/password-reset-mail': 'OAP',
  'PUT /v1/accounts/{id}/plan': 'OAP',
  'PUT /v1/accounts/{id}/quotas': 'OAP',
  'POST /v1/accounts/{id}/require-password-change': 'OAP',
  'PUT /v1/accounts/{id}/role': 'OAP',
  'GET /v1/accounts/{id}/sessions': 'OAMRP',
  'DELETE /v1/accounts/{id}/sessions': 'OAP',
  'DELETE /v1/accounts/{id}/sessions/{sid}': 'OAP',
  'PUT /v1/accounts/{id}/status': 'OAP',
  'POST /v1/accounts/{id}/unlock': 'OAP',
};

const OWNERS = 'OP';

export const ON_STAFF: Table = {
  ...Object.fromEntries(Object.keys(ON_CUSTOMER).map((name) => [name, OWNERS])),
  'GET /v1/accounts/{id}': 'OAMRP',
  'GET /v1/accounts/{id}/history': 'OARP',
  'GET /v1/accounts/{id}/sessions': 'OAMRP',
  'POST /v1/accounts/{id}/impersonations': ' O=staff-account A=staff-account',
};

const EVERYBODY = 'OAMRU';

export const ON_ITSELF: Table = {
  ...Object.fromEntries(Object.keys(ON_CUSTOMER).map((name) => [name, 'O'])),
  'GET /v1/accounts/{id}': EVERYBODY,
  'PATCH /v1/accounts/{id}': EVERYBODY,
  'GET /v1/accounts/{id}/history': EVERYBODY,
  'PUT /v1/accounts/{id}/password': EVERYBODY,
  'GET /v1/accounts/{id}/sessions': EVERYBODY,
  'DELETE /v1/accounts/{id}/sessions': EVERYBODY,
  'DELETE /v1/accounts/{id}/sessions/{sid}': EVERYBODY,
  'POST /v1/accounts/{id}/impersonations': ' O=staff-account A=staff-account',
};

interface Variant {
  readonly name: string;
  readonly body: Fields;
  readonly on: 'customer' | 'staff' | 'itself';
  readonly row: string;
}

const PATCH = 'PATCH /v1/accounts/{id}';
const SET_ROLE = 'PUT /v1/accounts/{id}/role';
const STATUS = 'PUT /v1/accounts/{id}/status';
const CREATE = 'POST /v1/accounts';
const INVITE = 'POST /v1/invitations';
const made = (role: string): Fields => ({ email: 'somebody@customers.example', role });
const created = (role: string): Fields => ({ ...made(role), password: 'new-lantern-78' });

/** Operations for which what is asked for decides, too. */
export const VARIANTS: readonly Variant[] = [
  { name: PATCH, body: { company: 'Acme' }, on: 'customer', row: 'OAMP' },
  { name: PATCH, body: { phone: '+44 20 7946 0000' }, on: 'customer', row: 'OAP' },
  { name: PATCH, body: { username: 'sara' }, on: 'customer', row: 'OAP' },
  { name: PATCH, body: { attributes: { tier: 1 } }, on: 'customer', row: 'OAP' },
  { name: PATCH, body: { email: 'moved@customers.example' }, on: 'customer', row: 'OAP' },
  { name: PATCH, body: { fullName: 'Sara', phone: null }, on: 'customer', row: 'OAP' },
  { name: PATCH, body: { email: 'moved@customers.example' }, on: 'staff', row: 'OP' },
  { name: PATCH, body: { phone: null }, on: 'itself', row: 'OAMRU' },
  { name: PATCH, body: { email: 'moved@customers.example' }, on: 'itself', row: 'OAMRU' },
  { name: PATCH, body: { company: 'Acme' }, on: 'itself', row: 'O' },
  { name: PATCH, body: { username: 'sara' }, on: 'itself', row: 'O' },
  { name: SET_ROLE, body: { role: 'owner' }, on: 'customer', row: 'OP' },
  { name: SET_ROLE, body: { role: 'admin' }, on: 'customer', row: 'OP' },
  { name: SET_ROLE, body: { role: 'auditor' }, on: 'customer', row: 'OP' },
  { name: SET_ROLE, body: { role: 'owner' }, on: 'itself', row: 'O' },
  { name: SET_ROLE, body: { role: 'admin' }, on: 'staff', row: 'OP' },
  { name: STATUS, body: { status: 'active' }, on: 'customer', row: 'OAP' },
  { name: STATUS, body: { status: 'active' }, on: 'itself', row: 'O' },
  { name: STATUS, body: { status: 'blocked' }, on: 'staff', row: 'OP' },
  { name: CREATE, body: created('owner'), on: 'customer', row: 'OP' },
  { name: CREATE, body: created('admin'), on: 'customer', row: 'OP' },
  { name: CREATE, body: created('manager'), on: 'customer', row: 'OP' },
  { name: CREATE, body: created('auditor'), on: 'customer', row: 'OP' },
  { name: INVITE, body: made('owner'), on: 'customer', row: 'OP' },
  { name: INVITE, body: made('auditor'), on: 'customer', row: 'OP' },
];
