import { accessStream, accountStream } from '#commands';
import { AccessPlace, ORIGIN, PASSWORD } from '../../../test/support/access.js';
import { signinStream } from './access.events.js';

const WRONG = 'not the password';
let place: AccessPlace;
let customer: string;

beforeEach(async () => {
  place = new AccessPlace();
  await place.open('northwind', 'app.northwind.test');
  customer = await place.member({ email: 'Cora@Northwind.test', username: 'cora' });
});

const branded = { host: 'app.northwind.test', workspace: null } as const;
const code = (attempt: Promise<unknown>) =>
  attempt.then(
    () => 'in',
    (error: { code: string }) => error.code,
  );
const events = (account: string) => place.types(accessStream(place.workspace, account));

it('WS-6: a customer logs in at the verified domain, by email or username, without case', async () => {
  const { minted } = await place.logIn('cora@northwind.TEST', PASSWORD, branded);
  expect(await place.who(minted.token, 'app.northwind.test')).toEqual({
    account: customer,
    role: 'user',
    workspace: place.workspace,
    credential: minted.session.id,
    kind: 'full',
  });
  expect(await code(place.logIn('CORA', PASSWORD, branded))).toBe('in');
  expect(await events(customer)).toEqual(['UserLoggedIn', 'UserLoggedIn']);
});

it('ACC-11: an address is found in the letters in which its owner knows it, a username in those in which it was given', async () => {
  await place.member({ email: 'post@xn--bcher-kva.example', username: 'J\u030Can' });
  for (const login of ['post@b\u00fccher.example', 'POST@BU\u0308CHER.example', 'post@XN--bcher-kva.example'])
    expect(await code(place.logIn(login, PASSWORD, branded))).toBe('in');
  for (const login of ['J\u030Can', 'j\u030Can', '\u01F0an'])
    expect(await code(place.logIn(login, PASSWORD, branded))).toBe('in');
});

it('WS-6: on the platform’s own host the right password, and only that, tells where to go', async () => {
  await expect(place.logIn('cora@northwind.test')).rejects.toMatchObject({
    code: 'wrong-host',
    facts: { loginUrl: 'https://app.northwind.test/login' },
  });
  expect(await code(place.logIn('cora@northwind.test', WRONG))).toBe('invalid-credentials');
  expect(await code(place.logIn('nobody@northwind.test'))).toBe('invalid-credentials');
});

it('WS-6: staff log in on either host, and everybody on the platform’s before there is a domain', async () => {
  await place.member({ email: 'ada@northwind.test', role: 'admin' });
  expect(await code(place.logIn('ada@northwind.test'))).toBe('in');
  expect(await code(place.logIn('ada@northwind.test', PASSWORD, branded))).toBe('in');
  await place.open('southwind');
  await place.member({ email: 'carl@southwind.test' });
  expect(await code(place.logIn('carl@southwind.test', PASSWORD, { workspace: 'southwind' }))).toBe('in');
});

it('WS-6: a token works on the platform’s host and on its own domain, and on another’s it is nobody’s', async () => {
  const { minted } = await place.logIn('cora', PASSWORD, branded);
  await place.open('southwind', 'app.southwind.test');
  expect(await place.who(minted.token, 'app.southwind.test')).toBeNull();
  expect(await place.who(minted.token, 'anything.test')).not.toBeNull();
  await expect(
    place.access.sessions.refresh(minted.refreshToken, 'app.southwind.test', () => place.system()),
  ).rejects.toMatchObject({ code: 'unauthenticated' });
});

it('AUTH-5: unknown, wrong, pending and disabled with a wrong password are the same, and cost one argon2 each', async () => {
  const answers = [];
  for (const [login, as] of [
    ['nobody@northwind.test', branded],
    ['cora', branded],
    ['cora', { workspace: 'no-such-slug' }],
    ['cora', { workspace: null }],
    ['cora', { ...branded, workspace: 'southwind' }],
  ] as const) {
    const before = place.verified;
    const refused = await place.logIn(login, WRONG, as).catch((error: unknown) => error);
    answers.push([refused, place.verified - before]);
  }
  expect(new Set(answers.map((given) => JSON.stringify(given))).size).toBe(1);
  expect(answers[0]).toEqual([expect.objectContaining({ code: 'invalid-credentials', facts: {} }), 1]);
});

