import { openEventStoreDb, type EventStore } from '#event-store';
import { systemClock, type Clock } from '#kernel';
import { EventStoreDouble } from '../doubles/eventstore/server.js';
import { eventStoreContract, givenTimeContract } from './event-store.contract.js';
import { SharedLog } from './shared-log.js';

describe('EventStoreDB, on the double', () => {
  let double: EventStoreDouble;

  const open = async (clock: Clock = systemClock): Promise<EventStore> => {
    double = await EventStoreDouble.start({ clock });
    return openEventStoreDb({ url: double.url, tickMs: 20 });
  };
  eventStoreContract(open);
  givenTimeContract(open);
  // after the store has closed
  afterEach(() => double.stop());
});

describe('EventStoreDB, on a log that others write, too', () => {
  /** A server to ask instead of the double. What is appended there stays. */
  const server = process.env['WHITEBOOK_EVENTSTORE_URL'];
  let double: EventStoreDouble | undefined;
  let others: NodeJS.Timeout | undefined;

  beforeAll(async () => {
    if (server) return;
    const running = (double = await EventStoreDouble.start());
    const noise = (n: number) => ({
      id: `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`,
      type: 'Noise',
      data: '{}',
      metadata: '{}',
    });
    let n = 0;
    others = setInterval(() => running.write(`other-${n % 5}`, 'any', [noise(n++)]), 3);
  });
  afterAll(async () => {
    clearInterval(others);
    await double?.stop();
  });

  eventStoreContract(async () => SharedLog.over(await openEventStoreDb({ url: server ?? double?.url ?? '', tickMs: 20 })));
});
