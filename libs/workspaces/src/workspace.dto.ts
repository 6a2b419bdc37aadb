import { z } from 'zod';
import { defineRoute, idSchema, moment, pageOf, pageParameters, text, type AnswerDefinition } from '#http';
import { botSlots, currency, mailbox, sender, slug, timeZone, webAddress, workspaceName, colors } from './workspace.schemas.js';

const TAG = 'Workspaces';
const OPERATOR = { permission: 'workspaces:manage' } as const;
const SETTINGS = { permission: 'workspace:settings' } as const;

export const domainState = z.enum(['pending', 'verified', 'lapsed']);
export const domainBody = z.object({
  domain: z.string(),
  state: domainState,
  records: z.array(z.object({ type: z.enum(['TXT', 'CNAME']), name: z.string(), value: z.string() })),
  found: z.object({ txt: z.array(z.string()), cname: z.array(z.string()), failure: z.string().optional() }).optional(),
});
const brandingBody = z.object({
  productName: z.string().nullable(),
  logoUrl: z.string().nullable(),
  colors: z.record(z.string(), z.string()),
  supportEmail: z.string().nullable(),
  replyTo: z.string().nullable(),
  appUrl: z.string(),
});
const security = z.enum(['tls', 'starttls', 'none']);
const smtpBody = z.object({
  host: z.string(),
  port: z.int(),
  security,
  user: z.string().nullable(),
  from: z.object({ name: z.string().optional(), address: z.string() }),
  passwordSet: z.boolean(),
});
const poolBody = z.object({ botSlots: z.object({ total: z.int(), allocated: z.int(), free: z.int() }) });
/** What stands in the way of the workspace's work. */
export const warningSchema = z.object({ code: z.string(), severity: z.enum(['error']), text: z.string(), href: z.string() });
const workspaceBody = z.object({
  id: z.string(),
  slug: z.string(),
  name: z.string(),
  state: z.enum(['active', 'suspended']),
  createdAt: moment,
  domain: domainBody.nullable(),
  branding: brandingBody,
  smtp: smtpBody.nullable(),
  pool: z.object({ botSlots: z.object({ total: z.int(), allocated: z.int().optional(), free: z.int().optional() }) }),
  passwordPolicy: z.object({ minLength: z.int(), maxLength: z.int(), commonRefused: z.boolean() }),
  settings: z.object({
    requirePasswordChange: z.boolean(),
    managersMayImpersonate: z.boolean(),
    currency: z.string(),
    timeZone: z.string(),
    defaultPlan: z.string(),
  }),
  warnings: z.array(warningSchema),
  owner: z.object({ id: z.string() }).optional(),
  can: z.object({ create: z.boolean(), invite: z.boolean(), import: z.boolean() }).optional(),
});
const rowBody = z.object({
  id: z.string(),
  slug: z.string(),
  name: z.string(),
  state: z.enum(['active', 'suspended']),
  domain: z.string().nullable(),
  domainState: domainState.nullable(),
  pool: z.object({ botSlots: z.object({ total: z.int() }) }),
  createdAt: moment,
});

const read = (description: string, body: z.ZodType): AnswerDefinition => ({ description, body, headers: ['ETag', 'Position'] });
const written = read;
const workspaceWritten = { 200: written('The workspace as it is now', workspaceBody) };
const params = z.object({ id: idSchema });

const settings = {
  requirePasswordChange: z.boolean().optional(),
  managersMayImpersonate: z.boolean().optional(),
  currency: currency.optional(),
  timeZone: timeZone.optional(),
  defaultPlan: z.string().min(1).max(64).optional(),
};

export const createWorkspace = defineRoute({
  method: 'POST',
  path: '/v1/workspaces',
  tag: TAG,
  summary: 'Create a workspace with its owner and its pool',
  access: OPERATOR,
  body: z.strictObject({
    name: workspaceName,
    slug,
    pool: z.strictObject({ botSlots }),
    owner: z.strictObject({
      email: z.string(),
      fullName: text(200),
      password: z.string(),
      requirePasswordChange: z.boolean().optional(),
    }),
  }),
  responses: { 201: { description: 'Created', body: workspaceBody, headers: ['ETag', 'Location', 'Position'] } },
  problems: ['slug-taken'],
  write: true,
});

export const listWorkspaces = defineRoute({
  method: 'GET',
  path: '/v1/workspaces',
  tag: TAG,
  summary: 'List all workspaces, newest first',
  access: OPERATOR,
  query: z.strictObject(pageParameters),
  responses: { 200: { description: 'A page of them', body: pageOf(rowBody), headers: ['Position'] } },
});

export const readWorkspace = defineRoute({
  method: 'GET',
  path: '/v1/workspaces/:id',
  tag: TAG,
  summary: 'See a workspace',
  access: OPERATOR,
  params,
  responses: { 200: read('The workspace', workspaceBody) },
});

