import { setTimeout as delay } from 'node:timers/promises';
import type { MongoClient } from 'mongodb';

/** What is needed of the driver's client. */
export type Revivable = Pick<MongoClient, 'close' | 'connect'> & {
  on(event: 'serverHeartbeatStarted', listener: (look: Look & { readonly awaited: boolean }) => void): unknown;
  on(event: 'serverHeartbeatSucceeded' | 'serverHeartbeatFailed', listener: (look: Look) => void): unknown;
};

interface Look {
  /** Of the server. */
  readonly connectionId: string;
}

export interface RevivalOptions {
  /** Milliseconds within which a look at a server ends, and for which the server may hold back its answer where it is asked for news. */
  readonly lookWithinMs: number;
  readonly newsWithinMs: number;
  readonly onStuck: () => void;
  /** Milliseconds between two tries. Default: 500. */
  readonly againMs?: number;
}

/**
 * Connects a client anew whose look at a server never ends; gives what ends that. Where a server goes away, the driver may write its look to a connection
 * that is on its end, and waits for ever: nothing is sent to that server any more, however long it has been back.
 */
export function revive(client: Revivable, { lookWithinMs, newsWithinMs, onStuck, againMs = 500 }: RevivalOptions): () => void {
  const looks = new Map<string, NodeJS.Timeout>();
  const stopping = new AbortController();
  let reviving = false;

  const ended = ({ connectionId }: Look): void => {
    clearTimeout(looks.get(connectionId));
    looks.delete(connectionId);
  };
  const forget = (): void => {
    for (const connectionId of [...looks.keys()]) ended({ connectionId });
  };
  async function connectAnew(): Promise<void> {
    if (reviving || stopping.signal.aborted) return;
    reviving = true;
    onStuck();
    await client.close().catch(() => undefined);
    forget();
    while (!stopping.signal.aborted && !(await connected()))
      await delay(againMs, undefined, { signal: stopping.signal }).catch(() => undefined);
    reviving = false;
    if (stopping.signal.aborted) await client.close().catch(() => undefined);
  }
  const connected = (): Promise<boolean> =>
    client.connect().then(
      () => true,
      () => false,
    );

  client.on('serverHeartbeatStarted', (look) => {
    ended(look);
    if (stopping.signal.aborted) return;
    const withinMs = lookWithinMs + (look.awaited ? newsWithinMs : 0);
    looks.set(look.connectionId, setTimeout(() => void connectAnew(), withinMs).unref());
  });
  client.on('serverHeartbeatSucceeded', ended);
  client.on('serverHeartbeatFailed', ended);
  return () => {
    stopping.abort();
    forget();
  };
}
