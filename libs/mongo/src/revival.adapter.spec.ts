import { EventEmitter, once } from 'node:events';
import { revive } from './revival.adapter.js';

/** A client whose server is away for some tries. */
class Client extends EventEmitter {
  readonly calls: string[] = [];
  away = 0;
  async close(): Promise<void> {
    this.calls.push('close');
  }
  async connect(): Promise<never> {
    this.calls.push('connect');
    if (this.away-- > 0) throw new Error('away');
    this.emit('connected');
    return this as never;
  }
  look(event: 'Started' | 'Succeeded' | 'Failed', awaited = false): void {
    this.emit(`serverHeartbeat${event}`, { connectionId: 'one:27017', awaited });
  }
}

const watched = (client: Client) => {
  let stuck = 0;
  const options = { lookWithinMs: 20, newsWithinMs: 60_000, onStuck: () => void stuck++, againMs: 1 };
  return { stop: revive(client, options), stuck: () => stuck };
};

describe('a client of MongoDB', () => {
  it('is connected anew where its look at a server never ends, as often as it takes', async () => {
    const client = new Client();
    client.away = 2;
    const { stop, stuck } = watched(client);
    const connected = once(client, 'connected');
    client.look('Started');
    await connected;
    expect([stuck(), client.calls]).toEqual([1, ['close', 'connect', 'connect', 'connect']]);
    stop();
  });

  it('is left alone while its looks end, however they do, and while its server has no news', async () => {
    const client = new Client();
    const { stop, stuck } = watched(client);
    for (const end of ['Succeeded', 'Failed'] as const) {
      client.look('Started');
      client.look(end);
    }
    client.look('Started', true);
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect([stuck(), client.calls]).toEqual([0, []]);
    stop();
  });

  it('stays closed once it was', async () => {
    const client = new Client();
    const { stop, stuck } = watched(client);
    client.look('Started');
    stop();
    client.look('Started');
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect([stuck(), client.calls]).toEqual([0, []]);
  });
});
