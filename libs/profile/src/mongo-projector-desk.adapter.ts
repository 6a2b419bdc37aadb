import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Clock, Instant } from '#kernel';
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
  /** Null until it is done. */
  readonly answer: Answer | null;
}

export interface ProjectorDesk {
  /** Resolves once the active projector has done it, whichever process that is by then. Rejects with `DeskRefused` where it could not. */
  ask(request: ProjectorRequest): Promise<void>;
  /** Does what is asked for, one request after the other, until `held` aborts. What is cut off is for the next active projector. */
  serve(projector: Pick<Projector, 'rebuild' | 'unpark'>, held: AbortSignal): Promise<void>;
}

/** Milliseconds between two looks, at what is asked for and at an answer. */
const LOOK_MS = 250;

/** Requests as documents beside the read models: whoever is the active projector takes them up. */
export function mongoProjectorDesk({ db, clock }: { readonly db: MongoDatabase; readonly clock: Clock }): ProjectorDesk {
  const requests = db.collection<RequestDocument>('requests');
  return {
    async ask(request) {
      const _id = randomUUID();
      await requests.insertOne({ _id, request, at: clock(), answer: null });
      for (;;) {
        const found = await requests.findOne({ _id });
        if (!found) throw new DeskRefused('the request is gone');
        if (found.answer) {
          await requests.deleteOne({ _id });
          if ('failed' in found.answer) throw new DeskRefused(found.answer.failed);
          return;
        }
        await delay(LOOK_MS);
      }
    },
    async serve(projector, held) {
      while (!held.aborted) {
        // a server that cannot be asked now is asked again
        const next = await requests.findOne({ answer: null }, { sort: { at: 1 } }).catch(() => null);
        if (next) {
          const answer = await answerTo(next.request, projector);
          if ('failed' in answer && held.aborted) return;
          await requests.updateOne({ _id: next._id }, { $set: { answer } }).catch(() => undefined);
        } else await delay(LOOK_MS, undefined, { signal: held }).catch(() => undefined);
      }
    },
  };
}

async function answerTo(request: ProjectorRequest, projector: Pick<Projector, 'rebuild' | 'unpark'>): Promise<Answer> {
  try {
    await (request.ask === 'rebuild' ? projector.rebuild(request.projection) : projector.unpark());
    return { done: true };
  } catch (error) {
    return { failed: error instanceof Error ? error.message : 'it failed' };
  }
}
