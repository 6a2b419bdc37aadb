import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StoreUnavailable } from '#event-store';
import { openErasureLedger, readErasureLedger } from './erasure-ledger.adapter.js';

const clock = () => '2026-01-31T12:00:00.000Z';
const id = (n: number): string => n.toString(16).padStart(32, '0');
let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'whitebook-ledger-'));
  file = join(folder, 'erased.ledger');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const accountsIn = async (): Promise<string[]> => (await readErasureLedger(file)).erased.map(({ account }) => account);

describe('COR-28: the erasure ledger', () => {
  it('is one line per account, with ids and a time only', async () => {
    const ledger = await openErasureLedger({ file, clock });
    await ledger.note('w1', id(1));
    expect(await readFile(file, 'utf8')).toBe(`2026-01-31T12:00:00.000Z w1 ${id(1)}\n`);
    await ledger.close();
  });

  it('has each account once, whoever notes it again, also after a restart', async () => {
    const first = await openErasureLedger({ file, clock });
    await first.note('w1', id(1));
    await first.note('w1', id(1));
    await first.close();
    const second = await openErasureLedger({ file, clock });
    await second.note('w1', id(1));
    await second.note('w1', id(2));
    await second.close();
    expect((await readFile(file, 'utf8')).split('\n')).toHaveLength(3);
    expect(await accountsIn()).toEqual([id(1), id(2)]);
  });

  it('has all that are noted at once when each is answered', async () => {
    const ledger = await openErasureLedger({ file, clock });
    const many = Array.from({ length: 100 }, (_, n) => id(n));
    await Promise.all(
      many.map(async (account) => {
        await ledger.note('w1', account);
        expect(await accountsIn()).toContain(account);
      }),
    );
    await ledger.close();
    expect((await accountsIn()).sort()).toEqual(many);
  });

  it('a torn line says nothing, is counted, and does not swallow the next', async () => {
    await writeFile(file, `2026-01-31T12:00:00.000Z w1 ${id(1)}\n`);
    await appendFile(file, '2026-01-31T12:00:00.000Z w1 0000');
    const ledger = await openErasureLedger({ file, clock });
    await ledger.note('w1', id(2));
    await ledger.close();
    expect(await readErasureLedger(file)).toEqual({
      erased: [
        { workspace: 'w1', account: id(1) },
        { workspace: 'w1', account: id(2) },
      ],
      unread: 1,
    });
  });

  it('what could not be written is not taken for noted', async () => {
    const ledger = await openErasureLedger({ file, clock });
    await ledger.close();
    await expect(ledger.note('w1', id(1))).rejects.toThrow(StoreUnavailable);
    await expect(ledger.note('w1', id(1))).rejects.toThrow(StoreUnavailable);
  });
});
