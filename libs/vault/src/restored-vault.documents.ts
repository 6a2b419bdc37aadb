import type { Instant } from '#kernel';
import type { Collections, Documents } from './documents.port.js';
import type { Forgotten } from './restored-vault.adapter.js';

/** What a vault held that was put back beside a log of another moment, and holds no more. */
export interface ForgottenKeys extends Forgotten {
  /** API keys that the log does not know of. */
  readonly apiKeys: number;
}

/** Sessions that are ended at once. */
const AT_ONCE = 32;
const PAGE = 1000;

interface Standing {
  readonly _id: string;
  readonly kind: string;
}

interface Key {
  readonly _id: string;
  readonly barrings: number;
  readonly streams: readonly string[];
}

/**
 * COR-28: takes from a restored vault what belonged to the moment of its backup: sessions (their ids can never be opened again), kept answers,
 * failed log-ins, and how far the reactions had come. API keys that the log does not know of go. What was last said of the others may be ahead of
 * the log: the reactions say all of it again. Nobody else may work on it. Done again after it was cut off, it goes on.
 */
export async function forgetTheMomentIn(
  collection: Collections,
  at: Instant,
  isKnownKey: (apiKey: string) => boolean,
): Promise<ForgottenKeys> {
  const [answers, failures] = [collection('answers'), collection('failures')];
  const forgotten = { ...(await endAll(collection('sessions'), at)), answers: await answers.count({}) };
  await answers.remove({});
  await failures.remove({});
  const apiKeys = await unsay(collection('apiKeys'), isKnownKey);
  // Last: whoever waits for the reactions waits until all else is forgotten.
  await collection('checkpoints').remove({});
  return { ...forgotten, apiKeys };
}

async function endAll(sessions: Documents, at: Instant): Promise<Pick<Forgotten, 'sessions' | 'impersonations'>> {
  const ended = { sessions: 0, impersonations: 0 };
  for (;;) {
    const standing = await sessions.find<Standing>({ endedAt: null }, { limit: PAGE });
    if (standing.length === 0) return ended;
    await atOnce(standing, async ({ _id, kind }) => {
      await sessions.replace({ _id }, { endedAt: at });
      ended.sessions += 1;
      if (kind === 'impersonation') ended.impersonations += 1;
    });
  }
}

async function unsay(apiKeys: Documents, isKnown: (apiKey: string) => boolean): Promise<number> {
  let removed = 0;
  await atOnce(await apiKeys.find<Key>({}), async ({ _id, barrings, streams }) => {
    if (!isKnown(_id)) {
      await apiKeys.remove({ _id });
      removed += 1;
      return;
    }
    const bars = streams.map((stream) => ({ stream, revision: -1, barred: false }));
    await apiKeys.update({ _id }, { bars, barrings: barrings + 1 });
  });
  return removed;
}

async function atOnce<T>(all: readonly T[], work: (each: T) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let each = all[next++]; each !== undefined; each = all[next++]) await work(each);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}
