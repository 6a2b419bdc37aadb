import { chmod, mkdir, rm } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** What the process that has the data folder does for an operator at the command line. */
export interface DeskRequest {
  readonly ask: 'rebuild';
  readonly projection: string;
}

type DeskAnswer = { readonly done: true } | { readonly failed: string };

/** Systems take no longer path of a socket. */
const LONGEST_PATH = 100;

const socketIn = (folder: string): string => join(folder, 'desk.sock');

/**
 * Listens in `folder`, which is made for the user that runs the process alone: who can write there has the whole data folder anyway.
 * Where its path is too long for a socket nobody is served. Gives what ends it.
 */
export async function openOperatorDesk(
  folder: string,
  serve: (request: DeskRequest) => Promise<void>,
): Promise<() => Promise<void>> {
  const path = socketIn(folder);
  if (Buffer.byteLength(path) > LONGEST_PATH) return async () => undefined;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await chmod(folder, 0o700);
  // Left by a process that was killed: the folder's lock is ours by now.
  await rm(path, { force: true });
  const callers = new Set<Socket>();
  const server = createServer((caller) => {
    callers.add(caller);
    caller.on('error', () => undefined).on('close', () => callers.delete(caller));
    createInterface({ input: caller }).on('line', (line) => void answer(line, serve).then((text) => caller.end(text)));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(path, resolve);
  });
  return async () => {
    for (const caller of callers) caller.destroy();
    await new Promise((resolve) => server.close(resolve));
  };
}

async function answer(line: string, serve: (request: DeskRequest) => Promise<void>): Promise<string> {
  let result: DeskAnswer;
  try {
    await serve(JSON.parse(line) as DeskRequest);
    result = { done: true };
  } catch (error) {
    result = { failed: error instanceof Error ? error.message : 'it failed' };
  }
  return `${JSON.stringify(result)}\n`;
}

/** The running process could not do what it was asked. */
export class DeskRefused extends Error {
  override readonly name = 'DeskRefused';
}

/** Asks the process that has the folder. Resolves true once it is done, and false where nobody serves; rejects with `DeskRefused`. */
export async function askOperatorDesk(folder: string, request: DeskRequest): Promise<boolean> {
  const socket = connect(socketIn(folder));
  const text = await new Promise<string | null>((resolve) => {
    let received = '';
    socket.setEncoding('utf8');
    socket.once('connect', () => socket.write(`${JSON.stringify(request)}\n`));
    socket.on('data', (part: string) => (received += part));
    socket.once('error', () => resolve(received === '' ? null : received));
    socket.once('end', () => resolve(received));
  });
  if (text === null) return false;
  if (text === '') throw new DeskRefused('the service has ended');
  const result = JSON.parse(text) as DeskAnswer;
  if ('failed' in result) throw new DeskRefused(result.failed);
  return true;
}
