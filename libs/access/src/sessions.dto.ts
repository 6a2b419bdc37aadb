import { z } from 'zod';
import { accountSchema } from '#accounts';
import { defineRoute, idSchema, moment } from '#http';
import { LOG_IN } from './login-throttle.js';

const tag = 'Sessions';
const account = z.strictObject({ id: idSchema });
const typed = z.string().min(1).max(1_000);
export const slugField = z.string().min(1).max(64);
export const presentedPassword = z.string().min(1).max(2_000).meta({ format: 'password' });

const workspaceName = z.object({ id: z.string(), slug: z.string(), name: z.string() }).nullable();

export const sessionSchema = z
  .object({
    token: z.string(),
    refreshToken: z.string(),
    expiresAt: moment,
    account: accountSchema,
    workspace: workspaceName,
    passwordChangeRequired: z.boolean(),
    totpRequired: z.boolean(),
  })
  .meta({ id: 'Session' });
export type SessionView = z.input<typeof sessionSchema>;

export const logIn = defineRoute({
  method: 'POST',
  path: '/v1/sessions',
  tag,
  summary: 'Log in; the workspace is that of the host, or the one named by its slug on the platform’s own host',
  access: 'public',
  body: z
    .strictObject({
      email: typed.optional(),
      login: typed.optional(),
      password: presentedPassword,
      workspace: slugField.optional(),
    })
    .refine(({ email, login }) => (email === undefined) !== (login === undefined), {
      path: ['email'],
      params: { code: 'required' },
      error: 'is needed, or login in its place',
    }),
  responses: { 201: { description: 'A session', body: sessionSchema } },
  problems: ['invalid-credentials', 'account-disabled', 'workspace-suspended', 'wrong-host', 'busy'],
  throttle: LOG_IN,
});

export const refreshSession = defineRoute({
  method: 'POST',
  path: '/v1/sessions/refresh',
  tag,
  summary: 'Trade a refresh token; the same successor for 30 seconds, after that reuse ends the session',
  access: 'public',
  body: z.strictObject({ refreshToken: typed }),
  responses: { 201: { description: 'The session with its next tokens', body: sessionSchema } },
  problems: ['unauthenticated'],
});

const person = z.object({ id: z.string(), fullName: z.string().nullable(), email: z.string(), role: z.string() });

export const currentSession = defineRoute({
  method: 'GET',
  path: '/v1/sessions/current',
  tag,
  summary: 'Who am I, as whom do I act, and what may I do',
  access: { permission: 'sessions:current' },
  responses: {
    200: {
      description: 'The caller',
      body: z.object({
        account: accountSchema,
        actor: person,
        act: z.object({ sub: z.string() }).optional(),
        workspace: workspaceName,
        role: z.string(),
        permissions: z.array(z.string()),
        plan: z.string(),
        features: z.array(z.string()),
        quotas: accountSchema.shape.quotas,
        banner: z.string().optional(),
        expiresAt: moment.nullable(),
        passwordChangeRequired: z.boolean(),
      }),
    },
  },
});

export const leaveSession = defineRoute({
  method: 'DELETE',
  path: '/v1/sessions/current',
  tag,
  summary: 'Log out; of an impersonation: go back to the staff session',
  access: { permission: 'sessions:current' },
  responses: {
    200: { description: 'The impersonation is over', body: z.object({ returnUrl: z.string() }) },
    204: { description: 'Logged out', headers: ['Position'] },
  },
});

const listed = z.object({
  id: z.string(),
  kind: z.enum(['full', 'password-change', 'impersonation']),
  current: z.boolean(),
  createdAt: moment,
  lastUsedAt: moment,
  expiresAt: moment,
  address: z.string(),
  agent: z.string(),
  act: z.object({ sub: z.string() }).optional(),
});

export const listSessions = defineRoute({
  method: 'GET',
  path: '/v1/accounts/:id/sessions',
  tag,
  summary: 'Sessions of an account that can still be used, with device, address and last use',
  access: { permission: 'sessions:read', target: 'account' },
  params: account,
  responses: { 200: { description: 'The sessions, oldest first', body: z.object({ items: z.array(listed), next: z.null() }) } },
});

export const endSession = defineRoute({
  method: 'DELETE',
  path: '/v1/accounts/:id/sessions/:sid',
  tag,
  summary: 'End one session',
  access: { permission: 'sessions:end', target: 'account' },
  params: z.strictObject({ id: idSchema, sid: idSchema }),
  responses: { 204: { description: 'It has ended', headers: ['Position'] } },
});

export const endSessions = defineRoute({
  method: 'DELETE',
  path: '/v1/accounts/:id/sessions',
  tag,
  summary: 'Log an account out everywhere',
  access: { permission: 'sessions:end', target: 'account' },
  params: account,
  responses: { 204: { description: 'All have ended', headers: ['Position'] } },
});
