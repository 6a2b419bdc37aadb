import { FolderInUse } from '#event-store';
import { DamagedBackup, DeskRefused } from '#profile';
import { BadSetting } from '#settings';
import { WrongMasterKey } from '#vault';
import { backup } from './backup.js';
import { WrongUse, type Code, type Command, type Standalone, type Terminal } from './command.js';
import { HELP } from './help.js';
import type { Purpose } from './installation.js';
import { openInstallation } from './open-installation.js';
import { operator } from './operator.js';
import { rebuild } from './rebuild.js';
import { recount } from './recount.js';
import { restore } from './restore.js';
import { restored } from './restored.js';
import { unpark } from './unpark.js';
import { verify } from './verify.js';

/** 2: the command line is wrong. 3: the command could not be run. */
export type ExitCode = Code | 2 | 3;

interface Known {
  readonly run: Standalone;
  /** How many it takes at most. */
  readonly arguments: number;
  /** What is done instead on servers, each of which has tools of its own. */
  readonly onServers?: string;
}

const COMMANDS: Readonly<Record<string, Known>> = {
  backup: { run: backup, arguments: 2, onServers: 'each server is copied by its own tools' },
  operator: { run: operator, arguments: 1 },
  rebuild: { run: rebuild, arguments: 1 },
  recount: { run: onInstallation(recount, 'look'), arguments: 0 },
  restore: { run: restore, arguments: 5, onServers: 'each server is put back by its own tools, and then comes `restored`' },
  restored: { run: restored, arguments: 0 },
  unpark: { run: onInstallation(unpark, 'change'), arguments: 0 },
  verify: { run: verify, arguments: 0 },
};
/** What is told in a line: nothing is wrong with the program. */
const FORESEEN = [BadSetting, DamagedBackup, DeskRefused, WrongMasterKey];

function onInstallation(command: Command, purpose: Purpose): Standalone {
  return async (terminal, args) => {
    const installation = await openInstallation(terminal, purpose);
    try {
      return await command(installation, args, terminal);
    } finally {
      await installation.close();
    }
  };
}

/** Runs one command of the command line; gives the process's exit code. */
export async function runCommand([name = 'help', ...args]: readonly string[], terminal: Terminal): Promise<ExitCode> {
  const { say, complain } = terminal;
  if (['help', '--help', '-h'].includes(name)) {
    say(HELP);
    return 0;
  }
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (!command || args.length > command.arguments) {
    complain(command ? `${name} takes no ${args[command.arguments]}` : `there is no command ${name}`);
    complain(HELP);
    return 2;
  }
  try {
    if (command.onServers !== undefined && terminal.settings().profile === 'distributed')
      throw new BadSetting(
        `WHITEBOOK_PROFILE: ${name} is for the embedded profile: ${command.onServers}; see docs/operations.md`,
      );
    return await command.run(terminal, args);
  } catch (error) {
    if (error instanceof WrongUse) {
      complain(error.message);
      return 2;
    }
    if (error instanceof FolderInUse)
      complain(`${error.name}: ${error.message}. Stop it first: ${name} needs the folder for itself.`);
    else if (error instanceof Error && FORESEEN.some((kind) => error instanceof kind))
      complain(`${error.name}: ${error.message}`);
    else throw error;
    return 3;
  }
}
