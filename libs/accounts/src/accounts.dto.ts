import { z } from 'zod';
import { commaList, defineRoute, idSchema, instant, pageOf, pageParameters, text } from '#http';
import { ROLES, type Permission, type Role, type Target } from '#policy';
import { accountSchema } from './account.view.js';
import * as fields from './fields.js';
import { LIST_FIELDS, listFilters, SORTS } from './account-list.js';

const tag = 'Accounts';
const params = z.strictObject({ id: idSchema });
const written = { description: 'The account as it is now', body: accountSchema, headers: ['ETag', 'Position'] as const };

/** The role that a body asks for, before it is validated: who may not make such an account is told so first. */
export const wantedTarget = (body: unknown): Target => {
  const role = typeof body === 'object' && body !== null && 'role' in body ? body.role : undefined;
  return { id: null, role: ROLES.includes(role as Role) ? (role as Role) : 'user' };
};

/** Lists are about whoever is in them: what one may do with the own account is not enough. */
export const everybody = (): Target => ({ id: null, role: 'user' });

export const newAccountShape = {
  email: fields.emailField,
  fullName: fields.nameField.nullish(),
  company: fields.nameField.nullish(),
  phone: fields.phoneField.nullish(),
  username: fields.usernameField.nullish(),
  role: fields.roleField.default('user'),
  plan: fields.planField.optional(),
  test: z.boolean().default(false),
  testDays: fields.testDaysField.optional(),
  botSlots: fields.botSlotsField.optional(),
  quotas: fields.quotasSchema.optional(),
  utm: fields.utmSchema.optional(),
  comment: fields.commentField.nullish(),
  attributes: fields.attributesSchema.optional(),
};
export const newAccountProblems = [
  'domain-not-configured',
  'email-taken',
  'username-taken',
  'no-free-bot-slot',
  'unknown-plan',
] as const;

export const createAccount = defineRoute({
  method: 'POST',
  path: '/v1/accounts',
  tag,
  summary: 'Create an account with a password; it is active at once and no mail is sent',
  access: { permission: 'accounts:create', target: wantedTarget },
  body: z
    .strictObject({ ...newAccountShape, password: fields.passwordField, requirePasswordChange: z.boolean().optional() })
    .meta({ id: 'NewAccount' }),
  responses: { 201: { ...written, headers: ['ETag', 'Position', 'Location'] } },
  problems: [...newAccountProblems],
  write: true,
});

const warnings = z
  .array(z.object({ code: z.string(), severity: z.enum(['error']), text: z.string(), href: z.string() }))
  .optional();

export const listAccounts = defineRoute({
  method: 'GET',
  path: '/v1/accounts',
  tag,
  summary: 'The accounts of the workspace; pending ones only when asked for',
  access: { permission: 'accounts:read', target: everybody },
  query: z.strictObject({
    ...listFilters,
    status: commaList(['active', 'inactive', 'blocked', 'pending', 'all']).optional(),
    sort: z.enum(SORTS).default('-joinedAt'),
    fields: commaList(LIST_FIELDS).optional(),
    ...pageParameters,
  }),
  responses: {
    200: {
      description: 'A page of accounts',
      body: pageOf(accountSchema.partial().required({ id: true })).extend({ warnings }),
      headers: ['Position'],
    },
  },
});

export const summarizeAccounts = defineRoute({
  method: 'GET',
  path: '/v1/accounts/summary',
  tag,
  summary: 'Counts over the accounts, under the filters of the list but the status',
  access: { permission: 'accounts:read', target: everybody },
  query: z.strictObject(listFilters),
  responses: {
    200: {
      description: 'The summary cards',
      body: z.object({
        total: z.number(),
        created: z.number(),
        active: z.number(),
        inactive: z.number(),
        blocked: z.number(),
        pending: z.number(),
        test: z.number(),
        expiringSoon: z.number(),
        channels: z.object({ whatsapp: z.number(), webchat: z.number(), instagram: z.number(), total: z.number() }),
        warnings,
      }),
      headers: ['Position'],
    },
  },
});

export const readAccount = defineRoute({
  method: 'GET',
  path: '/v1/accounts/:id',
  tag,
  summary: 'One account, with the actions that the caller may take on it',
  access: { permission: 'accounts:read', target: 'account' },
  params,
  responses: { 200: { description: 'The account', body: accountSchema, headers: ['ETag', 'Position'] } },
});

const EDITS: Readonly<Record<string, Permission>> = {
  fullName: 'accounts:write-name',
  company: 'accounts:write-company',
  phone: 'accounts:write-phone',
  username: 'accounts:write-profile',
  attributes: 'accounts:write-profile',
  email: 'accounts:write-email',
};

/** What a PATCH needs: one permission per field that it names. The own email can be asked for: a link confirms it. */
function editPermissions(body: unknown, own: boolean): readonly [Permission, ...Permission[]] {
  const names = typeof body === 'object' && body !== null ? Object.keys(body).filter((name) => Object.hasOwn(EDITS, name)) : [];
  const needed = names.flatMap((name) => (own && name === 'email' ? 'accounts:change-email' : (EDITS[name] ?? [])));
  const [first = 'accounts:write-name', ...rest] = [...new Set(needed)];
  return [first, ...rest];
}

