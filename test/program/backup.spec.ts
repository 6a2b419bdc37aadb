import { existsSync } from 'node:fs';
import { appendFile, cp, mkdir, readdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { lockFolder } from '#event-store';
import type { Api } from '../support/api.js';
import { canLogIn } from './load.js';
import { customer, expectStatus, makePlace, OWNER, PASSWORD } from './place.js';
import { OPERATOR, Program, removeFolder, tempFolder, until, whitebook } from './program.js';

const CLIENTS = 8;
const HOST = 'acme.localhost';

let root: string;
/** Ended after the suite, whatever came of it: jest waits for what runs. */
const programs: Program[] = [];

async function started(dataDir: string): Promise<Program> {
  const program = await Program.start(dataDir);
  programs.push(program);
  return program;
}
beforeAll(async () => {
  root = await tempFolder();
});
afterAll(async () => {
  await Promise.all(programs.map((program) => program.end('SIGKILL')));
  await removeFolder(root);
});
const at = (...names: string[]): string => join(root, ...names);

interface Made {
  readonly id: string;
  readonly name: string;
  status: 'active' | 'inactive' | 'deleted';
  /** A change is asked for and not answered. */
  pending: boolean;
}

/** Makes, disables and deletes accounts of its own until it is stopped. Who is deleted has a name that is looked for afterwards. */
class Worker {
  readonly made: Made[] = [];
  stopped = false;

  constructor(
    private readonly owner: Api,
    private readonly name: string,
  ) {}

  async run(): Promise<void> {
    for (let turn = 0; !this.stopped; turn++) {
      const name = `canary-${this.name}-${turn}-x`; // no name is the beginning of another
      const { body } = expectStatus(await this.owner.post('/v1/accounts', customer(name)), 201);
      const made: Made = { id: String(body['id']), name, status: 'active', pending: false };
      this.made.push(made);
      if (turn % 3 === 1) await this.change(made, 'inactive', 'disable', { reason: 'other' });
      if (turn % 3 === 2) await this.change(made, 'deleted', 'delete', { confirm: `${name}@customers.example` });
    }
  }

  private async change(made: Made, status: Made['status'], action: string, body: object): Promise<void> {
    made.pending = true;
    const reply = await this.owner.post(`/v1/accounts/${made.id}/${action}`, body);
    if (reply.status >= 300) throw new Error(`answered ${reply.status}: ${reply.text}`);
    made.status = status;
    made.pending = false;
  }
}

/** Files below a folder that hold a text. */
async function filesWith(folder: string, text: string): Promise<string[]> {
  const names = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  const holding: string[] = [];
  for (const { parentPath, name } of names) {
    const bytes = await readFile(join(parentPath, name));
    if (bytes.includes(text)) holding.push(name);
  }
  return holding;
}

const ready = (program: Program): Promise<unknown> =>
  until('ready', async () => (await program.api.get('/ready')).status === 200);

describe('RUN-5: a backup beside a service under load, restored elsewhere', () => {
  let acknowledged: Made[];
  let deletedLater: Made[];
  let tokens: Api[];
  let refreshToken: unknown;

  beforeAll(async () => {
    const program = await started(at('data'));
    const owner = await makePlace(program);
    const workers = Array.from({ length: CLIENTS }, (_, n) => new Worker(owner, `w${n}`));
    const done = Promise.all(workers.map((worker) => worker.run()));
    const all = (): Made[] => workers.flatMap(({ made }) => made);
    await until('a load', async () => all().filter(({ status }) => status === 'deleted').length >= 20, 60);
    acknowledged = all()
      .filter(({ pending }) => !pending)
      .map((made) => ({ ...made }));
    const [impersonated] = acknowledged.filter(({ status }) => status === 'active') as [Made];
    const taken = await owner.post(`/v1/accounts/${impersonated.id}/impersonations`, { reason: 'ticket 7' });
    const impersonation = program.api.as(String(expectStatus(taken, 201).body['token']));
    const credentials = { email: `${impersonated.name}@customers.example`, password: PASSWORD };
    const own = expectStatus(await program.api.post('/v1/sessions', credentials, { headers: { host: HOST } }), 201).body;
    refreshToken = own['refreshToken'];
    expect(await whitebook(at('data'), 'backup', at('backup'))).toMatchObject({ code: 0, stderr: '' });
    const before = all().length;
    await until('load after it', async () => all().length > before + 40, 60);
    for (const worker of workers) worker.stopped = true;
    await done;
    const known = acknowledged.filter(({ id }) => id !== impersonated.id);
    const lasting = all().find(({ id, status }) => status === 'active' && known.some((made) => made.id === id)) as Made;
    expectStatus(await owner.post(`/v1/accounts/${lasting.id}/delete`, { confirm: `${lasting.name}@customers.example` }), 204);
    lasting.status = 'deleted';
    deletedLater = all().filter(({ status }) => status === 'deleted');
    tokens = [owner, impersonation, await program.signIn(OPERATOR), program.api.as(String(own['token'])).with({ host: HOST })];
    for (const token of tokens) expectStatus(await token.get('/v1/sessions/current'), 200);
    await program.end();
  }, 180_000);

  it('holds neither the master key nor what is made anew', async () => {
    expect((await readdir(at('backup'))).sort()).toEqual(['log.db', 'manifest.json', 'vault.db']);
    const key = (await readFile(at('data', 'master.key'), 'utf8')).trim();
    expect(await filesWith(at('backup'), key)).toEqual([]);
    for (const { name } of acknowledged.slice(0, 5)) expect(await filesWith(at('backup'), name)).toEqual([]);
    const manifest = JSON.parse(await readFile(at('backup', 'manifest.json'), 'utf8')) as Record<string, unknown>;
    expect(manifest).toMatchObject({ version: 1, head: { id: expect.any(String) }, chains: { platform: expect.anything() } });
  });

  it('is refused without a master key, with another one, and into a folder that holds something', async () => {
    const without = await whitebook(at('elsewhere'), 'restore', at('backup'));
    expect(without).toMatchObject({ code: 2, stderr: expect.stringContaining('--key-file') });
    await writeFile(at('other.key'), `${'0f'.repeat(32)}\n`);
    const other = await whitebook(at('elsewhere'), 'restore', at('backup'), '--key-file', at('other.key'));
    expect(other).toMatchObject({ code: 3, stderr: expect.stringContaining('WrongMasterKey') });
    const full = await whitebook(at('data'), 'restore', at('backup'), '--key-file', at('data', 'master.key'));
    expect(full).toMatchObject({ code: 3, stderr: expect.stringContaining('not empty') });
  });

  it('COR-28: what is no ledger does not pass for one where nobody is in, and a folder that cannot be made is told', async () => {
    await writeFile(at('notes.md'), '# Notes\n\nNobody in particular.\n');
    const key = ['--key-file', at('data', 'master.key')];
    const refused = await whitebook(at('nowhere'), 'restore', at('backup'), '--ledger', at('notes.md'), ...key);
    expect(refused).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('is no ledger') });
    expect(existsSync(at('nowhere'))).toBe(false);
    const intoFile = await whitebook(at('notes.md'), 'restore', at('backup'), ...key);
    expect(intoFile).toMatchObject({
      code: 3,
      stderr: 'BadSetting: WHITEBOOK_DATA_DIR: cannot be made or used (EEXIST)\n',
    });
  });

  it('COR-28: restores, and says what it did', async () => {
    const files = ['--ledger', at('data', 'erased.ledger'), '--key-file', at('data', 'master.key')];
    const restored = await whitebook(at('elsewhere'), 'restore', at('backup'), ...files);
    expect(restored).toMatchObject({ code: 0, stderr: '' });
    const counts = restored.stdout;
    expect(counts).toMatch(/^restored \d+ events and 2 chains of /m);
    expect(counts).toMatch(/^ended [1-9]\d* sessions, 1 of them impersonations/m);
    expect(Number(/^erased (\d+) of the ledger, [1-9]\d* of whom/m.exec(counts)?.[1])).toBe(deletedLater.length);
    expect((await readdir(at('elsewhere'))).filter((name) => !name.startsWith('lock.db')).sort()).toEqual([
      'erased.ledger',
      'log.db',
      'master.key',
      'vault.db',
    ]);
  });

  it('verify and recount find it whole', async () => {
    expect(await whitebook(at('elsewhere'), 'verify')).toMatchObject({ code: 0 });
    expect(await whitebook(at('elsewhere'), 'recount')).toMatchObject({ code: 0, stderr: '' });
  });

  it('COR-28, ACC-9: what was acknowledged is there, no session lives, and nobody who was erased is back', async () => {
    const program = await started(at('elsewhere'));
    await ready(program);
    for (const { fixed } of tokens) expect((await program.api.with(fixed).get('/v1/sessions/current')).status).toBe(401);
    const renewed = await program.api.post('/v1/sessions/refresh', { refreshToken }, { headers: { host: HOST } });
    expect(renewed.status).toBe(401);
    const owner = await program.signIn(OWNER);
    const gone = new Set(deletedLater.map(({ id }) => id));
    for (const { id, name, status } of acknowledged) {
      const reply = await owner.get(`/v1/accounts/${id}`);
      if (gone.has(id)) expect([name, reply.status]).toEqual([name, 404]);
      else {
        expect([name, reply.status, reply.body['email']]).toEqual([name, 200, `${name}@customers.example`]);
        if (status === 'inactive') expect(reply.body['status']).toBe('inactive');
      }
    }
    const alive = acknowledged.find(({ id, status }) => !gone.has(id) && status === 'active') as Made;
    expect(await canLogIn(program.api, `${alive.name}@customers.example`, HOST)).toBe(true);
    for (const { name } of deletedLater) {
      expect(await canLogIn(program.api, `${name}@customers.example`, HOST)).toBe(false);
    }
    const [one] = deletedLater as [Made];
    expectStatus(
      await owner.post('/v1/accounts', { ...customer(`again-${one.id}`), email: `${one.name}@customers.example` }),
      201,
    );
    await program.end();
    expect(await filesWith(at('elsewhere'), `Name ${alive.name}`)).not.toEqual([]);
    for (const { name } of deletedLater.slice(1))
      expect([name, await filesWith(at('elsewhere'), `${name}@`)]).toEqual([name, []]);
    for (const { name } of deletedLater) expect([name, await filesWith(at('elsewhere'), `Name ${name}`)]).toEqual([name, []]);
    expect(await whitebook(at('elsewhere'), 'recount')).toMatchObject({ code: 0 });
  }, 120_000);

  it('a backup with the key needs nothing else', async () => {
    expect(await whitebook(at('data'), 'backup', at('whole'), '--with-key')).toMatchObject({ code: 0 });
    const restored = await whitebook(at('from-whole'), 'restore', at('whole'));
    expect(restored).toMatchObject({ code: 0, stderr: expect.stringContaining('--ledger') });
    expect(await whitebook(at('from-whole'), 'verify')).toMatchObject({ code: 0 });
  });

  it.each([
    ['log.db', (folder: string) => truncate(join(folder, 'log.db'), 8192)],
    ['vault.db', (folder: string) => appendFile(join(folder, 'vault.db'), 'x')],
    ['manifest.json', (folder: string) => writeFile(join(folder, 'manifest.json'), '{}')],
    ['vault.db', (folder: string) => removeFolder(join(folder, 'vault.db'))],
  ])('a damaged backup is refused, naming %s, and leaves nothing behind', async (name, damage) => {
    const folder = await tempFolder();
    try {
      await cp(at('backup'), folder, { recursive: true });
      await damage(folder);
      const refused = await whitebook(at('nowhere'), 'restore', folder, '--key-file', at('data', 'master.key'));
      expect(refused).toMatchObject({ code: 3, stderr: expect.stringMatching(new RegExp(`^DamagedBackup: ${name}`)) });
      expect(existsSync(at('nowhere'))).toBe(false);
    } finally {
      await removeFolder(folder);
    }
  });

  it('ACC-9: what a backup left behind that was killed goes with the next one to the same folder, and one that is being made stays', async () => {
    const [killed, other] = [at('kept', 'today.0badcafe.unfinished'), at('kept', 'yesterday.0badcafe.unfinished')];
    for (const folder of [killed, other]) {
      await mkdir(folder, { recursive: true });
      await cp(at('backup', 'vault.db'), join(folder, 'vault.db'));
    }
    const unlock = await lockFolder(at('kept', 'today.facade00.unfinished'));
    expect(await whitebook(at('data'), 'backup', at('kept', 'today'))).toMatchObject({ code: 0 });
    unlock();
    expect((await readdir(at('kept'))).sort()).toEqual(['today', 'today.facade00.unfinished', 'yesterday.0badcafe.unfinished']);
    expect((await readdir(at('kept', 'today'))).sort()).toEqual(['log.db', 'manifest.json', 'vault.db']);
  });

  it('a backup is never written over, and a restore that was cut off is not started on', async () => {
    expect(await whitebook(at('data'), 'backup', at('backup'))).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('is there already'),
    });
    expect(await whitebook(at('data'), 'backup')).toMatchObject({ code: 2 });
    expect(await whitebook(at('data'), 'backup', at('data', 'today'))).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('is in the data folder'),
    });
    expect(existsSync(at('data', 'today'))).toBe(false);
    await cp(at('elsewhere'), at('cut-off', 'restoring'), { recursive: true });
    expect(await whitebook(at('cut-off'), 'verify')).toMatchObject({ code: 3, stderr: expect.stringContaining('cut off') });
    const started = await Program.spawn({ WHITEBOOK_DATA_DIR: at('cut-off') }).ended;
    expect(started).toMatchObject({ code: 1, stderr: expect.stringContaining('cut off') });
  });
});

it('RUN-5: a lost operator password is reset while the service is stopped', async () => {
  const data = at('operator');
  const program = await started(data);
  const before = await program.signIn(OPERATOR);
  const running = await whitebook(data, 'operator', 'reset-password');
  expect(running).toMatchObject({ code: 3, stdout: '', stderr: expect.stringContaining('FolderInUse') });
  await program.end();
  const reset = await whitebook(data, 'operator', 'reset-password');
  expect(reset).toMatchObject({ code: 0, stderr: '' });
  const password = /\(shown this once\): (\S+)$/m.exec(reset.stdout)?.[1] ?? '';
  expect(await whitebook(data, 'operator', 'forget')).toMatchObject({ code: 2 });

  const again = await started(data);
  const { email } = OPERATOR;
  expect((await again.api.with(before.fixed).get('/v1/sessions/current')).status).toBe(401);
  expect((await again.api.post('/v1/sessions', OPERATOR)).status).toBe(401);
  expect((await again.api.post('/v1/sessions', { email, password })).status).toBe(201);
  await again.end();
  expect(await whitebook(data, 'recount')).toMatchObject({ code: 0 });
});
