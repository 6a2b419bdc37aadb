import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { openSqliteProjectionStore, openSqliteReadStore } from '#read-store';
import { readStoreContract, type ReadStoreUnderTest } from './read-store.contract.js';
import { listOf, people, person, put, remove, set } from './read-store.people.js';

const readerEntry = resolve('dist/libs/read-store/src/sqlite-reader.thread.js');

async function openSqlite(): Promise<ReadStoreUnderTest & { readonly folder: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'read-store-'));
  const file = join(folder, 'read.sqlite');
  const read = await openSqliteReadStore({ file, readerEntry, readers: 1 });
  const write = openSqliteProjectionStore({ file });
  const close = async (): Promise<void> => {
    await read.close();
    await write.close();
    await rm(folder, { recursive: true });
  };
  return { folder, read, write, close };
}

describe('read store on SQLite', () => {
  readStoreContract(openSqlite);

  it('leaves no byte of a removed row in any file after a scrub (COR-17)', async () => {
    const { folder, read, write, close } = await openSqlite();
    const shape = people();
    const canary = 'Xylocanary';
    const from = await write.open(shape);
    const others = Array.from({ length: 300 }, (_, n) => put(person(`p${n}`, { email: `p${n}@acme.test` })));
    const secret = person('secret', { name: `${canary} One`, email: `${canary}@acme.test`.toLowerCase(), phone: '+4915199999' });
    const checkpoint = { position: 1, eventId: 'e1' };
    await write.apply(shape, { changes: [...others, put(secret)], from, checkpoint });
    await write.apply(shape, { changes: [set('secret', { name: `${canary} Two` })], from: checkpoint, checkpoint });
    expect((await read.find(listOf({ search: canary }))).rows).toHaveLength(1);
    expect(await hits(folder, canary)).toBeGreaterThan(0);
    await write.apply(shape, { changes: [remove('secret')], from: checkpoint, checkpoint });
    await write.scrub();
    expect(await hits(folder, canary)).toBe(0);
    expect(await hits(folder, '4915199999')).toBe(0);
    expect((await read.find(listOf({ search: canary }))).rows).toEqual([]);
    await close();
  });
});

/** In how many files a text occurs, whatever its case. */
async function hits(folder: string, text: string): Promise<number> {
  const files = await readdir(folder);
  const contents = await Promise.all(files.map((file) => readFile(join(folder, file), 'latin1')));
  return contents.filter((content) => content.toLowerCase().includes(text.toLowerCase())).length;
}
