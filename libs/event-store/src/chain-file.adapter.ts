import { open } from 'node:fs/promises';
import type { Clock } from '#kernel';
import { headLine, type SignedHead } from './chain-records.js';

/** Keeps each head as a line at the end of a file, outside of the log; resolves once it is on the disk. */
export const keepHeadsIn =
  (file: string, clock: Clock): ((head: SignedHead) => Promise<void>) =>
  async (head) => {
    const handle = await open(file, 'a', 0o600);
    try {
      await handle.appendFile(headLine(head, clock()));
      await handle.datasync();
    } finally {
      await handle.close();
    }
  };
