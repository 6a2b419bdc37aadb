import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MemoryEventStore, openSqliteEventStore } from '#event-store';
import { systemClock, type Clock } from '#kernel';
import { atomicEventStoreContract, eventStoreContract, givenTimeContract, ownWriterContract } from './event-store.contract.js';

describe('SQLite', () => {
  const writerEntry = join(process.cwd(), 'dist/libs/event-store/src/sqlite-writer.thread.js');
  let folder: string;
  let count = 0;
  beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'event-store-'))));
  afterAll(() => rm(folder, { recursive: true }));

  const open = (clock: Clock = systemClock) => openSqliteEventStore({ file: join(folder, `${++count}.db`), writerEntry, clock });
  eventStoreContract(open);
  givenTimeContract(open);
  ownWriterContract(open);
  atomicEventStoreContract(open);
});

describe('memory, one stream after the other', () => {
  const open = async (clock: Clock = systemClock) => new MemoryEventStore({ clock });
  eventStoreContract(open);
  givenTimeContract(open);
  ownWriterContract(open);
});

describe('memory, atomic', () => {
  const open = async (clock: Clock = systemClock) => new MemoryEventStore({ clock, atomic: true });
  eventStoreContract(open);
  givenTimeContract(open);
  ownWriterContract(open);
  atomicEventStoreContract(open);
});
