import Sqlite, { type Database } from 'better-sqlite3';
import * as fc from 'fast-check';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { anyChange, anyQuery } from '../../../test/contracts/read-store.arbitraries.js';
import { applied, expectAsOracle } from '../../../test/contracts/read-store.oracle.js';
import { listOf, people, person, put } from '../../../test/contracts/read-store.people.js';
import { START, type Change, type Find, type ProjectionStore, type Row } from './read-store.port.js';
import { openSqliteProjectionStore } from './sqlite-projection-store.adapter.js';
import { fileOfBuild } from './sqlite-database.adapter.js';
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
    const effort = fc.record({ few: fc.integer({ min: 0, max: 3 }), walked: fc.integer({ min: 1, max: 4 }) });
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
