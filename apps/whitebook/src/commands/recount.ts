import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { projections } from '#profile';
import type { ReadStore } from '#read-store';
import { accountDifferences } from './account-differences.js';
import type { Command, Say } from './command.js';
import { counterDifferences, progressDifferences, rowDifferences, type Side } from './differences.js';
import type { Folder, Views } from './folder.js';

/** Differences that are printed of each kind; all are counted. */
const SHOWN = 20;

/**
 * A list, a count and the log never disagree: makes every read model anew beside those that serve and compares rows, counters, numbers and what is
 * parked; counts the rows again by the collections' own buckets; and holds each account's row against the fold of its stream.
 */
export const recount: Command = async (folder, _args, say) => {
  // Rows hold personal data: they are made where the others are, and gone in the end.
  const scratch = await mkdtemp(join(folder.dataDir, 'recount-'));
  const live = folder.views(folder.viewsFile);
  const fresh = folder.views(join(scratch, 'views.db'));
  try {
    await live.runner.catchUp();
    await fresh.runner.catchUp();
    const sides = {
      live: await sideOf(folder, live, folder.viewsFile),
      fresh: await sideOf(folder, fresh, join(scratch, 'views.db')),
    };
    try {
      return (await compareAll(folder, sides.live, sides.fresh, say)) === 0 ? 0 : 1;
    } finally {
      await sides.live.read.close();
      await sides.fresh.read.close();
    }
  } finally {
    await live.close();
    await fresh.close();
    await rm(scratch, { recursive: true, force: true });
  }
};

async function sideOf(folder: Folder, { store }: Views, file: string): Promise<Side & { read: ReadStore }> {
  return { store, read: await folder.reader(file) };
}

async function compareAll(folder: Folder, live: Side, fresh: Side, say: Say): Promise<number> {
  let found = 0;
  const tell = async (what: string, compared: AsyncIterable<string>): Promise<void> => {
    let here = 0;
    for await (const difference of compared) if (++here <= SHOWN) say(`${what}: ${difference}`);
    if (here > SHOWN) say(`${what}: … and ${here - SHOWN} more`);
    found += here;
  };
  for (const projection of projections) {
    await tell(projection.name, progressDifferences(projection, live, fresh));
    for (const collection of projection.collections) {
      const name = `${projection.name}/${collection.name}`;
      await tell(name, rowDifferences(name, live, fresh));
      await tell(`${name} counters`, counterDifferences(name, collection, live, fresh));
    }
  }
  await tell('accounts/list and streams', accountDifferences(folder, live.read));
  const events = await folder.log.head();
  say(found === 0 ? `equal: ${events} events, their rows and their counters` : `${found} differences`);
  return found;
}
