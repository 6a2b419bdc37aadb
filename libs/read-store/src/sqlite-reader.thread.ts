import { parentPort, workerData } from 'node:worker_threads';
import { openForReading } from './sqlite-database.adapter.js';
import { SqliteReader } from './sqlite-reader.adapter.js';
import type { ReadAnswer, ReadRequest } from './sqlite-reader-pool.adapter.js';

/** Entry of a reader thread: answers one request after the other from a connection of its own. */
const { file } = workerData as { file: string };
const reader = new SqliteReader(openForReading(file));

parentPort?.on('message', ({ n, read }: ReadRequest) => {
  parentPort?.postMessage(answer(n, read));
});

function answer(n: number, read: ReadRequest['read']): ReadAnswer {
  try {
    switch (read.method) {
      case 'find':
        return { n, value: reader.find(read.query) };
      case 'tally':
        return { n, value: reader.tally(read.query, read.tallies) };
      case 'groups':
        return { n, value: reader.groups(read.query) };
    }
  } catch (error) {
    const { name, message } = error instanceof Error ? error : new Error(String(error));
    return { n, error: { name, message } };
  }
}
