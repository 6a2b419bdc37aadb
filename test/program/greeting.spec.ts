import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bash, Program, removeFolder, tempFolder } from './program.js';

const START = 'scripts/start.mjs';
const hasCurl = spawnSync('curl', ['--version']).status === 0;

let folder: string;
let program: Program;

beforeEach(async () => {
  folder = await tempFolder();
});
afterEach(async () => {
  await program.end('SIGKILL');
  await removeFolder(folder);
});

const start = async (environment: Record<string, string> = {}): Promise<Program> => {
  const nobody = { WHITEBOOK_OPERATOR_EMAIL: '', WHITEBOOK_OPERATOR_PASSWORD: '' };
  return (program = await Program.start(folder, { ...nobody, ...environment }, START));
};

/** The lines below `Try:`, as somebody would paste them. */
const pasted = (): string[] => (/Try:\n((?: {2}.+\n)+)/.exec(program.stdout)?.[1] ?? '').trim().split('\n');

/** Without curl on the machine these do not run, and the report says so. */
const withCurl = hasCurl ? it : it.skip;

describe('the greeting', () => {
  withCurl('shows a demo and three lines that work as they are pasted', async () => {
    await start();
    await program.says(/Try:\n(?:.+\n){3}/);
    expect(program.stdout).toContain('A demo workspace is ready: northwind');
    expect(pasted()).toHaveLength(3);
    const { code, stdout, stderr } = await bash(pasted().join('\necho\n'));
    expect([code, stderr]).toEqual([0, '']);
    const [summary, list] = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(summary).toMatchObject({ total: expect.any(Number), pending: expect.any(Number), blocked: expect.any(Number) });
    expect(summary?.['total']).toBeGreaterThan(200);
    expect(list?.['items']).toHaveLength(3);
  });

  withCurl('shows three lines that work without a demo', async () => {
    await start({ WHITEBOOK_DEMO: 'false' });
    await program.says(/Try:\n(?:.+\n){3}/);
    expect(program.stdout).not.toContain('demo workspace is ready');
    const { code, stdout } = await bash(pasted().join('\necho\n'));
    expect(code).toBe(0);
    const [current, workspaces] = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(current).toMatchObject({ role: 'operator' });
    expect(workspaces).toMatchObject({ items: [] });
  });

  it('RUN-6: makes no demo in a folder that is in use already', async () => {
    await writeFile(join(folder, 'something'), '');
    await start();
    await program.says(/Try:/);
    expect(program.stdout).not.toContain('demo');
  });

  it('RUN-6: makes no demo on a platform of another host', async () => {
    await start({ WHITEBOOK_PLATFORM_HOST: 'panel.example' });
    await program.says(/Try:/);
    expect(program.stdout).not.toContain('demo');
  });
});
