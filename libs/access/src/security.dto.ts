import { z } from 'zod';
import { accountSchema, fields } from '#accounts';
import { defineRoute, idSchema } from '#http';
import { presentedPassword } from './sessions.dto.js';

const tag = 'Security';
const params = z.strictObject({ id: idSchema });
const responses = {
  200: { description: 'The account as it is now', body: accountSchema, headers: ['ETag', 'Position'] as const },
};
const access = { permission: 'accounts:set-password', target: 'account' } as const;

export const setPassword = defineRoute({
  method: 'PUT',
  path: '/v1/accounts/:id/password',
  tag,
  summary: 'Set a password; the own one with the present one',
  access: {
    permission: (_body: unknown, own: boolean) => (own ? 'accounts:change-password' : 'accounts:set-password'),
    target: 'account',
  },
  params,
  body: z.strictObject({
    password: fields.passwordField,
    currentPassword: presentedPassword.optional(),
    requirePasswordChange: z.boolean().optional(),
  }),
  responses,
  problems: ['throttled', 'invitation-expired', 'invitation-revoked'],
  write: true,
  ifMatch: true,
});

export const requirePasswordChange = defineRoute({
  method: 'POST',
  path: '/v1/accounts/:id/require-password-change',
  tag,
  summary: 'The next log-in must set a new password; all sessions end',
  access,
  params,
  responses,
  problems: ['account-pending'],
  write: true,
  ifMatch: true,
});

export const sendResetMail = defineRoute({
  method: 'POST',
  path: '/v1/accounts/:id/password-reset-mail',
  tag,
  summary: 'Send a link that sets a new password: good for one hour, once',
  access,
  params,
  responses,
  problems: ['account-pending', 'account-not-active', 'smtp-not-configured'],
  write: true,
});

export const unlockAccount = defineRoute({
  method: 'POST',
  path: '/v1/accounts/:id/unlock',
  tag,
  summary: 'Forget failed log-ins, and lift the lock that they have put on the account',
  access,
  params,
  responses,
  problems: ['account-pending'],
  write: true,
});
