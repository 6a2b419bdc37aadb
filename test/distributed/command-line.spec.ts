import { customer, expectStatus, makePlace, OWNER } from '../program/place.js';
import { OPERATOR, until, type Program } from '../program/program.js';
import type { Api } from '../support/api.js';
import { Copies } from './copies.js';
import { Installation } from './installation.js';
import { describeWith } from './servers.js';

describeWith('WHITEBOOK_MONGODB_URL')('the command line beside running processes', () => {
  let installation: Installation;
  let copies: Copies;
  let program: Program;
  let owner: Api;
  let made = 0;
  /** With the owner there is one more. */
  const make = async (): Promise<string> =>
    String(expectStatus(await owner.post('/v1/accounts', customer(`made${made++}`)), 201).body['id']);

  beforeAll(async () => {
    installation = await Installation.open();
    copies = await Copies.of(installation);
    program = await installation.start('whitebook');
    owner = await makePlace(program);
    for (let n = 0; n < 5; n++) await make();
  }, 60_000);
  afterAll(async () => {
    await copies?.close();
    await installation?.close();
  }, 60_000);

  const caughtUp = (): Promise<unknown> =>
    until('rows and reactions', async () => new Set(await copies.checkpoints()).size === 1);
  /** Names of the collections with the rows of the list: of one build, but while another is made. */
  const lists = async (): Promise<string[]> => {
    const all = await copies.db.listCollections({}, { nameOnly: true }).toArray();
    return all.map(({ name }) => name).filter((name) => /^accounts-.*\.rows\.list$/.test(name));
  };
  /** What the owner reads. Where rows come late it is told so, and asks again; it never reads what was before its own writes. */
  const read = (path: string) =>
    until(
      `rows for ${path}`,
      async () => {
        const reply = await owner.get(path);
        return reply.body['code'] !== 'read-model-behind' && expectStatus(reply, 200).body;
      },
      60,
    );
  /** Writes until the command has ended; gives what that said. */
  const underWrites = async (command: ReturnType<Installation['command']>) => {
    let over = false;
    void command.then(() => (over = true));
    while (!over) {
      await make();
      expect((await read('/v1/accounts/summary'))['total']).toBe(made + 1);
    }
    return command;
  };

  it('recounts while others write, and finds log, rows and counters equal', async () => {
    const { code, stdout, stderr } = await underWrites(installation.command('recount'));
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^equal: \d+ events, their rows and their counters$/m);
  });

  it('finds a row that was changed, one that is missing, a counter and a sequence that are off; a rebuild mends them', async () => {
    const changed = await make();
    const missing = await make();
    await caughtUp();
    const [list = ''] = await lists();
    const rows = copies.db.collection<{ _id: string; row: string }>(list);
    const row = String((await rows.findOne({ _id: changed }))?.row);
    await rows.updateOne({ _id: changed }, { $set: { row: row.replace('"role":"user"', '"role":"admin"') } });
    await rows.deleteOne({ _id: missing });
    const counters = copies.db.collection<{ _id: string }>(list.replace('.rows.', '.counters.'));
    const total = (await counters.find().toArray()).find(({ _id }) => _id.endsWith('/total'));
    await counters.updateOne({ _id: String(total?._id) }, { $inc: { v: 1 } });
    await copies.db.collection(list.replace('.rows.list', '.sequences')).updateMany({}, { $inc: { v: 1 } });

    const { code, stdout } = await installation.command('recount');
    expect(code).toBe(1);
    expect(stdout).toContain(`accounts/list: ${changed} differs in role`);
    expect(stdout).toContain(`accounts/list: ${missing} has no row`);
    expect(stdout).toContain(`accounts/list and streams: ${changed} differs from its stream in role`);
    expect(stdout).toMatch(/^accounts\/list counters: \S+\/total is \d+, made anew \d+$/m);
    expect(stdout).toMatch(/^accounts: \S+ is \d+, sequence \d+$/m);
    expect(stdout).toMatch(/^\d+ differences$/m);
    expect(stdout).not.toContain('customers.example');

    const rebuilt = await installation.command('rebuild', 'accounts');
    expect(rebuilt).toMatchObject({ code: 0, stdout: 'accounts: made anew by the active projector\n', stderr: '' });
    expect(await installation.command('recount')).toMatchObject({ code: 0 });
  });

  it('RUN-3: rebuilds beside running processes, whose rows are whole before, while and after, and are fed', async () => {
    const [before] = await lists();
    const rebuilt = await underWrites(installation.command('rebuild'));
    expect([rebuilt.code, rebuilt.stderr]).toEqual([0, '']);
    for (const name of ['accounts', 'workspaces', 'history'])
      expect(rebuilt.stdout).toMatch(new RegExp(`^${name}: made anew`, 'm'));
    const [after, ...others] = await lists();
    expect(others).toEqual([]);
    expect(after).not.toBe(before);
    const id = await make();
    expect(await read(`/v1/accounts/${id}`)).toMatchObject({ id });
    expect(await installation.command('recount')).toMatchObject({ code: 0 });
  });

  it('COR-20: says who is parked, and replays them once they can be read', async () => {
    const person = await make();
    await caughtUp();
    const keys = copies.db.collection<{ _id: string }>('vault.personKeys');
    const key = await keys.findOneAndDelete({ _id: person });
    const rebuilt = await installation.command('rebuild', 'accounts');
    expect(rebuilt).toMatchObject({ code: 1, stdout: expect.stringContaining(`accounts: ${person} is parked: MissingKey`) });
    const still = await installation.command('unpark');
    expect(still).toMatchObject({ code: 1, stdout: expect.stringContaining('1 parked, 0 replayed\n') });
    expect(await installation.command('recount')).toMatchObject({
      code: 1,
      stdout: expect.stringContaining(`${person} is parked`),
    });
    if (key) await keys.insertOne(key);
    expect(await installation.command('unpark')).toMatchObject({ code: 0, stdout: '1 parked, 1 replayed\n' });
  });

  it('RUN-5: a lost operator password is reset, and the sessions of the old one end', async () => {
    const before = await program.signIn(OPERATOR);
    const reset = await installation.command('operator', 'reset-password');
    expect(reset).toMatchObject({ code: 0, stderr: '' });
    const password = /\(shown this once\): (\S+)$/m.exec(reset.stdout)?.[1] ?? '';
    expect((await before.get('/v1/sessions/current')).status).toBe(401);
    expect((await program.api.post('/v1/sessions', OPERATOR)).status).toBe(401);
    expect((await program.api.post('/v1/sessions', { email: OPERATOR.email, password })).status).toBe(201);
  });

  it.each([
    [['backup', 'somewhere'], 'docs/operations.md'],
    [['restore', 'somewhere'], 'docs/operations.md'],
    [['restored'], 'a process holds'],
  ])('refuses %j, and says why', async (args, why) => {
    expect(await installation.command(...args)).toMatchObject({ code: 3, stdout: '', stderr: expect.stringContaining(why) });
  });

  it('RUN-3: where no projector runs, a rebuild is done by the command itself', async () => {
    await make();
    await program.end();
    expect(await installation.command('rebuild', 'accounts')).toMatchObject({ code: 0, stderr: '' });
    expect(await installation.command('recount')).toMatchObject({ code: 0 });
    const again = await installation.start('whitebook');
    expect((await again.signIn(OWNER)).base).toBe(again.base);
    expect(await installation.command('verify')).toMatchObject({ code: 0, stdout: expect.stringMatching(/^whole: /m) });
  });
});
