import { parentPort, workerData } from 'node:worker_threads';
import { SqliteReader } from './sqlite-reader.adapter.js';
import type { ReadAnswer, ReadRequest, Refresh } from './sqlite-reader-pool.adapter.js';

/** Entry of a reader thread: answers one request after the other from a connection of its own. */
const { file } = workerData as { file: string };
const reader = new SqliteReader({ file });

parentPort?.on('message', (request: ReadRequest | Refresh) => {
  if ('refresh' in request) reader.refresh();
  else parentPort?.postMessage(answer(request.n, request.read));
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
