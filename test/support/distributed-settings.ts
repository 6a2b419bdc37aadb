import { randomBytes } from 'node:crypto';

/** Where the stores of an installation of the distributed profile are. */
export interface Stores {
  readonly eventStore: string;
  /** With a database. */
  readonly mongodb: string;
  /** Default: the one of the environment. */
  readonly redis?: string;
  /** Default: one that nobody else has. */
  readonly redisPrefix?: string;
}

/** The settings, as its environment, of an installation on these stores. */
export function distributedSettings(stores: Stores): Readonly<Record<string, string>> {
  return {
    WHITEBOOK_PROFILE: 'distributed',
    WHITEBOOK_EVENTSTORE_URL: stores.eventStore,
    WHITEBOOK_MONGODB_URL: stores.mongodb,
    WHITEBOOK_REDIS_URL: stores.redis ?? serverOf('WHITEBOOK_REDIS_URL'),
    WHITEBOOK_REDIS_PREFIX: stores.redisPrefix ?? `test-${randomBytes(6).toString('hex')}`,
    WHITEBOOK_MASTER_KEY: 'd3'.repeat(32),
  };
}

/** The address of a server that the environment must name. */
export function serverOf(variable: string): string {
  const url = process.env[variable];
  if (!url) throw new Error(`${variable} must name a server for the distributed profile`);
  return url;
}
