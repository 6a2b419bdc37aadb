import { z } from 'zod';
import { defineRoute, pageParameters } from '#http';
import { everybody } from './accounts.dto.js';

export const listCompanies = defineRoute({
  method: 'GET',
  path: '/v1/companies',
  tag: 'Accounts',
  summary: 'Companies of the listed accounts by name, each with how many accounts it has',
  access: { permission: 'accounts:read', target: everybody },
  query: z.strictObject({
    search: z.string().max(200).optional().meta({ description: 'Part of the name, without case and accents' }),
    limit: pageParameters.limit,
  }),
  responses: {
    200: {
      description: 'The first of them; companies that differ in case alone are one, as for the filter of the list',
      body: z.object({
        items: z.array(z.object({ company: z.string(), accounts: z.int() }).meta({ id: 'Company' })),
      }),
      headers: ['Position'],
    },
  },
});
