import { z } from 'zod';
import { defineRoute, idSchema, moment, text } from '#http';

export const impersonate = defineRoute({
  method: 'POST',
  path: '/v1/accounts/:id/impersonations',
  tag: 'Impersonation',
  summary: 'Log in as an active customer, for 30 minutes at most',
  access: { permission: 'accounts:impersonate', target: 'account' },
  params: z.strictObject({ id: idSchema }),
  body: z.strictObject({ reason: text(1_000) }),
  responses: {
    201: {
      description: 'The session; its token is shown once',
      body: z.object({
        token: z.string().optional(),
        secretShown: z.boolean().optional(),
        expiresAt: moment,
        banner: z.string(),
        openUrl: z.string(),
        act: z.object({ sub: z.string() }),
      }),
      headers: ['Position'],
    },
  },
  problems: ['account-not-active', 'staff-account', 'nested-impersonation'],
  write: true,
});