it('AUTH-5: with the right password a disabled account and a suspended workspace say so', async () => {
  await place.main.change(customer, { type: 'Disable', kind: 'blocked', reason: 'abuse', note: null, until: null });
  expect(await code(place.logIn('cora', WRONG, branded))).toBe('invalid-credentials');
  expect(await code(place.logIn('cora', PASSWORD, branded))).toBe('account-disabled');
  await place.main.change(customer, { type: 'Enable' });
  await place.append(`workspace-${place.workspace}`, [{ type: 'WorkspaceSuspended', data: {} }]);
  expect(await code(place.logIn('cora', PASSWORD, branded))).toBe('workspace-suspended');
  expect(await code(place.logIn('cora', WRONG, branded))).toBe('invalid-credentials');
});

it('ACC-5: a test account whose time is over does not get in, recorded or not yet', async () => {
  await place.member({ email: 'tess@northwind.test', testDays: 1 });
  place.after(86_399);
  expect(await code(place.logIn('tess@northwind.test', PASSWORD, branded))).toBe('in');
  place.after(1);
  expect(await code(place.logIn('tess@northwind.test', PASSWORD, branded))).toBe('account-disabled');
});

it('AUTH-5: a failed log-in is recorded without what was typed, and never as a change of the account', async () => {
  await code(place.logIn('nobody@northwind.test', WRONG, branded));
  await code(place.logIn('cora', WRONG, branded));
  const [unknown] = await place.events(signinStream(place.workspace));
  expect(unknown).toMatchObject({ event: { type: 'LoginFailed', data: { cause: 'invalid-credentials' } } });
  expect(unknown?.metadata).toMatchObject({ subject: null, actor: { id: null, role: 'anonymous' } });
  const [wrong] = await place.events(accessStream(place.workspace, customer));
  expect(wrong?.event.data).toEqual({ cause: 'invalid-credentials', ...ORIGIN });
  expect(wrong?.clear).toEqual({ cause: 'invalid-credentials' });
  expect(await place.types(accountStream(place.workspace, customer))).toEqual(['UserCreated']);
});

it('AUTH-5, ACC-7: whoever is deleted while the password is looked at is nobody by then, in the answer and in what is recorded', async () => {
  const verify = jest.spyOn(place.passwords, 'verify').mockImplementationOnce(async () => {
    await place.main.change(customer, { type: 'Delete', confirm: 'Cora@Northwind.test', reason: null });
    return false;
  });
  expect(await code(place.logIn('cora', WRONG, branded))).toBe('invalid-credentials');
  expect(verify).toHaveBeenCalledTimes(1);
  expect(await events(customer)).toEqual([]);
  const [failed] = await place.events(signinStream(place.workspace));
  expect(failed).toMatchObject({ event: { type: 'LoginFailed', data: { cause: 'invalid-credentials' } }, sealed: null });
});

it('AUTH-5: an operator logs in on the platform’s host without naming a workspace', async () => {
  const platform = new AccessPlace();
  const operator = await platform.member({ email: 'root@whitebook.test', role: 'owner' });
  const { minted } = await platform.logIn('root@whitebook.test', PASSWORD, { workspace: null });
  expect(await platform.who(minted.token)).toMatchObject({ account: operator, role: 'operator', workspace: 'platform' });
});

it('ACC-1: whoever must change the password gets a session for nothing else', async () => {
  await place.member({ email: 'newt@northwind.test', passwordChangeRequired: true });
  const { minted } = await place.logIn('newt@northwind.test', PASSWORD, branded);
  expect(await place.who(minted.token)).toMatchObject({ kind: 'password-change' });
});
