import { z } from 'zod';
import { fields } from '#accounts';
import { defineRoute } from '#http';
import { PASSWORD_POLICY } from '#vault';
import { sessionSchema, slugField } from './sessions.dto.js';

const tag = 'Links';
/** The secret of a mailed link, as it stands behind the `#`. */
const token = z.string().min(1).max(500);

export const askForReset = defineRoute({
  method: 'POST',
  path: '/v1/password-resets',
  tag,
  summary: 'Ask for a link that sets a new password; the answer does not say whether somebody has that address',
  access: 'public',
  body: z.strictObject({ email: z.string().min(1).max(1_000), workspace: slugField.optional() }),
  responses: { 202: { description: 'If somebody has that address, a mail is on its way' } },
});

export const acceptReset = defineRoute({
  method: 'POST',
  path: '/v1/password-resets/accept',
  tag,
  summary: 'Set a new password with a mailed link; all sessions end',
  access: 'public',
  body: z.strictObject({ token, password: fields.passwordField }),
  responses: { 204: { description: 'The password is set', headers: ['Position'] } },
  problems: ['not-found', 'link-used', 'link-expired', 'busy'],
});

export const acceptEmailChange = defineRoute({
  method: 'POST',
  path: '/v1/email-changes/accept',
  tag,
  summary: 'Confirm a new address with a mailed link',
  access: 'public',
  body: z.strictObject({ token }),
  responses: { 204: { description: 'The address is in force', headers: ['Position'] } },
  problems: ['not-found', 'link-used', 'link-expired', 'email-taken', 'busy'],
});

const invitationProblems = ['not-found', 'invitation-used', 'invitation-expired', 'invitation-revoked'] as const;

export const inspectInvitation = defineRoute({
  method: 'POST',
  path: '/v1/invitations/inspect',
  tag,
  summary: 'What the page of an invitation shows',
  access: 'public',
  body: z.strictObject({ token }),
  responses: {
    200: {
      description: 'Whose invitation it is, and to what',
      body: z.object({
        brand: z.object({
          productName: z.string(),
          logoUrl: z.string().nullable(),
          colors: z.record(z.string(), z.string()),
          supportEmail: z.string().nullable(),
        }),
        email: z.string(),
        fullName: z.string().nullable(),
        passwordPolicy: z.object({
          minLength: z.literal(PASSWORD_POLICY.minLength),
          maxLength: z.literal(PASSWORD_POLICY.maxLength),
          commonRefused: z.literal(PASSWORD_POLICY.commonRefused),
        }),
      }),
    },
  },
  problems: [...invitationProblems],
});

export const acceptInvitation = defineRoute({
  method: 'POST',
  path: '/v1/invitations/accept',
  tag,
  summary: 'Accept an invitation with name and password, and be logged in',
  access: 'public',
  body: z.strictObject({
    token,
    fullName: fields.nameField.nullish(),
    password: fields.passwordField,
    utm: fields.utmSchema.nullish(),
  }),
  responses: { 201: { description: 'A session', body: sessionSchema, headers: ['Position'] } },
  problems: [...invitationProblems, 'workspace-suspended', 'busy'],
});

export const register = defineRoute({
  method: 'POST',
  path: '/v1/registrations',
  tag,
  summary: 'Self-registration does not exist',
  access: 'public',
  body: z.looseObject({}),
  responses: {},
  problems: ['self-registration-disabled'],
});
