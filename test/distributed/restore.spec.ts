import { canLogIn } from '../program/load.js';
import { customer, expectStatus, makePlace, OWNER, PASSWORD } from '../program/place.js';
import { until, type Program } from '../program/program.js';
import type { Api, Reply } from '../support/api.js';
import { describeWith } from './servers.js';
import { Copies, type Dump, type RedisCopy } from './copies.js';
import { Installation } from './installation.js';

const HOST = 'acme.localhost';
const emailOf = (name: string): string => `${name}@customers.example`;

/** Seconds until a block ends that was made before the backups: about when everybody starts again. */
const BLOCK_SECONDS = 15;
const [SHORT_SECONDS, LONG_SECONDS] = [3, 600];
const secondsOn = (seconds: number): string => new Date(Date.now() + seconds * 1000).toISOString();
/** Seconds after a start within which what was due meanwhile has fired. */
const FIRED_SECONDS = 30;

/** What there was in all three stores when they were copied, and what came after. */
class Ground {
  readonly ids: Record<string, string> = {};
  /** Of the last write. */
  private position = '';

  private constructor(
    readonly installation: Installation,
    readonly copies: Copies,
    public program: Program,
    public owner: Api,
  ) {}

  static async of(installation: Installation, copies: Copies): Promise<Ground> {
    const program = await installation.start('whitebook');
    const ground = new Ground(installation, copies, program, await makePlace(program));
    for (const name of ['stays', 'blocked', 'erased', 'disabled']) await ground.make(name);
    return ground;
  }

  async make(name: string): Promise<string> {
    const { body } = this.written(await this.owner.post('/v1/accounts', customer(name)));
    return (this.ids[name] = String(body['id']));
  }

  async change(name: string, action: string, body: object): Promise<void> {
    this.written(await this.owner.post(`/v1/accounts/${this.ids[name]}/${action}`, body));
  }

  async rename(name: string, company: string): Promise<void> {
    this.written(await this.owner.patch(`/v1/accounts/${this.ids[name]}`, { company }));
  }

  private written(reply: Reply): Reply {
    if (reply.status >= 300) throw new Error(`a write was answered ${reply.status}: ${reply.text}`);
    this.position = reply.headers['position'] ?? this.position;
    return reply;
  }

  async statusOf(name: string): Promise<unknown> {
    const { status, body } = await this.owner.get(`/v1/accounts/${this.ids[name]}`);
    return status === 200 ? body['status'] : status;
  }

  /** A key of the owner's, by a caller with it. */
  async key(): Promise<{ readonly id: string; readonly caller: Api }> {
    const { body } = expectStatus(await this.owner.post('/v1/api-keys', { name: 'a machine', scopes: ['accounts:read'] }), 201);
    return { id: String(body['id']), caller: this.program.api.as(String(body['key'])) };
  }

  async session(name: string): Promise<Api> {
    const credentials = { email: emailOf(name), password: PASSWORD };
    const { body } = expectStatus(await this.program.api.post('/v1/sessions', credentials, { headers: { host: HOST } }), 201);
    return this.program.api.as(String(body['token'])).with({ host: HOST });
  }

  /** Whatever follows from what was written has been done. */
  async quiet(): Promise<void> {
    const headers = { 'min-position': this.position };
    await until('the rows', async () => (await this.owner.get('/v1/accounts', { headers })).status === 200);
    await until('the reactions', async () => new Set(await this.copies.checkpoints()).size === 1);
  }

  async stop(): Promise<void> {
    expect(await this.program.end()).toMatchObject({ code: 0 });
  }

  /** Starts again; whoever logs in does so anew. */
  async start(): Promise<void> {
    this.program = await this.installation.start('whitebook');
    await until('ready', async () => (await this.program.api.get('/ready')).status === 200, 60);
    this.owner = await this.program.signIn(OWNER);
  }

  /** The same token at the process that runs now. */
  async isDead(token: Api): Promise<boolean> {
    return (await this.program.api.with(token.fixed).get('/v1/sessions/current')).status === 401;
  }
  async isRefused(key: Api): Promise<boolean> {
    return (await this.program.api.with(key.fixed).get('/v1/accounts')).status === 401;
  }

  /** RUN-5: rows are the fold of the log, chains and heads are whole. */
  async isWhole(): Promise<void> {
    const recount = await this.installation.command('recount');
    expect([recount.code, recount.stderr]).toEqual([0, '']);
    expect(await this.installation.command('verify')).toMatchObject({ code: 0, stdout: expect.stringMatching(/^whole: /m) });
  }
}

