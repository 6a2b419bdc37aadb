import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';

/** Files of a backup. Read models, jobs and outbox are made anew; the erasure ledger is kept elsewhere. */
export const BACKUP_FILES = { manifest: 'manifest.json', log: 'log.db', vault: 'vault.db', masterKey: 'master.key' } as const;

const digest = z.string().regex(/^[0-9a-f]{64}$/);
const manifestSchema = z.strictObject({
  version: z.literal(1),
  /** When the backup was begun. */
  time: z.iso.datetime(),
  /** The log's last event; the id is null where the log is empty. */
  head: z.strictObject({ position: z.int().min(0), id: z.string().nullable() }),
  /** Where each workspace's chain ends. */
  chains: z.record(z.string(), z.strictObject({ number: z.int().min(1), chain: digest })),
  /** SHA-256 of each other file, hex. */
  files: z.record(z.string(), digest),
});
/** What a backup says of itself. */
export type BackupManifest = z.infer<typeof manifestSchema>;

/** A backup that cannot be restored: incomplete, or not as it was written. The message names the file. */
export class DamagedBackup extends Error {
  override readonly name = 'DamagedBackup';
}

/** SHA-256 of a file, hex. */
export async function digestOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

/** The manifest of the backup in `folder`, after every file was held against it. Rejects with `DamagedBackup`. */
export async function checkBackup(folder: string): Promise<BackupManifest> {
  const manifest = await readManifest(join(folder, BACKUP_FILES.manifest));
  for (const name of [BACKUP_FILES.log, BACKUP_FILES.vault])
    if (!(name in manifest.files)) throw new DamagedBackup(`${BACKUP_FILES.manifest} does not name ${name}`);
  const known: ReadonlySet<string> = new Set(Object.values(BACKUP_FILES));
  for (const [name, expected] of Object.entries(manifest.files)) {
    if (!known.has(name)) throw new DamagedBackup(`${BACKUP_FILES.manifest} names a file that no backup has`);
    const found = await digestOf(join(folder, name)).catch(() => {
      throw new DamagedBackup(`${name} is missing, or cannot be read`);
    });
    if (found !== expected) throw new DamagedBackup(`${name} is damaged: it is not what was backed up`);
  }
  return manifest;
}

async function readManifest(file: string): Promise<BackupManifest> {
  const text = await readFile(file, 'utf8').catch(() => {
    throw new DamagedBackup(`${BACKUP_FILES.manifest} is missing, or cannot be read: this is no backup`);
  });
  try {
    return manifestSchema.parse(JSON.parse(text));
  } catch {
    throw new DamagedBackup(`${BACKUP_FILES.manifest} is damaged, or of another version`);
  }
}
