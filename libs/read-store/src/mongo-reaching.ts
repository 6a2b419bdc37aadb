import { StoreUnavailable } from '#event-store';
import { reaching as reachingServer } from '#mongo';

/** Milliseconds: longer than the driver waits for any answer that may still come. */
const ANSWER_WITHIN_MS = 30_000;

/** What the server answers; where it cannot be asked now, that is a `StoreUnavailable`. */
export const reaching = <Result>(ask: () => Promise<Result>, withinMs = ANSWER_WITHIN_MS): Promise<Result> =>
  reachingServer(withinMs, ask, (why, cause) => new StoreUnavailable(`the read store cannot be reached: ${why}`, { cause }));
