import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { addSeconds } from '#kernel';
import { expectStatus, makePlace, OWNER } from '../program/place.js';
import { until } from '../program/program.js';
import type { Api } from '../support/api.js';
import { Installation } from './installation.js';
import { Load, quantile, type Took } from './redis-away.load.js';
import { describeWithOwnRedis, RedisServer } from './redis-server.js';
import { addressOf } from './servers.js';
import { block, DAY, ended, endings, endOf, swept } from './timers-of-each-kind.js';

/** Seconds for which Redis stands still under load. The whole is `WHITEBOOK_TEST_FREEZE=30`. */
const FREEZE_SECONDS = Number(process.env['WHITEBOOK_TEST_FREEZE'] ?? 6);
const CALM_SECONDS = Math.max(3, FREEZE_SECONDS / 3);
const CLIENTS = 4;
/** What waits for Redis waits for longer, be it until a call of it is given up; a machine that is slow anyway is given twice its own p99. */
const WAITS_MS = 1_500;
/** Seconds within which what is due is done: five is the aim, and this machine does other things too. */
const WITHIN = 10;
/** Seconds for what waits for Redis to come back. */
const PATIENCE = 60;

const suite = addressOf('WHITEBOOK_MONGODB_URL') === '' ? describe.skip : describeWithOwnRedis;

