import { copyFile, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { OPERATOR, Program, removeFolder, tempFolder, whitebook } from './program.js';

let folder: string;
const running: Program[] = [];

beforeEach(async () => {
  folder = await tempFolder();
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((program) => program.end('SIGKILL')));
  await removeFolder(folder);
});

async function start(environment: Record<string, string> = {}): Promise<Program> {
  const program = await Program.start(folder, environment);
  running.push(program);
  return program;
}

it.each(['silent', 'fatal', 'trace'])('RUN-4: says once where it listens, and is ready, at LOG_LEVEL %s', async (level) => {
  const program = await start({ LOG_LEVEL: level });
  expect((await program.api.get('/ready')).status).toBe(200);
  const { code, stdout, stderr } = await program.end();
  expect([code, stderr]).toEqual([0, '']);
  expect(stdout.match(/^Whitebook listening on http:\/\/127\.0\.0\.1:\d+$/gm)).toHaveLength(1);
});

describe('RUN-1: one folder, one process', () => {
  it('refuses a second process by name, and the first goes on', async () => {
    const first = await start();
    const second = await Program.spawn({ WHITEBOOK_DATA_DIR: folder }).ended;
    expect(second).toMatchObject({ code: 1, stdout: '' });
    expect(second.stderr).toBe(`FolderInUse: the data folder is in use by another process: ${folder}\n`);
    const command = await whitebook(folder, 'recount');
    expect(command.code).toBe(3);
    expect(command.stderr).toContain('FolderInUse');
    expect((await first.api.get('/live')).status).toBe(200);
  });

  it('lets the folder go with the process, however it dies', async () => {
    await (await start()).end('SIGKILL');
    expect((await (await start()).api.get('/ready')).status).toBe(200);
  });
});

