import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { addSeconds, type Clock, type Instant } from '#kernel';
import type { MongoDatabase } from '#mongo';
import { DeskRefused } from './operator-desk.adapter.js';
import type { Projector } from './projector.adapter.js';

/** What the active projector does for an operator at the command line. */
export type ProjectorRequest = { readonly ask: 'rebuild'; readonly projection: string } | { readonly ask: 'unpark' };

type Answer = { readonly done: true } | { readonly failed: string };

interface RequestDocument {
  readonly _id: string;
  readonly request: ProjectorRequest;
  readonly at: Instant;
  /** When whoever asks was last there. */
  readonly seenAt: Instant;
  /** Whether an active projector has begun with it. */
  readonly begun: boolean;
  /** Null until it is done. */
  readonly answer: Answer | null;
}

export interface ProjectorDesk {
  /**
   * Resolves once the active projector has done it, whichever process that is by then, however long that takes. Rejects with `DeskRefused` where it could
   * not, and where none begins with anything.
   */
  ask(request: ProjectorRequest): Promise<void>;
  /** Does what is asked for, one request after the other, until `held` aborts. What is cut off is for the next active projector. */
  serve(projector: Pick<Projector, 'rebuild' | 'unpark'>, held: AbortSignal): Promise<void>;
}

export interface MongoProjectorDeskOptions {
  readonly db: MongoDatabase;
  readonly clock: Clock;
  /** Milliseconds within which an active projector begins with something that is asked for. Default: 60 000. */
  readonly beginsWithinMs?: number;
}

/** Milliseconds between two looks, at what is asked for and at an answer. */
const LOOK_MS = 250;
/** Seconds after which nobody waits any more who was not seen since. Longer than clocks of machines differ. */
const GONE_AFTER_SECONDS = 300;

/** Requests as documents beside the read models: whoever is the active projector takes them up. */
export function mongoProjectorDesk({ db, clock, beginsWithinMs = 60_000 }: MongoProjectorDeskOptions): ProjectorDesk {
  const requests = db.collection<RequestDocument>('requests');
  const goneBefore = (): Instant => addSeconds(clock(), -GONE_AFTER_SECONDS);

  /** A server that cannot be asked now is asked again. */
  async function answered(_id: string): Promise<Answer> {
    const seen = () => requests.findOneAndUpdate({ _id }, { $set: { seenAt: clock() } }, { returnDocument: 'after' });
    const isAtWork = async (): Promise<boolean> => (await requests.findOne({ begun: true, answer: null })) !== null;
    for (let since = performance.now(); performance.now() - since < beginsWithinMs; await delay(LOOK_MS)) {
      const found = await seen().catch(() => undefined);
      if (found === null) throw new DeskRefused('the request is gone');
      if (found?.answer) return found.answer;
      if (found?.begun || (await isAtWork().catch(() => false))) since = performance.now();
    }
    throw new DeskRefused('no active projector begins with it');
  }

  return {
    async ask(request) {
      const _id = randomUUID();
      try {
        await requests.insertOne({ _id, request, at: clock(), seenAt: clock(), begun: false, answer: null });
        const answer = await answered(_id);
        if ('failed' in answer) throw new DeskRefused(answer.failed);
      } finally {
        await requests.deleteOne({ _id }).catch(() => undefined);
      }
    },
    async serve(projector, held) {
      const pause = (): Promise<void> => delay(LOOK_MS, undefined, { signal: held }).catch(() => undefined);
      await requests.deleteMany({ seenAt: { $lt: goneBefore() } }).catch(() => undefined);
      while (!held.aborted) {
        const open = { answer: null, seenAt: { $gte: goneBefore() } };
        // a server that cannot be asked now is asked again
        const next = await requests.findOneAndUpdate(open, { $set: { begun: true } }, { sort: { at: 1 } }).catch(() => null);
        if (!next) {
          await pause();
          continue;
        }
        const answer = await answerTo(next.request, projector);
        if ('failed' in answer && held.aborted) return;
        const tell = () => requests.updateOne({ _id: next._id }, { $set: { answer } });
        // without its answer it would be done again
        while (!(await isDone(tell())) && !held.aborted) await pause();
      }
    },
  };
}

const isDone = (write: Promise<unknown>): Promise<boolean> =>
  write.then(
    () => true,
    () => false,
  );

async function answerTo(request: ProjectorRequest, projector: Pick<Projector, 'rebuild' | 'unpark'>): Promise<Answer> {
  try {
    await (request.ask === 'rebuild' ? projector.rebuild(request.projection) : projector.unpark());
    return { done: true };
  } catch (error) {
    return { failed: error instanceof Error ? error.message : 'it failed' };
  }
}
