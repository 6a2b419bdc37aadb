import { open } from 'node:fs/promises';

/** Brings to the disk which files are in a folder: else one that was made or renamed just now may be gone after a power cut, synced or not. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
