import { randomBytes } from 'node:crypto';
import { connectMongo } from '#mongo';
import { EventStoreDouble } from '../doubles/eventstore/server.js';
import { customer, expectStatus, makePlace, OWNER, PASSWORD } from '../program/place.js';
import { Program, removeFolder, tempFolder, until } from '../program/program.js';
import { itemsOf, type Api } from '../support/api.js';
import { mailsTo } from '../support/mailbox.js';
import { addressOf, describeWith } from './servers.js';

type Role = 'api' | 'projector' | 'worker';

describeWith('WHITEBOOK_MONGODB_URL')('api, projector and worker, two of each', () => {
  const name = `processes-${randomBytes(5).toString('hex')}`;
  const running: { readonly role: Role; readonly program: Program }[] = [];
  let folder: string;
  let double: EventStoreDouble;
  let environment: Record<string, string>;

  beforeAll(async () => {
    folder = await tempFolder();
    double = await EventStoreDouble.start();
    environment = {
      WHITEBOOK_PROFILE: 'distributed',
      WHITEBOOK_EVENTSTORE_URL: double.url,
      WHITEBOOK_MONGODB_URL: database().href,
      WHITEBOOK_REDIS_URL: addressOf('WHITEBOOK_REDIS_URL'),
      WHITEBOOK_REDIS_PREFIX: name,
      WHITEBOOK_MASTER_KEY: 'd1'.repeat(32),
    };
    await Promise.all((['worker', 'projector', 'worker', 'projector', 'api', 'api'] as const).map(start));
  }, 120_000);
  afterAll(async () => {
    await Promise.all(running.map(({ program }) => program.end('SIGKILL')));
    await double.stop();
    const mongo = await connectMongo(database().href);
    await mongo.db().dropDatabase();
    await mongo.close();
    await removeFolder(folder);
  }, 60_000);

  function database(): URL {
    const url = new URL(addressOf('WHITEBOOK_MONGODB_URL'));
    url.pathname = `/${name}`;
    return url;
  }
  async function start(role: Role): Promise<Program> {
    const program = await Program.start(folder, environment, `dist/apps/${role}/src/main.js`);
    running.push({ role, program });
    return program;
  }
  const of = (role: Role): Program[] => running.filter((each) => each.role === role).map(({ program }) => program);
  async function end(program: Program, signal: 'SIGTERM' | 'SIGKILL') {
    running.splice(
      running.findIndex((each) => each.program === program),
      1,
    );
    return program.end(signal);
  }
  const seenBy = async (reader: Api, email: string): Promise<boolean> =>
    itemsOf(expectStatus(await reader.get(`/v1/accounts?search=${email}`), 200)).length === 1;

  let owners: Api[];
  const ownersOf = (programs: readonly Program[]) => Promise.all(programs.map((program) => program.signIn(OWNER)));

  it('RUN-1: what one API writes the other lists; a session of one is good at the other, and dead at both', async () => {
    const [one, two] = of('api');
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
    for (const program of [...of('projector'), ...of('worker')]) {
      expect((await program.api.get('/live')).status).toBe(200);
      expect((await program.api.get('/v1/accounts')).status).toBe(404);
      await until('ready', async () => (await program.api.get('/ready')).status === 200);
    }
  });

  it('RUN-3: whichever projector is killed, the other goes on within ten seconds, and nothing is missing', async () => {
    for (const [round, victim] of of('projector').entries()) {
      await end(victim, 'SIGKILL');
      const { email } = expectStatus(await owners[0]!.post('/v1/accounts', customer(`projected.${round}`)), 201).body;
      const next = start('projector');
      await until('the list to go on', () => seenBy(owners[1]!, String(email)), 10);
      await next;
    }
  }, 120_000);

  it('RUN-2: whichever worker is killed, mails are sent, each once', async () => {
    for (const [round, victim] of of('worker').entries()) {
      await end(victim, 'SIGKILL');
      const email = `mailed.${round}@customers.example`;
      expectStatus(await owners[0]!.post('/v1/invitations', { email }), 201);
      await until('the mail', async () => (await mailsTo({ dataDir: folder }, email)).length === 1, 30);
      await start('worker');
      expect(await mailsTo({ dataDir: folder }, email)).toHaveLength(1);
    }
  }, 120_000);
});
