import { setTimeout as delay } from 'node:timers/promises';
import { inTime, isDuplicate, type MongoDatabase } from '#mongo';
import type { Leases } from './leases.js';

interface Lease {
  readonly _id: string;
  readonly holder: string;
  /** Counts the holder's signs of life. */
  readonly beat: number;
}

/** A sign of life that is there. */
interface Shown {
  readonly beat: number;
  /** Of the process's own time, before it was sent: whoever waits saw it later. */
  readonly sentAt: number;
}

/** Milliseconds between two signs of life. */
export const BEAT_MS = 1_000;
const PATIENCE_MS = 5_000;
/** Milliseconds within which whoever holds a name, or takes it over from one that died, shows signs of life. */
export const SHOWN_WITHIN_MS = PATIENCE_MS + 2 * BEAT_MS;

/** Name of their collection. */
export const LEASES = 'leases';

export interface MongoLeasesOptions {
  readonly db: MongoDatabase;
  /** Of this process, and of no other. */
  readonly holder: string;
  /** Milliseconds between two signs of life, and without one until another takes over. Default: `BEAT_MS` and `PATIENCE_MS`. */
  readonly beatMs?: number;
  readonly patienceMs?: number;
}

/**
 * Names held in MongoDB. No clock is compared: who waits watches the beat, and takes over what has stood still for `patienceMs` of its own time, by
 * compare-and-set. Who holds it takes it for lost one `beatMs` before that, counted from when the last sign of life that is there was sent.
 */
export function mongoLeases({ db, holder, beatMs = BEAT_MS, patienceMs = PATIENCE_MS }: MongoLeasesOptions): Leases {
  const leases = db.collection<Lease>(LEASES);
  const heldMs = patienceMs - beatMs;

  /** Resolves once the name is this process's; with null where `signal` aborts before. */
  async function obtain(name: string, signal: AbortSignal, standsBy: () => void): Promise<Shown | null> {
    let seen: Pick<Lease, 'holder' | 'beat'> | null = null;
    let since = performance.now();
    while (!signal.aborted) {
      // a server that cannot be asked now is asked again
      const now = await inTime(patienceMs, leases.findOne({ _id: name })).catch(() => undefined);
      const sentAt = performance.now();
      if (now === null && (await first(name).catch(() => false))) return { beat: 1, sentAt };
      // left over from before the server was away: nobody else shows signs of life for it
      if (now?.holder === holder && (await take(now).catch(() => false))) return { beat: now.beat + 1, sentAt };
      if (now && (now.holder !== seen?.holder || now.beat !== seen?.beat)) {
        if (seen) standsBy();
        seen = now;
        since = performance.now();
      } else if (now && sentAt - since >= patienceMs && (await take(now).catch(() => false)))
        return { beat: now.beat + 1, sentAt };
      await delay(beatMs, undefined, { signal }).catch(() => undefined);
    }
    return null;
  }

  const first = (name: string): Promise<boolean> =>
    inTime(heldMs, leases.insertOne({ _id: name, holder, beat: 1 })).then(
      () => true,
      (error: unknown) => {
        if (isDuplicate(error)) return false;
        throw error;
      },
    );

  async function take({ _id, holder: before, beat }: Lease): Promise<boolean> {
    const taking = leases.updateOne({ _id, holder: before, beat }, { $set: { holder, beat: beat + 1 } });
    const { matchedCount } = await inTime(heldMs, taking);
    return matchedCount === 1;
  }

  /** Shows signs of life until the name is lost or `held` aborts; resolves with the last beat. */
  async function keep(name: string, { beat, sentAt }: Shown, held: AbortController): Promise<number> {
    const lostAfter = (at: number) => setTimeout(() => held.abort(), at + heldMs - performance.now());
    let losing = lostAfter(sentAt);
    while (!held.signal.aborted) {
      await delay(beatMs, undefined, { signal: held.signal }).catch(() => undefined);
      if (held.signal.aborted) break;
      const at = performance.now();
      const shown = await take({ _id: name, holder, beat }).catch(() => null);
      if (shown === null) continue;
      clearTimeout(losing);
      if (!shown) held.abort();
      else {
        beat++;
        losing = lostAfter(at);
      }
    }
    clearTimeout(losing);
    return beat;
  }

  return {
    async hold(name, signal, work, standsBy = () => undefined) {
      while (!signal.aborted) {
        const shown = await obtain(name, signal, standsBy);
        if (shown === null) return;
        const held = new AbortController();
        const end = (): void => held.abort();
        signal.addEventListener('abort', end, { once: true });
        if (signal.aborted) end(); // while the name was being taken
        const kept = keep(name, shown, held);
        try {
          await work(held.signal);
        } finally {
          held.abort();
          signal.removeEventListener('abort', end);
          // who waits need not wait for the patience to run out
          await inTime(patienceMs, leases.deleteOne({ _id: name, holder, beat: await kept })).catch(() => undefined);
        }
      }
    },
  };
}
