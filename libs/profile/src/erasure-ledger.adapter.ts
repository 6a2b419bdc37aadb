import { open, readFile, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { ErasureLedger } from '#accounts';
import { StoreUnavailable, syncFolder } from '#event-store';
import type { Clock } from '#kernel';

/** Somebody who was erased. */
export interface Erased {
  readonly workspace: string;
  readonly account: string;
}

const LINE = /^\S+ ([a-z0-9]+) ([0-9a-f]{32})$/;

/** Everybody in a ledger, once each, oldest first, and how many lines say nothing: torn ones, of a process that died. Rejects where there is no file. */
export async function readErasureLedger(file: string): Promise<{ readonly erased: readonly Erased[]; readonly unread: number }> {
  const lines = (await readFile(file, 'utf8')).split('\n').filter((line) => line !== '');
  const found = lines.flatMap((line) => {
    const [, workspace, account] = LINE.exec(line) ?? [];
    return workspace === undefined || account === undefined ? [] : [{ workspace, account }];
  });
  const erased = [...new Map(found.map((each) => [keyOf(each), each])).values()];
  return { erased, unread: lines.length - found.length };
}

/**
 * The ledger as a file that is only ever appended to, one `<time> <workspace> <account>` a line, made where it is missing.
 * A note is on the disk when it resolves; those of the same moment share a sync. It rejects with `StoreUnavailable` where it cannot be written now.
 */
export async function openErasureLedger(options: {
  readonly file: string;
  readonly clock: Clock;
}): Promise<ErasureLedger & { close(): Promise<void> }> {
  const { file, clock } = options;
  const handle = await open(file, 'a+', 0o600);
  await endTornLine(handle);
  await syncFolder(dirname(file)); // it may have been made just now
  return new FileLedger(handle, clock, new Set((await readErasureLedger(file)).erased.map(keyOf)));
}

const keyOf = ({ workspace, account }: Erased): string => `${workspace} ${account}`;

/** What was cut off must not swallow the line that comes next. */
async function endTornLine(handle: FileHandle): Promise<void> {
  const { size } = await handle.stat();
  if (size === 0) return;
  const { buffer } = await handle.read(Buffer.alloc(1), 0, 1, size - 1);
  if (buffer.toString() !== '\n') await handle.appendFile('\n');
}

class FileLedger implements ErasureLedger {
  private waiting = new Set<string>();
  /** The write that takes all who wait now; none has begun. */
  private next: Promise<void> | null = null;
  private last: Promise<void> = Promise.resolve();
  /** A write failed, perhaps in the middle of a line. */
  private torn = false;

  constructor(
    private readonly handle: FileHandle,
    private readonly clock: Clock,
    private readonly known: Set<string>,
  ) {}

  note(workspace: string, account: string): Promise<void> {
    const key = keyOf({ workspace, account });
    if (this.known.has(key)) return Promise.resolve();
    this.waiting.add(key);
    if (!this.next) {
      this.next = this.last.then(() => this.write());
      this.last = this.next.catch(() => undefined);
    }
    return this.next;
  }

  async close(): Promise<void> {
    await this.last;
    await this.handle.close();
  }

  private async write(): Promise<void> {
    const keys = [...this.waiting];
    this.waiting = new Set();
    this.next = null;
    const at = this.clock();
    const text = keys.map((key) => `${at} ${key}\n`).join('');
    const begin = this.torn ? '\n' : '';
    this.torn = true;
    try {
      await this.handle.appendFile(begin + text);
      await this.handle.datasync();
    } catch (error) {
      throw new StoreUnavailable('the erasure ledger cannot be written now', { cause: error });
    }
    this.torn = false;
    for (const key of keys) this.known.add(key);
  }
}
