import type { Job, JobHandler, Jobs } from '#jobs';
import { addSeconds, type Instant } from '#kernel';
import type { ErrandPlace, Errands } from '#vault';

/** Seconds after which an errand that is open and has no job any more is given to the queue again. */
const LOST_AFTER_SECONDS = 30;
/** Errands that one sweep looks at, from where the one before has ended: those that fail for long keep none from being looked at. */
const BATCH = 1_000;
/** Seconds for which it is remembered that an errand was done: a queue that goes back to an older state asks for it again. */
const REMEMBERED_SECONDS = 25 * 3_600;

/**
 * COR-24: work that somebody was promised, and that no read model knows to be open: a mail with a link, the end of a key. It is noted in the vault,
 * which is never lost, before the queue is told of it. So it is done whatever becomes of the queue, or of the process that told it.
 */
export class ErrandDesk {
  /** Where the last sweep has ended; undefined where that was the end of all. */
  private reached: ErrandPlace | undefined;

  constructor(
    private readonly errands: Errands,
    private readonly jobs: Jobs,
    private readonly now: () => Instant,
  ) {}

  /** Resolves once it will be done. The same key at a later time is another errand; at the same time it is the one that is known. */
  async take(key: string, at: Instant, job: Job): Promise<void> {
    await this.errands.take({ key, at, ...job });
    await this.jobs.at(key, at, job);
  }

  /** Registers who runs errands of a type; before the jobs start. */
  handle(type: string, handler: JobHandler): void {
    this.jobs.handle(type, async (job, context) => {
      const errand = await this.errands.get(context.key);
      if (errand?.done) return;
      // what was asked for last: a job of before may still be there, and is told as done by the errand's time
      await handler(errand ?? job, context);
      if (errand) await this.errands.done(context.key, errand.at);
    });
  }

  /** Gives the queue what it has lost. */
  async sweep(): Promise<void> {
    const now = this.now();
    const open = await this.errands.open(addSeconds(now, -LOST_AFTER_SECONDS), BATCH, this.reached);
    for (const { key, type, data } of open) if (!(await this.jobs.state(key))) await this.jobs.at(key, now, { type, data });
    this.reached = open.length < BATCH ? undefined : open.at(-1);
  }

  /** Forgets what was done long ago. */
  forget(): Promise<void> {
    return this.errands.expire(addSeconds(this.now(), -REMEMBERED_SECONDS));
  }
}
