import { customer, expectStatus, makePlace, OWNER, PASSWORD } from '../program/place.js';
import { until, type Program } from '../program/program.js';
import { itemsOf, type Api } from '../support/api.js';
import { mailsTo } from '../support/mailbox.js';
import { Installation } from './installation.js';
import { describeWith } from './servers.js';

describeWith('WHITEBOOK_MONGODB_URL')('api, projector and worker, two of each', () => {
  let installation: Installation;
  let folder: string;

  beforeAll(async () => {
    installation = await Installation.open();
    ({ folder } = installation);
    await installation.startAll(['worker', 'projector', 'worker', 'projector', 'api', 'api']);
  }, 120_000);
  afterAll(() => installation?.close(), 60_000);

  const seenBy = async (reader: Api, email: string): Promise<boolean> =>
    itemsOf(expectStatus(await reader.get(`/v1/accounts?search=${email}`), 200)).length === 1;

  let owners: Api[];
  const ownersOf = (programs: readonly Program[]) => Promise.all(programs.map((program) => program.signIn(OWNER)));

  it('RUN-1: what one API writes the other lists; a session of one is good at the other, and dead at both', async () => {
    const [one, two] = installation.of('api');
    await makePlace(one!);
    owners = await ownersOf([one!, two!]);
    const { email, id } = expectStatus(await owners[0]!.post('/v1/accounts', customer('first')), 201).body as Record<
      string,
      string
    >;
    await until('the other API to list it', () => seenBy(owners[1]!, email!), 5);
    const session = expectStatus(
      await one!.api.post('/v1/sessions', { email, password: PASSWORD }, { headers: { host: 'acme.localhost' } }),
      201,
    );
    const own = two!.api.as(String(session.body['token']));
    expectStatus(await own.get('/v1/sessions/current'), 200);
    expectStatus(await owners[1]!.post(`/v1/accounts/${id}/disable`, { reason: 'other' }), 200);
    expect((await own.get('/v1/sessions/current')).status).toBe(401);
    expect((await one!.api.as(String(session.body['token'])).get('/v1/sessions/current')).status).toBe(401);
  });

  it('RUN-4: processes without requests answer for their health alone', async () => {
    for (const program of [...installation.of('projector'), ...installation.of('worker')]) {
      expect((await program.api.get('/live')).status).toBe(200);
      expect((await program.api.get('/v1/accounts')).status).toBe(404);
      await until('ready', async () => (await program.api.get('/ready')).status === 200);
    }
  });

  it('RUN-3: whichever projector is killed, the other goes on within ten seconds, and nothing is missing', async () => {
    for (const [round, victim] of installation.of('projector').entries()) {
      await installation.end(victim, 'SIGKILL');
      const { email } = expectStatus(await owners[0]!.post('/v1/accounts', customer(`projected.${round}`)), 201).body;
      const next = installation.start('projector');
      await until('the list to go on', () => seenBy(owners[1]!, String(email)), 10);
      await next;
    }
  }, 120_000);

  it('RUN-2: whichever worker is killed, mails are sent, each once', async () => {
    for (const [round, victim] of installation.of('worker').entries()) {
      await installation.end(victim, 'SIGKILL');
      const email = `mailed.${round}@customers.example`;
      expectStatus(await owners[0]!.post('/v1/invitations', { email }), 201);
      await until('the mail', async () => (await mailsTo({ dataDir: folder }, email)).length === 1, 30);
      await installation.start('worker');
      expect(await mailsTo({ dataDir: folder }, email)).toHaveLength(1);
    }
  }, 120_000);

  it('COR-28: stores are settled with each other beside no process, not even an API alone, nor one that stands by', async () => {
    await Promise.all([...installation.of('projector'), ...installation.of('worker')].map((each) => installation.end(each)));
    const [one, two] = installation.of('api');
    const refused = { code: 3, stdout: '', stderr: expect.stringContaining('a process holds api on') };
    await installation.end(one!, 'SIGKILL');
    expect(await installation.command('restored')).toMatchObject(refused);
    expect((await owners[1]!.get('/v1/sessions/current')).status).toBe(200);
    await installation.end(two!);
    expect(await installation.command('restored')).toMatchObject({ code: 0, stderr: '' });
  }, 120_000);
});
