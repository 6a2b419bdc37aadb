import { addSeconds, type Instant } from '#kernel';
import { customer, expectStatus } from '../program/place.js';
import { until } from '../program/program.js';
import { itemsOf, textAt, type Api } from '../support/api.js';

export const DAY = 86_400;

/** Something that ends by itself. */
export interface Ending {
  readonly what: 'invitation' | 'test account' | 'block';
  readonly account: string;
  readonly at: Instant;
  /** What the history calls its end. */
  readonly kind: 'InvitationExpired' | 'TestExpired' | 'UserEnabled';
}

/** One of each kind that ends by itself: an invitation in a week, a test account in a day, and a block at `end`. */
export async function endings(owner: Api, name: string, end: () => Instant): Promise<Ending[]> {
  const invited = expectStatus(await owner.post('/v1/invitations', { email: `${name}-invited@customers.example` }), 201);
  const test = expectStatus(await owner.post('/v1/accounts', { ...customer(`${name}-test`), test: true, testDays: 1 }), 201);
  return [
    {
      what: 'invitation',
      account: textAt(invited, 'accountId'),
      at: textAt(invited, 'expiresAt'),
      kind: 'InvitationExpired',
    },
    { what: 'test account', account: textAt(test, 'id'), at: textAt(test, 'testExpiresAt'), kind: 'TestExpired' },
    await block(owner, name, end),
  ];
}

/** An account that is blocked until then. `end` is asked at the last moment: it may be soon. */
export async function block(owner: Api, name: string, end: () => Instant): Promise<Ending> {
  const account = textAt(expectStatus(await owner.post('/v1/accounts', customer(`${name}-blocked`)), 201), 'id');
  const until = end();
  expectStatus(await owner.post(`/v1/accounts/${account}/disable`, { kind: 'blocked', reason: 'abuse', until }), 200);
  return { what: 'block', account, at: until, kind: 'UserEnabled' };
}

/** When the history says that it ended; null as long as it does not. Fails where it says so twice, or before its time. */
export async function endOf(owner: Api, { account, at, kind, what }: Ending): Promise<Instant | null> {
  const entries = itemsOf(expectStatus(await owner.get(`/v1/accounts/${account}/history?limit=200`), 200));
  const [entry, ...more] = entries.filter((one) => one['kind'] === kind);
  if (more.length > 0) throw new Error(`the ${what} ended ${more.length + 1} times`);
  const ended = entry && String(entry['at']);
  if (ended !== undefined && ended < at) throw new Error(`the ${what} ended at ${ended}, and not at ${at}`);
  return ended ?? null;
}

/** Resolves once all have ended, with how many seconds that took. */
export async function ended(owner: Api, all: readonly Ending[], seconds: number): Promise<number> {
  const began = performance.now();
  for (const each of all) await until(`the end of the ${each.what}`, () => endOf(owner, each), seconds);
  return (performance.now() - began) / 1000;
}

/** Resolves once a sweep has come by: what was due before was found before. */
export async function swept(owner: Api, now: () => Instant, name: string): Promise<void> {
  await ended(owner, [await block(owner, name, () => addSeconds(now(), 2))], 60);
}
