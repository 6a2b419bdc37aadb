import { openEventStoreDb } from '#event-store';
import { EventStoreDouble } from '../doubles/eventstore/server.js';
import { eventStoreContract } from './event-store.contract.js';

describe('EventStoreDB, on the double', () => {
  let double: EventStoreDouble;
  afterEach(() => double.stop());

  eventStoreContract(async (clock) => {
    double = await EventStoreDouble.start({ clock });
    return openEventStoreDb({ url: double.url, tickMs: 20 });
  });
});
