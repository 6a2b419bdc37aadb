import { StoreUnavailable } from '#event-store';
import { inTime, outageOf } from '#mongo';

/** Milliseconds: longer than the driver waits for any answer that may still come. */
const ANSWER_WITHIN_MS = 30_000;

/** What the server answers; where it cannot be asked now, that is a `StoreUnavailable`. */
export async function reaching<Result>(ask: () => Promise<Result>, withinMs = ANSWER_WITHIN_MS): Promise<Result> {
  try {
    return await inTime(withinMs, ask());
  } catch (error) {
    const outage = outageOf(error);
    throw outage === null ? error : new StoreUnavailable(`the read store cannot be reached: ${outage}`, { cause: error });
  }
}
