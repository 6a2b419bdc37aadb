import type { Folder } from './folder.js';

export type Say = (line: string) => void;
/** What a command found: 0 all is well, 1 it is not. */
export type Code = 0 | 1;
/** One command of the command line; `say` takes the lines of its result. */
export type Command = (folder: Folder, args: readonly string[], say: Say) => Promise<Code>;

/** The command line is wrong. */
export class WrongUse extends Error {
  override readonly name = 'WrongUse';
}
