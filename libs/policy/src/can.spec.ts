import { can, ensure, type Principal, type Target } from './can.js';
import { PERMISSION_NAMES, PERMISSIONS, permissionsOf, type Permission, type Role } from './permissions.js';

/** Roles in the order of the columns below. */
const COLUMNS = ['owner', 'admin', 'manager', 'auditor', 'user', 'operator'] as const;
/**
 * On whom a caller may use a permission, one letter for each: `n` nobody in particular (no target), `s` oneself,
 * `c` a customer, `t` one of the staff; `-` for none.
 */
const TABLE: Record<Permission, string> = {
  //                            owner  admin manager auditor user operator
  'accounts:read': '            nsct   nsct  nsct    nsct    s    nsct',
  'accounts:read-comments': '   nsct   nsct  nsct    nsct    -    nsct',
  'accounts:create': '          nsct   nc    -       -       -    nsct',
  'accounts:invite': '          nsct   nc    -       -       -    nsct',
  'accounts:write-name': '      nsct   nsc   nsc     s       s    nsct',
  'accounts:write-company': '   nsct   nc    nc      -       -    nsct',
  'accounts:write-phone': '     nsct   nsc   s       s       s    nsct',
  'accounts:write-profile': '   nsct   nc    -       -       -    nsct',
  'accounts:write-email': '     nsct   nc    -       -       -    nsct',
  'accounts:change-email': '    ns     ns    ns      ns      ns   ns',
  'accounts:set-role': '        nsct   nc    -       -       -    nsct',
  'accounts:set-password': '    nsct   nc    -       -       -    nsct',
  'accounts:change-password': ' ns     ns    ns      ns      ns   ns',
  'accounts:activate': '        nsct   nc    -       -       -    nsct',
  'accounts:disable': '         nsct   nc    -       -       -    nsct',
  'accounts:enable': '          nsct   nc    -       -       -    nsct',
  'accounts:extend': '          nsct   nc    -       -       -    nsct',
  'accounts:convert': '         nsct   nc    -       -       -    nsct',
  'accounts:impersonate': '     nc     nc    -       -       -    -',
  'accounts:assign-plan': '     nsct   nc    -       -       -    nsct',
  'accounts:allocate': '        nsct   nc    -       -       -    nsct',
  'accounts:delete': '          nsct   nc    -       -       -    nsct',
  'sessions:read': '            nsct   nsct  nsct    nsct    s    nsct',
  'sessions:end': '             nsct   nsc   s       s       s    nsct',
  'sessions:current': '         ns     ns    ns      ns      ns   ns',
  'api-keys:own': '             ns     ns    ns      ns      ns   ns',
  'history:read': '             nsct   nsct  -       nsct    -    nsct',
  'history:read-account': '     nsct   nsct  s       nsct    s    nsct',
  'invitations:read': '         nsct   nsct  nsct    nsct    -    nsct',
  'timers:read': '              nsct   nsct  nsct    nsct    -    nsct',
  'workspace:read': '           nsct   nsct  nsct    nsct    -    nsct',
  'workspace:settings': '       nsct   nsct  -       -       -    nsct',
  'pool:read': '                nsct   nsct  nsct    nsct    -    nsct',
  'plans:read': '               nsct   nsct  nsct    nsct    -    nsct',
  'permissions:read': '         nsct   nsct  nsct    nsct    nsct nsct',
  'workspaces:manage': '        -      -     -       -       -    nsct',
};

/** What of it is left while somebody is logged in as a customer: about the customer alone. */
const WHILE_IMPERSONATING: readonly Permission[] = [
  'accounts:read',
  'accounts:write-name',
  'accounts:write-phone',
  'sessions:current',
  'history:read-account',
  'permissions:read',
];

