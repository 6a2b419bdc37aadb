import { z } from 'zod';
import { commaList, defineRoute, idSchema, moment, pageOf, pageParameters } from '#http';
import { ROLES } from '#policy';
import { newAccountProblems, newAccountShape, wantedTarget } from './accounts.dto.js';

const tag = 'Invitations';
const params = z.strictObject({ id: idSchema });

export const invitationSchema = z
  .object({
    id: z.string(),
    accountId: z.string(),
    email: z.string().nullable(),
    fullName: z.string().nullable(),
    role: z.enum(ROLES),
    plan: z.string(),
    botSlots: z.number(),
    test: z.boolean(),
    testDays: z.number().nullable(),
    state: z.enum(['pending', 'accepted', 'expired', 'revoked']),
    invitedBy: z.object({ id: z.string().nullable(), fullName: z.string().nullable().optional() }),
    invitedAt: moment,
    expiresAt: moment,
    sentCount: z.number(),
    sentAt: moment,
    delivery: z.object({
      state: z.enum(['queued', 'sent', 'retrying', 'failed']),
      via: z.enum(['workspace', 'installation']),
      error: z.string().optional(),
    }),
  })
  .meta({ id: 'Invitation' });
export type InvitationView = z.input<typeof invitationSchema>;

const body = z.strictObject(newAccountShape).meta({ id: 'NewInvitation' });
/** Nothing, or the data of the old invitation again. One object, so that every complaint names its field. */
const again = z
  .strictObject({
    ...newAccountShape,
    email: newAccountShape.email.optional(),
    role: newAccountShape.role.unwrap().optional(),
    test: newAccountShape.test.unwrap().optional(),
  })
  .refine((given) => given.email !== undefined || Object.values(given).every((value) => value === undefined), {
    path: ['email'],
    params: { code: 'required' },
    error: 'is needed with the rest of the data',
  })
  .meta({ id: 'InvitationAgain' });

export const inviteAccount = defineRoute({
  method: 'POST',
  path: '/v1/invitations',
  tag,
  summary: 'Invite somebody by mail; the link is good once and for seven days',
  access: { permission: 'accounts:invite', target: wantedTarget },
  body,
  responses: { 201: { description: 'The invitation', body: invitationSchema, headers: ['ETag', 'Position', 'Location'] } },
  problems: [...newAccountProblems, 'smtp-not-configured'],
  write: true,
});

export const listInvitations = defineRoute({
  method: 'GET',
  path: '/v1/invitations',
  tag,
  summary: 'Invitations by state, newest first',
  access: { permission: 'invitations:read' },
  query: z.strictObject({ state: commaList(['pending', 'accepted', 'expired', 'revoked']).optional(), ...pageParameters }),
  responses: { 200: { description: 'A page of invitations', body: pageOf(invitationSchema), headers: ['Position'] } },
});

export const readInvitation = defineRoute({
  method: 'GET',
  path: '/v1/invitations/:id',
  tag,
  summary: 'One invitation',
  access: { permission: 'invitations:read', target: 'invitation' },
  params,
  responses: { 200: { description: 'The invitation', body: invitationSchema, headers: ['ETag', 'Position'] } },
});

export const resendInvitation = defineRoute({
  method: 'POST',
  path: '/v1/invitations/:id/resend',
  tag,
  summary:
    'Send a pending invitation again: another link and another seven days. An expired or revoked one takes the data again and is a new one',
  access: { permission: 'accounts:invite', target: 'invitation' },
  params,
  body: again,
  responses: {
    200: { description: 'The invitation, sent again', body: invitationSchema, headers: ['ETag', 'Position'] },
    201: {
      description: 'A new invitation in place of an expired or revoked one',
      body: invitationSchema,
      headers: ['ETag', 'Position', 'Location'],
    },
  },
  problems: [...newAccountProblems, 'smtp-not-configured', 'invitation-used', 'invitation-expired'],
  write: true,
});

export const revokeInvitation = defineRoute({
  method: 'DELETE',
  path: '/v1/invitations/:id',
  tag,
  summary: 'Revoke an invitation: the link is dead, email and slots are free',
  access: { permission: 'accounts:invite', target: 'invitation' },
  params,
  responses: { 204: { description: 'Revoked, or over already', headers: ['Position'] } },
  problems: ['invitation-used'],
  write: true,
});

export const listTimers = defineRoute({
  method: 'GET',
  path: '/v1/timers',
  tag: 'Timers',
  summary: 'What will happen by itself, and when; soonest first',
  access: { permission: 'timers:read' },
  query: z.strictObject(pageParameters),
  responses: {
    200: {
      description: 'A page of timers',
      body: pageOf(z.object({ id: z.string(), kind: z.string(), subject: z.string(), at: moment }).meta({ id: 'Timer' })),
      headers: ['Position'],
    },
  },
});

export const listAllocations = defineRoute({
  method: 'GET',
  path: '/v1/workspace/pool/allocations',
  tag: 'Workspaces',
  summary: 'Bot slots by account, most first',
  access: { permission: 'pool:read' },
  query: z.strictObject(pageParameters),
  responses: {
    200: {
      description: 'A page of allocations',
      body: pageOf(
        z
          .object({
            accountId: z.string(),
            email: z.string().nullable(),
            botSlots: z.object({ allocated: z.number(), used: z.number() }),
          })
          .meta({ id: 'Allocation' }),
      ),
      headers: ['Position'],
    },
  },
});
