import { z } from 'zod';
import { defineRoute, idSchema, instant, moment, text } from '#http';
import { PERMISSION_NAMES, type Permission } from '#policy';

const tag = 'API keys';
const access = { permission: 'api-keys:own' } as const;
const scope = z.enum(PERMISSION_NAMES as [Permission, ...Permission[]]);

const keySchema = z
  .object({
    id: z.string(),
    name: z.string(),
    scopes: z.array(z.string()),
    createdAt: moment,
    expiresAt: moment.nullable(),
    lastUsedAt: moment.nullable(),
  })
  .meta({ id: 'ApiKey' });
export type ApiKeyView = z.input<typeof keySchema>;

export const makeApiKey = defineRoute({
  method: 'POST',
  path: '/v1/api-keys',
  tag,
  summary: 'Make a key for a machine; it is shown once',
  access,
  body: z.strictObject({
    name: text(100),
    scopes: z
      .array(scope)
      .min(1)
      .max(PERMISSION_NAMES.length)
      .transform((scopes) => [...new Set(scopes)]),
    expiresAt: instant.nullish(),
  }),
  responses: {
    201: {
      description: 'The key',
      body: keySchema.extend({ key: z.string().optional(), secretShown: z.boolean().optional() }),
      headers: ['Location', 'Position'],
    },
  },
  write: true,
});

export const listApiKeys = defineRoute({
  method: 'GET',
  path: '/v1/api-keys',
  tag,
  summary: 'Keys of the caller’s account, oldest first',
  access,
  responses: {
    200: { description: 'The keys, without their secrets', body: z.object({ items: z.array(keySchema), next: z.null() }) },
  },
});

export const revokeApiKey = defineRoute({
  method: 'DELETE',
  path: '/v1/api-keys/:id',
  tag,
  summary: 'Revoke a key of the caller’s account',
  access,
  params: z.strictObject({ id: idSchema }),
  responses: { 204: { description: 'It is refused from now on', headers: ['Position'] } },
  problems: ['not-found'],
  write: true,
});
