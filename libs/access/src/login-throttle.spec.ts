import { accessStream } from '#commands';
import { AccessPlace, PASSWORD } from '../../../test/support/access.js';
import { signinStream } from './access.events.js';
import { LOG_IN } from './login-throttle.js';

let place: AccessPlace;
let account: string;

beforeEach(async () => {
  place = new AccessPlace();
  await place.open('northwind');
  account = await place.member({ email: 'cora@northwind.test', username: 'cora' });
});

interface Refused {
  code: string;
  facts: { retryAfter?: number };
}
const attempt = (login: string, password = 'wrong', address = '192.0.2.7') =>
  place.logIn(login, password, { address }).then(
    () => 'in',
    ({ code, facts }: Refused) => (facts.retryAfter === undefined ? code : `${code} ${facts.retryAfter}`),
  );
const fail = async (times: number, login = 'cora@northwind.test') => {
  for (let i = 0; i < times; i++) expect(await attempt(login)).toBe('invalid-credentials');
};

it('AUTH-5: after ten failures an address waits: 1 s, doubled with each failure more, at most 15 minutes', async () => {
  await fail(10);
  const waits: string[] = [];
  for (let i = 0; i < 5; i++) {
    const refused = await attempt('cora@northwind.test', PASSWORD);
    waits.push(refused);
    place.after(Number(refused.split(' ')[1]));
    await fail(1);
  }
  expect(waits).toEqual(['throttled 1', 'throttled 2', 'throttled 4', 'throttled 8', 'throttled 16']);
});

it('AUTH-5: after the wait the right password gets in, and a refused attempt was not counted', async () => {
  await fail(10);
  for (let i = 0; i < 20; i++) expect(await attempt('cora@northwind.test')).toBe('throttled 1');
  place.after(1);
  expect(await attempt('cora@northwind.test', PASSWORD)).toBe('in');
});

it('AUTH-5: an address that is nobody’s waits in the same way', async () => {
  await fail(10, 'nobody@northwind.test');
  expect(await attempt('nobody@northwind.test')).toBe('throttled 1');
  expect((await place.types(signinStream(place.workspace))).slice(-2)).toEqual(['LoginFailed', 'SignInLocked']);
});

it('AUTH-5: an address is one address in whatever letters its domain is typed', async () => {
  await place.member({ email: 'post@xn--bcher-kva.example' });
  await fail(5, 'post@b\u00fccher.example');
  await fail(5, 'POST@BU\u0308CHER.example');
  expect(await attempt('post@xn--bcher-kva.example')).toBe('throttled 1');
});

it('AUTH-5: failures are forgotten after 15 minutes; a right password never counts', async () => {
  await fail(9);
  for (let i = 0; i < 20; i++) expect(await attempt('cora@northwind.test', PASSWORD)).toBe('in');
  place.after(901);
  await fail(9);
  expect(await attempt('cora@northwind.test', PASSWORD)).toBe('in');
});

it('AUTH-5: a source waits after a hundred failures with any addresses, another source does not', async () => {
  for (let i = 0; i < 100; i++) await fail(1, `nobody${i}@northwind.test`);
  expect(await attempt('cora', PASSWORD)).toBe('throttled 1');
  expect(await attempt('cora', PASSWORD, '192.0.2.8')).toBe('in');
});

it('AUTH-5: a hundred attempts at once try no more passwords than ten one after the other', async () => {
  const before = place.verified;
  const answers = await Promise.all(Array.from({ length: 100 }, () => attempt('cora')));
  expect(answers.filter((answer) => answer === 'invalid-credentials')).toHaveLength(10);
  expect(answers.filter((answer) => answer === 'throttled 1')).toHaveLength(90);
  expect(place.verified - before).toBe(10);
});

it('AUTH-5: a hundred right ones at once all get in', async () => {
  const answers = await Promise.all(Array.from({ length: 100 }, () => attempt('cora', PASSWORD)));
  expect(new Set(answers)).toEqual(new Set(['in']));
});

it('AUTH-5: a lock is an event of the account, and unlocking lifts it', async () => {
  await fail(10);
  const stream = accessStream(place.workspace, account);
  expect((await place.events(stream)).at(-1)?.event).toEqual({ type: 'AccountLocked', data: { failures: 10, seconds: 1 } });
  await place.access.locks.lift(account, place.system());
  await place.access.locks.lift(account, place.system());
  expect((await place.types(stream)).filter((type) => type === 'AccountUnlocked')).toHaveLength(1);
  expect(await attempt('cora@northwind.test', PASSWORD)).toBe('in');
});

it('AUTH-5: the guard asks the same before it looks at the body', async () => {
  const whence = { host: 'whitebook.test', address: '192.0.2.7', agent: '' };
  const asked = (body: object) => place.access.throttle.check(LOG_IN, body as never, whence);
  await fail(10);
  expect(await asked({ login: 'CORA@northwind.test', workspace: 'northwind' })).toMatchObject({ code: 'throttled' });
  expect(await asked({ email: 'other@northwind.test', workspace: 'northwind' })).toBeNull();
  expect(await asked([1])).toBeNull();
  expect(await asked({ email: 5, workspace: {} })).toBeNull();
});
