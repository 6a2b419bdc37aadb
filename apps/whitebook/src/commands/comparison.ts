import { setTimeout as delay } from 'node:timers/promises';
import type { Projection } from '#read-store';
import type { Say } from './command.js';
import type { Finding } from './differences.js';
import type { ReadModels } from './installation.js';
import type { Scratch } from './scratch.js';

/** Differences that are printed of each kind; all are counted. */
const SHOWN = 20;
/** Milliseconds for which a moment without a write is looked for. */
const STILL_WITHIN_MS = 30_000;
const LOOK_MS = 5;

/** Compares what serves with what was made anew, beside processes that may go on writing. */
export class Comparison {
  found = 0;

  constructor(
    private readonly live: ReadModels,
    private readonly fresh: Scratch,
    private readonly say: Say,
  ) {}

  /** What is found while the read model moves may be a change that came in between: it is looked at again until nothing does. */
  async run(
    projection: Projection,
    compared: () => AsyncIterable<readonly [what: string, findings: AsyncIterable<Finding>]>,
  ): Promise<void> {
    const before = await this.beside(projection);
    if (typeof before === 'string') return this.tell(projection.name, [before]);
    const kinds: { readonly what: string; readonly findings: Finding[] }[] = [];
    for await (const [what, comparing] of compared()) {
      const findings: Finding[] = [];
      for await (const finding of comparing) findings.push(finding);
      kinds.push({ what, findings });
    }
    const stood = (await this.standsAt(projection)) === before.mark;
    for (const { what, findings } of kinds) {
      const texts: string[] = [];
      for (const finding of findings) texts.push(...(stood ? finding.texts : await this.still(projection, finding)));
      this.tell(what, texts);
    }
  }

  private async still(projection: Projection, { again }: Finding): Promise<readonly string[]> {
    for (const end = performance.now() + STILL_WITHIN_MS; ;) {
      const before = await this.beside(projection);
      if (typeof before === 'string') return [before];
      const texts = await again();
      if (texts.length === 0 || (await this.standsAt(projection)) === before.mark) return texts;
      if (performance.now() > end) return [`${texts.join('; ')}, as far as can be seen while it changes`];
    }
  }

  /** Brings what is made anew to where the read model is, at a moment in which that is whole; or says why it cannot. */
  private async beside(projection: Projection): Promise<{ readonly mark: string } | string> {
    for (const end = performance.now() + STILL_WITHIN_MS; ;) {
      const standing = await this.live.standing(projection);
      if (!standing) return 'nothing serves';
      const { version, moving, mark, checkpoint } = standing;
      if (version !== projection.version)
        return `version ${version} serves, and this release makes version ${projection.version}`;
      if (!moving && checkpoint.position >= this.fresh.position) {
        await this.fresh.catchUpTo(checkpoint.position);
        return { mark };
      }
      if (performance.now() > end) return `stands at ${checkpoint.position}, not at ${this.fresh.position}`;
      await delay(LOOK_MS);
    }
  }

  private async standsAt(projection: Projection): Promise<string | null> {
    const standing = await this.live.standing(projection);
    return standing && !standing.moving ? standing.mark : null;
  }

  private tell(what: string, texts: readonly string[]): void {
    for (const text of texts.slice(0, SHOWN)) this.say(`${what}: ${text}`);
    if (texts.length > SHOWN) this.say(`${what}: … and ${texts.length - SHOWN} more`);
    this.found += texts.length;
  }
}
