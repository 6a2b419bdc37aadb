import { EventCodec, EventLog, MemoryEventStore, type DomainEvent } from '#event-store';
import { Refusal } from '#kernel';
import { memoryVault } from '#vault';
import { NOON } from '../../../test/support/claims.js';
import { claimEvents } from './claims.events.js';
import { CommandRunner } from './command-runner.js';
import { systemContext } from './context.js';
import type { StreamFold } from './fold.js';
import { Resources } from './resources.js';
import { StreamLoader } from './stream-loader.js';

type Joined = DomainEvent<'Joined', object>;
interface State {
  readonly joined: boolean;
}
const fold: StreamFold<State, Joined> = {
  initial: { joined: false },
  evolve: () => ({ joined: true }),
  version: 1,
  gone: () => false,
};
const POOL = 'pool-w1';

/** Commands that each take the one place of a pool, or one of a place of their own. */
function place() {
  const store = new MemoryEventStore({ clock: () => NOON, atomic: true });
  const vault = memoryVault({ clock: () => NOON });
  const log = new EventLog(store, new EventCodec([{ type: 'Joined', version: 1, personal: [] }, ...claimEvents], vault.keys));
  const loader = new StreamLoader(log, store.snapshots, vault.keys);
  const runner = new CommandRunner(log, loader, new Resources(log, store.snapshots), vault.answers);
  const join = (name: string, resource: string, prepare: () => Promise<void>) =>
    runner.run<State, Joined>({
      stream: `member-${name}`,
      subject: name,
      fold,
      context: systemContext('w1', `command-${name}`),
      version: () => 0,
      decide: ({ joined }) => ({
        events: joined ? [] : [{ type: 'Joined', data: {} }],
        needs: joined ? [] : [{ kind: 'place', resource, amount: 1, refusal: 'no-free-bot-slot' }],
      }),
      prepare,
    });
  return { store, vault, log, join };
}
const refused = (done: Promise<unknown>) =>
  done.then(
    () => 'done',
    (error: unknown) => (error instanceof Refusal ? error.code : 'failed'),
  );

it('what a command prepares keeps nobody from the places that it will take', async () => {
  const { join, vault } = place();
  let open!: () => void;
  const gate = new Promise<void>((resolve) => (open = resolve));
  const slow = refused(join('slow', POOL, () => gate));
  expect(await refused(join('quick', POOL, async () => undefined))).toBe('done');
  open();
  expect(await slow).toBe('no-free-bot-slot');
  await vault.close();
});

it('nothing is prepared where there is no room', async () => {
  const { join, vault } = place();
  expect(await refused(join('first', POOL, async () => undefined))).toBe('done');
  let prepared = 0;
  expect(await refused(join('second', POOL, async () => void prepared++))).toBe('no-free-bot-slot');
  expect(prepared).toBe(0);
  await vault.close();
});

it('is prepared once for an append', async () => {
  const { join, log, vault } = place();
  let prepared = 0;
  expect(await refused(join('one', POOL, async () => void prepared++))).toBe('done');
  expect(prepared).toBe(1);
  expect((await log.read('member-one')).map(({ event }) => event.type)).toEqual(['Joined']);
  await vault.close();
});
