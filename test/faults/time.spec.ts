import { addSeconds } from '#kernel';
import { itemsOf, textAt, type Api, type Fields, type Reply } from '../support/api.js';
import { linkIn, mailTo } from '../support/mailbox.js';
import { kindsOf, poolOf, told } from '../support/people.js';
import { PASSWORD as STAFF_PASSWORD } from '../support/place.js';
import { customer, expectStatus, makePlace, OWNER, PASSWORD } from '../program/place.js';
import { Program, removeFolder, tempFolder, until, whitebook } from '../program/program.js';
import { faketimeLibrary, ProgramClock } from './clock.js';
import { makeTimers } from './many-timers.js';
import { describeWhere } from './needs.js';

const DAY = 86_400;
const HOST = { host: 'acme.localhost' };
/** Seconds within which a timer is done once it is due. */
const WITHIN = 5;
const library = faketimeLibrary();

describeWhere(library !== null, 'faketime is not on this machine')('TIMER-1: time, by a clock that the test sets', () => {
  let folder: string;
  let clock: ProgramClock;
  let program: Program;
  let owner: Api;
  let made = 0;

  const start = async (): Promise<void> => {
    program = await Program.start(`${folder}/data`, clock.environment);
  };
  const signIn = async (): Promise<void> => {
    owner = await program.signIn(OWNER); // a session does not live as long as the clock leaps
    await shown();
  };
  const go = async (moment: string): Promise<void> => {
    await clock.set(moment);
    await signIn();
  };
  const restart = async (moment: string): Promise<void> => {
    expect(await program.end()).toMatchObject({ code: 0, stderr: '' });
    await clock.set(moment);
    await start();
    await signIn();
  };

  beforeAll(async () => {
    folder = await tempFolder();
    clock = await ProgramClock.at('2031-03-01T12:00:00.250Z', folder, library ?? '');
    await start();
    owner = await makePlace(program);
  });
  afterAll(async () => {
    await program.end('SIGKILL');
    await removeFolder(folder);
  });

  const nameOf = (what: string): string => `${what}-${++made}`;
  const account = async (id: string): Promise<Fields> => expectStatus(await owner.get(`/v1/accounts/${id}`), 200).body;
  const statusOf = async (id: string): Promise<unknown> => (await account(id))['status'];
  const logIn = (email: string): Promise<Reply> =>
    program.api.post('/v1/sessions', { email, password: PASSWORD }, { headers: HOST });
  const block = async (id: string, end: string): Promise<void> => {
    expectStatus(await owner.post(`/v1/accounts/${id}/disable`, { kind: 'blocked', reason: 'abuse', until: end }), 200);
  };
  const create = async (what: string, fields: object = {}): Promise<{ id: string; email: string; expires: string }> => {
    const { body } = expectStatus(await owner.post('/v1/accounts', { ...customer(nameOf(what)), ...fields }), 201);
    return { id: String(body['id']), email: String(body['email']), expires: String(body['testExpiresAt']) };
  };

  /** From now on the owner reads what others wrote until now: their own reads wait for what they write here. */
  const shown = async (): Promise<void> => void (await create('witness', { botSlots: 0 }));

  /** Resolves once what is due by the clock has been done: queue and sweep go by time, and lift a block that ends now after what was due before. */
  const swept = async (): Promise<void> => {
    const { id } = await create('witness', { botSlots: 0 });
    await block(id, addSeconds(clock.now, 0.001));
    await clock.move(0.001);
    await until('the witness', async () => (await statusOf(id)) === 'active', WITHIN);
    await shown();
  };

  /** Something that ends by itself: how it is made, and what is so before and after its time. */
  interface Ending {
    readonly id: string;
    readonly at: string;
    readonly still: () => Promise<void>;
    readonly over: () => Promise<unknown>;
    readonly after: () => Promise<void>;
  }

  const end = async ({ over }: Ending): Promise<void> => {
    await until('its end', over, WITHIN);
    await shown();
  };

  const invitation = async (): Promise<Ending> => {
    const email = `${nameOf('invited')}@customers.example`;
    const invited = expectStatus(await owner.post('/v1/invitations', { email, botSlots: 2 }), 201);
    const [id, person, at] = [textAt(invited, 'id'), textAt(invited, 'accountId'), textAt(invited, 'expiresAt')];
    const { token } = linkIn(await mailTo({ dataDir: `${folder}/data` }, email));
    const held = (await poolOf(owner)).allocated;
    const accept = (): Promise<Reply> => program.api.post('/v1/invitations/accept', { token, password: PASSWORD });
    const inspect = async (): Promise<string> => told(await program.api.post('/v1/invitations/inspect', { token }));
    return {
      id: person,
      at,
      still: async () => {
        expect((await owner.get(`/v1/invitations/${id}`)).body).toMatchObject({ state: 'pending', expiresAt: at });
        expect(await inspect()).toBe('200');
        expect(told(await owner.post('/v1/invitations', { email }))).toBe('409 email-taken');
        expect(await kindsOf(owner, person)).not.toContain('InvitationExpired');
      },
      over: async () => (await owner.get(`/v1/invitations/${id}`)).body['state'] === 'expired',
      after: async () => {
        expect(told(await accept())).toBe('410 invitation-expired');
        expect(await inspect()).toBe('410 invitation-expired');
        expect((await owner.get(`/v1/accounts/${person}`)).status).toBe(404);
        const pool = await poolOf(owner);
        expect(pool.allocated).toBe(held - 2);
        const again = textAt(expectStatus(await owner.post('/v1/invitations', { email, botSlots: 2 }), 201), 'id');
        expectStatus(await owner.delete(`/v1/invitations/${again}`), 204);
        await toldOnce(person, 'InvitationExpired', at);
      },
    };
  };
  const test = async (): Promise<Ending> => {
    const { id, email, expires } = await create('tester', { test: true, testDays: 3 });
    return {
      id,
      at: expires,
      still: async () => {
        expect(await account(id)).toMatchObject({ status: 'active', test: true, testExpiresAt: expires });
        expectStatus(await logIn(email), 201);
      },
      over: async () => (await statusOf(id)) === 'inactive',
      after: async () => {
        expect(await account(id)).toMatchObject({ status: 'inactive', statusReason: 'test-expired', test: true });
        expect(told(await logIn(email))).toBe('403 account-disabled');
        await toldOnce(id, 'TestExpired', expires);
      },
    };
  };
  const blocked = async (): Promise<Ending> => {
    const { id, email } = await create('blocked');
    const at = addSeconds(clock.now, 2 * DAY);
    await block(id, at);
    return {
      id,
      at,
      still: async () => {
        expect(await account(id)).toMatchObject({ status: 'blocked', disabledUntil: at });
        expect(told(await logIn(email))).toBe('403 account-disabled');
      },
      over: async () => (await statusOf(id)) === 'active',
      after: async () => {
        expectStatus(await logIn(email), 201);
        await toldOnce(id, 'UserEnabled', at);
      },
    };
  };

  /** The history tells it once, done by the system, and not before its time. */
  async function toldOnce(id: string, kind: string, due: string): Promise<void> {
    const entries = itemsOf(expectStatus(await owner.get(`/v1/accounts/${id}/history?limit=200`), 200));
    const found = entries.filter((entry) => entry['kind'] === kind);
    expect(found).toMatchObject([{ kind, actor: { role: 'system' } }]);
    expect(String(found[0]?.['at']) >= due).toBe(true);
  }

  it.each([
    ['ACC-2, ACC-4: an invitation expires at seven days', 7 * DAY, invitation],
    ['ACC-5: a test account expires at its time', 3 * DAY, test],
    ['ACC-7: a temporary block ends at its time', 2 * DAY, blocked],
  ])('%s, not a second before; while it runs, and over a restart', async (_title, seconds, make) => {
    const running = await make();
    expect(running.at).toBe(addSeconds(clock.now, seconds));
    await go(addSeconds(running.at, -1));
    await swept();
    await running.still();
    await go(running.at);
    await end(running);
    await running.after();

    const sleeping = await make();
    await restart(addSeconds(sleeping.at, -1));
    await swept();
    await sleeping.still();
    await restart(sleeping.at);
    await end(sleeping);
    await sleeping.after();
  });

  it('ACC-2: an invitation is accepted in its last second', async () => {
    const email = `${nameOf('last')}@customers.example`;
    const invited = expectStatus(await owner.post('/v1/invitations', { email }), 201);
    const { token } = linkIn(await mailTo({ dataDir: `${folder}/data` }, email));
    await go(addSeconds(textAt(invited, 'expiresAt'), -0.001));
    expectStatus(await program.api.post('/v1/invitations/accept', { token, password: PASSWORD }), 201);
    await go(addSeconds(textAt(invited, 'expiresAt'), 1));
    await swept();
    expect(await kindsOf(owner, textAt(invited, 'accountId'))).not.toContain('InvitationExpired');
    expect(await statusOf(textAt(invited, 'accountId'))).toBe('active');
  });

  it('COR-23: a clock that jumps back fires nothing early, and nothing twice', async () => {
    const endings = [await invitation(), await test(), await blocked()];
    const [late, , soon] = endings as [Ending, Ending, Ending];
    await go(soon.at);
    await end(soon);
    const kinds = await kindsOf(owner, soon.id);

    await go(addSeconds(soon.at, -30 * DAY));
    const young = await invitation();
    // The store's time does not go back: what is new counts from there.
    expect(young.at).toBe(addSeconds(soon.at, 7 * DAY));
    for (const moment of [addSeconds(soon.at, -20 * DAY), addSeconds(soon.at, -10 * DAY)]) {
      await restart(moment);
      for (const ending of [late, young]) await ending.still();
      expect(await kindsOf(owner, soon.id)).toEqual(kinds);
    }
    await go(addSeconds(late.at, -1));
    await swept();
    await late.still();
    await go(young.at);
    for (const ending of [...endings.slice(0, 2), young]) await end(ending);
    await swept();
    expect(await kindsOf(owner, soon.id)).toEqual(kinds);
    for (const { id } of endings) {
      const ends = (await kindsOf(owner, id)).filter((kind) => /Expired|UserEnabled/.test(kind));
      expect(ends).toHaveLength(1);
    }
  });

  it('ACC-6: an account that was converted never expires', async () => {
    const { id, expires } = await create('converted', { test: true, testDays: 1 });
    expectStatus(await owner.post(`/v1/accounts/${id}/convert`, {}), 200);
    await go(expires);
    await swept();
    await restart(addSeconds(expires, 400 * DAY));
    await swept();
    expect(await account(id)).toMatchObject({ status: 'active', test: false, testExpiresAt: null });
    expect(await kindsOf(owner, id)).toEqual(['UserConverted', 'UserCreated']);
  });

  it('after all of it the rows agree with the log, and its chains hold', async () => {
    expect(await program.end()).toMatchObject({ code: 0, stderr: '' });
    expect(await whitebook(`${folder}/data`, 'recount')).toMatchObject({ code: 0, stderr: '' });
    expect(await whitebook(`${folder}/data`, 'verify')).toMatchObject({ code: 0 });
  });
});

