import { FolderInUse } from '#event-store';
import { DamagedBackup, DeskRefused } from '#profile';
import { BadSetting } from '#settings';
import { WrongMasterKey } from '#vault';
import { backup } from './backup.js';
import { WrongUse, type Code, type Command, type Standalone, type Terminal } from './command.js';
import { openFolder } from './folder.js';
import { HELP } from './help.js';
import { operator } from './operator.js';
import { rebuild } from './rebuild.js';
import { recount } from './recount.js';
import { restore } from './restore.js';
import { unpark } from './unpark.js';
import { verify } from './verify.js';

/** 2: the command line is wrong. 3: the command could not be run. */
export type ExitCode = Code | 2 | 3;

const COMMANDS: Readonly<Record<string, { readonly run: Standalone; readonly arguments: number; readonly distributed?: true }>> =
  {
    backup: { run: backup, arguments: 2 },
    operator: { run: operator, arguments: 1 },
    rebuild: { run: rebuild, arguments: 1 },
    recount: { run: onFolder(recount), arguments: 0 },
    restore: { run: restore, arguments: 5 },
    unpark: { run: onFolder(unpark), arguments: 0 },
    verify: { run: verify, arguments: 0, distributed: true },
  };
/** What is told in a line: nothing is wrong with the program. */
const FORESEEN = [BadSetting, DamagedBackup, DeskRefused, WrongMasterKey];

function onFolder(command: Command): Standalone {
  return async ({ settings, dist, say }, args) => {
    const folder = await openFolder(settings(), dist);
    try {
      return await command(folder, args, say);
    } finally {
      await folder.close();
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
    if (!command.distributed && terminal.settings().profile === 'distributed')
      throw new BadSetting(`WHITEBOOK_PROFILE: ${name} works on the data folder of the embedded profile; see docs/operations.md`);
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
