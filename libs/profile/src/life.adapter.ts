import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { inTime, isDuplicate, type MongoDatabase } from '#mongo';
import { BEAT_MS, LEASES } from './mongo-leases.adapter.js';

/** Milliseconds within which a sign of life must be there, and for which an end waits until the last one is taken away. */
const THERE_WITHIN_MS = 5_000;
const TAKEN_AWAY_WITHIN_MS = 1_000;

export interface LifeOptions {
  readonly db: MongoDatabase;
  /** Of this process, and of no other. */
  readonly holder: string;
}

/** That a process lives, for others to see. */
export interface Life {
  stop(): Promise<void>;
}

/**
 * Lets others see, among the leases, that somebody lives who goes by `name`: each sign is another one, and several processes may go by one name.
 * Resolves once the first sign is there: whoever looks from now on for longer than a beat sees it move. Rejects where the server does not take it.
 */
export async function showLife({ db, holder }: LifeOptions, name: string): Promise<Life> {
  const signs = db.collection<{ readonly _id: string; readonly holder: string; readonly beat: string }>(LEASES);
  const show = async (): Promise<void> => {
    const sign = signs.updateOne({ _id: name }, { $set: { holder, beat: randomUUID() } }, { upsert: true });
    // another process gave the first sign of this name in this very moment
    await inTime(THERE_WITHIN_MS, sign).catch((error: unknown) => {
      if (!isDuplicate(error)) throw error;
    });
  };
  await show();
  const end = new AbortController();
  const goOn = async (): Promise<void> => {
    for (;;) {
      await delay(BEAT_MS, undefined, { signal: end.signal }).catch(() => undefined);
      if (end.signal.aborted) return;
      // a server that is away now is told with the next beat
      await show().catch(() => undefined);
    }
  };
  const shown = goOn();
  return {
    async stop() {
      end.abort();
      const takeAway = shown.then(() => signs.deleteOne({ _id: name, holder }));
      await inTime(TAKEN_AWAY_WITHIN_MS, takeAway).catch(() => undefined);
    },
  };
}
