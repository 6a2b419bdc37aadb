import { parentPort, workerData } from 'node:worker_threads';
import { EventCodec, openSqliteLogReader } from '#event-store';
import { systemClock } from '#kernel';
import { openSqliteProjectionStore, ProjectionRunner, raise, type Projection } from '#read-store';
import { openSqlitePersonKeys } from '#vault';
import { eventDefinitions, projections } from './catalogue.js';
import { RebuildThread } from './rebuild.adapter.js';
import type { FromProjector, ProjectorQuestion, ProjectorStart, ToProjector } from './projector.protocol.js';

/** The projection runner on a thread of its own: a rebuild never makes a request wait. */
const start = workerData as ProjectorStart;
const { logFile, viewsFile, vaultFile, masterKey } = start;
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
  leavesRaised: true,
  onProgress: () => say({ progress: true }),
  onError: (report) => say({ report }),
});
const stopping = new AbortController();
const running = runner.start(stopping.signal);
/** Projections that are being made anew: most of it is done on a thread of its own. */
const rebuilds = new Map<string, RebuildThread>();
const raising = raise(runner, { rebuild, onError: (report) => say({ report }), signal: stopping.signal });

async function rebuild(name: string): Promise<void> {
  let thread: RebuildThread | null = null;
  const fill = ({ generation = 0 }: Projection): Promise<void> => {
    thread = new RebuildThread({ ...start, projection: name, generation });
    rebuilds.set(name, thread);
    return thread.done;
  };
  await runner.rebuild(name, fill).finally(() => thread && rebuilds.delete(name));
}

async function answer(question: ProjectorQuestion) {
  switch (question.ask) {
    case 'opened':
      await runner.opened();
      return null;
    case 'lag':
      return runner.lag();
    case 'scrub':
      await Promise.all([...rebuilds.values()].map((thread) => thread.scrub()));
      await runner.scrub();
      return null;
    case 'rebuild':
      await rebuild(question.name);
      return null;
    case 'unpark':
      await runner.unparkAll();
      return null;
    case 'stop':
      stopping.abort();
      await Promise.all([...rebuilds.values()].map((thread) => thread.stop()));
      await running;
      await raising;
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