const ME = 'me';
const caller = (role: Principal['role'], more: Partial<Principal> = {}): Principal => ({
  account: ME,
  role,
  workspace: 'w1',
  credential: 'k1',
  kind: 'full',
  ...more,
});
/** The targets, by letter; oneself has the caller's own role. */
const targets = (role: Principal['role']): [letter: string, target: Target | undefined][] => [
  ['n', undefined],
  ['s', { id: ME, role: role === 'operator' ? 'owner' : role }],
  ['c', { id: 'someone', role: 'user' }],
  ['t', { id: 'someone', role: 'manager' }],
];
const letters = (who: Principal, permission: Permission): string =>
  targets(who.role)
    .filter(([, target]) => can(who, permission, target) === null)
    .map(([letter]) => letter)
    .join('') || '-';
const expected = (permission: Permission): string[] => TABLE[permission].trim().split(/ +/);
/** Whether the table gives `role` the permission on the target of that letter. */
const gives = (permission: Permission, role: (typeof COLUMNS)[number], letter: string): boolean =>
  (expected(permission)[COLUMNS.indexOf(role)] as string).includes(letter);
/** `forbidden`, or the code that says more. */
const codes = (who: Principal, permission: Permission) =>
  targets(who.role).map(([, target]) => can(who, permission, target)?.code ?? null);

it('AUTH-1: the table here names every permission', () =>
  expect(Object.keys(TABLE).sort()).toEqual([...PERMISSION_NAMES].sort()));

describe('role × permission × target', () => {
  const cells = PERMISSION_NAMES.flatMap((permission) =>
    COLUMNS.map((role, column) => [role, permission, expected(permission)[column] as string] as const),
  );
  it.each(cells)('AUTH-1, AUTH-2: %s has %s on %s', (role, permission, on) => expect(letters(caller(role), permission)).toBe(on));
  it('AUTH-2: every kind of staff is staff', () => {
    for (const role of ['owner', 'admin', 'manager', 'auditor'] as Role[]) {
      expect(can(caller('admin'), 'accounts:disable', { id: 'someone', role })?.code).toBe('forbidden');
      expect(can(caller('manager'), 'accounts:write-name', { id: 'someone', role })?.code).toBe('forbidden');
      expect(can(caller('owner'), 'accounts:disable', { id: 'someone', role })).toBeNull();
    }
  });
  it('AUTH-2: an account that is about to be is nobody: its role decides', () => {
    for (const permission of ['accounts:create', 'accounts:invite', 'accounts:set-role'] as const) {
      expect(can(caller('admin'), permission, { id: null, role: 'user' })).toBeNull();
      for (const role of ['owner', 'admin', 'manager', 'auditor'] as const) {
        expect(can(caller('admin'), permission, { id: null, role })?.code).toBe('forbidden');
        expect(can(caller('owner'), permission, { id: null, role })).toBeNull();
      }
    }
  });
  it('AUTH-2: nobody but an owner manages oneself, whatever role the account has got meanwhile', () => {
    expect(can(caller('admin'), 'accounts:set-role', { id: ME, role: 'user' })?.code).toBe('forbidden');
    expect(can(caller('owner'), 'accounts:set-role', { id: ME, role: 'user' })).toBeNull();
  });
  it('AUTH-1: what is about everybody is not for those who have it on themselves alone', () =>
    expect(can(caller('user'), 'accounts:read', { id: null, role: 'user' })?.code).toBe('forbidden'));
  it('AUTH-1: a refusal names the missing permission and the role', () => {
    const refusal = can(caller('manager'), 'accounts:disable', { id: 'someone', role: 'user' });
    expect(refusal).toMatchObject({ code: 'forbidden', facts: { permission: 'accounts:disable', role: 'manager' } });
  });
  it('AUTH-1: ensure throws what can says', () => {
    expect(() => ensure(caller('auditor'), 'accounts:delete')).toThrow('forbidden');
    expect(() => ensure(caller('owner'), 'accounts:delete')).not.toThrow();
  });
});

