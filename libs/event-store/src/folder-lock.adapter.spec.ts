import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FolderInUse, lockFolder } from './folder-lock.adapter.js';

const HOLDER = `
  import { lockFolder } from '#event-store';
  await lockFolder(process.argv[1]);
  process.stdout.write('locked');
  setInterval(() => undefined, 1000);
`;

let folder: string;
beforeEach(async () => void (folder = join(await mkdtemp(join(tmpdir(), 'folder-lock-')), 'data')));
afterEach(() => rm(join(folder, '..'), { recursive: true }));

async function holder(): Promise<ChildProcess> {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', HOLDER, folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  return child;
}

it('RUN-1: refuses a folder that another process holds, by name, and takes it once that one is killed', async () => {
  const child = await holder();
  try {
    await expect(lockFolder(folder)).rejects.toBeInstanceOf(FolderInUse);
    await expect(lockFolder(folder)).rejects.toThrow(folder);
  } finally {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  const release = await lockFolder(folder);
  release();
});

it('RUN-1: refuses a second holder in the same process, until the first lets go', async () => {
  const release = await lockFolder(folder);
  await expect(lockFolder(folder)).rejects.toBeInstanceOf(FolderInUse);
  release();
  (await lockFolder(folder))();
});
