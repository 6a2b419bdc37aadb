import { ChangeAccount } from '#accounts';
import { accountStream } from '#commands';
import type { Principal } from '#policy';
import { AccessPlace, PASSWORD } from '../../../test/support/access.js';

const NEXT = 'another fine password';
let place: AccessPlace;
let account: string;

beforeEach(async () => {
  place = new AccessPlace();
  await place.open('northwind');
  account = await place.member({ email: 'cora@northwind.test', username: 'cora' });
});

const own = (caller: Principal, current = PASSWORD, next = NEXT) =>
  place.access.passwords.changeOwn(caller, current, next, place.by(caller));
const types = () => place.types(accountStream(place.workspace, account));

it('AUTH-4: the own new password ends all other sessions and keeps this one', async () => {
  const other = await place.logIn('cora');
  const { minted } = await place.logIn('cora');
  const caller = (await place.who(minted.token)) as Principal;
  await own(caller);
  expect(await place.who(other.minted.token)).toBeNull();
  expect(await place.who(minted.token)).toEqual(caller);
  await expect(place.logIn('cora')).rejects.toMatchObject({ code: 'invalid-credentials' });
  await place.logIn('cora', NEXT);
});

it('COR-9: the session that goes on is judged anew: it can be renewed, and a late reaction leaves it alone', async () => {
  const { minted } = await place.logIn('cora');
  await own((await place.who(minted.token)) as Principal);
  const renewed = await place.access.sessions.refresh(minted.refreshToken, 'whitebook.test', () => place.system());
  await place.vault.sessions.end(accountStream(place.workspace, account), 1, minted.session.id);
  await place.vault.sessions.end(accountStream(place.workspace, account), 1);
  expect(await place.who(renewed.token)).not.toBeNull();
});

it('ACC-1: the new password makes a limited session a full one', async () => {
  const newt = await place.member({ email: 'newt@northwind.test', passwordChangeRequired: true });
  const { minted } = await place.logIn('newt@northwind.test');
  const caller = (await place.who(minted.token)) as Principal;
  expect(caller).toMatchObject({ account: newt, kind: 'password-change' });
  await own(caller);
  expect(await place.who(minted.token)).toEqual({ ...caller, kind: 'full' });
});

describe('a process that dies between the event of the own new password and its answer', () => {
  const die = async () => {
    const newt = await place.member({ email: 'newt@northwind.test', passwordChangeRequired: true });
    const { minted } = await place.logIn('newt@northwind.test');
    const caller = (await place.who(minted.token)) as Principal;
    const context = place.by(caller, { commandId: 'c1', fingerprint: 'f1' });
    expect(await place.access.passwords.repeated(newt, caller, context)).toBeNull();
    const credential = await place.main.commands.credential(context, NEXT);
    const set = { type: 'SetPassword', credential: credential.id, by: 'self', passwordChangeRequired: false } as const;
    await place.main.commands.run(new ChangeAccount(newt, { ...set, session: caller.credential }, context, credential));
    expect(await place.who(minted.token)).toMatchObject({ kind: 'password-change' });
    return { newt, minted, caller, context };
  };

  it('COR-4: leaves a session that the repeat of the command makes a full one', async () => {
    const { newt, minted, caller, context } = await die();
    expect(await place.access.passwords.repeated(newt, caller, context)).toMatchObject({ kind: 'already' });
    expect(await place.who(minted.token)).toEqual({ ...caller, kind: 'full' });
  });

  it('ACC-1: leaves a session that is a full one once it is renewed', async () => {
    const { minted, caller } = await die();
    const renewed = await place.access.sessions.refresh(minted.refreshToken, 'whitebook.test', () => place.system());
    expect(await place.who(renewed.token)).toEqual({ ...caller, kind: 'full' });
  });
});

it('AUTH-5: a wrong present password is told by its field, changes nothing, and counts as a failure', async () => {
  const caller = await place.caller('cora');
  for (let i = 0; i < 10; i++) {
    await expect(own(caller, 'wrong')).rejects.toMatchObject({
      code: 'invalid-input',
      facts: { errors: [{ pointer: '/currentPassword', code: 'wrong-password' }] },
    });
  }
  await expect(own(caller)).rejects.toMatchObject({ code: 'throttled' });
  expect(await types()).toEqual(['UserCreated']);
});

