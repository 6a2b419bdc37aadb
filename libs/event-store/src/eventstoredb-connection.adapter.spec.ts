import { EventEmitter } from 'node:events';
import { StoreUnavailable } from './event-store.port.js';
import { Connection, type Reading, type StoreTrouble } from './eventstoredb-connection.adapter.js';
import type { ClientEvent } from './eventstoredb-wire.adapter.js';

type Said = readonly ['data', string] | readonly ['error', Error] | readonly ['end'] | readonly ['close'];

const eventOf = (id: string): ClientEvent => ({
  ...{ id, streamId: 's', revision: 0n, type: 'Done', data: {}, metadata: {}, created: new Date(0) },
  position: { commit: 1n, prepare: 1n },
});

/** A read of which the server says these things, once somebody listens. */
function readingOf(said: readonly Said[]): Reading {
  const reading = new EventEmitter();
  setImmediate(() => {
    for (const [event, what] of said) reading.emit(event, typeof what === 'string' ? { event: eventOf(what) } : what);
  });
  return Object.assign(reading, { cancel: async () => undefined });
}

describe('a read of the log', () => {
  let connection: Connection;
  const troubles: StoreTrouble[] = [];
  beforeEach(async () => {
    troubles.length = 0;
    const onError = (trouble: StoreTrouble): void => void troubles.push(trouble);
    connection = await Connection.open({
      url: 'esdb://127.0.0.1:1?tls=false',
      attemptMs: 10_000,
      patienceMs: 10_000,
      onError,
    });
  });
  afterEach(() => connection.close());

  /** What each try is told; the last one again and again. */
  const read = async (...tries: readonly Said[][]): Promise<string[]> => {
    const left = [...tries];
    const found = await connection.read(() => readingOf((left.length > 1 ? left.shift() : left[0]) ?? []));
    return found.map(({ id }) => id);
  };

  it('gives what came until its end', async () => {
    expect(await read([['data', 'a'], ['data', 'b'], ['end'], ['close']])).toEqual(['a', 'b']);
    expect(troubles).toEqual([]);
  });

  it('that is closed before its end is done again: what came of it may be a part', async () => {
    const whole: Said[] = [['data', 'a'], ['data', 'b'], ['end'], ['close']];
    expect(await read([['data', 'a'], ['close']], [['close']], whole)).toEqual(['a', 'b']);
    expect(troubles).toEqual(Array(2).fill({ doing: 'read', reason: 'CutOff' }));
  });

  it('that is never whole is an outage, not a shorter log', async () => {
    const reading = read([['data', 'a'], ['close']]);
    const failed = expect(reading).rejects.toBeInstanceOf(StoreUnavailable);
    await connection.close();
    await failed;
  });

  it('of a stream that is not there gives nothing, whatever is said after that', async () => {
    const missing = Object.assign(new Error('not there'), { type: 'stream-not-found' });
    expect(await read([['error', missing], ['close']])).toEqual([]);
  });
});
