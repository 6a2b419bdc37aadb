import { mkdir } from 'node:fs/promises';
import { openDistributed, projections, type Role } from '#profile';
import type { ReadStore } from '#read-store';
import { BadSetting, type Settings } from '#settings';
import type { Terminal } from './command.js';
import type { Installation, Purpose } from './installation.js';

/** Milliseconds in which read models that are behind must move: longer than a projector takes to take over. */
const MOVES_WITHIN_MS = 15_000;

/** Told in a line: what goes on in the background, and is dealt with there. */
export const onErrorOf =
  ({ complain }: Pick<Terminal, 'complain'>) =>
  (error: unknown, what: string, fatal: boolean): void => {
    complain(`${what}: ${error instanceof Error ? error.message : String(error)}`);
    if (fatal) process.exit(3);
  };

/**
 * The servers of an installation, beside the processes that work on them. What changes read models is done by the active projector: this process
 * stands by as one, so that it is done where no other is.
 */
export async function openServers(settings: Settings, terminal: Terminal, purpose: Purpose): Promise<Installation> {
  const { dataDir } = settings;
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const roles: ReadonlySet<Role> = new Set(purpose === 'change' ? (['projector'] as const) : []);
  const parts = await openDistributed(settings, { dist: terminal.dist, roles, onError: onErrorOf(terminal) });
  const { store, codec, readStore, standing, desk } = parts;
  return {
    log: store,
    codec,
    dataDir,
    async models() {
      if (purpose === 'look') await caughtUp(readStore, await store.head());
      return {
        read: async () => readStore,
        standing: ({ name }) => standing(name),
        async rebuild(projection) {
          await desk.ask({ ask: 'rebuild', projection });
          return 'by the active projector';
        },
        unpark: () => desk.ask({ ask: 'unpark' }),
      };
    },
    close: () => parts.close(),
  };
}

/** Rejects with `BadSetting` where nobody brings the read models up to the head of the log. */
async function caughtUp(read: ReadStore, head: number): Promise<void> {
  const names = projections.map(({ name }) => name);
  const placeOf = async (): Promise<string> =>
    (await Promise.all(names.map(async (name) => (await read.checkpoint(name)).position))).join(' ');
  for (let place = ''; !(await read.reached(names, head, MOVES_WITHIN_MS));) {
    const now = await placeOf();
    if (now === place) throw new BadSetting('WHITEBOOK_MONGODB_URL: nobody brings the read models up to date: start a projector');
    place = now;
  }
}
