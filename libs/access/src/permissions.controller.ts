import { Controller } from '@nestjs/common';
import { z } from 'zod';
import { answer, defineRoute, Endpoint, type Answer } from '#http';
import { holds, PERMISSION_NAMES, ROLES, ruleOf, type Permission } from '#policy';

/** What a customer may let a team member do. */
const TEAM_PERMISSIONS = [
  'live-chat',
  'analytics',
  'leads',
  'contacts',
  'campaigns',
  'templates',
  'channels',
  'billing',
] as const;
const ALL_ROLES = ['operator', ...ROLES] as const;

const readPermissions = defineRoute({
  method: 'GET',
  path: '/v1/permissions',
  tag: 'Permissions',
  summary: 'Which role may do what',
  access: { permission: 'permissions:read' },
  scope: 'any',
  minPosition: false,
  responses: {
    200: {
      description: 'The table role × permission; every permission is a scope of API keys, too',
      body: z.object({
        roles: z.array(z.string()),
        items: z.array(
          z.object({
            permission: z.string(),
            about: z.string(),
            roles: z.array(z.string()),
            own: z.boolean(),
            impersonated: z.boolean(),
          }),
        ),
        scopes: z.array(z.string()),
        teamPermissions: z.array(z.string()),
      }),
    },
  },
});

/** AUTH-1: the one permission table. */
@Controller()
export class PermissionsController {
  @Endpoint(readPermissions)
  read(): Answer {
    return answer(200, {
      roles: ALL_ROLES,
      items: PERMISSION_NAMES.map(rowOf),
      scopes: PERMISSION_NAMES,
      teamPermissions: TEAM_PERMISSIONS,
    });
  }
}

/** `roles` hold it over others, `own`: everybody on the own account, `impersonated`: also while somebody is logged in as the customer. */
function rowOf(permission: Permission) {
  const { about, own = false, impersonated = false } = ruleOf(permission);
  return { permission, about, roles: ALL_ROLES.filter((role) => holds(role, permission)), own, impersonated };
}
