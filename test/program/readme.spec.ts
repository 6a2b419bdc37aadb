import { readFile } from 'node:fs/promises';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { bash, Program, removeFolder, tempFolder } from './program.js';
import { clickThrough } from './users-http.js';

interface Shown {
  readonly script: string;
  /** What the page shows below; null where it shows nothing. */
  readonly output: string | null;
}

/** Blocks of a kind in their order, each with the `text` block that follows it directly. */
function blocksOf(page: string, kind: string): Shown[] {
  const fence = new RegExp(`^\`\`\`sh ${kind}\\n([\\s\\S]*?)^\`\`\`\\n(?:\\n\`\`\`text\\n([\\s\\S]*?)^\`\`\`\\n)?`, 'gm');
  return [...page.matchAll(fence)].map(([, script = '', output]) => ({ script, output: output ?? null }));
}

/** One script of all blocks, as somebody would paste them into one shell; between them a line that tells their outputs apart. */
const BORDER = '---8<---';
const together = (blocks: readonly Shown[]): string => blocks.map(({ script }) => `${script}\necho; echo '${BORDER}'`).join('\n');

/** Whether a line is as the page shows it: … stands for anything. */
function isShown(shown: string, line: string): boolean {
  const [first = '', ...rest] = shown.split('…');
  const last = rest.pop();
  if (last === undefined) return line === first;
  if (!line.startsWith(first) || !line.endsWith(last)) return false;
  let from = first.length;
  for (const part of rest) {
    const found = line.indexOf(part, from);
    if (found < 0) return false;
    from = found + part.length;
  }
  return from + last.length <= line.length;
}

/** The output with each line that is as the page shows it put in the page's own words, so that only what differs is told. */
const asShown = (shown: string, output: string): string => {
  const lines = shown.trim().split('\n');
  const found = output.trim().split('\n');
  return found.map((line, at) => (isShown(lines[at] ?? '', line) ? lines[at] : line)).join('\n');
};

async function run(blocks: readonly Shown[], environment: Record<string, string>): Promise<void> {
  expect(blocks.length).toBeGreaterThan(0);
  const { code, stdout, stderr } = await bash(together(blocks), environment);
  expect([code, stderr]).toEqual([0, '']);
  const outputs = stdout.replaceAll('\r', '').split(BORDER);
  for (const [at, { output }] of blocks.entries()) {
    if (output !== null) expect(asShown(output, outputs[at] ?? '')).toBe(output.trim());
  }
}

let folder: string;
/** For what is made beside the data. */
let other: string;
beforeAll(async () => {
  folder = await tempFolder();
  other = await tempFolder();
});
afterAll(async () => {
  await removeFolder(folder);
  await removeFolder(other);
});

const hasCurl = spawnSync('curl', ['--version']).status === 0;

(hasCurl ? it : it.skip)('the README shows what really happens, and users.http can be clicked through', async () => {
  const page = await readFile('README.md', 'utf8');
  const nobody = { WHITEBOOK_OPERATOR_EMAIL: '', WHITEBOOK_OPERATOR_PASSWORD: '' };
  const program = await Program.start(folder, nobody, 'scripts/start.mjs');
  await program.says(/Try:\n(?:.+\n){3}/);
  const password = /^ {2}owner +\S+ +(\S+)$/m.exec(program.stdout)?.[1] ?? '';
  try {
    const paths = { DATA: folder, WHITEBOOK_DATA_DIR: folder, BACKUP: join(other, 'backup'), RESTORED: join(other, 'restored') };
    await run(blocksOf(page, 'walk'), { ...paths, BASE: program.base, PASSWORD: password });
    const clicked = await clickThrough(await readFile('users.http', 'utf8'), program.api, { base: '', password });
    expect(clicked.length).toBeGreaterThan(20);
    expect(clicked.filter(([, status]) => status >= 300)).toEqual([]);
    expect((await program.end()).code).toBe(0);
    await run(blocksOf(page, 'stopped'), paths);
  } finally {
    await program.end('SIGKILL');
  }
});

it('the README names every setting, and no other', async () => {
  const page = await readFile('README.md', 'utf8');
  const settings = await readFile('libs/settings/src/settings.ts', 'utf8');
  const example = await readFile('.env.example', 'utf8');
  const known = [...settings.matchAll(/^ {2}([A-Z][A-Z_]+): /gm)].map(([, name]) => name);
  expect(known.length).toBeGreaterThan(15);
  const named = new Set([...page.matchAll(/\b(WHITEBOOK_[A-Z_]+|HOST|PORT|LOG_LEVEL)\b/g)].map(([name]) => name));
  named.add('WHITEBOOK_LOGIN_FAILURES_PER_SOURCE'); // written as `…_PER_SOURCE`
  expect([...named].sort()).toEqual([...known].sort());
  const exampled = [...example.matchAll(/^#?\s?([A-Z][A-Z_]+)=/gm)].map(([, name]) => name);
  expect(exampled.sort()).toEqual([...known].sort());
});
