import { setTimeout as wait } from 'node:timers/promises';
import type { Program } from '../program/program.js';
import type { Api, Reply } from '../support/api.js';
import { isReady } from './fleet.js';

/** Milliseconds between two looks who is ready. */
const LOOK_MS = 50;

/**
 * Shares requests among processes as a load balancer does: whoever is not ready gets none, unless nobody is (a store is slow for all of them), and whom
 * nobody listens for any more is passed over.
 */
export class Balancer {
  private targets: { readonly program: Program; readonly api: Api }[] = [];
  private turn = 0;
  private readonly watching: Promise<void>;
  private readonly stopping = new AbortController();

  /** `programs` gives those that there are now. Callers have the credentials of `caller`. */
  constructor(
    private readonly programs: () => readonly Program[],
    private readonly caller: Api,
  ) {
    this.watching = this.watch();
  }

  /** Whether it sends requests to this one. */
  serves(program: Program): boolean {
    return this.targets.some((target) => target.program === program);
  }

  /** The answer of one of them. */
  async ask(send: (api: Api) => Promise<Reply>): Promise<Reply> {
    for (;;) {
      const target = this.targets[this.turn++ % Math.max(1, this.targets.length)];
      if (!target) throw new Error('nobody is ready');
      try {
        return await send(target.api);
      } catch (error) {
        // it was never taken: the next one can have it
        if ((error as NodeJS.ErrnoException).code !== 'ECONNREFUSED') throw error;
        this.targets = this.targets.filter((each) => each !== target);
      }
    }
  }

  async close(): Promise<void> {
    this.stopping.abort();
    await this.watching;
    for (const { api } of this.targets) api.close();
  }

  private async watch(): Promise<void> {
    while (!this.stopping.signal.aborted) {
      const programs = this.programs();
      const ready = await Promise.all(programs.map((program) => isReady(program)));
      if (ready.includes(true))
        this.targets = programs
          .filter((_, n) => ready[n])
          .map((program) => this.targets.find((each) => each.program === program) ?? this.target(program));
      await wait(LOOK_MS);
    }
  }

  private target(program: Program): { program: Program; api: Api } {
    return { program, api: program.api.with(this.caller.fixed) };
  }
}
