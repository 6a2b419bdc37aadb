import { setTimeout as wait } from 'node:timers/promises';
import { mongoLeases } from './mongo-leases.adapter.js';

const BEAT_MS = 100;
const PATIENCE_MS = 400;

/** Leases of a server that takes some signs of life, then says nothing any more. */
function leasesOf({ answered }: { readonly answered: number }) {
  const heard: (() => void)[] = [];
  let left = answered;
  const answer = async <T>(value: T): Promise<T> => {
    if (left-- <= 0) return new Promise<never>(() => undefined);
    for (const tell of heard) tell();
    return value;
  };
  const collection = {
    findOne: async () => null,
    insertOne: () => answer({}),
    updateOne: () => answer({ matchedCount: 1 }),
    deleteOne: async () => undefined,
  };
  const leases = mongoLeases({
    db: { collection: () => collection } as never,
    holder: 'one',
    beatMs: BEAT_MS,
    patienceMs: PATIENCE_MS,
  });
  return { leases, onHeard: (tell: () => void) => heard.push(tell) };
}

describe('a name that is held in MongoDB', () => {
  it.each([1, 3])(
    'is given up before anybody else may take it, where the server is silent after %i signs of life',
    async (answered) => {
      const { leases, onHeard } = leasesOf({ answered });
      // as soon as another process could, that sees each sign of life at once
      let taken = wait(0);
      let watch = new AbortController();
      const ends: string[] = [];
      onHeard(() => {
        watch.abort();
        watch = new AbortController();
        taken = wait(PATIENCE_MS, undefined, { signal: watch.signal }).then(() => void ends.push('taken'));
        taken.catch(() => undefined);
      });
      const stop = new AbortController();
      const held = leases.hold('work', stop.signal, async (signal) => {
        await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
        ends.push('given up');
        stop.abort();
      });
      await held;
      await taken;
      expect(ends).toEqual(['given up', 'taken']);
    },
  );

  it('is no longer held where its end comes while it is being taken', async () => {
    const { leases, onHeard } = leasesOf({ answered: 1 });
    const stop = new AbortController();
    onHeard(() => stop.abort());
    const held: boolean[] = [];
    await leases.hold('work', stop.signal, async (signal) => void held.push(!signal.aborted));
    expect(held).toEqual([false]);
  });
});