describe('impersonation', () => {
  const staff: Target = { id: 'someone', role: 'auditor' };
  const customer: Target = { id: 'someone', role: 'user' };
  const allowed = { managersMayImpersonate: true };
  it('AUTH-3: managers where the workspace says so; auditors, customers and operators never', () => {
    expect(can(caller('manager'), 'accounts:impersonate', customer, allowed)).toBeNull();
    expect(can(caller('manager'), 'accounts:impersonate', customer, { managersMayImpersonate: false })?.code).toBe('forbidden');
    for (const role of ['auditor', 'user', 'operator'] as const)
      expect(can(caller(role), 'accounts:impersonate', customer, allowed)?.code).toBe('forbidden');
  });
  it('AUTH-3: never into staff, and not into oneself', () => {
    for (const role of ['owner', 'admin', 'manager'] as const) {
      expect(can(caller(role), 'accounts:impersonate', staff, allowed)?.code).toBe('staff-account');
      expect(can(caller(role), 'accounts:impersonate', { id: ME, role }, allowed)?.code).toBe('staff-account');
    }
    expect(can(caller('auditor'), 'accounts:impersonate', staff, allowed)?.code).toBe('forbidden');
  });

  const impersonating = caller('user', {
    kind: 'impersonation',
    act: { account: 'admin', role: 'owner', session: 's1', reason: 'help' },
  });
  it.each(PERMISSION_NAMES.filter((name) => name !== 'accounts:impersonate'))(
    'AUTH-3: logged in as a customer: %s',
    (permission) => {
      const unaimed = permission === 'sessions:current' || permission === 'permissions:read';
      if (WHILE_IMPERSONATING.includes(permission)) expect(letters(impersonating, permission)).toBe(unaimed ? 'ns' : 's');
      else expect(codes(impersonating, permission)).toEqual(Array(4).fill('impersonation-forbidden'));
    },
  );
  it('AUTH-3: never from inside an impersonation', () =>
    expect(codes(impersonating, 'accounts:impersonate')).toEqual(Array(4).fill('nested-impersonation')));
});

describe('a session that must set a new password', () => {
  it.each(COLUMNS)('ACC-1: of %s sees and leaves itself and sets the password', (role) => {
    const who = caller(role, { kind: 'password-change' });
    for (const permission of PERMISSION_NAMES) {
      if (permission === 'sessions:current') expect(letters(who, permission)).toBe('nsct');
      else if (permission === 'accounts:change-password') expect(letters(who, permission)).toBe('s');
      else expect(codes(who, permission)).toEqual(Array(4).fill('password-change-required'));
    }
  });
});

describe('API keys', () => {
  const key = (role: Principal['role'], scopes?: readonly string[]) => caller(role, { kind: 'api-key', scopes });
  it.each(COLUMNS)('AUTH-4: of %s never exceed its permissions, whatever their scopes', (role) => {
    for (const permission of PERMISSION_NAMES)
      for (const [letter, target] of targets(role))
        expect([permission, letter, can(key(role, PERMISSION_NAMES), permission, target) === null]).toEqual([
          permission,
          letter,
          gives(permission, role, letter),
        ]);
  });
  it.each(COLUMNS)('AUTH-4: of %s have nothing beyond their scopes', (role) => {
    for (const permission of PERMISSION_NAMES) {
      const others = PERMISSION_NAMES.filter((name) => name !== permission);
      for (const scopes of [others, [], undefined]) expect(letters(key(role, scopes), permission)).toBe('-');
    }
  });
  it('AUTH-4: a scope is a whole name', () =>
    expect(letters(key('owner', ['accounts', 'accounts:*']), 'accounts:read')).toBe('-'));
});

describe('what roles are told that they have', () => {
  it.each(COLUMNS)('AUTH-1: %s', (role) =>
    expect(permissionsOf(role)).toEqual(
      PERMISSION_NAMES.filter((permission) => ['n', 's', 'c'].some((letter) => gives(permission, role, letter))),
    ),
  );
  it('AUTH-1: each permission says what it is about', () => {
    for (const { about } of Object.values(PERMISSIONS)) expect(about).toMatch(/^[a-z].{5,}$/);
  });
});