describeWith('WHITEBOOK_MONGODB_URL')('a store that was put back from an older backup', () => {
  let installation: Installation;
  let copies: Copies;
  let ground: Ground;
  beforeEach(async () => {
    installation = await Installation.open();
    copies = await Copies.of(installation);
    ground = await Ground.of(installation, copies);
  }, 90_000);
  afterEach(async () => {
    await copies?.close();
    await installation?.close();
  }, 60_000);

  it('COR-22, COR-28: the log, with MongoDB and Redis newer: nobody starts until it is settled, and then it is as the log says', async () => {
    const kept = await ground.key();
    const before = await ground.session('stays');
    await ground.change('blocked', 'disable', { reason: 'other', until: secondsOn(BLOCK_SECONDS) });
    await ground.quiet();
    const backup = installation.double.backUp();
    const lost = await ground.key();
    await ground.make('lost');
    await ground.change('disabled', 'disable', { reason: 'other' });
    await ground.change('erased', 'delete', { confirm: emailOf('erased') });
    const after = await ground.session('stays');
    // far enough for a snapshot that the older log knows nothing of
    for (let n = 0; n < 120; n++) await ground.rename('stays', `Company ${n}`);
    await ground.quiet();
    await ground.stop();
    await installation.double.restore(backup);

    expect(await installation.refused()).toMatchObject({ code: 1, stderr: expect.stringContaining('whitebook -- restored') });
    expect(await installation.command('recount')).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('whitebook -- restored'),
    });
    // as a settlement leaves it that was cut off
    await copies.db.collection<{ _id: string }>('installation').insertOne({ _id: 'unsettled' });
    expect(await installation.refused()).toMatchObject({ code: 1, stderr: expect.stringContaining('not settled yet') });
    const restored = await installation.command('restored');
    expect([restored.code, restored.stderr]).toEqual([0, '']);
    expect(restored.stdout).toMatch(/^ended [1-9]\d* sessions/m);
    expect(restored.stdout).toContain('removed 1 API keys that the log does not know of\n');
    expect(restored.stdout).toContain('erased 1 of the ledger, 1 of whom the log had alive\n');

    await ground.start();
    for (const token of [before, after]) expect(await ground.isDead(token)).toBe(true);
    expect([await ground.isRefused(kept.caller), await ground.isRefused(lost.caller)]).toEqual([false, true]);
    expect(await ground.statusOf('lost')).toBe(404);
    expect(await ground.statusOf('erased')).toBe(404);
    expect(await canLogIn(ground.program.api, emailOf('erased'), HOST)).toBe(false);
    expect(await ground.statusOf('disabled')).toBe('active');
    expect(await canLogIn(ground.program.api, emailOf('disabled'), HOST)).toBe(true);
    await until('the block to end', async () => (await ground.statusOf('blocked')) === 'active', BLOCK_SECONDS + FIRED_SECONDS);
    // the same names, the same streams and the same revisions once more
    for (const name of ['lost', 'erased']) await ground.make(name);
    await ground.change('disabled', 'disable', { reason: 'other' });
    expect(await canLogIn(ground.program.api, emailOf('disabled'), HOST)).toBe(false);
    await ground.rename('stays', 'After');
    await ground.isWhole();
  }, 240_000);

  it('COR-13, COR-24, COR-28: MongoDB and Redis, with the log newer: missing keys are named, and nothing that has ended lives', async () => {
    const revoked = await ground.key();
    const [ended, stopped] = [await ground.session('stays'), await ground.session('disabled')];
    await ground.change('blocked', 'disable', { reason: 'other', until: secondsOn(BLOCK_SECONDS) });
    await ground.quiet();
    const [early, redis]: [Dump, RedisCopy] = [await copies.dump(), await copies.copyRedis()];
    await ground.make('late');
    await ground.quiet();
    const late = await copies.dump();
    expectStatus(await ground.owner.delete(`/v1/api-keys/${revoked.id}`), 204);
    expect((await ended.delete('/v1/sessions/current')).status).toBeLessThan(300);
    await ground.change('disabled', 'disable', { reason: 'other' });
    await ground.change('erased', 'delete', { confirm: emailOf('erased') });
    await ground.change('late', 'disable', { reason: 'overdue' });
    await ground.quiet();
    await ground.stop();

    await copies.putBack(early);
    const tooEarly = await installation.command('restored');
    expect(tooEarly).toMatchObject({ code: 1, stdout: expect.stringContaining('1 persons of the log have no key') });
    expect(tooEarly.stdout).toContain(ground.ids['late']);
    await copies.putBack(late);
    await copies.putBackRedis(redis);
    const restored = await installation.command('restored');
    expect([restored.code, restored.stderr]).toEqual([0, '']);
    expect(restored.stdout).toContain('erased 1 of the ledger, 0 of whom the log had alive\n');

    await ground.start();
    for (const token of [ended, stopped]) expect(await ground.isDead(token)).toBe(true);
    expect(await ground.isRefused(revoked.caller)).toBe(true);
    expect([await ground.statusOf('disabled'), await ground.statusOf('late')]).toEqual(['inactive', 'inactive']);
    expect(await ground.statusOf('erased')).toBe(404);
    for (const name of ['disabled', 'erased']) expect(await canLogIn(ground.program.api, emailOf(name), HOST)).toBe(false);
    expect(await canLogIn(ground.program.api, emailOf('stays'), HOST)).toBe(true);
    await until('the block to end', async () => (await ground.statusOf('blocked')) === 'active', BLOCK_SECONDS + FIRED_SECONDS);

    // COR-24: Redis alone, beside processes that go on: what it knew is over, and what it does not know fires
    await ground.change('stays', 'disable', { reason: 'other', until: secondsOn(LONG_SECONDS) });
    await ground.quiet();
    const older = await copies.copyRedis();
    await ground.change('stays', 'enable', {});
    await ground.change('blocked', 'disable', { reason: 'other', until: secondsOn(SHORT_SECONDS) });
    await ground.quiet();
    await copies.putBackRedis(older);
    await until('the block to end', async () => (await ground.statusOf('blocked')) === 'active', FIRED_SECONDS);
    const history = expectStatus(await ground.owner.get(`/v1/accounts/${ground.ids['blocked']}/history`), 200);
    const summaries = (history.body['items'] as { summary: string }[]).map(({ summary }) => summary);
    expect(summaries.filter((summary) => summary.startsWith('Enabled'))).toHaveLength(2);
    await ground.isWhole();
  }, 240_000);
});
