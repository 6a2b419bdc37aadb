import { outageOf } from './errors.js';

/** The server says nothing, and does not break the connection either. What was asked of it may still happen. */
export class MongoSilence extends Error {
  override readonly name = 'MongoSilence';
}

/** The work's outcome; rejects with `MongoSilence` after `withinMs`: the driver itself would wait until it gives up the connection. */
export async function inTime<T>(withinMs: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const silence = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new MongoSilence(`no answer within ${withinMs} ms`)), withinMs);
  });
  try {
    return await Promise.race([work, silence]);
  } finally {
    clearTimeout(timer);
  }
}

/** What the server answers in time; where it cannot be asked now, rejects with what `unavailable` makes of why. A defect stays as it is. */
export async function reaching<T>(
  withinMs: number,
  ask: () => Promise<T>,
  unavailable: (why: string, cause: unknown) => Error,
): Promise<T> {
  try {
    return await inTime(withinMs, ask());
  } catch (error) {
    const why = outageOf(error);
    throw why === null ? error : unavailable(why, error);
  }
}
