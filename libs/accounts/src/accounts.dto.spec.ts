import { can, ruleOf, type Permission, type Principal } from '#policy';
import * as accounts from './accounts.dto.js';
import * as invitations from './invitations.dto.js';

const routes = [...Object.values(accounts), ...Object.values(invitations)].flatMap((each) =>
  typeof each === 'object' && 'method' in each && 'access' in each ? [each] : [],
);
const caller = (role: Principal['role']): Principal => ({ account: 'me', role, workspace: 'w1', credential: 'k', kind: 'full' });

it('AUTH-1: lists are for those who see all accounts, not for those who see their own', () => {
  for (const { access } of [accounts.listAccounts, accounts.summarizeAccounts]) {
    if (typeof access === 'string' || typeof access.target !== 'function') throw new Error('the list is about everybody');
    const target = access.target(undefined);
    for (const role of ['owner', 'admin', 'manager', 'auditor', 'operator'] as const)
      expect(can(caller(role), 'accounts:read', target)).toBeNull();
    expect(can(caller('user'), 'accounts:read', target)).toMatchObject({
      code: 'forbidden',
      facts: { permission: 'accounts:read', role: 'user' },
    });
    const impersonating = { ...caller('user'), kind: 'impersonation' as const };
    expect(can(impersonating, 'accounts:read', target)?.code).toBe('forbidden');
  }
});

it('AUTH-1: what everybody has on the own account names the account that it is about', () => {
  expect(routes.length).toBeGreaterThan(20);
  for (const { access, method, path } of routes) {
    if (typeof access === 'string' || access.target !== undefined) continue;
    const permissions = [access.permission].flat() as Permission[];
    expect([method, path, permissions.some((permission) => ruleOf(permission).own === true)]).toEqual([method, path, false]);
  }
});

it('AUTH-2: who asks for an account of a role needs the right to have such a one', () => {
  expect(accounts.wantedTarget({ role: 'owner' })).toEqual({ id: null, role: 'owner' });
  for (const odd of [{}, null, [], 'x', { role: 'operator' }, { role: 7 }, { role: null }])
    expect(accounts.wantedTarget(odd)).toEqual({ id: null, role: 'user' });
});
