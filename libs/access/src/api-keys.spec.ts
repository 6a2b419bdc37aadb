import { accessStream } from '#commands';
import type { Permission, Principal } from '#policy';
import { AccessPlace } from '../../../test/support/access.js';
import type { MadeApiKey, NewApiKey } from './api-keys.js';
import { hashOf } from './session-tokens.js';

let place: AccessPlace;
let admin: Principal;

beforeEach(async () => {
  place = new AccessPlace();
  await place.open('northwind');
  await place.member({ email: 'olga@northwind.test', role: 'owner' });
  await place.member({ email: 'ada@northwind.test', role: 'admin' });
  admin = await place.caller('ada@northwind.test');
});

const wanted = (scopes: Permission[], expiresAt: string | null = null): NewApiKey => ({ name: 'the CRM', scopes, expiresAt });
const make = (scopes: Permission[] = ['accounts:read'], by = admin, more = {}) =>
  place.access.apiKeys.make(wanted(scopes), by, place.by(by, more));
const keyOf = ({ key }: MadeApiKey) => key ?? '';
const disable = { type: 'Disable', kind: 'inactive', reason: 'other', note: null, until: null } as const;
const types = () => place.types(accessStream(place.workspace, admin.account));

it('AUTH-4: a key acts as its account, with its scopes alone, and only its hash is kept', async () => {
  const key = keyOf(await make());
  expect(key).toMatch(/^wbk_[\w-]{43}$/);
  const [kept] = await place.vault.apiKeys.list(admin.account);
  expect(kept?.keyHash).toBe(hashOf(key));
  const { account, workspace } = admin;
  const credential = kept?.id ?? '';
  expect(await place.who(key)).toEqual({
    account,
    workspace,
    role: 'admin',
    kind: 'api-key',
    scopes: ['accounts:read'],
    credential,
  });
  const [, created] = await place.events(accessStream(place.workspace, admin.account));
  expect(created?.clear).toEqual({ key: credential, scopes: ['accounts:read'], expiresAt: null });
});

it('AUTH-4: nobody makes a key for more than they may, a key neither', async () => {
  await expect(make(['accounts:impersonate', 'workspaces:manage'])).rejects.toMatchObject({
    code: 'forbidden',
    facts: { permission: 'workspaces:manage', role: 'admin' },
  });
  const key = (await place.who(keyOf(await make(['api-keys:own', 'accounts:read'])))) as Principal;
  await expect(make(['accounts:disable'], key)).rejects.toMatchObject({ code: 'forbidden' });
  expect((await make(['accounts:read'], key)).key).not.toBeNull();
});

it('AUTH-4: customers make keys for their own account', async () => {
  await place.member({ email: 'cora@northwind.test' });
  const cora = await place.caller('cora@northwind.test');
  expect(await place.who(keyOf(await make(['accounts:read', 'accounts:write-name'], cora)))).toMatchObject({ role: 'user' });
});

it('AUTH-4: a key never exceeds what its account may now', async () => {
  const key = keyOf(await make(['accounts:read']));
  await place.main.change(admin.account, { type: 'SetRole', role: 'auditor' });
  expect(await place.who(key)).toMatchObject({ role: 'auditor', scopes: ['accounts:read'] });
});

it('COR-10: a key is refused while its account is disabled or its workspace suspended, and works again after', async () => {
  const key = keyOf(await make());
  await place.main.change(admin.account, disable);
  expect(await place.who(key)).toBeNull();
  await place.main.change(admin.account, { type: 'Enable' });
  expect(await place.who(key)).not.toBeNull();
  const stream = `workspace-${place.workspace}`;
  await place.append(stream, [{ type: 'WorkspaceSuspended', data: {} }]);
  expect(await place.who(key)).toBeNull();
  await place.append(stream, [{ type: 'WorkspaceResumed', data: {} }]);
  expect(await place.who(key)).not.toBeNull();
});

it('ACC-5: the key of a test account stops with its time, recorded or not yet', async () => {
  await place.member({ email: 'tess@northwind.test', testDays: 1 });
  const key = keyOf(await make(['accounts:read'], await place.caller('tess@northwind.test')));
  place.after(86_399);
  expect(await place.who(key)).not.toBeNull();
  place.after(1);
  expect(await place.who(key)).toBeNull();
});

it('AUTH-4: a key ends at its time, when it is revoked, and with its account', async () => {
  const timed = await place.access.apiKeys.make(wanted(['accounts:read'], '2026-02-01T12:00:00.000Z'), admin, place.by(admin));
  expect(await place.who(keyOf(timed))).not.toBeNull();
  place.after(86_400);
  expect(await place.who(keyOf(timed))).toBeNull();
  const key = keyOf(await make());
  const id = (await place.who(key))?.credential ?? '';
  await place.access.apiKeys.revoke(id, admin, place.by(admin));
  expect(await place.who(key)).toBeNull();
  await expect(place.access.apiKeys.revoke(id, admin, place.by(admin))).rejects.toMatchObject({ code: 'not-found' });
  const last = keyOf(await make());
  await place.main.change(admin.account, { type: 'Delete', confirm: 'ada@northwind.test', reason: null });
  expect(await place.who(last)).toBeNull();
});

