import { appendFile, stat, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { at, itemsOf, textAt, type Api, type Reply } from '../support/api.js';
import { mailsTo } from '../support/mailbox.js';
import { filesHolding, poolOf, told } from '../support/people.js';
import { Client, missing } from '../program/load.js';
import { customer, expectStatus, makePlace, OWNER, PASSWORD } from '../program/place.js';
import { OPERATOR, Program, removeFolder, tempFolder, until, whitebook } from '../program/program.js';
import { canLimitFiles, limitFiles, SmallDisk } from './disks.js';
import { describeWhere } from './needs.js';

/** Bytes that a disk in memory gives at a time. */
const PAGE = 4096;
const HOST = { host: 'acme.localhost' };
const disksPossible = SmallDisk.possible();
const NO_DISKS = 'this user may not mount a disk to fill';

const keyed = (key: string) => ({ headers: { 'idempotency-key': key } });
const ready = (program: Program): Promise<unknown> =>
  until('ready', async () => (await program.api.get('/ready')).status === 200);

/** Fails unless it is 503 and says so as a problem, with when to come again. */
function expectUnavailable(reply: Reply): void {
  expect(told(reply)).toBe('503 unavailable');
  expect(reply.headers).toMatchObject({ 'content-type': 'application/problem+json', 'retry-after': expect.any(String) });
}

/** What is open to everybody whatever happens to the disk. */
async function readsGoOn(owner: Api, id: string): Promise<void> {
  const paths = ['', '/summary', `/${id}`, `/${id}/history`].map((path) => `/v1/accounts${path}`);
  for (const path of [...paths, '/v1/history', '/v1/timers', '/v1/workspace', '/v1/invitations', '/v1/sessions/current'])
    expect([path, (await owner.get(path)).status]).toEqual([path, 200]);
}

/** Whatever can be found in the folder of a program that has ended is whole. */
async function expectWhole(dataDir: string): Promise<void> {
  expect(await whitebook(dataDir, 'verify')).toMatchObject({ code: 0 });
  expect(await whitebook(dataDir, 'recount')).toMatchObject({ code: 0, stderr: '' });
}

describeWhere(disksPossible, NO_DISKS)('RUN-2: each file of the data folder on a disk of its own, and that is full', () => {
  const DATABASES = ['log', 'vault', 'jobs'] as const;
  type Name = (typeof DATABASES)[number] | 'views' | 'ledger';
  const disks = new Map<Name, SmallDisk>();
  let root: string;
  let program: Program;
  let owner: Api;
  let made = 0;

  beforeAll(async () => {
    root = await tempFolder();
    const data = join(root, 'data');
    // builds of read models are files that come and go: they lie in the folder itself
    disks.set('views', await SmallDisk.at(data, 16));
    for (const name of DATABASES) {
      disks.set(name, await SmallDisk.at(join(root, name), 16));
      await symlink(join(root, name, `${name}.db`), join(data, `${name}.db`));
    }
    disks.set('ledger', await SmallDisk.at(join(root, 'ledger'), 16));
    await symlink(join(root, 'ledger', 'erased.ledger'), join(data, 'erased.ledger'));
    program = await Program.start(data);
    owner = await makePlace(program);
  });
  afterAll(async () => {
    await program.end('SIGKILL');
    for (const disk of disks.values()) disk.remove();
    await removeFolder(root);
  });
  afterEach(() => Promise.all([...disks.values()].map((disk) => disk.free())));

  const create = async (fields: object = {}): Promise<{ id: string; email: string }> => {
    const { body } = expectStatus(await owner.post('/v1/accounts', { ...customer(`disk-${++made}`), ...fields }), 201);
    return { id: String(body['id']), email: String(body['email']) };
  };
  const full = async (name: Name): Promise<void> => disks.get(name)?.fill();
  const roomAgain = async (name: Name): Promise<void> => disks.get(name)?.free();
  const rename = (id: string, company: string, key: string): Promise<Reply> =>
    owner.patch(`/v1/accounts/${id}`, { company }, keyed(key));
  const logIn = (email: string): Promise<Reply> =>
    program.api.post('/v1/sessions', { email, password: PASSWORD }, { headers: HOST });
  const companyOf = async (id: string): Promise<unknown> =>
    expectStatus(await owner.get(`/v1/accounts/${id}`), 200).body['company'];

  it('COR-26: the log: writes are 503 and leave nothing, reads go on; with room again the same requests are done, once', async () => {
    const { id, email } = await create();
    const pool = await poolOf(owner);
    await full('log');
    expectUnavailable(await rename(id, 'Too Late', 'log-1'));
    expectUnavailable(await owner.post('/v1/accounts', customer('full-log'), keyed('log-2')));
    expectUnavailable(await owner.post('/v1/invitations', { email: 'full-log-2@customers.example' }, keyed('log-3')));
    expectUnavailable(await owner.post(`/v1/accounts/${id}/disable`, {}, keyed('log-4')));
    await readsGoOn(owner, id);
    expect(await companyOf(id)).toBeNull();
    expect(await poolOf(owner)).toEqual(pool);
    expect(itemsOf(await owner.get('/v1/accounts?status=all&search=full-log'))).toEqual([]);

    await roomAgain('log');
    expectStatus(await rename(id, 'In Time', 'log-1b'), 200);
    const first = expectStatus(await owner.post('/v1/accounts', customer('full-log'), keyed('log-2')), 201);
    const again = expectStatus(await owner.post('/v1/accounts', customer('full-log'), keyed('log-2')), 201);
    expect(again.body['id']).toBe(first.body['id']);
    expectStatus(await owner.post('/v1/invitations', { email: 'full-log-2@customers.example' }, keyed('log-3')), 201);
    expect((await poolOf(owner)).allocated).toBe(pool.allocated + 2);
    expectStatus(await logIn(email), 201);
  });

  it('the vault: what needs a secret is 503, who is logged in goes on', async () => {
    const { id, email } = await create();
    await full('vault');
    expectUnavailable(await owner.post('/v1/accounts', customer('full-vault'), keyed('vault-1')));
    expectUnavailable(await logIn(email));
    expectStatus(await rename(id, 'Without Vault', 'vault-2'), 200);
    await readsGoOn(owner, id);
    await roomAgain('vault');
    expectStatus(await owner.post('/v1/accounts', customer('full-vault'), keyed('vault-1')), 201);
    expectStatus(await logIn(email), 201);
  });

  it('the read models: what is written is acknowledged; who asks for it waits and is told; then they catch up', async () => {
    const { id } = await create();
    const stranger = await program.signIn(OWNER);
    await full('views');
    expectStatus(await rename(id, 'Before', 'views-1'), 200);
    for (let n = 0; n < 3; n++) expectStatus(await owner.post('/v1/accounts', customer(`full-views-${n}`)), 201);
    const list = '/v1/accounts?search=full-views';
    expect(told(await owner.get(list))).toBe('503 read-model-behind');
    await readsGoOn(program.api.with(stranger.fixed), id);
    await roomAgain('views');
    await until('the rows', async () => itemsOf(await owner.get(list)).length === 3);
    expect(await companyOf(id)).toBe('Before');
  });

  it('the queue: deadlines come all the same, no request asks it for anything, and what a delete leaves in files goes once there is room', async () => {
    const [late, gone] = [await create(), await create()];
    await full('jobs');
    const body = { kind: 'blocked', reason: 'abuse', until: new Date(Date.now() + 1500).toISOString() };
    expectStatus(await owner.post(`/v1/accounts/${late.id}/disable`, body), 200);
    expectStatus(await owner.post(`/v1/accounts/${gone.id}/delete`, { confirm: gone.email }), 204);
    await until('the end of the block', async () => (await owner.get(`/v1/accounts/${late.id}`)).body['status'] === 'active', 8);
    await roomAgain('jobs');
    await until('clean files', async () => (await filesHolding(root, gone.email)).length === 0, 60);
    expect((await owner.get(`/v1/accounts/${gone.id}`)).status).toBe(404);
  });

  it('the ledger: a delete is answered once it is on record', async () => {
    const gone = await create();
    const ledger = join(root, 'ledger/erased.ledger');
    const left = PAGE - ((await stat(ledger)).size % PAGE);
    await appendFile(ledger, `${'x'.repeat(left - 1)}\n`); // its last page has no room for a line either
    await full('ledger');
    const remove = (): Promise<Reply> => owner.post(`/v1/accounts/${gone.id}/delete`, { confirm: gone.email }, keyed('data-1'));
    expectUnavailable(await remove());
    await roomAgain('ledger');
    await until('the answer', async () => (await remove()).status === 204);
  });

  it('the outbox: a mail that finds no room goes out later, once', async () => {
    await full('views');
    const email = 'full-outbox@customers.example';
    const invited = textAt(expectStatus(await owner.post('/v1/invitations', { email }), 201), 'id');
    expect(told(await owner.get(`/v1/invitations/${invited}`))).toBe('503 read-model-behind');
    expect(await mailsTo({ dataDir: join(root, 'data') }, email)).toEqual([]);
    await roomAgain('views');
    const delivery = async (): Promise<unknown> => at(await owner.get(`/v1/invitations/${invited}`), 'delivery.state');
    await until('the mail', async () => (await delivery()) === 'sent', 30);
    expect(await mailsTo({ dataDir: join(root, 'data') }, email)).toHaveLength(1);
  });

  it('it was one process all the time, and everything is whole', async () => {
    await ready(program);
    expect(await program.end()).toMatchObject({ code: 0, stderr: '' });
    await expectWhole(join(root, 'data'));
  });
});

/** Of a disk that takes a whole data folder: the write-ahead log of the read models alone grows to 64. */
const MEGABYTES = 256;

interface Shortage {
  readonly possible: boolean;
  readonly missing: string;
  /** Where the data are, and how it comes about that nothing can be written. */
  prepare(folder: string): Promise<{
    readonly dataDir: string;
    begin(program: Program): Promise<void>;
    end(program: Program): Promise<void>;
    remove(): void;
  }>;
}
const fullDisk: Shortage = {
  possible: disksPossible,
  missing: NO_DISKS,
  async prepare(folder) {
    const disk = await SmallDisk.at(join(folder, 'disk'), MEGABYTES);
    const dataDir = join(folder, 'disk/data');
    return { dataDir, begin: () => disk.fill(), end: () => disk.free(), remove: () => disk.remove() };
  },
};
const noGrowth: Shortage = {
  possible: canLimitFiles(),
  missing: 'prlimit is not on this machine',
  async prepare(folder) {
    const limit = (bytes: number | null) => async (program: Program) => limitFiles(program.child.pid ?? 0, bytes);
    return { dataDir: join(folder, 'data'), begin: limit(4096), end: limit(null), remove: () => undefined };
  },
};

/** Clients that work at once, and how many of their requests are answered before and after. The whole is 64 and 20,000. */
const CLIENTS = Number(process.env['WHITEBOOK_TEST_CLIENTS'] ?? 16);
const REQUESTS = Number(process.env['WHITEBOOK_TEST_ACKNOWLEDGED'] ?? 400);

describe.each([
  ['a disk that fills up', fullDisk],
  ['a disk that refuses to write', noGrowth],
])('RUN-2: %s under load', (_name, shortage) => {
  const test = shortage.possible ? it : it.skip;
  if (!shortage.possible) process.stderr.write(`not run: ${shortage.missing}\n`);

  test('writes are 503, nothing is half, reads go on, and it recovers by itself', async () => {
    const folder = await tempFolder();
    const place = await shortage.prepare(folder);
    const program = await Program.start(place.dataDir);
    try {
      const owner = await makePlace(program);
      const stranger = await program.signIn(OWNER); // waits for nobody's writes: the author's own may be in the log and not yet in the rows
      const clientsOf = (name: string): Client[] => Array.from({ length: CLIENTS }, (_, n) => new Client(owner, `${name}.c${n}`));
      const acknowledged = (clients: readonly Client[]): number => clients.reduce((sum, each) => sum + each.acknowledged, 0);
      const before = clientsOf('before');
      const working = Promise.all(before.map((client) => client.run()));
      await until('a load', async () => acknowledged(before) >= REQUESTS, 120);
      await place.begin(program);
      await working; // a client ends with the first answer that is none of those it expects
      for (const { asked } of before) expect(asked.at(-1)?.status).toBe(503);
      const statuses = new Set(before.flatMap(({ asked }) => asked.map(({ status }) => status)));
      expect([...statuses].sort()).toEqual([200, 201, 503]);
      const id = before.flatMap(({ accounts }) => accounts)[0]?.id ?? '';
      await readsGoOn(program.api.with(stranger.fixed), id);
      expectUnavailable(await owner.post('/v1/accounts', customer('nowhere')));
      expect((await program.api.get('/live')).status).toBe(200);

      await place.end(program);
      const operator = await program.signIn(OPERATOR);
      expectStatus(await operator.get('/v1/workspaces'), 200);
      const after = clientsOf('after');
      const going = Promise.all(after.map((client) => client.run()));
      const refused = (): unknown[] =>
        after.flatMap(({ asked }) => asked.filter(({ status }) => status === null || status >= 300));
      await until('another load', async () => acknowledged(after) >= REQUESTS || refused().length > 0, 120);
      expect(refused()).toEqual([]);
      for (const client of after) client.stop();
      await going;
      await ready(program);
      for (const client of [...before, ...after]) expect(await missing(owner, client)).toEqual([]);
      expect(refused()).toEqual([]);
      expect(itemsOf(await owner.get('/v1/accounts?status=all&search=nowhere'))).toEqual([]);
      expect(await program.end()).toMatchObject({ code: 0, stderr: '' });
      await expectWhole(place.dataDir);
    } finally {
      await program.end('SIGKILL');
      place.remove();
      await removeFolder(folder);
    }
  });
});
