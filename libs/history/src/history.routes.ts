import { z } from 'zod';
import { commaList, defineRoute, idSchema, instant, moment, pageOf, pageParameters } from '#http';
import { KINDS } from './history.words.js';

const [first, ...others] = KINDS.map(({ kind }) => kind);
const kinds = commaList([first ?? '', ...others]);

const query = z.strictObject({
  actor: idSchema.optional(),
  subject: idSchema.optional(),
  kind: kinds.optional(),
  from: instant.optional().meta({ description: 'Entries of this moment or later' }),
  to: instant.optional().meta({ description: 'Entries before this moment' }),
  search: z
    .string()
    .max(200)
    .optional()
    .meta({ description: 'Part of a kind, of a code such as a reason, or of a person by present name or email' }),
  ...pageParameters,
});

const person = z.object({
  id: z.string().nullable(),
  fullName: z.string().nullable(),
  email: z.string().nullable(),
  role: z.string().nullable(),
  deleted: z.literal(true).optional().meta({ description: 'The account was deleted: nothing is known of the person' }),
});

const entry = z
  .object({
    id: z.string(),
    at: moment,
    kind: z.string(),
    summary: z.string(),
    actor: person.meta({
      description: 'Who really acted, in the role of that time; `system`, and `anonymous` for somebody who has proved nothing',
    }),
    onBehalfOf: person.optional().meta({ description: 'Under impersonation the customer' }),
    subject: person.nullable().meta({ description: 'The account, or the workspace, that it is about' }),
    changes: z.array(z.object({ field: z.string(), from: z.json(), to: z.json() })),
    reason: z.string().optional(),
    address: z.string().optional(),
    agent: z.string().optional(),
    requestId: z.string().nullable(),
    commandId: z.string().nullable(),
    position: z.string(),
  })
  .meta({ id: 'HistoryEntry' });

const page = { 200: { description: 'Entries, newest first', body: pageOf(entry), headers: ['Position'] } } as const;

export const workspaceHistory = defineRoute({
  method: 'GET',
  path: '/v1/history',
  tag: 'History',
  summary: 'History of the workspace',
  access: { permission: 'history:read' },
  query,
  responses: page,
});

export const accountHistory = defineRoute({
  method: 'GET',
  path: '/v1/accounts/:id/history',
  tag: 'History',
  summary: 'History of one account, a deleted one too',
  access: { permission: 'history:read-account', target: 'account-ever' },
  params: z.object({ id: idSchema }),
  query,
  responses: page,
});

export const historyKinds = defineRoute({
  method: 'GET',
  path: '/v1/history/kinds',
  tag: 'History',
  summary: 'Kinds of entries',
  access: 'credential',
  responses: {
    200: {
      description: 'Every kind with its title',
      body: z.object({ items: z.array(z.object({ kind: z.string(), title: z.string() })) }),
    },
  },
});
