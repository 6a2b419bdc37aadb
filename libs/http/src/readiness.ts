import { Injectable } from '@nestjs/common';

/** Whether a part that requests need is there; a rejection counts as false. */
export type ReadinessCheck = () => boolean | Promise<boolean>;

/** What must be true before requests are sent here. Features add their checks when their module starts. */
@Injectable()
export class Readiness {
  private readonly checks = new Map<string, ReadinessCheck>();
  private leaving = false;
  private requestAt = -Infinity;

  add(name: string, check: ReadinessCheck): void {
    this.checks.set(name, check);
  }

  /** From now on never ready again: the process is about to end. */
  drain(): void {
    this.leaving = true;
  }

  /** Somebody has sent a request, and not to see how the process is. */
  noteRequest(): void {
    this.requestAt = performance.now();
  }

  /** Milliseconds since the last request. */
  get quietMs(): number {
    return performance.now() - this.requestAt;
  }

  get draining(): boolean {
    return this.leaving;
  }

  /** Names of the checks that fail now; none means ready. */
  async failing(): Promise<string[]> {
    const verdicts = await Promise.all(
      [...this.checks].map(async ([name, check]) => {
        const ready = await Promise.resolve()
          .then(check)
          .catch(() => false);
        return ready ? [] : [name];
      }),
    );
    return this.leaving ? ['draining', ...verdicts.flat()] : verdicts.flat();
  }
}
