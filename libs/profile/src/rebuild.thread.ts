import { readlinkSync } from 'node:fs';
import { setPriority } from 'node:os';
import { basename } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { EventCodec, openSqliteLogReader, type StoredEvent } from '#event-store';
import { systemClock } from '#kernel';
import { openSqliteProjectionStore, ProjectionFill } from '#read-store';
import { openSqlitePersonKeys } from '#vault';
import { eventDefinitions, projections } from './catalogue.js';
import type { FromRebuild, RebuildStart, ToRebuild } from './projector.protocol.js';

/** Fills one build beside the one that serves, on a thread that everybody else goes before; ends when that is done. */
const { logFile, viewsFile, vaultFile, masterKey, projection: name, generation } = workerData as RebuildStart;
const port = parentPort;
if (!port) throw new Error('a rebuild runs on a worker thread only');
const say = (message: FromRebuild): void => port.postMessage(message);

/** Niceness of this thread alone, where the system has such a thing: requests take the processor first. */
const NICENESS = 15;

function giveWay(): void {
  try {
    setPriority(Number(basename(readlinkSync('/proc/thread-self'))), NICENESS);
  } catch {
    // Another system: its threads are equal.
  }
}

async function run(): Promise<void> {
  giveWay();
  const projection = projections.find((each) => each.name === name);
  if (!projection) throw new Error(`there is no projection ${name}`);
  const source = openSqliteLogReader({ file: logFile, clock: systemClock });
  const keys = openSqlitePersonKeys({ file: vaultFile, masterKey: Buffer.from(masterKey) });
  const codec = new EventCodec(eventDefinitions, keys);
  const store = openSqliteProjectionStore({ file: viewsFile });
  try {
    const decode = projection.keyless
      ? async (stored: readonly StoredEvent[]) => stored.map((each) => codec.clear(each))
      : codec.decode.bind(codec);
    const fill = await ProjectionFill.begin({ source, decode, store, projection: { ...projection, generation } });
    port?.on('message', ({ scrub }: ToRebuild) => {
      fill.scrub().then(
        () => say({ scrubbed: scrub }),
        (error: unknown) => say({ scrubbed: scrub, failed: nameOf(error) }),
      );
    });
    await fill.run();
  } finally {
    await store.close();
    await source.close();
    keys.close();
  }
}

/** An error's text may be about people; its name is not. */
const nameOf = (error: unknown): string => (error instanceof Error ? error.name : 'failed');

run()
  .then(
    () => say({ filled: true }),
    (error: unknown) => say({ failed: nameOf(error) }),
  )
  .finally(() => port.close());
