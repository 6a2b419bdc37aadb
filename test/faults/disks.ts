import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { mkdir, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const BALLAST = '.ballast';
const MEGABYTE = 1024 * 1024;

/** A disk of its own in memory, which can be full. */
export class SmallDisk {
  private constructor(readonly folder: string) {}

  static async at(folder: string, megabytes: number): Promise<SmallDisk> {
    await mkdir(folder, { recursive: true });
    mount(folder, megabytes);
    return new SmallDisk(folder);
  }

  /** Whether this user may make one. */
  static possible(): boolean {
    const folder = mkdtempSync(join(tmpdir(), 'whitebook-disk-'));
    try {
      mount(folder, 1);
      execFileSync('umount', [folder], { stdio: 'ignore' });
      return true;
    } catch {
      return false;
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }

  /** Leaves no byte for anybody else. */
  async fill(): Promise<void> {
    const file = await open(join(this.folder, BALLAST), 'a');
    try {
      for (let size = MEGABYTE; size >= 512; size /= 2) while (await fits(file, size));
    } finally {
      await file.close();
    }
  }

  free(): Promise<void> {
    return rm(join(this.folder, BALLAST), { force: true });
  }

  remove(): void {
    execFileSync('umount', ['-l', this.folder], { stdio: 'ignore' });
  }
}

const mount = (folder: string, megabytes: number): void =>
  void execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', folder], { stdio: 'ignore' });

async function fits(file: Awaited<ReturnType<typeof open>>, size: number): Promise<boolean> {
  try {
    await file.appendFile(Buffer.alloc(size));
    return true;
  } catch (error) {
    if ((error as { code?: string }).code === 'ENOSPC') return false;
    throw error;
  }
}

/** Bytes beyond which a running process can write no file, whatever is there; null: as it began. */
export function limitFiles(pid: number, bytes: number | null): void {
  execFileSync('prlimit', ['--pid', String(pid), `--fsize=${bytes ?? 'unlimited'}:`], { stdio: 'ignore' });
}

/** Whether files of a running process can be limited here. */
export function canLimitFiles(): boolean {
  try {
    execFileSync('prlimit', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
