import * as fc from 'fast-check';
import {
  BadCursor,
  StaleBatch,
  START,
  type Change,
  type Checkpoint,
  type ProjectionStore,
  type ReadStore,
  type Row,
} from '#read-store';
import { anyChange, anyQuery } from './read-store.arbitraries.js';
import { applied, expectAsOracle, matching, recount } from './read-store.oracle.js';
import { listOf, people, person, put, remove, set, inWorkspace, type Person } from './read-store.people.js';

export interface ReadStoreUnderTest {
  readonly write: ProjectionStore;
  readonly read: ReadStore;
  close(): Promise<void>;
}

/** What every adapter of the read store must do. */
export function readStoreContract(open: () => Promise<ReadStoreUnderTest>): void {
  let store: ReadStoreUnderTest;
  let shape = people();
  let at: Checkpoint = START;

  beforeEach(async () => {
    store = await open();
    shape = people();
    at = await store.write.open(shape);
  });
  afterEach(() => store.close());

  const write = async (...changes: Change[]): Promise<void> => {
    const checkpoint = { position: at.position + 1, eventId: `e${at.position + 1}` };
    await store.write.apply(shape, { changes, from: at, checkpoint });
    at = checkpoint;
  };
  const ids = (rows: Iterable<Row>): string[] => [...rows].map(({ id }) => id);
  const found = async (query: Parameters<typeof listOf>[0]): Promise<string[]> =>
    ids((await store.read.find(listOf(query))).rows);
  const emptied = async (): Promise<void> => {
    await store.write.reset(shape);
    at = START;
  };

  describe('rows', () => {
    it('are exactly what put, set and remove leave', async () => {
      await write(put(person('a', { name: 'Ann', score: 3 })), put(person('b')), set('a', { state: 'blocked', score: null }));
      await write(remove('b'), set('b', { name: 'back?' }), remove('c'));
      expect(await store.read.get('people/list', 'a')).toEqual(person('a', { name: 'Ann', state: 'blocked' }));
      expect(await store.read.get('people/list', 'b')).toBeNull();
      expect(await store.read.getMany('people/list', ['a', 'b', 'x'])).toEqual(
        new Map([['a', person('a', { name: 'Ann', state: 'blocked' })]]),
      );
    });

    it('stream in order of id, under filters, beyond the size of a page', async () => {
      const all = Array.from({ length: 450 }, (_, n) => person(`p${String(n).padStart(3, '0')}`, { vip: n % 2 === 0 }));
      await write(...all.toReversed().map(put));
      const streamed: Row[] = [];
      for await (const row of store.read.stream('people/list', [inWorkspace, { field: 'vip', op: 'eq', value: true }]))
        streamed.push(row);
      expect(streamed).toEqual(all.filter(({ vip }) => vip));
    });

    it('are all or nothing with the checkpoint: a batch from another checkpoint is stale and writes nothing', async () => {
      await write(put(person('a')));
      const late = { changes: [put(person('b'))], from: START, checkpoint: { position: 9, eventId: 'e9' } };
      await expect(store.write.apply(shape, late)).rejects.toThrow(StaleBatch);
      const unknown = {
        changes: [put(person('b')), { ...put(person('c')), collection: 'nowhere' }],
        from: at,
        checkpoint: late.checkpoint,
      };
      await expect(store.write.apply(shape, unknown)).rejects.toThrow('nowhere');
      expect(await store.read.get('people/list', 'b')).toBeNull();
      expect(await store.read.checkpoint('people')).toEqual(at);
      expect(await store.write.open(shape)).toEqual(at);
    });

    it('keep parked subjects and sequences with the checkpoint', async () => {
      const parked = { subject: 's', position: 4, reason: 'TypeError at X', numbers: { '4': 7 } };
      const checkpoint = { position: 4, eventId: 'e4' };
      await store.write.apply(shape, { changes: [], from: at, checkpoint, park: [parked], sequences: { w: 7 } });
      expect(await store.write.parked(shape)).toEqual([parked]);
      expect(await store.write.sequences(shape)).toEqual({ w: 7 });
      await store.write.apply(shape, { changes: [], from: checkpoint, checkpoint, unpark: ['s'] });
      expect(await store.write.parked(shape)).toEqual([]);
    });
  });

  describe('pages', () => {
    const scores = [5, null, 1, null, 3].map((score, n) => person(`p${n}`, { score }));

    it('have empty values last in both directions (LIST-2)', async () => {
      await write(...scores.map(put));
      expect(await found({ sort: { field: 'score', descending: false } })).toEqual(['p2', 'p4', 'p0', 'p1', 'p3']);
      expect(await found({ sort: { field: 'score', descending: true } })).toEqual(['p0', 'p4', 'p2', 'p3', 'p1']);
    });

    it('sort text without case and accents', async () => {
      await write(...['Zoe', 'émile', 'Eva', 'ada', ''].map((name, n) => put(person(`p${n}`, { name }))));
      expect(await found({})).toEqual(['p3', 'p1', 'p2', 'p0', 'p4']);
      expect(await found({ filters: [{ field: 'name', op: 'eq', value: 'ÉMILE' }] })).toEqual(['p1']);
    });

    it('stay right while rows come and go (LIST-1)', async () => {
      await write(...[1, 2, 3, 4, 5, 6].map((n) => put(person(`p${n}`, { score: n }))));
      const query = listOf({ sort: { field: 'score', descending: false }, limit: 3 });
      const first = await store.read.find(query);
      await write(remove('p3'), remove('p4'), put(person('p0', { score: 0 })), put(person('p4b', { score: 4.5 })));
      const second = await store.read.find({ ...query, cursor: first.next ?? '' });
      expect([ids(first.rows), ids(second.rows), second.next]).toEqual([['p1', 'p2', 'p3'], ['p4b', 'p5', 'p6'], null]);
    });

    it('refuse the cursor of another query, and what is none', async () => {
      await write(...scores.map(put));
      const { next } = await store.read.find(listOf({ limit: 2 }));
      const wrong = [listOf({ cursor: 'x' }), listOf({ cursor: '' }), listOf({ cursor: next ?? '', search: 'p' })];
      const forged = Buffer.from(JSON.stringify(['print', 99, null, 'a'])).toString('base64url');
      for (const query of [...wrong, listOf({ cursor: forged })]) await expect(store.read.find(query)).rejects.toThrow(BadCursor);
      expect((await store.read.find(listOf({ limit: 3, cursor: next ?? '' }))).rows).toHaveLength(3);
    });

    it('hold nothing of another workspace', async () => {
      await write(put(person('a', { name: 'Same' })), put(person('b', { name: 'Same', workspace: 'v' })));
      expect(await found({})).toEqual(['a']);
      expect(await found({ search: 'same' })).toEqual(['a']);
      await expect(store.read.find({ ...listOf({ search: 'same' }), filters: [] })).rejects.toThrow('workspace');
    });
  });

  describe('search (LIST-2)', () => {
    beforeEach(async () => {
      await write(
        put(person('ann', { name: 'Ann Müller', email: 'ann@acme.test', phone: '+49 (151) 234-56' })),
        put(person('joann', { name: 'Joann', email: 'j.o@acme.test', phone: null })),
        put(person('anna', { name: 'Anna', email: 'x_y%z@other.test', phone: '0151 999' })),
        put(person('smile', { name: 'Ann', email: '😀👍🏽@"quoted"*.test', phone: '' })),
      );
    });

    it.each([
      ['exact hits first, then beginnings, then the rest', 'ann', ['smile', 'ann', 'anna', 'joann']],
      ['any part of a text', 'cme', ['ann', 'joann']],
      ['no case and no accents', 'MULLER', ['ann']],
      ['accents in the query', 'Müllér', ['ann']],
      ['one character anywhere', 'j', ['joann']],
      ['one character that is everywhere', 'n', ['smile', 'ann', 'anna', 'joann'].toSorted()],
      ['two characters in the middle of a word', 'oa', ['joann']],
      ['several words in any field', 'acme ann', ['ann', 'joann']],
      ['words that do not all match', 'acme anna', []],
      ['phone by digits', '4915123', ['ann']],
      ['phone as it is typed', '+49 151 - 2', ['ann']],
      ['digits of a word that is no number', 'ann151', []],
      ['nothing', 'zzz', []],
      ['an emoji', '😀', ['smile']],
      ['quotes', '"quoted"*', ['smile']],
      ['wildcards as they are', 'y%z', ['anna']],
      ['an underscore as it is', 'x_y', ['anna']],
      ['syntax of the index', 'ann" OR "j NEAR( -x : ^', []],
      ['zero bytes', 'ann\u0000mül', ['ann']],
    ])('finds %s', async (_, search, expected) => {
      const answer = await found({ search, sort: { field: 'id', descending: false } });
      expect(search === 'n' ? answer.toSorted() : answer).toEqual(expected);
    });

    it('is none when it is blank', async () => {
      for (const search of ['', '  \t', '\u0301', '\u200b']) expect(await found({ search })).toHaveLength(4);
    });

    it('takes a megabyte', async () => {
      await write(put(person('long', { name: `${'ab '.repeat(350_000)}needle` })));
      expect(await found({ search: 'needle' })).toEqual(['long']);
      expect(await found({ search: 'x'.repeat(1_000_000) })).toEqual([]);
      expect(await found({ search: 'a b '.repeat(250_000), limit: 1 })).toHaveLength(1);
      await write(remove('long'));
      expect(await found({ search: 'needle' })).toEqual([]);
    });

    it('follows what is renamed and removed', async () => {
      await write(set('ann', { name: 'Berta', phone: '5' }), remove('joann'));
      expect(await found({ search: 'müller' })).toEqual([]);
      expect(await found({ search: '4915' })).toEqual([]);
      expect(await found({ search: 'bert' })).toEqual(['ann']);
      expect(await found({ search: 'acme' })).toEqual(['ann']);
    });
  });

  describe('numbers', () => {
    it('are those of a recount, whatever was changed (LIST-3)', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(fc.array(anyChange, { maxLength: 8 }), { maxLength: 8 }), async (batches) => {
          await emptied();
          let rows = new Map<string, Person>();
          for (const batch of batches) {
            await write(...batch);
            rows = applied(rows, batch);
          }
          const buckets = ['w', 'v'].flatMap((tenant) =>
            ['all', 'vip', 'state:active', 'state:blocked'].map((name) => `${tenant}/${name}`),
          );
          const expected = recount(rows.values());
          expect(await store.read.counters('people/list', buckets)).toEqual(
            Object.fromEntries(buckets.map((bucket) => [bucket, expected[bucket] ?? 0])),
          );
        }),
        { numRuns: 40 },
      );
    });

    it('and pages are those of a brute force over all rows', async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.boolean(),
          fc.array(anyChange, { maxLength: 40 }),
          fc.array(anyQuery, { minLength: 1, maxLength: 6 }),
          async (isIndexed, changes, queries) => {
            await emptied();
            const half = changes.length >> 1;
            await write(...changes.slice(0, half));
            await write(...changes.slice(half));
            if (isIndexed) await store.write.takeOver(shape);
            const rows = applied(new Map(), changes);
            for (const query of queries.map(listOf)) {
              await expectAsOracle(store.read, [...rows.values()], query);
              expect(await store.read.count(query)).toBe(matching([...rows.values()], query.filters, query.search).length);
            }
          },
        ),
        { numRuns: 150 },
      );
    });
  });

  describe('groups', () => {
    const groups = (part?: string, limit = 50) =>
      store.read.groups({ collection: 'people/list', filters: [inWorkspace], by: 'state', label: 'name', limit, part });

    it.each([false, true])('are values with their counts under the filters, by name (indexed: %s)', async (isIndexed) => {
      await write(
        ...['Zebra', 'Émile', 'apple'].flatMap((name) =>
          ['1', '2'].map((n) => put(person(`${name}${n}`, { name, state: name.toLowerCase() }))),
        ),
        put(person('none', { name: null, state: '' })),
        put(person('away', { name: 'Zebra', state: 'zebra', workspace: 'v' })),
      );
      if (isIndexed) await store.write.takeOver(shape);
      await write(remove('Zebra1'));
      const all = [
        { label: 'apple', rows: 2 },
        { label: 'Émile', rows: 2 },
        { label: 'Zebra', rows: 1 },
      ];
      expect(await groups()).toEqual(all);
      expect(await groups(' ')).toEqual(all);
      expect(await groups(undefined, 1)).toEqual(all.slice(0, 1));
      expect(await groups('EMI')).toEqual(all.slice(1, 2));
      expect(await groups('%')).toEqual([]);
    });
  });

  describe('freshness and builds', () => {
    it('says when a position is reached, and when it is not', async () => {
      expect(await store.read.reached(['people'], 1, 5)).toBe(false);
      const reached = store.read.reached(['people'], 1, 5000);
      await write();
      expect(await reached).toBe(true);
      expect(await store.read.reached(['people', 'missing'], 1, 5)).toBe(false);
    });

    it('serves one build until another takes over, which leaves nothing of the first', async () => {
      await write(put(person('a', { name: 'old' })));
      const { next } = await store.read.find(listOf({ limit: 1 }));
      const first = at;
      expect([next, await store.write.serving('people')]).toEqual([null, { version: 1, generation: 0, complete: false }]);
      shape = people(1, 1);
      at = await store.write.open(shape);
      await write(put(person('a', { name: 'new' })), put(person('b')));
      expect(await store.read.get('people/list', 'a')).toEqual(person('a', { name: 'old' }));
      expect(await store.read.checkpoint('people')).toEqual(first);
      await store.write.takeOver(shape);
      expect(await store.write.serving('people')).toEqual({ version: 1, generation: 1, complete: true });
      expect(await store.read.get('people/list', 'a')).toEqual(person('a', { name: 'new' }));
      expect(await found({})).toEqual(['b', 'a']);
      expect(await store.write.open(people(1, 0))).toEqual(START);
      await store.write.retain(['people']);
      expect(await found({ search: 'new' })).toEqual(['a']);
      await store.write.retain([]);
      await expect(store.read.get('people/list', 'a')).rejects.toThrow('people/list');
    });

    it('RUN-3: keeps a build that is declared as it was, so that it can be fed beside a new one', async () => {
      const [collection] = shape.collections;
      const declared = { ...shape, collections: [{ ...collection!, indexes: [] }] };
      const kept = () => Promise.all([shape, declared, people(1, 7)].map((each) => store.write.keeps(each)));
      expect(await kept()).toEqual([true, false, false]);
      await write(put(person('a')));
      await store.write.takeOver(shape);
      await store.write.open(people(2, 0));
      await write(put(person('b')));
      expect([await kept(), await found({})]).toEqual([
        [true, false, false],
        ['a', 'b'],
      ]);
    });
  });
}
