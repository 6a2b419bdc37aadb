import type { EventCodec } from '#event-store';
import { projections, threadEntries } from '#profile';
import {
  openSqliteProjectionStore,
  openSqliteReadStore,
  ProjectionRunner,
  type ProjectionRunnerOptions,
  type ProjectionStore,
  type ReadStore,
} from '#read-store';

/** Read models in files, who writes them, and who reads them. */
export interface Views {
  readonly store: ProjectionStore;
  readonly runner: ProjectionRunner;
  /** After they were caught up once. */
  read(): Promise<ReadStore & { nudge(): void }>;
  close(): Promise<void>;
}

/** Read models in `file` and beside it, made by the same code as the service's. Not yet caught up. */
export function openViews(options: {
  readonly file: string;
  readonly source: ProjectionRunnerOptions['source'];
  readonly codec: EventCodec;
  readonly dist: string;
}): Views {
  const { file, source, codec, dist } = options;
  const store = openSqliteProjectionStore({ file });
  const runner = new ProjectionRunner({ source, decode: (stored) => codec.decode(stored), store, projections });
  let reader: ReturnType<typeof openSqliteReadStore> | null = null;
  return {
    store,
    runner,
    read: () => (reader ??= openSqliteReadStore({ file, readerEntry: threadEntries(dist).reader, readers: 1 })),
    async close() {
      await (await reader)?.close();
      await store.close();
    },
  };
}
