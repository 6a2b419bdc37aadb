import { StoreUnavailable } from '#event-store';
import { outageOf } from '#mongo';

/** What the server answers; where it cannot be asked now, that is a `StoreUnavailable`. */
export async function reaching<Result>(ask: () => Promise<Result>): Promise<Result> {
  try {
    return await ask();
  } catch (error) {
    const outage = outageOf(error);
    throw outage === null ? error : new StoreUnavailable(`the read store cannot be reached: ${outage}`, { cause: error });
  }
}
