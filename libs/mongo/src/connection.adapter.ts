import type { Collection, Db, Document, Filter } from 'mongodb';
import { revive } from './revival.adapter.js';

/** The driver's types go out here: other libraries know no other door to it. */
export type { Collection as MongoCollection, Db as MongoDatabase, Document as MongoDocument, Filter as MongoFilter };

export interface MongoOptions {
  /** The server does not answer. Names the kind of failure only. Called again with every look, until it is back. */
  onError?(reason: string): void;
  /** Milliseconds within which a server must be found, and within which a request must be answered. Default: 5000 and 20 000. */
  readonly findWithinMs?: number;
  readonly answerWithinMs?: number;
  /** Connections at once. Default: 50. */
  readonly poolSize?: number;
}

export interface MongoConnection {
  /** A database; without a name the one of the address (`whitebook` where it names none). */
  db(name?: string): Db;
  /** Rejects where the server does not answer. */
  ping(): Promise<void>;
  /** What the server says of its version. */
  version(): Promise<string>;
  close(): Promise<void>;
}

const DATABASE = 'whitebook';
/** Milliseconds between two looks at each server. */
const LOOK_EVERY_MS = 10_000;
/** What a loaded process may be late by. */
const LATE_MS = 1_000;

/**
 * Connects to a MongoDB, or a server that speaks like one. Writes are answered when a majority has them in its journal. The driver repeats no
 * write by itself, as that takes sessions: whoever writes makes repeats harmless. Rejects where no server is found in time.
 */
export async function connectMongo(url: string, options: MongoOptions = {}): Promise<MongoConnection> {
  const { findWithinMs = 5000, answerWithinMs = 20_000, poolSize = 50 } = options;
  const { MongoClient } = await import('mongodb');
  const client = new MongoClient(url, {
    appName: 'whitebook',
    writeConcern: { w: 'majority', journal: true },
    readPreference: 'primary',
    retryWrites: false,
    ignoreUndefined: true,
    maxPoolSize: poolSize,
    serverSelectionTimeoutMS: findWithinMs,
    connectTimeoutMS: findWithinMs,
    heartbeatFrequencyMS: LOOK_EVERY_MS,
    socketTimeoutMS: answerWithinMs,
    waitQueueTimeoutMS: findWithinMs,
  });
  client.on('serverHeartbeatFailed', ({ failure }) => options.onError?.(failure.name));
  const leave = revive(client, {
    lookWithinMs: findWithinMs + LATE_MS,
    newsWithinMs: LOOK_EVERY_MS,
    onStuck: () => options.onError?.('MongoStuck'),
  });
  const close = (): Promise<void> => {
    leave();
    return client.close();
  };
  try {
    await client.connect();
  } catch (error) {
    await close();
    throw error;
  }
  return {
    db: (name) => client.db(name ?? nameIn(url) ?? DATABASE),
    ping: async () => void (await client.db('admin').command({ ping: 1 })),
    version: async () => String((await client.db('admin').command({ buildInfo: 1 }))['version']),
    close,
  };
}

const nameIn = (url: string): string | undefined => /^[^:]+:\/\/[^/]+\/([^/?]+)/.exec(url)?.[1];