/** How many timers are due at once. The whole is `WHITEBOOK_TEST_TIMERS=10000`, on a machine that does nothing else. */
const TIMERS = Number(process.env['WHITEBOOK_TEST_TIMERS'] ?? 3_000);
/** Ten for the whole; what runs by default runs on machines that do other things too. */
const SECONDS_FOR_ALL = process.env['WHITEBOOK_TEST_TIMERS'] ? 10 : 40;

describeWhere(library !== null, 'faketime is not on this machine')('TIMER-1: many timers at once', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await tempFolder();
  });
  afterAll(() => removeFolder(folder));

  it(`ACC-4, ACC-5, ACC-7: ${TIMERS} that are due at once are done within ${SECONDS_FOR_ALL} s`, async () => {
    const { place, at, invitations, tests, blocks } = await makeTimers(`${folder}/data`, TIMERS);
    const clock = await ProgramClock.at(addSeconds(at, -8 * DAY), folder, library ?? '', true);
    const program = await Program.start(`${folder}/data`, clock.environment);
    const credentials = { workspace: place.slug, email: place.staff.owner.email, password: STAFF_PASSWORD };
    try {
      const before = await program.signIn(credentials);
      await until('ready', async () => (await program.api.get('/ready')).status === 200);
      expect((await before.get('/v1/accounts/summary?role=user')).body).toMatchObject({ pending: invitations, blocked: blocks });
      await clock.set(at);
      const dateOf = async (): Promise<number> => Date.parse((await program.api.get('/live')).headers['date'] ?? '');
      await until('the leap', async () => (await dateOf()) >= Date.parse(at) - 1000);
      const leapt = performance.now();
      const owner = await program.signIn(credentials);
      const left = async (): Promise<number> => itemsOf(expectStatus(await owner.get('/v1/timers?limit=1'), 200)).length;
      await until('all timers', async () => (await left()) === 0, 120);
      const seconds = (performance.now() - leapt) / 1000;
      process.stdout.write(`${TIMERS} timers in ${seconds.toFixed(1)} s\n`);
      expect(seconds).toBeLessThan(SECONDS_FOR_ALL);
      const summary = expectStatus(await owner.get('/v1/accounts/summary?role=user'), 200).body;
      expect(summary).toMatchObject({ pending: 0, active: blocks, inactive: tests, blocked: 0 });
      expect((await poolOf(owner)).allocated).toBe(blocks);
      expect(await program.end()).toMatchObject({ code: 0, stderr: '' });
    } finally {
      await program.end('SIGKILL');
    }
    expect(await whitebook(`${folder}/data`, 'recount')).toMatchObject({ code: 0, stderr: '' });
  });
});
