import { z } from 'zod';
import { defineRoute } from '#http';
import { domainBody } from './workspace.dto.js';

const TAG = 'Workspaces';
const PATH = '/v1/workspace/domain';
const SETTINGS = { permission: 'workspace:settings' } as const;
const shown = {
  200: { description: 'The domain, and the DNS records to create', body: domainBody, headers: ['ETag', 'Position'] },
} as const;

export const setDomain = defineRoute({
  method: 'PUT',
  path: PATH,
  tag: TAG,
  summary: 'Set the domain under which customers log in; it counts once it is verified',
  access: SETTINGS,
  body: z.strictObject({ domain: z.string().max(1000) }),
  responses: shown,
  problems: ['domain-taken'],
  write: true,
  ifMatch: true,
});

export const readDomain = defineRoute({
  method: 'GET',
  path: PATH,
  tag: TAG,
  summary: 'See the domain, its state and the DNS records to create',
  access: { permission: 'workspace:read' },
  responses: shown,
});

export const verifyDomain = defineRoute({
  method: 'POST',
  path: `${PATH}/verify`,
  tag: TAG,
  summary: 'Look the proof up in the DNS, for the first time or again: the TXT record decides',
  access: SETTINGS,
  responses: shown,
  problems: ['domain-not-set'],
  write: true,
  ifMatch: true,
});

export const removeDomain = defineRoute({
  method: 'DELETE',
  path: PATH,
  tag: TAG,
  summary: 'Remove the domain: nobody can be added until there is another one',
  access: SETTINGS,
  responses: { 204: { description: 'There is none now', headers: ['Position'] } },
  write: true,
  ifMatch: true,
});

export const askDomain = defineRoute({
  method: 'GET',
  path: '/domains/ask',
  tag: TAG,
  summary: 'Whether a domain is verified: for a TLS proxy, before it asks for a certificate',
  access: 'public',
  query: z.strictObject({ domain: z.string().max(1000) }),
  responses: { 200: { description: 'It is', body: z.object({ domain: z.string() }) } },
  problems: ['not-found'],
});