suite('COR-24: the program while Redis fails', () => {
  let redis: RedisServer;
  let installation: Installation;
  let owner: Api;
  let ahead = 0;
  const now = (): string => addSeconds(new Date().toISOString(), ahead);

  beforeAll(async () => {
    redis = await RedisServer.start();
    installation = await Installation.open({ redis: redis.url, clock: now });
    await Promise.all((['worker', 'worker', 'projector', 'api'] as const).map((role) => installation.start(role)));
    owner = await makePlace(installation);
  });
  afterAll(async () => {
    redis.goOn();
    await installation.close();
    await redis.remove();
  });

  /** How many mails of that kind were sent about each of the accounts. */
  async function mailsAbout(accounts: readonly string[], kind: string): Promise<number[]> {
    const names = await readdir(join(installation.folder, 'outbox'));
    return accounts.map((account) => names.filter((name) => name.includes(`-${kind}.${account}.`)).length);
  }
  const oneEach = async (accounts: readonly string[], kind: string): Promise<boolean> =>
    (await mailsAbout(accounts, kind)).every((count) => count === 1);
  const tell = (what: string, took: readonly Took[]): string =>
    `${what} ${took.length} commands, p50 ${quantile(took, 0.5).toFixed(0)} ms, p99 ${quantile(took, 0.99).toFixed(0)} ms, longest ${quantile(took, 1).toFixed(0)} ms`;

  const LOSSES: readonly (readonly [what: string, lose: () => Promise<void>])[] = [
    ['emptied', () => redis.flush()],
    [
      'started anew without its data',
      async () => {
        await redis.kill();
        await redis.restoreEmpty();
      },
    ],
  ];
  it.each(LOSSES)('%s, what is due is found by the sweep within seconds, and done once', async (what, lose) => {
    const all = await endings(owner, `lost-${LOSSES.findIndex(([name]) => name === what)}`, () => addSeconds(now(), 2 * DAY));
    await until('the invitation', async () => oneEach([all[0]?.account ?? ''], 'invitation'));
    await lose();
    await swept(owner, now, what.replaceAll(' ', '-'));
    for (const ending of all) expect(await endOf(owner, ending)).toBeNull();
    ahead += 8 * DAY;
    const seconds = await ended(owner, all, PATIENCE);
    process.stdout.write(`Redis ${what}: all done ${seconds.toFixed(1)} s after their time\n`);
    expect(seconds).toBeLessThan(WITHIN);
  });

  it('rolled back to an older copy, it does nothing twice, and what it does not know is found by the sweep within seconds', async () => {
    const known = await block(owner, 'known', () => addSeconds(now(), 3));
    await redis.kill();
    const copy = await redis.snapshot();
    await redis.up();
    await ended(owner, [known], PATIENCE);
    const unknown = await endings(owner, 'unknown', () => addSeconds(now(), 2 * DAY));
    await until('the invitation', async () => oneEach([unknown[0]?.account ?? ''], 'invitation'), PATIENCE);
    await redis.kill();
    await redis.restore(copy);
    ahead += 8 * DAY;
    const seconds = await ended(owner, unknown, PATIENCE);
    process.stdout.write(`Redis rolled back: all done ${seconds.toFixed(1)} s after their time\n`);
    expect(seconds).toBeLessThan(WITHIN);
    await swept(owner, now, 'rolled-back');
    for (const ending of [known, ...unknown]) expect(await endOf(owner, ending)).not.toBeNull();
  });

  it('away for good when a link for a new password is asked for, and nobody who knew of that lives on: the mail is sent once it is back', async () => {
    const [person] = await Load.customers(owner, 'promised', 1);
    await redis.kill();
    const wish = { email: person?.email, workspace: OWNER.workspace };
    expectStatus(await owner.post('/v1/password-resets', wish), 202);
    for (const role of ['api', 'worker'] as const) {
      for (const program of installation.of(role)) await installation.end(program, 'SIGKILL');
    }
    await redis.restoreEmpty();
    ahead += 60; // long enough for it to count as lost, and for the link to be good still
    await Promise.all((['api', 'worker', 'worker'] as const).map((role) => installation.start(role)));
    owner = await installation.signIn(OWNER);
    await until('the mail', async () => oneEach([person?.id ?? ''], 'reset'), PATIENCE);
  });

  // the last, since the clock leaps above: what it leaves behind would all be due then
  it(`stopped for ${FREEZE_SECONDS} s under load, no command waits for it or fails, and what is due is done; what was ordered meanwhile is done once it goes on`, async () => {
    const [calm, still] = [
      new Load(owner, OWNER.workspace, await Load.customers(owner, 'calm', 8)),
      new Load(owner, OWNER.workspace, await Load.customers(owner, 'still', 8)),
    ];
    await calm.run(CLIENTS, 1);
    const before = await calm.run(CLIENTS, CALM_SECONDS);
    const due = await block(owner, 'frozen', () => addSeconds(now(), 2));
    redis.halt();
    const during = await still.run(CLIENTS, FREEZE_SECONDS);
    const late = (Date.parse((await endOf(owner, due)) ?? now()) - Date.parse(due.at)) / 1000;
    redis.goOn();
    const ratio = quantile(during, 0.99) / quantile(before, 0.99);
    const waits = Math.max(WAITS_MS, 2 * quantile(before, 0.99));
    process.stdout.write(
      `${tell('before:', before)}\n${tell('Redis stopped:', during)}; p99 ${ratio.toFixed(2)} times; a block ended ${late.toFixed(1)} s after its time\n`,
    );
    expect([...before, ...during].filter(({ refused }) => refused !== null)).toEqual([]);
    expect(late).toBeLessThan(WITHIN);
    expect(quantile(during, 0.99)).toBeLessThan(waits);
    for (const kind of new Set(during.map(({ what }) => what))) {
      const own = during.filter(({ what }) => what === kind);
      expect({ kind, isWaiting: quantile(own, 0.5) >= waits }).toEqual({ kind, isWaiting: false });
    }
    for (const { invited, wished } of [calm, still]) {
      expect([invited.length, wished.length]).not.toContain(0);
      await until('the invitations', () => oneEach(invited, 'invitation'), PATIENCE);
      await until('the links for a new password', () => oneEach(wished, 'reset'), PATIENCE);
    }
    await swept(owner, now, 'after-the-freeze');
    expect(await endOf(owner, due)).not.toBeNull();
    for (const { invited, wished } of [calm, still])
      expect([await oneEach(invited, 'invitation'), await oneEach(wished, 'reset')]).toEqual([true, true]);
  });
});
