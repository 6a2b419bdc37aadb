import { projections } from '#profile';
import { WrongUse, type Command } from './command.js';

/** RUN-3: read models anew from the first event on; each replaces the one before once it has caught up. */
export const rebuild: Command = async (folder, [wanted], say) => {
  const known = projections.map(({ name }) => name);
  if (wanted !== undefined && !known.includes(wanted))
    throw new WrongUse(`there is no projection ${wanted}: ${known.join(', ')}`);
  const views = folder.views(folder.viewsFile);
  try {
    await views.runner.catchUp();
    for (const name of wanted === undefined ? known : [wanted]) {
      await views.runner.rebuild(name);
      say(`${name}: made anew from ${await folder.log.head()} events`);
    }
    const parked = (await views.runner.lag()).flatMap((lag) => lag.parked.map((each) => ({ ...each, name: lag.projection })));
    for (const { name, subject, reason } of parked) say(`${name}: ${subject} is parked: ${reason}`);
    return parked.length === 0 ? 0 : 1;
  } finally {
    await views.close();
  }
};
