import 'reflect-metadata';
import { resolve } from 'node:path';
import { readSettings } from '#settings';
import { runCommand } from './commands/index.js';

/** Folder of the compiled files: this one lies at `apps/whitebook/src` below it. */
const dist = resolve(import.meta.dirname, '../../..');

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const complain = (line: string): void => void process.stderr.write(`${line}\n`);

runCommand(process.argv.slice(2), { settings: () => readSettings(process.env), dist, say, complain }).then(
  (code) => (process.exitCode = code),
  (error: unknown) => {
    complain(error instanceof Error ? (error.stack ?? error.message) : String(error));
    process.exitCode = 3;
  },
);
