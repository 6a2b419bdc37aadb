import { randomBytes } from 'node:crypto';
import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { syncFolder } from '#event-store';

export interface MasterKeySource {
  /** Value of WHITEBOOK_MASTER_KEY. */
  readonly value?: string;
  /** Value of WHITEBOOK_MASTER_KEY_FILE. */
  readonly file?: string;
  /** Where the key is made and kept when neither is given; without it one of them is required. */
  readonly dataDir?: string;
}

/** A vault was made with another key. */
export class WrongMasterKey extends Error {
  override readonly name = 'WrongMasterKey';
  constructor() {
    super('the master key (WHITEBOOK_MASTER_KEY, or master.key in the data folder) is not the one of this vault');
  }
}

/** The master key is missing or unusable; the message names the variable. */
export class BadMasterKey extends Error {
  override readonly name = 'BadMasterKey';
}

/** The installation's master key, 32 bytes. Throws `BadMasterKey`, naming the variable, where it is missing or not 64 hex digits. */
export async function loadMasterKey({ value, file, dataDir }: MasterKeySource): Promise<Buffer> {
  if (value !== undefined && file !== undefined)
    throw new BadMasterKey('set WHITEBOOK_MASTER_KEY or WHITEBOOK_MASTER_KEY_FILE, not both');
  if (value !== undefined) return parse(value, 'WHITEBOOK_MASTER_KEY');
  if (file !== undefined) return readKey(file, 'WHITEBOOK_MASTER_KEY_FILE');
  if (dataDir === undefined) throw new BadMasterKey('WHITEBOOK_MASTER_KEY or WHITEBOOK_MASTER_KEY_FILE is required');
  return obtain(dataDir);
}

function parse(text: string, source: string): Buffer {
  if (!/^[0-9a-fA-F]{64}$/.test(text)) throw new BadMasterKey(`${source} must be 64 hex digits (32 bytes)`);
  return Buffer.from(text, 'hex');
}

async function readKey(file: string, source: string): Promise<Buffer> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    throw new BadMasterKey(`${source} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`);
  }
  return parse(text.replace(/\r?\n$/, ''), source);
}

async function obtain(dataDir: string): Promise<Buffer> {
  const target = join(dataDir, 'master.key');
  const source = `${target} (or WHITEBOOK_MASTER_KEY)`;
  await mkdir(dataDir, { recursive: true });
  if (await exists(target)) return readKey(target, source);
  const unfinished = `${target}.${randomBytes(8).toString('hex')}.tmp`;
  await writeSynced(unfinished, `${randomBytes(32).toString('hex')}\n`);
  await rename(unfinished, target);
  await syncFolder(dataDir); // a key that is lost with its folder's entry would make every sealed byte unreadable
  return readKey(target, source);
}

async function exists(file: string): Promise<boolean> {
  try {
    await (await open(file, 'r')).close();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}

async function writeSynced(file: string, text: string): Promise<void> {
  const handle = await open(file, 'wx', 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
}
