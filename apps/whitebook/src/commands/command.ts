import { parseArgs, type ParseArgsConfig } from 'node:util';
import type { Settings } from '#settings';
import type { Installation } from './installation.js';

export type Say = (line: string) => void;
/** What a command found: 0 all is well, 1 it is not. */
export type Code = 0 | 1;
/** What a command has to do with: settings, and whom to tell. */
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

/** One command of the command line, which opens what it needs. */
export type Standalone = (terminal: Terminal, args: readonly string[]) => Promise<Code>;
/** One command on an installation, which is opened for it. */
export type Command = (installation: Installation, args: readonly string[], terminal: Terminal) => Promise<Code>;

/** The command line is wrong. */
export class WrongUse extends Error {
  override readonly name = 'WrongUse';
}

/** What is named and what is not; throws `WrongUse` for what the command does not know. */
export function argumentsOf<Options extends NonNullable<ParseArgsConfig['options']>>(args: readonly string[], options: Options) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
  } catch (error) {
    throw new WrongUse(error instanceof Error ? error.message : 'these arguments are not known');
  }
}
