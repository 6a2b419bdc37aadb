import { parentPort, workerData } from 'node:worker_threads';
import { SqliteWriter, type WriteAnswer, type WriteRequest } from './sqlite-writer.adapter.js';

/** To the writer: requests, or that there will be no more. */
export type ToWriter = { readonly kind: 'requests'; readonly requests: readonly WriteRequest[] } | { readonly kind: 'close' };
/** From the writer: that the file is open, and then the answers to each batch once it is durable. */
export type FromWriter = { readonly kind: 'ready' } | { readonly kind: 'answers'; readonly answers: readonly WriteAnswer[] };

/** What is unforeseen throws, and so ends the thread: the store then rejects all that waits, and takes nothing more. */
function run(port: NonNullable<typeof parentPort>, file: string): void {
  const writer = SqliteWriter.open(file);
  const send = (message: FromWriter) => port.postMessage(message);
  let queue: WriteRequest[] = [];
  const flush = () => {
    if (queue.length === 0) return;
    const batch = queue;
    queue = [];
    send({ kind: 'answers', answers: writer.commit(batch) });
  };
  port.on('message', (message: ToWriter) => {
    if (message.kind === 'close') {
      flush();
      writer.close();
      port.close();
    } else {
      if (queue.length === 0) setImmediate(flush); // after all messages that have come meanwhile
      queue.push(...message.requests);
    }
  });
  send({ kind: 'ready' });
}

if (parentPort) run(parentPort, (workerData as { file: string }).file);
