import { BadCursor, type Find, type ReadStore } from '#read-store';
import { memoryVault } from '#vault';
import { Reads } from './reads.js';

const NOON = '2026-01-31T12:00:00.000Z';
const LATER = '2026-01-31T13:00:00.000Z';
const PLACE = Buffer.from('["print",0,"sara@northwind.test","a1"]').toString('base64url');
const query: Find = { collection: 'people/list', filters: [], sort: { field: 'email', descending: false }, limit: 1 };

describe('Reads', () => {
  const finds: Find[] = [];
  const store: Pick<ReadStore, 'find'> = {
    async find(asked) {
      finds.push(asked);
      if (asked.cursor !== undefined && asked.cursor !== PLACE) throw new BadCursor('of another list');
      return { rows: [], next: asked.cursor === undefined ? PLACE : null };
    },
  };
  const vault = memoryVault();
  const reads = new Reads(store as ReadStore, vault);
  const cursorOf = async (find: Promise<{ next: string | null }>): Promise<string> => (await find).next ?? '';
  const refused = { code: 'invalid-input', facts: { errors: [{ pointer: '?cursor' }] } };

  beforeEach(() => finds.splice(0));

  it('promise 7: shows nothing of a row in a cursor, and takes it back, also after a restart', async () => {
    const [one, two] = [await cursorOf(reads.page(query)), await cursorOf(reads.page(query))];
    expect(one).not.toBe(two);
    for (const cursor of [one, two]) {
      expect(Buffer.from(cursor, 'base64url').toString('latin1')).not.toMatch(/sara|c2FyYU/);
      await new Reads(store as ReadStore, vault).page({ ...query, cursor });
      expect(finds.at(-1)).toEqual({ ...query, cursor: PLACE });
    }
  });

  it('RUN-2: needs to write nothing once it is there', async () => {
    const full = jest.fn(vault.secrets.obtain);
    const ready = new Reads(store as ReadStore, { secrets: { ...vault.secrets, obtain: full } });
    await ready.onModuleInit();
    full.mockRejectedValue(new Error('the disk is full'));
    expect(await cursorOf(ready.page(query))).not.toBe('');
  });

  it('COR-21: looks once where it is far enough, and waits else', async () => {
    const positions = [5, 5, 9];
    const checkpoint = jest.fn(async () => ({ position: positions.shift() ?? 0, eventId: null }));
    const reached = jest.fn(async () => true);
    const waiting = new Reads({ ...store, checkpoint, reached } as unknown as ReadStore, vault);
    expect(await waiting.fresh(['people'], 5)).toBe(5);
    expect(reached).not.toHaveBeenCalled();
    expect(await waiting.fresh(['people'], 9)).toBe(9);
    expect(reached).toHaveBeenCalledWith(['people'], 9, 2_000);
    reached.mockResolvedValue(false);
    await expect(waiting.fresh(['people'], 9)).rejects.toMatchObject({ code: 'read-model-behind' });
  });

  it('LIST-1: refuses a cursor that was changed, cut, padded or made elsewhere', async () => {
    const cursor = await cursorOf(reads.page(query));
    const flipped = `${cursor.slice(0, 20)}${cursor[20] === 'A' ? 'B' : 'A'}${cursor.slice(21)}`;
    const foreign = await cursorOf(new Reads(store as ReadStore, memoryVault()).page(query));
    for (const wrong of [flipped, cursor.slice(1), cursor.slice(0, -4), `${cursor}=`, `${cursor}!`, PLACE, 'x', foreign])
      await expect(reads.page({ ...query, cursor: wrong })).rejects.toMatchObject(refused);
    expect(finds.every((asked) => asked.cursor === undefined)).toBe(true);
  });

  it('LIST-1: keeps the time of the first page in the cursor of a list that depends on it', async () => {
    const times: string[] = [];
    const at = (time: string): Find => {
      times.push(time);
      return query;
    };
    const cursor = await cursorOf(reads.pageAt(NOON, undefined, at));
    await reads.pageAt(LATER, cursor, at);
    expect(times).toEqual([NOON, NOON]);
    await expect(reads.page({ ...query, cursor })).rejects.toMatchObject(refused);
    await expect(reads.pageAt(LATER, await cursorOf(reads.page(query)), at)).rejects.toMatchObject(refused);
  });
});
