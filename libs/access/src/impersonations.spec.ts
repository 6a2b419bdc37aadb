import { accessStream } from '#commands';
import type { Principal } from '#policy';
import { AccessPlace, ORIGIN } from '../../../test/support/access.js';

let place: AccessPlace;
let customer: string;
let admin: Principal;

beforeEach(async () => {
  place = new AccessPlace();
  await place.open('northwind');
  customer = await place.member({ email: 'cora@northwind.test' });
  await place.member({ email: 'ada@northwind.test', role: 'admin' });
  admin = await place.caller('ada@northwind.test');
});

const begin = (account = customer, by = admin, more = {}) =>
  place.access.impersonations.begin(account, 'a question', place.by(by, more));
const history = async () => (await place.events(accessStream(place.workspace, customer))).map(({ event }) => event);
const token = async () => (await begin()).minted?.token ?? '';
const disable = { type: 'Disable', kind: 'blocked', reason: 'abuse', note: null, until: null } as const;
const ended = (session: string, cause: string) => ({
  type: 'ImpersonationEnded',
  data: { session, staff: admin.account, cause },
});

it('AUTH-3: staff is logged in as the customer, named as who really acts, for 30 minutes', async () => {
  const { minted } = await begin();
  const session = minted?.session.id ?? '';
  expect(await place.who(minted?.token ?? '')).toEqual({
    account: customer,
    role: 'user',
    workspace: place.workspace,
    credential: session,
    kind: 'impersonation',
    act: { account: admin.account, session: admin.credential, role: 'admin', reason: 'a question' },
  });
  expect(await history()).toEqual([
    { type: 'UserImpersonated', data: { session, staff: admin.account, lifetimeSeconds: 1_800, reason: 'a question' } },
  ]);
  const [recorded] = await place.events(accessStream(place.workspace, customer));
  expect(recorded?.metadata).toMatchObject({ subject: customer, actor: { id: admin.account, role: 'admin' } });
  expect(recorded?.clear).not.toHaveProperty('reason');
  place.after(1_800);
  expect(await place.who(minted?.token ?? '')).toBeNull();
});

it('AUTH-3: shows who am I with banner, actor and the customer’s own permissions, less what is kept from it', async () => {
  const caller = (await place.who(await token())) as Principal;
  const current = await place.access.whoAmI.current(caller);
  expect(current).toMatchObject({
    account: { id: customer },
    actor: { id: admin.account, email: 'ada@northwind.test', role: 'admin' },
    act: { sub: admin.account },
    banner: 'Logged in as cora@northwind.test',
    role: 'user',
  });
  expect(current.permissions).toEqual(expect.arrayContaining(['accounts:read', 'sessions:current', 'accounts:write-name']));
  for (const kept of ['accounts:change-password', 'accounts:change-email', 'sessions:end', 'api-keys:own'])
    expect(current.permissions).not.toContain(kept);
});

it.each([
  ['into staff', 'staff-account', async () => begin(await place.member({ email: 'max@northwind.test', role: 'manager' }))],
  ['into itself', 'staff-account', () => begin(admin.account)],
  ['by a manager', 'forbidden', async () => begin(customer, { ...admin, role: 'manager' })],
  ['by an auditor', 'forbidden', async () => begin(customer, { ...admin, role: 'auditor' })],
  ['by an operator', 'forbidden', async () => begin(customer, { ...admin, role: 'operator' })],
  ['from inside one', 'nested-impersonation', async () => begin(customer, (await place.who(await token())) as Principal)],
])('AUTH-3: is refused %s', (_what, code, attempt) => expect(attempt()).rejects.toMatchObject({ code }));

it('AUTH-3: managers may where the workspace says so', async () => {
  await place.append(`workspace-${place.workspace}`, [
    { type: 'WorkspaceSettingsChanged', data: { changes: { managersMayImpersonate: { from: false, to: true } } } },
  ]);
  await place.member({ email: 'max@northwind.test', role: 'manager' });
  expect((await begin(customer, await place.caller('max@northwind.test'))).minted).not.toBeNull();
});

it('AUTH-3: only an active customer, test accounts too until their time is over', async () => {
  const tess = await place.member({ email: 'tess@northwind.test', testDays: 1 });
  expect((await begin(tess)).minted).not.toBeNull();
  place.after(86_400);
  await expect(begin(tess)).rejects.toMatchObject({ code: 'account-not-active', facts: { accountStatus: 'inactive' } });
  await place.main.change(customer, disable);
  await expect(begin()).rejects.toMatchObject({ code: 'account-not-active', facts: { accountStatus: 'blocked' } });
});