export const editAccount = defineRoute({
  method: 'PATCH',
  path: '/v1/accounts/:id',
  tag,
  summary: 'Change fields of an account; null clears one. The own email is confirmed by a link first',
  access: { permission: editPermissions, target: 'account' },
  params,
  body: z
    .strictObject({
      fullName: fields.nameField.nullable().optional(),
      company: fields.nameField.nullable().optional(),
      phone: fields.phoneField.nullable().optional(),
      username: fields.usernameField.nullable().optional(),
      email: fields.emailField.optional(),
      attributes: fields.attributesSchema.nullable().optional(),
    })
    .meta({ id: 'AccountEdit' }),
  responses: { 200: written },
  problems: ['email-taken', 'username-taken', 'account-pending'],
  write: true,
  ifMatch: true,
});

const REASONS = ['overdue', 'under-review', 'no-longer-needed', 'left', 'abuse', 'other'] as const;
const stop = { reason: z.enum(REASONS).default('other'), note: text(5_000, { lines: true }).nullish(), until: instant.nullish() };

/** A write on one account that answers with it: actions are POST, settings PUT. */
const change =
  <M extends 'POST' | 'PUT'>(method: M) =>
  <B extends z.ZodObject>(name: string, permission: Permission | ((body: unknown) => Permission), summary: string, body: B) =>
    ({
      method,
      path: `/v1/accounts/:id/${name}`,
      tag,
      summary,
      access: { permission, target: 'account', optimistic: true },
      params,
      body,
      responses: { 200: written },
      write: true,
      ifMatch: true,
    }) as const;
const action = change('POST');
const setting = change('PUT');

export const disableAccount = defineRoute({
  ...action(
    'disable',
    'accounts:disable',
    'Disable or block an account: it can log in no more and all its sessions end',
    z.strictObject({ kind: z.enum(['inactive', 'blocked']).default('inactive'), ...stop }),
  ),
  problems: ['account-pending', 'last-owner'],
});
export const enableAccount = defineRoute({
  ...action('enable', 'accounts:enable', 'Return an account to active', z.strictObject({})),
  problems: ['account-pending', 'test-expired'],
});
export const convertAccount = defineRoute({
  ...action(
    'convert',
    'accounts:convert',
    'Turn a test account into a regular one',
    z.strictObject({ botSlots: fields.botSlotsField.min(1).default(1) }),
  ),
  problems: ['not-a-test-account', 'no-free-bot-slot'],
});
export const extendAccount = defineRoute({
  ...action(
    'extend',
    'accounts:extend',
    'Give a test account more time, from now',
    z.strictObject({ testDays: fields.testDaysField }),
  ),
  problems: ['not-a-test-account', 'account-pending'],
});
export const activateAccount = defineRoute({
  ...action(
    'activate',
    'accounts:activate',
    'Activate a pending account with a password; its link is dead then',
    z.strictObject({ password: fields.passwordField, requirePasswordChange: z.boolean().optional() }),
  ),
  access: { permission: 'accounts:activate', target: 'account' },
  problems: ['invitation-used', 'invitation-expired', 'invitation-revoked'],
});

export const setStatus = defineRoute({
  ...setting(
    'status',
    (body) =>
      typeof body === 'object' && body !== null && 'status' in body && body.status === 'active'
        ? 'accounts:enable'
        : 'accounts:disable',
    'Set the status; pending cannot be set',
    z.strictObject({ status: z.enum(['active', 'inactive', 'blocked', 'pending']), ...stop }),
  ),
  problems: ['account-pending', 'last-owner', 'test-expired', 'status-not-settable'],
});
export const setRole = defineRoute({
  ...setting('role', 'accounts:set-role', 'Set the role; all sessions end', z.strictObject({ role: fields.roleField })),
  access: { permission: 'accounts:set-role', target: 'account' },
  problems: ['last-owner', 'no-free-bot-slot'],
});
export const assignPlan = defineRoute({
  ...setting(
    'plan',
    'accounts:assign-plan',
    'Assign a plan',
    z.strictObject({ plan: fields.planField, reason: text(1_000, { lines: true }).nullish() }),
  ),
  problems: ['unknown-plan'],
});
export const setQuotas = defineRoute({
  ...setting('quotas', 'accounts:allocate', 'Allocate quotas', fields.quotasSchema),
  problems: ['no-free-bot-slot'],
});

const removal = {
  tag,
  summary: 'Delete an account for ever; its personal data becomes unreadable everywhere. A pending one is revoked',
  access: { permission: 'accounts:delete', target: 'account' },
  params,
  body: z.strictObject({
    confirm: z.string().max(1_000),
    reason: z.enum(['no-longer-needed', 'left', 'test', 'duplicate', 'other']).nullish(),
  }),
  responses: { 204: { description: 'Deleted', headers: ['Position'] } },
  problems: ['confirmation-mismatch', 'last-owner'],
  write: true,
  ifMatch: true,
} as const;
export const deleteAccount = defineRoute({ ...removal, method: 'DELETE', path: '/v1/accounts/:id' });
export const postDeleteAccount = defineRoute({ ...removal, method: 'POST', path: '/v1/accounts/:id/delete' });
