import { parentPort, workerData } from 'node:worker_threads';
import { EventCodec, openSqliteLogReader } from '#event-store';
import { systemClock } from '#kernel';
import { openSqliteProjectionStore, ProjectionRunner } from '#read-store';
import { openSqlitePersonKeys } from '#vault';
import { eventDefinitions, projections } from './catalogue.js';
import type { FromProjector, ProjectorQuestion, ProjectorStart, ToProjector } from './projector.protocol.js';

/** The projection runner on a thread of its own: a rebuild never makes a request wait. */
const { logFile, viewsFile, vaultFile, masterKey } = workerData as ProjectorStart;
const port = parentPort;
if (!port) throw new Error('the projector runs on a worker thread only');
const say = (message: FromProjector): void => port.postMessage(message);

const log = openSqliteLogReader({ file: logFile, clock: systemClock });
const keys = openSqlitePersonKeys({ file: vaultFile, masterKey: Buffer.from(masterKey) });
const codec = new EventCodec(eventDefinitions, keys);
const store = openSqliteProjectionStore({ file: viewsFile });
const runner = new ProjectionRunner({
  source: log,
  decode: (stored) => codec.decode(stored),
  store,
  projections,
  onProgress: () => say({ progress: true }),
  onError: (report) => say({ report }),
});
const stopping = new AbortController();
const running = runner.start(stopping.signal);

async function answer(question: ProjectorQuestion) {
  switch (question.ask) {
    case 'opened':
      await runner.opened();
      return null;
    case 'lag':
      return runner.lag();
    case 'scrub':
      await store.scrub();
      return null;
    case 'rebuild':
      await runner.rebuild(question.name);
      return null;
    case 'unpark':
      await runner.unparkAll();
      return null;
    case 'stop':
      stopping.abort();
      await running;
      await store.close();
      await log.close();
      keys.close();
      return null;
  }
}

port.on('message', (message: ToProjector) => {
  if ('nudge' in message) return runner.nudge();
  answer(message).then(
    (value) => say({ id: message.id, value }),
    (error: unknown) => say({ id: message.id, failed: error instanceof Error ? `${error.name}: ${error.message}` : 'failed' }),
  );
});
