import type { DomainEvent, Recorded } from '#event-store';
import { accessEvents } from './access.events.js';
import { evolve, noAccess, type Access } from './access.fold.js';
import { accessReaction } from './access.reactions.js';
import type { AccessEvent } from './access.events.js';

const NOON = '2026-01-31T12:00:00.000Z';
const A = 'a'.repeat(32);
const STREAM = `access-northwind-${A}`;

const recorded = <E extends DomainEvent>(event: E, stream = STREAM, revision = 4): Recorded<E> => ({
  ...{ event, id: '', stream, revision, position: 9, created: NOON, workspace: 'northwind', number: 1 },
  metadata: {
    workspace: 'northwind',
    subject: A,
    actor: { id: null, role: 'system', workspace: 'northwind' },
    commandId: null,
    correlationId: '',
    at: NOON,
    schemaVersion: 1,
  },
  ...{ clear: {}, sealed: null, erased: false },
});
const fold = (...events: AccessEvent[]): Access => events.reduce((access, event) => evolve(access, recorded(event)), noAccess);
const errand = (type: string, what: string | number, data: object) => [
  { kind: 'errand', key: `${type}/${A}/${what}`, at: NOON, job: { type, data: { workspace: 'northwind', account: A, ...data } } },
];
const wake = (type: string, what: string | number, at: string, data: object) => [
  { kind: 'wake', key: `${type}/${A}/${what}`, at, job: { type, data: { workspace: 'northwind', account: A, ...data } } },
];

describe('reactions', () => {
  it('COR-6: a reset link leads to a mail, of which the job knows ids and generation only', () =>
    expect(accessReaction(recorded({ type: 'PasswordResetRequested', data: { generation: 3, lifetimeSeconds: 3_600 } }))).toEqual(
      errand('mail.reset', 3, { generation: 3 }),
    ));

  it('ACC-10: a wish for another address leads to a mail', () =>
    expect(
      accessReaction(
        recorded(
          { type: 'EmailChangeRequested', data: { generation: 2, lifetimeSeconds: 1, email: 'x' } },
          `account-northwind-${A}`,
        ),
      ),
    ).toEqual(errand('mail.email-change', 2, { generation: 2 })));

  it('AUTH-3: an impersonation is ended when its time is over', () =>
    expect(
      accessReaction(
        recorded({ type: 'UserImpersonated', data: { session: 's', staff: 'b', lifetimeSeconds: 60, reason: 'x' } }),
      ),
    ).toEqual(wake('access.impersonation-end', 's', '2026-01-31T12:01:00.000Z', { session: 's', staff: 'b' })));

  it('COR-7, COR-10: a suspension bars keys and ends sessions once more, a resumption lifts', () => {
    const stream = 'workspace-northwind';
    expect(accessReaction(recorded({ type: 'WorkspaceSuspended', data: {} }, stream))).toEqual([
      { kind: 'bar-keys', stream, revision: 4, barred: true },
      { kind: 'end-sessions', stream, before: 5, except: null },
    ]);
    expect(accessReaction(recorded({ type: 'WorkspaceResumed', data: {} }, stream))).toEqual([
      { kind: 'bar-keys', stream, revision: 4, barred: false },
    ]);
  });

  it('AUTH-3: what managers have begun ends, and nothing else, with the change that takes it from them', () => {
    const stream = 'workspace-northwind';
    const changed = (to: boolean) => ({
      type: 'WorkspaceSettingsChanged',
      data: { changes: { managersMayImpersonate: { from: !to, to } } },
    });
    expect(accessReaction(recorded(changed(false), stream))).toEqual([
      { kind: 'end-sessions', stream: `${stream} managers`, before: 4, except: null },
    ]);
    expect(accessReaction(recorded(changed(true), stream))).toEqual([]);
  });

  it('does nothing about what is no business of access', () =>
    expect(accessReaction(recorded({ type: 'SomethingElse', data: {} }))).toEqual([]));
});

describe('fold', () => {
  it('AUTH-5: keeps the latest reset links, and the lock until it is lifted', () => {
    const requests = Array.from(
      { length: 12 },
      (_, i) => ({ type: 'PasswordResetRequested', data: { generation: i + 1, lifetimeSeconds: 60 } }) as const,
    );
    const access = fold(...requests, { type: 'AccountLocked', data: { failures: 10, seconds: 60 } });
    expect(access.resetGeneration).toBe(12);
    expect(access.resets.map(({ generation }) => generation)).toEqual([3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    expect(access.lockedUntil).toBe('2026-01-31T12:01:00.000Z');
    expect(evolve(access, recorded({ type: 'AccountUnlocked', data: {} })).lockedUntil).toBeNull();
  });

  it.each([
    ['logout', false],
    ['revoked', true],
    ['reuse', true],
  ] as const)('ACC-10: a session that ended by %s was taken from the account: %s', (cause, isTaken) => {
    const ended = fold({ type: 'SessionEnded', data: { session: 's', cause } });
    expect(ended.credentialTaken > -1).toBe(isTaken);
  });

  it('ACC-10: a revoked API key was taken from the account', () =>
    expect(fold({ type: 'ApiKeyRevoked', data: { key: 'k' } }).credentialTaken).toBeGreaterThan(-1));

  it('AUTH-3, AUTH-4: knows open impersonations and keys', () => {
    const begun = { type: 'UserImpersonated', data: { session: 's', staff: 'b', lifetimeSeconds: 60, reason: 'x' } } as const;
    const key = { type: 'ApiKeyCreated', data: { key: 'k', scopes: ['accounts:read'], expiresAt: null, name: 'CRM' } } as const;
    expect(fold(begun, key)).toMatchObject({ impersonations: { s: { staff: 'b' } }, apiKeys: [{ id: 'k', name: 'CRM' }] });
    const ended = fold(
      begun,
      key,
      { type: 'ImpersonationEnded', data: { session: 's', staff: 'b', cause: 'exit' } },
      { type: 'ApiKeyRevoked', data: { key: 'k' } },
    );
    expect(ended).toMatchObject({ impersonations: {}, apiKeys: [] });
  });
});

it('COR-15: whatever people type or come from is sealed', () =>
  expect(
    Object.fromEntries(accessEvents.filter(({ personal }) => personal.length > 0).map(({ type, personal }) => [type, personal])),
  ).toEqual({
    LoginFailed: ['address', 'agent'],
    UserImpersonated: ['reason'],
    ApiKeyCreated: ['name'],
  }));
