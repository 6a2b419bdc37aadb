// What the machine itself does, in the same run: every figure of Whitebook stands beside one of these.
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { argon2Hasher } from '#vault';

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
