import { FolderInUse } from '#event-store';
import { askOperatorDesk, dataFiles, projections } from '#profile';
import { argumentsOf, WrongUse, type Code, type Say, type Standalone, type Terminal } from './command.js';
import type { Installation } from './installation.js';
import { openInstallation } from './open-installation.js';
import { parkedIn } from './unpark.js';

/**
 * RUN-3: read models anew from the first event on; each replaces the one before once it has caught up. Whoever works on the installation goes on:
 * on the embedded profile the running service does it itself, on the distributed one the active projector.
 */
export const rebuild: Standalone = async (terminal, args) => {
  const [wanted] = argumentsOf(args, {}).positionals;
  const known = projections.map(({ name }) => name);
  if (wanted !== undefined && !known.includes(wanted))
    throw new WrongUse(`there is no projection ${wanted}: ${known.join(', ')}`);
  const names = wanted === undefined ? known : [wanted];
  const installation = await openedOrInUse(terminal);
  if (!(installation instanceof FolderInUse))
    return rebuildAll(installation, names, terminal.say).finally(() => installation.close());
  for (const name of names) {
    const desk = dataFiles(terminal.settings().dataDir).desk;
    if (!(await askOperatorDesk(desk, { ask: 'rebuild', projection: name }))) throw installation;
    terminal.say(`${name}: made anew beside the running service`);
  }
  return 0;
};

async function openedOrInUse(terminal: Terminal): Promise<Installation | FolderInUse> {
  try {
    return await openInstallation(terminal, 'change');
  } catch (error) {
    if (error instanceof FolderInUse) return error;
    throw error;
  }
}

async function rebuildAll(installation: Installation, names: readonly string[], say: Say): Promise<Code> {
  const models = await installation.models();
  for (const name of names) say(`${name}: made anew ${await models.rebuild(name)}`);
  const parked = await parkedIn(models);
  for (const { projection, subject, reason } of parked) say(`${projection}: ${subject} is parked: ${reason}`);
  return parked.length === 0 ? 0 : 1;
}
