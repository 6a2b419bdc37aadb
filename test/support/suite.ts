import { at, type Api, type Reply } from './api.js';
import { Whitebook } from './whitebook.js';

const PATIENCE_MS = 60_000;

/** The application for one suite: started before it, ended after it, and every answer as its document says. */
export function useWhitebook(
  prepare: (whitebook: Whitebook) => Promise<void>,
  environment: () => Readonly<Record<string, string>> = () => ({}),
): void {
  jest.setTimeout(PATIENCE_MS);
  let whitebook: Whitebook | undefined;
  beforeAll(async () => {
    whitebook = await Whitebook.start({ environment: environment() });
    await prepare(whitebook);
  });
  afterAll(async () => {
    await whitebook?.stop();
    await whitebook?.remove();
    expect(whitebook?.complaints).toEqual([]);
  });
}

/** The reply, if it is that problem; else an error that shows what came instead. */
export function expectProblem(reply: Reply, status: number, code: string): Reply {
  if (reply.status !== status || reply.body['code'] !== code)
    throw new Error(`expected ${status} ${code}, was answered ${reply.status}: ${reply.text.slice(0, 500)}`);
  return reply;
}

/** Statuses of several calls that are made at once. */
export const statusesOf = async (calls: readonly Promise<Reply>[]): Promise<number[]> =>
  (await Promise.all(calls)).map(({ status }) => status);

/** Whether the token of a caller is good: what it is answered about itself. */
export const statusOf = async (caller: Api): Promise<number> => (await caller.get('/v1/sessions/current')).status;

/** `code` of each warning that an answer carries; empty for none. */
export const warningsIn = (reply: Reply): unknown[] =>
  ((at(reply, 'warnings') ?? []) as { code: string }[]).map(({ code }) => code);
