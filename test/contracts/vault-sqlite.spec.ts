import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { StoreUnavailable } from '#event-store';
import { openSqlitePersonKeys, openSqliteVault } from '#vault';
import type { Vault } from '#vault';
import { vaultContract } from './vault.contract.js';
import { MASTER_KEY, NOON, session } from './vault.fixtures.js';

const writerEntry = join(process.cwd(), 'dist/libs/vault/src/sqlite-vault.thread.js');
const folder = (): Promise<string> => mkdtemp(join(tmpdir(), 'whitebook-vault-'));

vaultContract('sqlite', async () => {
  const data = await folder();
  const vault = await openSqliteVault({
    file: join(data, 'vault.sqlite'),
    writerEntry,
    masterKey: MASTER_KEY,
    clock: () => NOON,
  });
  const close = async (): Promise<void> => {
    await vault.close();
    await rm(data, { recursive: true });
  };
  return { vault, close };
});

describe('sqlite: vault in a file', () => {
  let data: string;
  let file: string;
  let vault: Vault;
  const open = (masterKey = MASTER_KEY): Promise<Vault> => openSqliteVault({ file, writerEntry, masterKey });
  const bytes = async (): Promise<string> => {
    const names = await readdir(data);
    return (await Promise.all(names.map((name) => readFile(join(data, name), 'latin1')))).join('');
  };

  beforeEach(async () => {
    data = await folder();
    file = join(data, 'vault.sqlite');
    vault = await open();
  });
  afterEach(async () => {
    await vault.close();
    await rm(data, { recursive: true });
  });

  it('has what it answered after it is opened again', async () => {
    await vault.keys.insert('ann');
    await vault.sessions.insert(session('s1'));
    await vault.sessions.touch('s1', NOON);
    const key = (await vault.keys.getMany(['ann'])).get('ann');
    await vault.close();
    vault = await open();
    expect((await vault.keys.getMany(['ann'])).get('ann')).toEqual(key);
    expect(await vault.sessions.byId('s1')).toMatchObject({ used: true });
  });

  it('is refused under another master key', async () => {
    await expect(open(Buffer.alloc(32, 6))).rejects.toThrow('WHITEBOOK_MASTER_KEY');
  });

  it('is readable for its owner only', async () => {
    await vault.keys.insert('ann');
    for (const name of await readdir(data)) expect((await stat(join(data, name))).mode & 0o077).toBe(0);
  });

  it('holds keys and secrets sealed only', async () => {
    await vault.keys.insert('ann');
    await vault.secrets.put('smtp', Buffer.from('canary-secret'));
    const key = (await vault.keys.getMany(['ann'])).get('ann') as Buffer;
    expect(await bytes()).not.toContain('canary-secret');
    expect(await bytes()).not.toContain(key.toString('latin1'));
  });

  it('leaves no byte of a destroyed key or an ended session after a scrub (COR-17)', async () => {
    const canaries = Array.from({ length: 300 }, (_, number) => `canary-${number}-of-an-address`);
    await Promise.all(canaries.map((address, number) => vault.sessions.insert(session(`s${number}`, { address }))));
    await Promise.all(canaries.map((_, number) => vault.keys.insert(`person-${number}`)));
    const reader = new Database(file, { readonly: true });
    const rows = reader.prepare<[], { wrapped: Buffer }>('SELECT wrapped FROM person_keys').all();
    reader.close();
    const wrapped = rows.map((row) => row.wrapped.toString('latin1'));
    const before = await bytes();
    expect([...canaries, ...wrapped].every((canary) => before.includes(canary))).toBe(true);

    await Promise.all(canaries.map((_, number) => vault.keys.destroy(`person-${number}`)));
    expect(await vault.sessions.end('account-ann', 4)).toHaveLength(300);
    await vault.scrub();

    const after = await bytes();
    expect([...canaries, ...wrapped].filter((canary) => after.includes(canary))).toEqual([]);
  });

  it('waits for a reader before it says that the files are clean (COR-17)', async () => {
    await vault.sessions.insert(session('s1', { address: 'canary-address' }));
    const reader = new Database(file, { readonly: true });
    reader.exec('BEGIN');
    reader.prepare('SELECT count(*) FROM sessions').get();
    await vault.sessions.endOne('s1');
    let clean = false;
    const scrubbed = vault.scrub().then(() => (clean = true));
    await vault.checkpoint('any');
    await vault.setCheckpoint('any', { position: 1, eventId: 'e1' });
    expect(clean).toBe(false);
    reader.exec('COMMIT');
    await scrubbed;
    expect(await bytes()).not.toContain('canary-address');
    reader.close();
  });

  it('rejects as unavailable while it cannot write, reads on, and writes again afterwards', async () => {
    await vault.sessions.insert(session('s1'));
    const other = new Database(file);
    other.exec('BEGIN IMMEDIATE');
    const rejected = await Promise.allSettled([vault.sessions.insert(session('s2')), vault.keys.insert('ann')]);
    expect(rejected.map((result) => (result.status === 'rejected' ? (result.reason as unknown) : null))).toEqual([
      expect.any(StoreUnavailable),
      expect.any(StoreUnavailable),
    ]);
    expect(await vault.sessions.byId('s1')).not.toBeNull();
    other.exec('ROLLBACK');
    other.close();
    await vault.sessions.insert(session('s2'));
    expect(await vault.sessions.byId('s2')).not.toBeNull();
  });

  it('lets one failed operation take nothing of the same commit with it', async () => {
    await vault.sessions.insert(session('s1'));
    const [clash, fine] = await Promise.allSettled([
      vault.sessions.insert(session('s2', { tokenHash: 'token-s1' })),
      vault.sessions.insert(session('s3')),
    ]);
    expect(clash.status).toBe('rejected');
    expect(fine.status).toBe('fulfilled');
    expect((await vault.sessions.list('ann')).map(({ id }) => id)).toEqual(['s1', 's3']);
    expect(await vault.sessions.end('account-ann', 9)).toHaveLength(2);
  });

  it('rejects after it was closed', async () => {
    await vault.close();
    await expect(vault.keys.insert('ann')).rejects.toThrow(StoreUnavailable);
    await expect(vault.keys.getMany(['ann'])).rejects.toThrow(StoreUnavailable);
  });

  it('gives a projection the keys to read, and only to read', async () => {
    await vault.keys.insert('ann');
    await vault.keys.insert('bob');
    const keys = openSqlitePersonKeys({ file, masterKey: MASTER_KEY });
    await vault.keys.destroy('bob');
    expect(await keys.getMany(['ann', 'bob', 'nobody'])).toEqual(await vault.keys.getMany(['ann', 'bob', 'nobody']));
    await expect(keys.insert('eve')).rejects.toThrow('read-only');
    await expect(keys.destroy('ann')).rejects.toThrow('read-only');
    keys.close();
  });
});
