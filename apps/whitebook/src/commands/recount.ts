import { projections } from '#profile';
import type { Projection } from '#read-store';
import { accountDifferences } from './account-differences.js';
import type { Command } from './command.js';
import { Comparison } from './comparison.js';
import { counterDifferences, found, progressDifferences, rowDifferences } from './differences.js';
import { Scratch } from './scratch.js';
import { everyEvent } from './verify.js';

/** The list whose rows are held against the streams of accounts. */
const LIST = 'accounts';

/**
 * A list, a count and the log never disagree: makes every read model anew beside those that serve and compares rows, counters, numbers and what is
 * parked; counts the rows again by the collections' own buckets; and holds each account's row against the fold of its stream. Where others go on
 * writing, a difference is one that is there while nothing moves.
 */
export const recount: Command = async (installation, _args, { say, dist }) => {
  const models = await installation.models();
  const fresh = await Scratch.make(installation, dist);
  try {
    const comparison = new Comparison(models, fresh, say);
    for (const projection of projections) await comparison.run(projection, () => compared(projection));
    let events = 0;
    for await (const _event of everyEvent(installation.log)) events++;
    say(comparison.found === 0 ? `equal: ${events} events, their rows and their counters` : `${comparison.found} differences`);
    return comparison.found === 0 ? 0 : 1;
  } finally {
    await fresh.close();
  }

  async function* compared(projection: Projection): AsyncIterable<readonly [what: string, findings: ReturnType<typeof found>]> {
    const [live, anew] = [await models.read(), await fresh.read()];
    const progress = async () => progressDifferences(await models.standing(projection), await fresh.standing(projection));
    yield [projection.name, found(progress)];
    for (const collection of projection.collections) {
      const name = `${projection.name}/${collection.name}`;
      yield [name, rowDifferences(name, live, anew)];
      yield [`${name} counters`, counterDifferences(name, collection, live, anew)];
    }
    if (projection.name === LIST)
      yield [`${LIST}/list and streams`, accountDifferences(installation, live, () => fresh.position)];
  }
};
