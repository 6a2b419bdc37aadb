import { FolderInUse } from '#event-store';
import { askOperatorDesk, dataFiles, projections } from '#profile';
import { argumentsOf, WrongUse, type Code, type Say, type Standalone, type Terminal } from './command.js';
import { openFolder, type Folder } from './folder.js';

/** RUN-3: read models anew from the first event on; each replaces the one before once it has caught up. A running service does it itself, beside its work. */
export const rebuild: Standalone = async (terminal, args) => {
  const [wanted] = argumentsOf(args, {}).positionals;
  const known = projections.map(({ name }) => name);
  if (wanted !== undefined && !known.includes(wanted))
    throw new WrongUse(`there is no projection ${wanted}: ${known.join(', ')}`);
  const names = wanted === undefined ? known : [wanted];
  const folder = await folderOrNone(terminal);
  if (!(folder instanceof FolderInUse)) return inFolder(folder, names, terminal.say).finally(() => folder.close());
  for (const name of names) {
    const desk = dataFiles(terminal.settings().dataDir).desk;
    if (!(await askOperatorDesk(desk, { ask: 'rebuild', projection: name }))) throw folder;
    terminal.say(`${name}: made anew beside the running service`);
  }
  return 0;
};

async function folderOrNone({ settings, dist }: Terminal): Promise<Folder | FolderInUse> {
  try {
    return await openFolder(settings(), dist);
  } catch (error) {
    if (error instanceof FolderInUse) return error;
    throw error;
  }
}

async function inFolder(folder: Folder, names: readonly string[], say: Say): Promise<Code> {
  const views = folder.views(folder.viewsFile);
  try {
    await views.runner.catchUp();
    for (const name of names) {
      await views.runner.rebuild(name);
      say(`${name}: made anew from ${await folder.log.head()} events`);
    }
    const parked = (await views.runner.lag()).flatMap((lag) => lag.parked.map((each) => ({ ...each, name: lag.projection })));
    for (const { name, subject, reason } of parked) say(`${name}: ${subject} is parked: ${reason}`);
    return parked.length === 0 ? 0 : 1;
  } finally {
    await views.close();
  }
}
