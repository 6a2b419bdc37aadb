// What the machine itself does, in the same run: every figure of Whitebook stands beside one of these.
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import { argon2Hasher } from '#vault';
import { spread } from './table.mjs';

/** Commits per second on one connection, `perCommit` events of 0.4 KB each, durable when they return. */
export function sqliteCommits(folder, perCommit, seconds) {
  const at = mkdtempSync(join(folder, 'sqlite-'));
  const db = new Database(join(at, 'raw.db'));
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = FULL');
  db.exec(
    'CREATE TABLE events (position INTEGER PRIMARY KEY, stream TEXT, revision INTEGER, data TEXT, UNIQUE (stream, revision))',
  );
  const insert = db.prepare('INSERT INTO events (stream, revision, data) VALUES (?, ?, ?)');
  const data = 'x'.repeat(400);
  let revision = 0;
  const commit = db.transaction(() => {
    for (let n = 0; n < perCommit; n++) insert.run('stream', revision++, data);
  });
  const began = performance.now();
  while (performance.now() - began < seconds * 1000) commit();
  const rate = revision / ((performance.now() - began) / 1000);
  db.close();
  rmSync(at, { recursive: true });
  return rate;
}

/** Passwords hashed per second with the service's own cost and concurrency, 16 asked for at a time. */
export async function passwordHashes(seconds) {
  const hasher = argon2Hasher({});
  const began = performance.now();
  let done = 0;
  const client = async () => {
    while (performance.now() - began < seconds * 1000) {
      await hasher.hash('quiet-harbour-43');
      done += 1;
    }
  };
  await Promise.all(Array.from({ length: 16 }, client));
  return done / ((performance.now() - began) / 1000);
}

/** Fifty rows by an index of the very file that the service reads, without anything around it. */
export function indexSeek(viewsFile, workspace) {
  const folder = dirname(viewsFile);
  const file = readdirSync(folder).find((name) => /^views\.accounts-.*\.db$/.test(name));
  const db = new Database(join(folder, file), { readonly: true });
  const table = db.prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE '%/list'").pluck().get();
  const page = db.prepare(
    `SELECT row FROM "${table}" WHERE f_workspace = ? AND f_listed = 1 AND f_fullName >= '' ORDER BY f_fullName, id LIMIT 50`,
  );
  const took = repeated(200, () => page.all(workspace).map(({ row }) => JSON.parse(row)));
  db.close();
  return took;
}

/** SQLite's own search for parts of a text, over so many names. */
export function trigramLookUp(rows) {
  const db = new Database(':memory:');
  db.exec("CREATE VIRTUAL TABLE names USING fts5(name, tokenize = 'trigram')");
  const insert = db.prepare('INSERT INTO names VALUES (?)');
  db.transaction(() => {
    for (let n = 0; n < rows; n++) insert.run(`customer number ${n} of many, quarter ${n % 97}`);
  })();
  const look = db.prepare('SELECT name FROM names WHERE names MATCH ? LIMIT 50');
  const took = repeated(200, () => look.all('"er 77"'));
  db.close();
  return took;
}

function repeated(times, work) {
  const took = [];
  for (let n = 0; n < times; n++) {
    const began = performance.now();
    work();
    took.push(performance.now() - began);
  }
  return spread(took);
}
