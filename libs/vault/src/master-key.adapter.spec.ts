import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadMasterKey } from './master-key.adapter.js';

const KEY = '0123456789abcdefABCDEF0123456789'.repeat(2);

describe('master key', () => {
  let data: string;
  beforeEach(async () => {
    data = await mkdtemp(join(tmpdir(), 'whitebook-key-'));
  });
  afterEach(() => rm(data, { recursive: true }));

  it('is the value of the variable', async () => {
    expect(await loadMasterKey({ value: KEY, dataDir: data })).toEqual(Buffer.from(KEY, 'hex'));
    expect(await readdir(data)).toEqual([]);
  });

  it.each(['', KEY.slice(1), `${KEY}00`, `${KEY}\n`, ` ${KEY.slice(1)}`, KEY.replace('0', 'g'), 'passphrase'])(
    'is refused in another form, by the name of the variable and without the value: %j',
    async (value) => {
      const refused = loadMasterKey({ value });
      await expect(refused).rejects.toThrow(/^WHITEBOOK_MASTER_KEY must be 64 hex digits \(32 bytes\)$/);
    },
  );

  it('is read from a file, with or without a line break at its end', async () => {
    const file = join(data, 'key');
    await writeFile(file, `${KEY}\n`);
    expect(await loadMasterKey({ file })).toEqual(Buffer.from(KEY, 'hex'));
    await writeFile(file, 'short');
    await expect(loadMasterKey({ file })).rejects.toThrow('WHITEBOOK_MASTER_KEY_FILE must be');
    await expect(loadMasterKey({ file: join(data, 'none') })).rejects.toThrow(
      'WHITEBOOK_MASTER_KEY_FILE cannot be read (ENOENT)',
    );
  });

  it('is made once in the data folder, for its owner only', async () => {
    const dataDir = join(data, 'new');
    const key = await loadMasterKey({ dataDir });
    expect(key).toHaveLength(32);
    expect(await loadMasterKey({ dataDir })).toEqual(key);
    expect(await readdir(dataDir)).toEqual(['master.key']);
    expect((await stat(join(dataDir, 'master.key'))).mode & 0o777).toBe(0o600);
    expect(await readFile(join(dataDir, 'master.key'), 'utf8')).toBe(`${key.toString('hex')}\n`);
  });

  it('is required where there is no data folder, and given once only', async () => {
    await expect(loadMasterKey({})).rejects.toThrow('WHITEBOOK_MASTER_KEY');
    await expect(loadMasterKey({ value: KEY, file: 'x' })).rejects.toThrow('not both');
  });
});
