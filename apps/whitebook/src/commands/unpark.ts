import type { Parked, ProjectionRunner } from '#read-store';
import type { Command } from './command.js';

/** COR-20: replays all parked subjects; says who stays parked, and why. */
export const unpark: Command = async (folder, _args, say) => {
  const views = folder.views(folder.viewsFile);
  try {
    await views.runner.catchUp();
    const before = await parkedIn(views.runner);
    await views.runner.unparkAll();
    const after = await parkedIn(views.runner);
    say(`${before.length} parked, ${before.length - after.length} replayed`);
    for (const { projection, subject, position, reason } of after)
      say(`${projection}: ${subject} stays parked since position ${position}: ${reason}`);
    return after.length === 0 ? 0 : 1;
  } finally {
    await views.close();
  }
};

async function parkedIn(runner: ProjectionRunner): Promise<(Parked & { readonly projection: string })[]> {
  return (await runner.lag()).flatMap(({ projection, parked }) => parked.map((each) => ({ ...each, projection })));
}
