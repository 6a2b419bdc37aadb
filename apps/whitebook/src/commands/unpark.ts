import { projections } from '#profile';
import type { Parked } from '#read-store';
import type { Command } from './command.js';
import type { ReadModels } from './installation.js';

/** COR-20: replays all parked subjects; says who stays parked, and why. */
export const unpark: Command = async (installation, _args, { say }) => {
  const models = await installation.models();
  const before = await parkedIn(models);
  if (before.length > 0) await models.unpark();
  const after = await parkedIn(models);
  say(`${before.length} parked, ${before.length - after.length} replayed`);
  for (const { projection, subject, position, reason } of after)
    say(`${projection}: ${subject} stays parked since position ${position}: ${reason}`);
  return after.length === 0 ? 0 : 1;
};

/** Who is parked, in all read models. */
export async function parkedIn(models: ReadModels): Promise<(Parked & { readonly projection: string })[]> {
  const parked = await Promise.all(
    projections.map(async (projection) => {
      const standing = await models.standing(projection);
      return (standing?.parked ?? []).map((each) => ({ ...each, projection: projection.name }));
    }),
  );
  return parked.flat();
}
