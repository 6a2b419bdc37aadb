import { Redis, type RedisOptions } from 'ioredis';
import { StoreUnavailable } from '#event-store';
import { BadSetting } from '#settings';

const VARIABLE = 'WHITEBOOK_REDIS_URL';
const LONGEST_RETRY_MS = 1000;
const ANSWER_WITHIN_MS = 2000;
const DEAD_AFTER_MS = 5000;
const OLDEST = [6, 2] as const;

/** A Redis that comes back is found within a second, however long it was away. */
const retryStrategy = (attempt: number): number => Math.min(attempt * 50, LONGEST_RETRY_MS);
const common: RedisOptions = { retryStrategy, connectTimeout: ANSWER_WITHIN_MS, connectionName: 'whitebook' };

/** For commands that nobody may wait for long: each is answered within seconds, or rejects; at once while there is no connection. */
export function connectForCommands(url: string): Redis {
  return new Redis(url, {
    ...common,
    lazyConnect: true,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 1,
    commandTimeout: ANSWER_WITHIN_MS,
    socketTimeout: DEAD_AFTER_MS,
  });
}

/** For a worker, which has nothing else to do than to wait for Redis, until `stopped`. Its duplicates, too. */
export const connectForWork = (url: string, stopped: AbortSignal): Redis =>
  new Redis(url, {
    ...common,
    maxRetriesPerRequest: null,
    retryStrategy: (attempt) => (stopped.aborted ? null : retryStrategy(attempt)),
  });

/** Connects, and rejects, naming the variable, where Redis is not there or may lose what it is given. */
export async function requireRedis(redis: Redis): Promise<void> {
  const info = await redis
    .connect()
    .then(() => redis.info())
    .catch((error: unknown) => {
      const reason = error instanceof Error ? error.message : 'no reason given';
      throw new StoreUnavailable(`${VARIABLE}: Redis does not answer (${reason})`);
    });
  const field = (name: string): string => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1] ?? '';
  const [major = 0, minor = 0] = field('redis_version').split('.').map(Number);
  if (major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1]))
    throw new BadSetting(`${VARIABLE}: Redis ${field('redis_version')} is too old: ${OLDEST.join('.')} or later is needed`);
  const policy = field('maxmemory_policy');
  if (policy !== 'noeviction')
    throw new BadSetting(`${VARIABLE}: maxmemory-policy of that Redis is ${policy}, and must be noeviction: others lose jobs`);
}