describe('RUN-4: a setting that cannot be used is named, and its value is not', () => {
  it.each([
    ['PORT', 'sesame'],
    ['PORT', '70000'],
    ['HOST', '192.0.2.77'],
    ['WHITEBOOK_PROFILE', 'sesame'],
    ['WHITEBOOK_DEMO', 'sesame'],
    ['WHITEBOOK_MASTER_KEY', 'sesame-sesame'],
    ['WHITEBOOK_MASTER_KEY_FILE', '/no/such/sesame'],
    ['WHITEBOOK_MAIL', 'ftp://sesame'],
    ['WHITEBOOK_PUBLIC_URL', 'sesame'],
    ['WHITEBOOK_OPERATOR_EMAIL', 'sesame'],
    ['WHITEBOOK_OPERATOR_PASSWORD', 'sesame'],
    ['LOG_LEVEL', 'sesame'],
    ['WHITEBOOK_TRUSTED_PROXIES', 'sesame'],
    ['WHITEBOOK_DNS_SERVERS', 'sesame'],
  ])('%s=%s', async (name, value) => {
    const { code, stdout, stderr } = await Program.spawn({ WHITEBOOK_DATA_DIR: folder, [name]: value }).ended;
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toContain(name);
    expect(stderr).not.toContain('sesame');
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });

  it('WHITEBOOK_MASTER_KEY that is not the one of the folder', async () => {
    await (await start()).end();
    const { code, stderr } = await Program.spawn({ WHITEBOOK_DATA_DIR: folder, WHITEBOOK_MASTER_KEY: 'ab'.repeat(32) }).ended;
    expect(code).toBe(1);
    expect(stderr).toMatch(/^WrongMasterKey: the master key \(WHITEBOOK_MASTER_KEY, .*\n$/);
  });

  it('one that is none is told and passed over', async () => {
    const { stdout } = await (await start({ WHITEBOOK_TRUSTED_PROXY: 'sesame', LOG_LEVEL: 'warn' })).end();
    expect(stdout).toContain('WHITEBOOK_TRUSTED_PROXY: there is no such setting');
    expect(stdout).not.toContain('sesame');
  });

  it('WHITEBOOK_DATA_DIR that is a file', async () => {
    const file = join(folder, 'file');
    await writeFile(file, '');
    const { code, stderr } = await Program.spawn({ WHITEBOOK_DATA_DIR: file }).ended;
    expect([code, stderr]).toEqual([1, 'BadSetting: WHITEBOOK_DATA_DIR: cannot be made or used (EEXIST)\n']);
  });

  it('PORT that another process has', async () => {
    const port = new URL((await start()).base).port;
    const { code, stderr } = await Program.spawn({ WHITEBOOK_DATA_DIR: join(folder, 'other'), PORT: port }).ended;
    expect([code, stderr]).toEqual([1, 'BadSetting: HOST, PORT: cannot listen there (EADDRINUSE)\n']);
  });

  it('all that are wrong at once', async () => {
    const { stderr } = await Program.spawn({ WHITEBOOK_DATA_DIR: folder, PORT: 'x', LOG_LEVEL: 'x' }).ended;
    expect(stderr).toMatch(/PORT.*LOG_LEVEL/);
  });
});

describe('COR-22, COR-13: a log and a vault that do not belong together are not started on, and nothing is made beside them', () => {
  const folderOf = (name: string): string => join(folder, name);
  const remove = (name: string) => rm(folderOf(name));
  const others = async (name: string): Promise<void> => {
    await (await Program.start(folderOf('other'))).end();
    await copyFile(join(folderOf('other'), name), join(folderOf('data'), name));
  };

  it.each([
    ['there is a vault and no log', () => remove('data/log.db')],
    ['there is a log and no vault', () => remove('data/vault.db')],
    ['the log is not the one that the vault belongs to', () => others('log.db')],
    ['the log is not the one that the vault belongs to', () => writeFile(folderOf('data/log.db'), '')],
  ])('%s', async (what, lose) => {
    await mkdir(folderOf('data'));
    await (await Program.start(folderOf('data'))).end();
    await lose();
    const before = await readdir(folderOf('data'));
    const { code, stdout, stderr } = await Program.spawn({ WHITEBOOK_DATA_DIR: folderOf('data') }).ended;
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(new RegExp(`^BadSetting: WHITEBOOK_DATA_DIR: ${what}: .*\\n$`));
    expect((await readdir(folderOf('data'))).filter((name) => /^(log|vault)\.db$/.test(name))).toEqual(
      before.filter((name) => /^(log|vault)\.db$/.test(name)),
    );
  });

  it('a log that is no database is named', async () => {
    await writeFile(folderOf('log.db'), 'x'.repeat(5_000));
    const { code, stderr } = await Program.spawn({ WHITEBOOK_DATA_DIR: folder }).ended;
    expect(code).toBe(1);
    expect(stderr).toContain(`${folderOf('log.db')} cannot be opened: SQLITE_NOTADB`);
  });
});

describe('RUN-6: what is for development is refused elsewhere', () => {
  it.each([
    ['WHITEBOOK_MAIL', 'outbox'],
    ['WHITEBOOK_DEMO', 'true'],
  ])('%s=%s', async (name, value) => {
    const environment = { WHITEBOOK_DATA_DIR: folder, WHITEBOOK_PLATFORM_HOST: 'panel.example', [name]: value };
    const { code, stderr } = await Program.spawn(environment).ended;
    expect(code).toBe(1);
    expect(stderr).toMatch(new RegExp(`^BadSetting: ${name}: .*localhost`));
  });

  it('starts there without an outbox', async () => {
    const program = await start({ WHITEBOOK_PLATFORM_HOST: 'panel.example' });
    expect((await program.api.get('/ready', { headers: { host: 'panel.example' } })).status).toBe(200);
    expect(await readdir(folder)).not.toContain('outbox');
  });
});

describe('the operator', () => {
  it('comes from the environment, and the password is not shown', async () => {
    const program = await start();
    await program.signIn(OPERATOR);
    await program.says(/Who can log in/);
    expect(program.stdout).toContain(OPERATOR.email);
    expect(program.stdout + program.stderr).not.toContain(OPERATOR.password);
  });

  it('is made and shown once', async () => {
    const nobody = { WHITEBOOK_OPERATOR_EMAIL: '', WHITEBOOK_OPERATOR_PASSWORD: '' };
    const program = await start(nobody);
    await program.says(/Try:/);
    const [, email, password] = /operator +(\S+) +(\S+)/.exec(program.stdout) ?? [];
    await program.end();
    const again = await start(nobody);
    await again.signIn({ email, password });
    expect((await again.end()).stdout).not.toMatch(/Who can log in|Try:/);
  });
});
