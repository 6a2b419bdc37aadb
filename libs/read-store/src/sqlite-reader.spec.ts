import Sqlite, { type Database } from 'better-sqlite3';
import * as fc from 'fast-check';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { anyChange, anyQuery } from '../../../test/contracts/read-store.arbitraries.js';
import { applied, expectAsOracle, listed } from '../../../test/contracts/read-store.oracle.js';
import { listOf, people, person, put, remove, set } from '../../../test/contracts/read-store.people.js';
import { START, type Change, type Find, type ProjectionStore, type Row } from './read-store.port.js';
import { openSqliteProjectionStore } from './sqlite-projection-store.adapter.js';
import { fileOfBuild } from './sqlite-database.adapter.js';
import { fold, tokensOf } from './search-text.js';
import type { Effort } from './sqlite-page.adapter.js';
import { SqliteReader } from './sqlite-reader.adapter.js';

describe('the reader', () => {
  let folder: string;
  let write: ProjectionStore;
  let file: string;
  let executed: string[];
  const readers: SqliteReader[] = [];

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'reader-'));
    file = join(folder, 'read.sqlite');
    write = openSqliteProjectionStore({ file });
    await write.open(people());
    executed = [];
  });
  afterEach(async () => {
    for (const reader of readers.splice(0)) reader.close();
    await write.close();
    rmSync(folder, { recursive: true });
  });

  const noted = (name: string): Database => new Sqlite(name, { readonly: true, verbose: (text) => executed.push(String(text)) });
  const readerWith = (effort?: Effort): SqliteReader => {
    const reader = new SqliteReader({ file, effort, open: noted });
    readers.push(reader);
    return reader;
  };
  const fill = async (changes: readonly Change[]): Promise<void> => {
    await write.reset(people());
    await write.apply(people(), { changes, from: START, checkpoint: { position: 1, eventId: 'e1' } });
    await write.takeOver(people());
  };

  it('gives the pages of a brute force however soon it changes from one way of finding to another', async () => {
    const some = fc.integer({ min: 1, max: 4 });
    const effort = fc.record({
      few: fc.integer({ min: 0, max: 3 }),
      walked: some,
      glanced: some,
      held: fc.integer({ min: 0, max: 6 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(anyChange, { maxLength: 40 }), effort, anyQuery, async (changes, work, query) => {
        await fill(changes);
        const reader = readerWith(work);
        const find = async (each: Find) => {
          const { rows, next } = reader.find(each);
          return { rows: JSON.parse(rows) as Row[], next };
        };
        const rows = [...applied(new Map(), changes).values()];
        await expectAsOracle({ find, tally: async (...asked) => reader.tally(...asked) }, rows, listOf(query));
        readers.pop()?.close();
      }),
      { numRuns: 300 },
    );
  });

  it('asks the full-text index once where few rows match, whatever the order', async () => {
    await fill(Array.from({ length: 60 }, (_, n) => put(person(`p${n}`, { name: n % 2 ? 'bea' : 'ann' }))));
    const { rows } = readerWith().find(listOf({ search: 'b', sort: { field: 'score', descending: true } }));
    expect(JSON.parse(rows)).toHaveLength(30);
    expect(executed.filter((text) => text.includes('MATCH'))).toHaveLength(1);
  });

  describe('where what begins with the search lies late in the order', () => {
    const little: Effort = { few: 5, walked: 20, glanced: 5, held: 10 };
    const names = (count: number, name: string) =>
      Array.from({ length: count }, (_, n) => `${name}${String(n).padStart(2, '0')}`);
    const late = [
      ...names(40, 'ann'),
      ...names(60, 'beatrice '),
      'beatrix',
      'Béatrice',
      'beatrice',
      ...names(40, 'beaz'),
      ...names(40, 'zoe'),
    ].map((name, n) => person(`p${n}`, { name }));
    const elsewhere = [
      person('q1', { name: 'Adam', email: 'beatrice@x' }),
      person('q2', { name: null, email: 'beatrice' }),
      person('q3', { name: 'Zz', email: 'beatrice@x' }),
      person('q4', { name: 'beat', email: 'beatrice@x' }),
    ];
    const changes = [...late, ...elsewhere].map(put);
    const pagesOf = (reader: SqliteReader, query: Find): Row[] => {
      const { rows, next } = reader.find(query);
      return [...(JSON.parse(rows) as Row[]), ...(next ? pagesOf(reader, { ...query, cursor: next }) : [])];
    };
    const queries = ['beatrice', 'Beatrice 1', 'bea', 'zoe'].flatMap((search) =>
      [false, true].map((descending) => listOf({ search, sort: { field: 'name', descending }, limit: 7 })),
    );

    it('walks it there, and sorts only what matches by another text (LIST-2)', async () => {
      await fill(changes);
      for (const query of queries.slice(0, 2)) {
        const page = JSON.parse(readerWith(little).find(query).rows) as Row[];
        expect(page).toEqual(listed([...late, ...elsewhere], query).slice(0, 7));
      }
      expect(executed.filter((text) => text.includes('AS g'))).toEqual([]);
    });

    it('gives all pages in order, after changes too (LIST-2)', async () => {
      await fill(changes);
      const after = [set('p50', { name: 'ann' }), set('p3', { name: 'Beatrice' }), remove('p60'), set('q1', { email: null })];
      await write.apply(people(), {
        changes: after,
        from: { position: 1, eventId: 'e1' },
        checkpoint: { position: 2, eventId: 'e2' },
      });
      const rows = [...applied(applied(new Map(), changes), after).values()];
      for (const query of queries) expect(pagesOf(readerWith(little), query)).toEqual(listed(rows, query));
    });

    it('gives the same from a search index that does not tell fields apart', async () => {
      await fill(changes);
      const db = new Sqlite(fileOfBuild(file, 'people-1.0'));
      const forget = db.prepare(
        `INSERT INTO "people-1.0/list/grams" ("people-1.0/list/grams", rowid, tokens) VALUES ('delete', ?, ?)`,
      );
      for (const [n, { name }] of late.entries()) {
        const without = tokensOf('w', [], [fold(name ?? '')]);
        const tokens = [...tokensOf('w', [fold(name ?? '')])].filter((token) => !without.has(token));
        if (n % 2) forget.run(n + 1, tokens.join(' '));
      }
      db.close();
      for (const query of queries) expect(pagesOf(readerWith(little), query)).toEqual(listed([...late, ...elsewhere], query));
    });
  });

  it('looks at no other rows than candidates where these are neither few nor soon met (LIST-2)', async () => {
    const rows = Array.from({ length: 90 }, (_, n) => person(`p${n}`, { name: n % 9 ? 'ann' : 'dora ann', score: n }));
    await fill(rows.map(put));
    const query = listOf({ search: 'dora', sort: { field: 'score', descending: false }, limit: 3 });
    for (const walked of [30, 5]) {
      const effort = { few: 5, walked, glanced: 4, held: 10 };
      expect(JSON.parse(readerWith(effort).find(query).rows)).toEqual(listed(rows, query).slice(0, 3));
    }
    expect(executed.filter((text) => text.includes('s_texts') && /LIMIT (30|5)\b/.test(text))).toEqual([]);
    expect(executed.filter((text) => text.includes('AS g'))).toEqual([]);
  });

  it('counts what filters leave by the index that answers most of them', async () => {
    await fill(Array.from({ length: 60 }, (_, n) => put(person(`p${n}`, { state: n % 3 ? 'active' : 'blocked' }))));
    const states = { field: 'state', op: 'in', values: ['blocked', 'gone'] } as const;
    expect(readerWith().tally(listOf({ filters: [states] }), { all: { count: [] } })).toEqual({ all: 20 });
    expect(executed.find((text) => text.includes('count(*)'))).toContain('by-workspace-state-score"');
  });

  describe('reads a page in the order of a declared index, and sorts nothing', () => {
    const active = { field: 'state', op: 'eq', value: 'active' } as const;
    it.each([
      ['name ascending', {}, 'by-workspace-name ('],
      ['score descending', { sort: { field: 'score', descending: true } }, 'by-workspace-score ('],
      ['id', { sort: { field: 'id', descending: false } }, 'by-workspace ('],
      ['score of one state', { sort: { field: 'score', descending: false }, filters: [active] }, 'by-workspace-state-score ('],
    ])('by %s', async (_, asked, index) => {
      await fill(Array.from({ length: 60 }, (__, n) => put(person(`p${n}`, { score: n % 3 ? n : null }))));
      const reader = readerWith();
      const first = reader.find(listOf({ ...asked, limit: 25 }));
      reader.find(listOf({ ...asked, limit: 25, cursor: first.next ?? '' }));
      const pages = executed.filter((text) => text.includes('ORDER BY'));
      expect(pages.length).toBeGreaterThanOrEqual(2);
      const db = new Sqlite(fileOfBuild(file, 'people-1.0'), { readonly: true });
      for (const page of pages) {
        const plan = db
          .prepare<[], { detail: string }>(`EXPLAIN QUERY PLAN ${page}`)
          .all()
          .map(({ detail }) => detail);
        expect(plan.join('; ')).toContain(index);
        expect(plan.join('; ')).toContain('SEARCH');
        expect(plan.join('; ')).not.toContain('TEMP B-TREE');
      }
      db.close();
    });
  });
});
