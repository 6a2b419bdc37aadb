import type { StoredEvent } from './event-store.port.js';
import { ReadBack } from './eventstoredb-read-back.adapter.js';
import type { ClientEvent } from './eventstoredb-wire.adapter.js';

/** A log of events at positions 100, 200, 300 …, each the only one of its stream; reads of it wait until they are let go on. */
class Log {
  readonly reads: string[] = [];
  private readonly held: (() => void)[] = [];

  constructor(private readonly streams: readonly string[]) {}

  from = async (position: number, count: number): Promise<ClientEvent[] | null> => {
    await this.hold(`from ${position}, ${count}`);
    if (position % 100 !== 0) return null;
    return this.streams.map((stream, at) => eventOf(stream, at)).slice(position / 100 - 1, position / 100 - 1 + count);
  };
  stream = async (stream: string, after: number): Promise<StoredEvent[]> => {
    await this.hold(`${stream} after ${after}`);
    const at = this.streams.indexOf(stream);
    return at < 0 || after >= 0 ? [] : [{ ...stored, stream, position: positionOf(at) }];
  };

  async letGo(): Promise<void> {
    for (const goOn of this.held.splice(0)) goOn();
    await new Promise((resolve) => setImmediate(resolve));
  }
  async letAllGo(): Promise<void> {
    while (this.held.length > 0) await this.letGo();
  }

  private hold(read: string): Promise<void> {
    this.reads.push(read);
    return new Promise((resolve) => this.held.push(resolve));
  }
}

const positionOf = (at: number): number => (at + 1) * 100;
const stored = { revision: 0, id: 'e', type: 'Done', data: '{}', metadata: '{}', created: '', workspace: '' };
const eventOf = (streamId: string, at: number): ClientEvent => ({
  streamId,
  id: 'e',
  revision: 0n,
  type: 'Done',
  data: {},
  metadata: {},
  created: new Date(positionOf(at)),
  position: { commit: BigInt(positionOf(at)), prepare: BigInt(positionOf(at)) },
});

describe('appended events that are read back', () => {
  const ask = (back: ReadBack, stream: string, position: number | null) => back.event({ stream, revision: 0, position });

  it('are one read where they are asked for while another one is under way, in whatever order they come', async () => {
    const log = new Log(['a', 'others', 'b', 'c']);
    const back = new ReadBack(log);
    const events = Promise.all([ask(back, 'a', 100), ask(back, 'c', 400), ask(back, 'b', 300)]);
    await log.letAllGo();
    expect((await events).map((event) => [event?.stream, event?.position, event?.created])).toEqual([
      ['a', 100, new Date(100).toISOString()],
      ['c', 400, new Date(400).toISOString()],
      ['b', 300, new Date(300).toISOString()],
    ]);
    expect(log.reads).toEqual(['from 100, 1', 'from 300, 8']);
  });

  it('wait for the next read where too much lies in between', async () => {
    const log = new Log(['a', 'b', ...Array.from({ length: 20 }, (_, at) => `other-${at}`), 'c']);
    const back = new ReadBack(log);
    const events = Promise.all([ask(back, 'a', 100), ask(back, 'b', 200), ask(back, 'c', 2300)]);
    await log.letAllGo();
    expect((await events).map((event) => event?.stream)).toEqual(['a', 'b', 'c']);
    expect(log.reads).toEqual(['from 100, 1', 'from 200, 8', 'from 2300, 1']);
  });

  it('are looked for in their stream where the server named no position, or one where they are not; null where they are gone', async () => {
    const log = new Log(['a', 'b']);
    const back = new ReadBack(log);
    const events = Promise.all([ask(back, 'a', null), ask(back, 'b', 100), ask(back, 'a', 150), ask(back, 'gone', 200)]);
    await log.letAllGo();
    expect((await events).map((event) => event?.stream)).toEqual(['a', 'b', 'a', undefined]);
  });

  it('reject together where the server is away, and the next ones are asked for anew', async () => {
    const log = new Log(['a']);
    let away = true;
    const from: Log['from'] = async (position, count) => {
      if (away) throw new Error('away');
      return log.from(position, count);
    };
    const back = new ReadBack({ from, stream: log.stream });
    await expect(ask(back, 'a', 100)).rejects.toThrow('away');
    away = false;
    const event = ask(back, 'a', 100);
    await log.letAllGo();
    expect((await event)?.stream).toBe('a');
  });
});
