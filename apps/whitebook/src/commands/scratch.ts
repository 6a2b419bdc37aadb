import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Position } from '#event-store';
import { standingIn, type Projection, type ReadStore, type StandingBuild } from '#read-store';
import type { Installation } from './installation.js';
import { openViews, type Views } from './views.js';

/** Read models made anew from the log in files of their own, up to a position and no further. */
export class Scratch {
  private constructor(
    private readonly folder: string,
    private readonly views: Views,
    private readonly bound: { position: Position },
  ) {}

  /** Rows hold personal data: they are made where the others may be, and gone after `close`. */
  static async make({ log, codec, dataDir }: Installation, dist: string): Promise<Scratch> {
    const folder = await mkdtemp(join(dataDir, 'recount-'));
    const bound = { position: 0 };
    const source = {
      head: async () => bound.position,
      at: (position: Position) => log.at(position),
      readAll: async (after: Position, limit: number) =>
        after >= bound.position ? [] : (await log.readAll(after, limit)).filter(({ position }) => position <= bound.position),
    };
    return new Scratch(folder, openViews({ file: join(folder, 'views.db'), source, codec, dist }), bound);
  }

  get position(): Position {
    return this.bound.position;
  }

  /** Only forward. */
  async catchUpTo(position: Position): Promise<void> {
    if (position < this.bound.position) throw new Error('what was made anew does not go back');
    this.bound.position = position;
    await this.views.runner.catchUp();
    (await this.views.read()).nudge();
  }

  read(): Promise<ReadStore> {
    return this.views.read();
  }

  standing(projection: Projection): Promise<StandingBuild | null> {
    return standingIn(this.views.store, projection);
  }

  async close(): Promise<void> {
    await this.views.close();
    await rm(this.folder, { recursive: true, force: true });
  }
}
