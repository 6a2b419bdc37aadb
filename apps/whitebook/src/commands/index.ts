import { FolderInUse } from '#event-store';
import { BadSetting, type Settings } from '#settings';
import { WrongUse, type Code, type Command, type Say } from './command.js';
import { openFolder } from './folder.js';
import { HELP } from './help.js';
import { rebuild } from './rebuild.js';
import { recount } from './recount.js';
import { unpark } from './unpark.js';
import { verify } from './verify.js';

export interface Terminal {
  /** Read when a command needs them: `help` works under any settings. */
  readonly settings: () => Settings;
  /** Folder of the compiled files, with the entries of threads. */
  readonly dist: string;
  /** A line of the result. */
  readonly say: Say;
  /** A line about why there is none. */
  readonly complain: Say;
}

/** 2: the command line is wrong. 3: the command could not be run. */
export type ExitCode = Code | 2 | 3;

const COMMANDS: Readonly<Record<string, { readonly run: Command; readonly arguments: number }>> = {
  rebuild: { run: rebuild, arguments: 1 },
  recount: { run: recount, arguments: 0 },
  unpark: { run: unpark, arguments: 0 },
  verify: { run: verify, arguments: 0 },
};

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
    const folder = await openFolder(terminal.settings(), terminal.dist);
    try {
      return await command.run(folder, args, say);
    } finally {
      await folder.close();
    }
  } catch (error) {
    if (error instanceof WrongUse) {
      complain(error.message);
      return 2;
    }
    if (error instanceof FolderInUse)
      complain(`${error.name}: ${error.message}. Stop it first: ${name} needs the folder for itself.`);
    else if (error instanceof BadSetting) complain(`${error.name}: ${error.message}`);
    else throw error;
    return 3;
  }
}