it('AUTH-4: one that staff set ends all, and asks for another where that is wanted', async () => {
  const { minted } = await place.logIn('cora');
  await place.access.passwords.setByStaff(account, NEXT, true, place.system());
  expect(await place.who(minted.token)).toBeNull();
  const limited = await place.logIn('cora', NEXT);
  expect(await place.who(limited.minted.token)).toMatchObject({ kind: 'password-change' });
});

it('ACC-1: without a word of staff the workspace’s setting says whether another is asked for', async () => {
  const changes = { requirePasswordChange: { from: false, to: true } };
  await place.append(`workspace-${place.workspace}`, [{ type: 'WorkspaceSettingsChanged', data: { changes } }]);
  const { state } = await place.access.passwords.setByStaff(account, NEXT, undefined, place.system());
  expect(state.passwordChangeRequired).toBe(true);
});

it('AUTH-5: a new password forgives the failures before it', async () => {
  for (let i = 0; i < 10; i++) await place.logIn('cora', 'wrong').catch(() => undefined);
  await place.access.passwords.setByStaff(account, NEXT, false, place.system());
  await place.logIn('cora', NEXT);
});

it('COR-8: a change by a session that staff have just ended by another password is refused', async () => {
  const caller = await place.caller('cora');
  const context = place.by(caller);
  const recheck = () => place.vault.sessions.endOne(caller.credential).then(() => undefined);
  await expect(place.access.passwords.changeOwn(caller, PASSWORD, NEXT, { ...context, recheck })).rejects.toMatchObject({
    code: 'unauthenticated',
  });
  expect(await types()).toEqual(['UserCreated']);
});

it('COR-8: a change by an API key counts only while the password that it has proved is in force', async () => {
  const wanted = { name: 'a machine', scopes: ['accounts:change-password'] as const, expiresAt: null };
  const session = await place.caller('cora');
  const { key } = await place.access.apiKeys.make(wanted, session, place.by(session));
  const caller = (await place.who(key ?? '')) as Principal;
  const context = place.by(caller);
  let isSet = false;
  const recheck = async () => {
    if (!isSet) await place.access.passwords.setByStaff(account, 'the word of staff', false, place.system());
    isSet = true;
  };
  const byOther = place.process().access.passwords;
  await expect(byOther.changeOwn(caller, PASSWORD, NEXT, { ...context, recheck })).rejects.toMatchObject({
    facts: { errors: [{ pointer: '/currentPassword', code: 'wrong-password' }] },
  });
  expect(await types()).toEqual(['UserCreated', 'PasswordChanged']);
  await place.logIn('cora', 'the word of staff');
});

it('COR-7: a disable that another process has recorded and not yet carried out leaves no session to this one either', async () => {
  const caller = await place.caller('cora');
  const data = { from: 'active', kind: 'blocked', reason: 'abuse', until: null };
  await place.append(accountStream(place.workspace, account), [{ type: 'UserDisabled', data }]);
  await expect(own(caller)).rejects.toMatchObject({ code: 'unauthenticated' });
  expect(await types()).toEqual(['UserCreated', 'UserDisabled']);
});

it('COR-14: the old credential is not in force any more, and neither is one that no event names', async () => {
  const caller = await place.caller('cora');
  await place.vault.credentials.insert({ id: 'f'.repeat(32), account, hash: 'hash of unnamed password' });
  await expect(place.logIn('cora', 'unnamed password')).rejects.toMatchObject({ code: 'invalid-credentials' });
  await own(caller);
  await expect(place.logIn('cora')).rejects.toMatchObject({ code: 'invalid-credentials' });
});

it('DRY-1: a dry run sets nothing and leaves no credential', async () => {
  const caller = await place.caller('cora');
  const context = place.by(caller, { dryRun: true });
  const outcome = await place.access.passwords.changeOwn(caller, PASSWORD, NEXT, context);
  expect([outcome.kind, outcome.events.map(({ type }) => type)]).toEqual(['dry-run', ['PasswordChanged']]);
  await place.logIn('cora');
});
