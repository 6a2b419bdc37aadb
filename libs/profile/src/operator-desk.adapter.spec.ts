import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { askOperatorDesk, DeskRefused, openOperatorDesk, type DeskRequest } from './operator-desk.adapter.js';

describe('the operator desk', () => {
  let folder: string;
  let desk: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'desk-'));
    desk = join(folder, 'operator');
  });
  afterEach(() => rm(folder, { recursive: true }));

  const rebuild: DeskRequest = { ask: 'rebuild', projection: 'accounts' };

  it('does what it is asked, for the user of the process alone', async () => {
    const asked: DeskRequest[] = [];
    const close = await openOperatorDesk(desk, async (request) => void asked.push(request));
    expect(await askOperatorDesk(desk, rebuild)).toBe(true);
    expect(asked).toEqual([rebuild]);
    expect((await stat(desk)).mode & 0o777).toBe(0o700);
    await close();
  });

  it('says why it could not', async () => {
    const close = await openOperatorDesk(desk, () => Promise.reject(new Error('being built already')));
    await expect(askOperatorDesk(desk, rebuild)).rejects.toThrow(new DeskRefused('being built already'));
    await close();
  });

  it('is not there where nobody serves, and opens over what a killed process left', async () => {
    expect(await askOperatorDesk(desk, rebuild)).toBe(false);
    await (
      await openOperatorDesk(desk, async () => undefined)
    )();
    expect(await askOperatorDesk(desk, rebuild)).toBe(false);
    await writeFile(join(desk, 'desk.sock'), '');
    const close = await openOperatorDesk(desk, async () => undefined);
    expect(await askOperatorDesk(desk, rebuild)).toBe(true);
    await close();
  });

  it('lets go of callers when it closes', async () => {
    const close = await openOperatorDesk(desk, () => new Promise(() => undefined));
    const asked = askOperatorDesk(desk, rebuild);
    const refused = expect(asked).rejects.toThrow(DeskRefused);
    await new Promise((resolve) => setImmediate(resolve));
    await close();
    await refused.catch(() => undefined);
  });
});
