import type { ApiKey, Session } from '#vault';

export const NOON = '2026-01-31T12:00:00.000Z';
export const ONE = '2026-01-31T13:00:00.000Z';
export const MARCH = '2026-03-02T12:00:00.000Z';
export const MASTER_KEY = Buffer.alloc(32, 5);

/** A session of account `ann` in workspace `w1`, judged at revision 3 of the account and 1 of the workspace. */
export const session = (id: string, changes: Partial<Session> = {}): Session => ({
  id,
  workspace: 'w1',
  account: 'ann',
  role: 'user',
  kind: 'full',
  credential: 'c1',
  judged: { 'account-ann': 3, 'workspace-w1': 1 },
  generation: 1,
  tokenHash: `token-${id}`,
  refreshHash: `refresh-${id}`,
  previousRefreshHash: null,
  rotatedAt: null,
  used: false,
  createdAt: NOON,
  expiresAt: ONE,
  refreshExpiresAt: MARCH,
  lastUsedAt: NOON,
  address: '192.0.2.7',
  agent: 'curl/8',
  ...changes,
});

/** What staff account `sue` does in the name of `ann`, begun from the session `from`. */
export const impersonation = (id: string, from: string): Session =>
  session(id, {
    kind: 'impersonation',
    refreshHash: null,
    refreshExpiresAt: ONE,
    act: { account: 'sue', session: from, role: 'admin', reason: 'ticket 7' },
  });

export const apiKey = (id: string, changes: Partial<ApiKey> = {}): Omit<ApiKey, 'barred' | 'lastUsedAt'> => {
  const {
    barred: _barred,
    lastUsedAt: _lastUsedAt,
    ...key
  } = {
    id,
    workspace: 'w1',
    account: 'ann',
    role: 'user',
    name: 'robot',
    scopes: ['accounts:read'],
    keyHash: `hash-${id}`,
    judged: { 'account-ann': 3, 'workspace-w1': 1 },
    createdAt: NOON,
    expiresAt: null,
    lastUsedAt: null,
    barred: false,
    ...changes,
  };
  return key;
};

export const idsOf = (items: readonly { readonly id: string }[]): string[] => items.map(({ id }) => id).sort();
