import {
  MongoClient,
  MongoDriverError,
  MongoInvalidArgumentError,
  MongoNetworkError,
  MongoParseError,
  MongoServerError,
  MongoServerSelectionError,
  type Collection,
  type Db,
  type Document,
} from 'mongodb';

/** The driver's types go out here: other libraries know no other door to it. */
export type { Db as MongoDatabase, Collection as MongoCollection, Document as MongoDocument };

export interface MongoOptions {
  /** The server was lost, or is there again after that. Names the event only. */
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

/**
 * Connects to a MongoDB, or a server that speaks like one. Writes are answered when a majority has them in its journal. The driver repeats no
 * write by itself, as that takes sessions: whoever writes makes repeats harmless. Rejects where no server is found in time.
 */
export async function connectMongo(url: string, options: MongoOptions = {}): Promise<MongoConnection> {
  const { findWithinMs = 5000, answerWithinMs = 20_000, poolSize = 50 } = options;
  const client = new MongoClient(url, {
    appName: 'whitebook',
    writeConcern: { w: 'majority', journal: true },
    readPreference: 'primary',
    retryWrites: false,
    ignoreUndefined: true,
    maxPoolSize: poolSize,
    serverSelectionTimeoutMS: findWithinMs,
    connectTimeoutMS: findWithinMs,
    socketTimeoutMS: answerWithinMs,
    waitQueueTimeoutMS: findWithinMs,
  });
  client.on('serverHeartbeatFailed', ({ failure }) => options.onError?.(failure.name));
  try {
    await client.connect();
  } catch (error) {
    await client.close();
    throw error;
  }
  return {
    db: (name) => client.db(name ?? nameIn(url) ?? DATABASE),
    ping: async () => void (await client.db('admin').command({ ping: 1 })),
    version: async () => String((await client.db('admin').command({ buildInfo: 1 }))['version']),
    close: () => client.close(),
  };
}

const nameIn = (url: string): string | undefined => /^[^:]+:\/\/[^/]+\/([^/?]+)/.exec(url)?.[1];

/** Codes of a server that cannot serve now: no primary, stepping down, shutting down, too few members, over its time, disk full. */
const OUTAGES = new Set([
  6, 7, 50, 64, 89, 91, 100, 133, 189, 202, 262, 317, 9001, 10107, 11600, 11602, 13388, 13435, 13436, 14031,
]);

/**
 * Why the server cannot be asked now (down, no primary, not in time, closed): a name or code without any data. Null where the error tells of a
 * defect. Ports throw their `StoreUnavailable` with it.
 */
export function outageOf(error: unknown): string | null {
  if (error instanceof MongoNetworkError || error instanceof MongoServerSelectionError) return error.name;
  if (error instanceof MongoServerError) return OUTAGES.has(Number(error.code)) ? `${error.name} ${error.code}` : null;
  if (error instanceof MongoInvalidArgumentError || error instanceof MongoParseError) return null;
  return error instanceof MongoDriverError ? error.name : null;
}

/** Whether a document with this `_id` was there already. */
export const isDuplicate = (error: unknown): boolean => error instanceof MongoServerError && error.code === 11000;
