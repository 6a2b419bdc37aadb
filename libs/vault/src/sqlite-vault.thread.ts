import { parentPort, workerData } from 'node:worker_threads';
import type { OperationName } from './operations.js';
import { runOperation } from './operations.js';
import { isOutOfReach, openForWriting, sqlOn } from './sqlite-connection.adapter.js';
import { SCRUB } from './writer-protocol.js';
import type { WriterAnswer, WriterCall } from './writer-protocol.js';

// The one writer of the vault. All calls that wait share a commit; each is answered after it.
const port = parentPort;
if (port === null) throw new Error('runs as a worker thread only');
const db = openForWriting((workerData as { file: string }).file);
const sql = sqlOn(db);
const begin = db.prepare('BEGIN IMMEDIATE');
const end = db.prepare('COMMIT');
const savepoint = db.prepare('SAVEPOINT call');
const release = db.prepare('RELEASE call');
let waiting: WriterCall[] = [];

port.on('message', (calls: WriterCall[]) => {
  if (waiting.length === 0) setImmediate(writeAll);
  waiting.push(...calls);
});

function writeAll(): void {
  const calls = waiting;
  waiting = [];
  const writes = calls.filter((call) => call.operation !== SCRUB);
  const answers = writes.length === 0 ? [] : commit(writes);
  const scrubs = calls.filter((call) => call.operation === SCRUB);
  port?.postMessage(scrubs.length === 0 ? answers : [...answers, ...scrub(scrubs)]);
}

/** One transaction, one sync to disk, a savepoint per call: what fails takes nothing with it. */
function commit(calls: readonly WriterCall[]): WriterAnswer[] {
  try {
    begin.run();
    const answers = calls.map(runInSavepoint);
    end.run();
    return answers;
  } catch (error) {
    if (db.inTransaction) db.exec('ROLLBACK');
    return calls.map((call) => failed(call, error));
  }
}

function runInSavepoint(call: WriterCall): WriterAnswer {
  savepoint.run();
  try {
    const value = runOperation(sql, call.operation as OperationName, call.args);
    release.run();
    return { id: call.id, ok: true, value };
  } catch (error) {
    if (!db.inTransaction) throw error; // the disk is full: SQLite has rolled everything back
    db.exec('ROLLBACK TO call; RELEASE call');
    return failed(call, error);
  }
}

/** Empties the write-ahead log, where the pages before a deletion are; the value says whether no reader was in the way. */
function scrub(calls: readonly WriterCall[]): WriterAnswer[] {
  try {
    const [result] = db.pragma('wal_checkpoint(TRUNCATE)') as { busy: number }[];
    return calls.map(({ id }) => ({ id, ok: true, value: result?.busy === 0 }));
  } catch (error) {
    return calls.map((call) => failed(call, error));
  }
}

const failed = ({ id }: WriterCall, error: unknown): WriterAnswer => ({
  id,
  ok: false,
  outOfReach: isOutOfReach(error),
  message: error instanceof Error ? error.message : 'the operation failed',
});