it('ACC-5: of a test account it ends with its time', async () => {
  const tess = await place.member({ email: 'tess@northwind.test', testDays: 1 });
  place.after(86_400 - 600);
  admin = await place.caller('ada@northwind.test');
  const { minted } = await begin(tess);
  const [begun] = await place.events(accessStream(place.workspace, tess));
  expect(begun?.event.data).toMatchObject({ lifetimeSeconds: 600 });
  place.after(599);
  expect(await place.who(minted?.token ?? '')).not.toBeNull();
  place.after(1);
  expect(await place.who(minted?.token ?? '')).toBeNull();
});

it('AUTH-3: exit is recorded, and the staff session is as it was', async () => {
  const caller = (await place.who(await token())) as Principal;
  await place.access.impersonations.exit(caller, place.by(caller));
  expect((await history()).slice(1)).toEqual([ended(caller.credential, 'exit')]);
  expect(await place.vault.sessions.byId(caller.credential)).toBeNull();
  expect(await place.vault.sessions.byId(admin.credential)).not.toBeNull();
});

it.each([
  ['the customer is disabled', () => place.main.change(customer, disable)],
  ['the staff account is disabled', () => place.main.change(admin.account, disable)],
  ['the staff account has another role', () => place.main.change(admin.account, { type: 'SetRole', role: 'auditor' })],
  ['the staff session is logged out', () => place.access.sessions.leave(admin, place.workspace, place.by(admin))],
  ['the staff is logged out everywhere', () => place.access.sessions.endAll(admin.account, place.by(admin))],
])('AUTH-3: is cut off, and that is recorded before the answer, when %s', async (_when, stop) => {
  const caller = (await place.who(await token())) as Principal;
  await stop();
  expect(await place.vault.sessions.byId(caller.credential)).toBeNull();
  expect((await history()).slice(1)).toEqual([ended(caller.credential, 'cut-off')]);
});

it('AUTH-3: the end of its time is recorded once, by the sweep or by its timer', async () => {
  const { minted } = await begin();
  place.after(1_800);
  place.access.jobs.register();
  const data = { workspace: place.workspace, account: customer, session: minted?.session.id ?? '', staff: admin.account };
  await place.jobs.at('end', place.now, { type: 'access.impersonation-end', data });
  await place.main.access.jobs.sweep();
  await place.jobs.runDue();
  expect((await history()).slice(1)).toEqual([ended(data.session, 'expired')]);
});

it('AUTH-3: it does not outlive the session that it was begun from', async () => {
  place.after(30 * 86_400 - 600);
  expect((await begin()).minted?.session.expiresAt).toBe('2026-03-02T12:00:00.000Z');
});

it('ACC-12: the same command again shows no token, and begins nothing', async () => {
  const keyed = { commandId: 'c'.repeat(32), fingerprint: 'same body' };
  const answers = await Promise.all(Array.from({ length: 20 }, () => begin(customer, admin, keyed)));
  expect(answers.filter(({ minted }) => minted !== null)).toHaveLength(1);
  expect(new Set(answers.map(({ outcome }) => outcome.revision))).toEqual(new Set([0]));
  expect(await history()).toHaveLength(1);
  expect(await place.access.sessions.list(customer)).toHaveLength(1);
  await expect(begin(customer, admin, { ...keyed, fingerprint: 'another body' })).rejects.toMatchObject({
    code: 'idempotency-key-reused',
  });
});

it('COR-8: one that was cut off before its beginning was recorded is recorded as ended', async () => {
  let stop = async (): Promise<void> => undefined;
  const other = new AccessPlace({ before: (step) => (step === 'append' ? stop() : Promise.resolve()) });
  await other.open('northwind');
  const account = await other.member({ email: 'cora@northwind.test' });
  await other.member({ email: 'ada@northwind.test', role: 'admin' });
  const by = await other.caller('ada@northwind.test');
  stop = async () => {
    stop = async () => undefined;
    await other.process().change(account, disable);
  };
  await other.access.impersonations.begin(account, 'a question', other.by(by, { origin: ORIGIN }));
  expect(await other.access.sessions.list(account)).toEqual([]);
  expect(await other.types(accessStream(other.workspace, account))).toEqual(['UserImpersonated', 'ImpersonationEnded']);
});