export const changeWorkspace = defineRoute({
  method: 'PATCH',
  path: '/v1/workspaces/:id',
  tag: TAG,
  summary: 'Change the name and the settings of a workspace',
  access: OPERATOR,
  params,
  body: z.strictObject({ name: workspaceName.optional(), ...settings }),
  responses: workspaceWritten,
  problems: ['unknown-plan'],
  write: true,
  ifMatch: true,
});

export const suspendWorkspace = defineRoute({
  method: 'POST',
  path: '/v1/workspaces/:id/suspend',
  tag: TAG,
  summary: 'Suspend a workspace: its sessions end, its API keys are refused, nobody of it logs in',
  access: OPERATOR,
  params,
  responses: workspaceWritten,
  write: true,
  ifMatch: true,
});

export const resumeWorkspace = defineRoute({
  method: 'POST',
  path: '/v1/workspaces/:id/resume',
  tag: TAG,
  summary: 'Resume a suspended workspace',
  access: OPERATOR,
  params,
  responses: workspaceWritten,
  write: true,
  ifMatch: true,
});

export const changePool = defineRoute({
  method: 'PUT',
  path: '/v1/workspaces/:id/pool',
  tag: TAG,
  summary: 'Set the pool of a workspace, not below what is allocated',
  access: OPERATOR,
  params,
  body: z.strictObject({ botSlots }),
  responses: workspaceWritten,
  problems: ['pool-below-allocated'],
  write: true,
  ifMatch: true,
});

export const readOwnWorkspace = defineRoute({
  method: 'GET',
  path: '/v1/workspace',
  tag: TAG,
  summary: 'See the own workspace, and what stands in the way of its work',
  access: { permission: 'workspace:read' },
  responses: { 200: read('The workspace', workspaceBody) },
});

export const changeOwnWorkspace = defineRoute({
  method: 'PATCH',
  path: '/v1/workspace',
  tag: TAG,
  summary: 'Change the settings of the own workspace',
  access: SETTINGS,
  body: z.strictObject(settings),
  responses: workspaceWritten,
  problems: ['unknown-plan'],
  write: true,
  ifMatch: true,
});

export const setBranding = defineRoute({
  method: 'PUT',
  path: '/v1/workspace/branding',
  tag: TAG,
  summary: 'Set how the brand shows itself in mails, at the accept page and at log-in',
  access: SETTINGS,
  body: z.strictObject({
    productName: text(200).nullish(),
    logoUrl: webAddress.nullish(),
    colors: colors.nullish(),
    supportEmail: mailbox.nullish(),
    replyTo: mailbox.nullish(),
    appUrl: webAddress.nullish(),
  }),
  responses: { 200: written('The branding as it is now', brandingBody) },
  write: true,
  ifMatch: true,
});

export const setSmtp = defineRoute({
  method: 'PUT',
  path: '/v1/workspace/smtp',
  tag: TAG,
  summary: 'Set the mail server; the password is never shown again, and stays where it is left out',
  access: SETTINGS,
  body: z.strictObject({
    host: text(253),
    port: z.int().min(1).max(65_535),
    security,
    user: text(256).nullish(),
    password: z.string().min(1).max(1024).nullish(),
    from: sender,
  }),
  responses: { 200: written('The mail server as it is now', smtpBody) },
  write: true,
  ifMatch: true,
});

export const removeSmtp = defineRoute({
  method: 'DELETE',
  path: '/v1/workspace/smtp',
  tag: TAG,
  summary: 'Remove the mail server: the default of the installation serves, if there is one',
  access: SETTINGS,
  responses: { 204: { description: 'There is none now', headers: ['Position'] } },
  write: true,
  ifMatch: true,
});

export const sendTestMail = defineRoute({
  method: 'POST',
  path: '/v1/workspace/smtp/test',
  tag: TAG,
  summary: "Send a test mail and report the server's answer",
  access: SETTINGS,
  body: z.strictObject({ to: mailbox }),
  responses: { 200: { description: 'What came of it', body: z.object({ ok: z.boolean(), answer: z.string() }) } },
  problems: ['smtp-not-configured'],
  write: true,
});

export const readPool = defineRoute({
  method: 'GET',
  path: '/v1/workspace/pool',
  tag: TAG,
  summary: 'See how many bot slots there are, are allocated, and are free',
  access: { permission: 'pool:read' },
  responses: { 200: { description: 'The pool', body: poolBody, headers: ['Position'] } },
});

export const listPlans = defineRoute({
  method: 'GET',
  path: '/v1/plans',
  tag: TAG,
  summary: 'List the catalogue of plans',
  access: { permission: 'plans:read' },
  responses: {
    200: {
      description: 'All plans',
      body: pageOf(z.object({ code: z.string(), name: z.string() })),
      headers: ['Position'],
    },
  },
});