it('AUTH-4: nobody revokes the key of somebody else', async () => {
  const credential = (await place.who(keyOf(await make())))?.credential ?? '';
  const olga = await place.caller('olga@northwind.test');
  await expect(place.access.apiKeys.revoke(credential, olga, place.by(olga))).rejects.toMatchObject({ code: 'not-found' });
});

it('AUTH-4: a key whose revocation was recorded by a process that died is removed by its reaction or by the next try', async () => {
  const key = keyOf(await make());
  const id = (await place.who(key))?.credential ?? '';
  await place.access.log.record(
    { workspace: place.workspace, account: admin.account },
    [{ type: 'ApiKeyRevoked', data: { key: id } }],
    place.by(admin),
  );
  expect(await place.who(key)).not.toBeNull();
  expect((await place.access.apiKeys.revoke(id, admin, place.by(admin))).kind).toBe('nothing');
  expect(await place.who(key)).toBeNull();
});

it('AUTH-3: what was begun with a key ends with it', async () => {
  const customer = await place.member({ email: 'cora@northwind.test' });
  const key = (await place.who(keyOf(await make(['accounts:impersonate'])))) as Principal;
  const { minted } = await place.access.impersonations.begin(customer, 'a question', place.by(key));
  expect(await place.who(minted?.token ?? '')).toMatchObject({ kind: 'impersonation' });
  await place.access.apiKeys.revoke(key.credential, admin, place.by(admin));
  expect(await place.who(minted?.token ?? '')).toBeNull();
});

it('ACC-12: the same command at once shows one key once', async () => {
  const keyed = { commandId: 'c'.repeat(32), fingerprint: 'same body' };
  const made = await Promise.all(Array.from({ length: 20 }, () => make(['accounts:read'], admin, keyed)));
  expect(made.filter(({ key }) => key !== null)).toHaveLength(1);
  expect(await place.vault.apiKeys.list(admin.account)).toHaveLength(1);
  expect(await types()).toEqual(['UserLoggedIn', 'ApiKeyCreated']);
});

it('COR-8: a key is not left behind where its maker was stopped while it was written', async () => {
  let stop = async (): Promise<void> => undefined;
  const other = new AccessPlace({ before: (step) => (step === 'apiKeys.insert' ? stop() : Promise.resolve()) });
  await other.open('northwind');
  const account = await other.member({ email: 'cora@northwind.test' });
  const cora = await other.caller('cora@northwind.test');
  stop = async () => void (await other.process().change(account, disable));
  await expect(other.access.apiKeys.make(wanted(['accounts:read']), cora, other.by(cora))).rejects.toMatchObject({
    code: 'unauthenticated',
  });
  expect(await other.vault.apiKeys.list(account)).toEqual([]);
});

describe('COR-8: a key is made by a credential that still stands, however lately the guard has looked at it', () => {
  const olga = { credential: 'e'.repeat(32), by: 'staff', passwordChangeRequired: false, session: null } as const;

  it('not by a session that another password has ended', async () => {
    await place.main.change(admin.account, { type: 'SetPassword', ...olga });
    await expect(make()).rejects.toMatchObject({ code: 'unauthenticated' });
    expect(await place.vault.apiKeys.list(admin.account)).toEqual([]);
  });
  it('not by a session that another process is about to end', async () => {
    const data = { ...olga, reset: null };
    await place.append(`account-${place.workspace}-${admin.account}`, [{ type: 'PasswordChanged', data }]);
    await expect(make()).rejects.toMatchObject({ code: 'unauthenticated' });
    expect(await place.vault.apiKeys.list(admin.account)).toEqual([]);
  });
  it('not by a session that was logged out everywhere', async () => {
    await place.access.sessions.endAll(admin.account, place.by(admin));
    await expect(make()).rejects.toMatchObject({ code: 'unauthenticated' });
    expect(await place.vault.apiKeys.list(admin.account)).toEqual([]);
  });
  it('not by a key that was revoked', async () => {
    const key = (await place.who(keyOf(await make(['api-keys:own'])))) as Principal;
    await place.access.apiKeys.revoke(key.credential, admin, place.by(admin));
    await expect(make(['api-keys:own'], key)).rejects.toMatchObject({ code: 'unauthenticated' });
    expect(await place.vault.apiKeys.list(admin.account)).toEqual([]);
  });
  it('not for the scopes of a role that is lost', async () => {
    const key = (await place.who(keyOf(await make(['api-keys:own', 'accounts:disable'])))) as Principal;
    await place.main.change(admin.account, { type: 'SetRole', role: 'auditor' });
    await expect(make(['accounts:disable'], key)).rejects.toMatchObject({ code: 'unauthenticated' });
    expect(await place.vault.apiKeys.list(admin.account)).toHaveLength(1);
  });
});
