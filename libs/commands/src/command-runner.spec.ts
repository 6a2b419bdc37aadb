import { EventCodec, EventLog, MemoryEventStore, NO_STREAM, type DomainEvent } from '#event-store';
import { refuse, Refusal } from '#kernel';
import { memoryVault } from '#vault';
import { NOON } from '../../../test/support/claims.js';
import { claimEvents } from './claims.events.js';
import type { Need } from './claims.js';
import { CommandRunner } from './command-runner.js';
import { systemContext, type CommandContext } from './context.js';
import type { StreamFold } from './fold.js';
import { claimId } from './holder.js';
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

/** Commands that each take the one place of a pool, or one of a place of their own, given to one of two processes. */
function place({ atomic = true, pause = async () => undefined }: { atomic?: boolean; pause?: () => Promise<void> } = {}) {
  const store = new MemoryEventStore({ clock: () => NOON, atomic });
  const vault = memoryVault({ clock: () => NOON });
  const log = new EventLog(store, new EventCodec([{ type: 'Joined', version: 1, personal: [] }, ...claimEvents], vault.keys));
  const loader = new StreamLoader(log, store.snapshots, vault.keys);
  const process = (): CommandRunner =>
    new CommandRunner(log, loader, new Resources(log, store.snapshots), vault.answers, undefined, pause);
  const run = (runner: CommandRunner, name: string, need: Need, prepare: () => Promise<void>, dryRun = false) =>
    runner.run<State, Joined>({
      stream: `member-${name}`,
      subject: name,
      fold,
      context: { ...systemContext('w1', `command-${name}`), dryRun },
      version: () => 0,
      decide: ({ joined }) => ({ events: joined ? [] : [{ type: 'Joined', data: {} }], needs: joined ? [] : [need] }),
      prepare,
    });
  const [one, other] = [process(), process()];
  const join = (name: string, resource: string, prepare: () => Promise<void>) =>
    run(one, name, { kind: 'place', resource, amount: 1, refusal: 'no-free-bot-slot' }, prepare);
  const rehearse = (name: string, resource: string) =>
    run(one, name, { kind: 'place', resource, amount: 1, refusal: 'no-free-bot-slot' }, async () => undefined, true);
  const alone = (runner: CommandRunner, name: string, others: () => Promise<boolean>) =>
    run(runner, name, { kind: 'alone', resource: 'owners-w1', refusal: 'last-owner', others }, async () => undefined);
  return { store, vault, log, one, other, join, rehearse, alone };
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

it('COR-12: the guard is asked again once all is prepared, however long that took, and its no is the last word', async () => {
  const { store, log, vault, one } = place();
  let stopped = false;
  let taken = 0;
  const recheck = async (): Promise<void> => {
    if (stopped) throw refuse('unauthenticated');
  };
  const need: Need = { kind: 'resize', resource: POOL, capacity: 3, refusal: 'pool-below-allocated' };
  const done = one.run<State, Joined>({
    stream: 'member-one',
    subject: 'one',
    fold,
    context: { ...systemContext('w1', 'command-one'), recheck },
    version: () => 0,
    decide: () => ({ events: [{ type: 'Joined', data: {} }], needs: [need] }),
    prepare: async () => void (stopped = true),
    discard: async () => void taken++,
  });
  expect(await refused(done)).toBe('unauthenticated');
  expect(await log.read('member-one')).toEqual([]);
  expect(await store.head()).toBe(0);
  expect(taken).toBe(1);
  await vault.close();
});

it('what it has claimed is given back where somebody else was faster with the same', async () => {
  const { join, log, vault } = place({ atomic: false });
  const { actor, correlationId } = systemContext('w1', 'command-other');
  const metadata = { workspace: 'w1', subject: 'late', actor, commandId: null, correlationId, at: NOON };
  const events = [{ type: 'Joined', data: {} }];
  let prepared = 0;
  const outrun = async (): Promise<void> => {
    if (prepared++ === 0) await log.append([{ stream: 'member-late', expected: NO_STREAM, workspace: 'w1', events, metadata }]);
  };
  expect(await refused(join('late', POOL, outrun))).toBe('done');
  expect(prepared).toBe(1);
  expect(await refused(join('next', POOL, async () => undefined))).toBe('done');
  await vault.close();
});

it('a rehearsal is told that there is room where the same command has claimed it in another process', async () => {
  const { rehearse, log, vault } = place({ atomic: false });
  const { actor, correlationId } = systemContext('w1', 'command-one');
  const metadata = { workspace: 'w1', subject: null, actor, commandId: null, correlationId, at: NOON };
  const data = { claim: claimId('command-one', POOL, 0), holder: 'member-one', amount: 1, settled: false };
  await log.append([{ stream: POOL, expected: NO_STREAM, workspace: 'w1', events: [{ type: 'ClaimTaken', data }], metadata }]);
  expect(await refused(rehearse('one', POOL))).toBe('done');
  expect(await refused(rehearse('two', POOL))).toBe('no-free-bot-slot');
  await vault.close();
});

it('what two settle at once is released once, and neither of them fails', async () => {
  const { log, one, other, store, vault } = place({ atomic: false });
  const { actor, correlationId } = systemContext('w1', 'given');
  const claims = [claimId('given', POOL, 0), claimId('given', POOL, 1)];
  const metadata = { workspace: 'w1', subject: null, actor, commandId: null, correlationId, at: NOON };
  const taken = claims.map((claim) => ({ type: 'ClaimTaken', data: { claim, holder: 'member-one', amount: 1, settled: true } }));
  const voided = claims.map((claim) => ({ type: 'ClaimVoided', data: { claim } }));
  await log.append([
    { stream: POOL, expected: NO_STREAM, workspace: 'w1', events: taken, metadata },
    { stream: 'member-one', expected: NO_STREAM, workspace: 'w1', events: voided, metadata },
  ]);
  await Promise.all([one, other].map(({ desk }, at) => desk.settle('member-one', systemContext('w1', `settle ${at}`))));
  expect((await new Resources(log, store.snapshots).load(POOL)).used).toBe(0);
  expect(await log.read(POOL)).toHaveLength(4);
  await vault.close();
});

it('a place that another process has alone for a moment is waited for', async () => {
  let letGo!: () => void;
  const gate = new Promise<void>((resolve) => (letGo = resolve));
  let claimed!: () => void;
  const stands = new Promise<void>((resolve) => (claimed = resolve));
  const begun: Promise<string>[] = [];
  const pause = async (): Promise<void> => {
    letGo();
    await Promise.all(begun);
  };
  const { alone, one, other, vault } = place({ atomic: false, pause });
  let asked = 0;
  const others = async (): Promise<boolean> => {
    if (++asked === 2) {
      claimed();
      await gate;
    }
    return true;
  };
  begun.push(refused(alone(one, 'slow', others)));
  await stands;
  expect(await refused(alone(other, 'quick', async () => true))).toBe('done');
  expect(await Promise.all(begun)).toEqual(['done']);
  await vault.close();
});

describe('a command that may be decided on what is remembered', () => {
  type Turned = DomainEvent<'Turned', { readonly on: boolean }>;
  interface Lamp {
    readonly on: boolean;
  }
  const lamp: StreamFold<Lamp, Turned> = {
    initial: { on: false },
    evolve: (_, { event }) => event.data,
    version: 1,
    gone: () => false,
  };

  /** Two processes that turn one lamp, each with a memory of its own; the first reads are counted. */
  function lamps() {
    const store = new MemoryEventStore({ clock: () => NOON, atomic: false });
    const vault = memoryVault({ clock: () => NOON });
    const codec = new EventCodec([{ type: 'Turned', version: 1, personal: [] }, ...claimEvents], vault.keys);
    let commands = 0;
    const process = () => {
      const reads: string[] = [];
      const counted = Object.create(store, {
        read: { value: (stream: string, after?: number) => (reads.push(stream), store.read(stream, after)) },
      }) as MemoryEventStore;
      const log = new EventLog(counted, codec);
      const loader = new StreamLoader(log, store.snapshots, vault.keys);
      const resources = new Resources(log, store.snapshots);
      const runner = new CommandRunner(log, loader, resources, vault.answers, undefined, async () => undefined);
      /** Turning it on when it is on already is refused; turning it off when it is off does nothing. */
      const turn = (on: boolean, more: Partial<CommandContext> = {}) =>
        runner.run<Lamp, Turned>({
          stream: 'lamp-1',
          subject: 'lamp-1',
          fold: lamp,
          optimistic: true,
          context: { ...systemContext('w1', `command-${commands++}`), ...more },
          version: () => 0,
          decide(state) {
            if (on && state.on) throw refuse('account-pending');
            return { events: on === state.on ? [] : [{ type: 'Turned', data: { on } }] };
          },
        });
      return { turn, reads };
    };
    return { one: process(), other: process(), close: () => vault.close() };
  }

  it('reads nothing where nobody else has written', async () => {
    const { one, close } = lamps();
    await one.turn(true);
    one.reads.length = 0;
    expect(await one.turn(false)).toMatchObject({ kind: 'done', revision: 1, state: { on: false } });
    expect(one.reads).toEqual([]);
    await close();
  });

  it('is refused, done, or has nothing to do, by what is so now', async () => {
    const { one, other, close } = lamps();
    await one.turn(true);
    await other.turn(false);
    // by what `one` remembers this would be refused
    expect(await one.turn(true)).toMatchObject({ kind: 'done', revision: 2 });
    await other.turn(false);
    // and this would be an event
    expect(await one.turn(false)).toMatchObject({ kind: 'nothing', revision: 3 });
    await one.turn(true);
    await other.turn(false);
    await other.turn(true);
    expect(await refused(one.turn(true))).toBe('account-pending');
    await close();
  });

  it('has the guard asked for the very revision that it is decided at, and appends nothing where that says no', async () => {
    const { one, other, close } = lamps();
    await one.turn(true);
    const asked: (number | undefined)[] = [];
    const recheck = async (decidedAt?: number): Promise<void> => void asked.push(decidedAt);
    await one.turn(false, { recheck });
    expect(asked).toEqual([0]);
    await other.turn(true);
    const refuses = async (decidedAt?: number): Promise<void> => {
      asked.push(decidedAt);
      if (decidedAt === 2) throw refuse('not-found');
    };
    asked.length = 0;
    expect(await refused(one.turn(true, { recheck: refuses }))).toBe('not-found');
    expect(asked).toEqual([1, 2]);
    expect(await other.turn(false)).toMatchObject({ kind: 'done', revision: 3 });
    await close();
  });
});

describe('a place is taken on what is remembered of its resource', () => {
  const resize = async (log: EventLog, expected: number, botSlots: number): Promise<void> => {
    const { actor, correlationId } = systemContext('w1', `resize-${expected}`);
    const metadata = { workspace: 'w1', subject: null, actor, commandId: null, correlationId, at: NOON };
    const events = [{ type: 'PoolResized', data: { botSlots } }];
    await log.append([{ stream: POOL, expected, workspace: 'w1', events, metadata }]);
  };
  const none = async (): Promise<void> => undefined;
  const usedIn = async (log: EventLog, store: MemoryEventStore): Promise<number> =>
    (await new Resources(log, store.snapshots).load(POOL)).used;

  it('so that who was here last need not read it', async () => {
    const { join, log, store, vault } = place({ atomic: false });
    await resize(log, NO_STREAM, 3);
    expect(await refused(join('one', POOL, none))).toBe('done');
    const read = jest.spyOn(store, 'read');
    expect(await refused(join('two', POOL, none))).toBe('done');
    expect(read.mock.calls.filter(([stream]) => stream === POOL)).toEqual([]);
    expect(await usedIn(log, store)).toBe(2);
    await vault.close();
  });

  it('COR-2: and its append there is the check: where another process was there it is read, and counted anew', async () => {
    const { join, log, store, vault } = place({ atomic: false });
    await resize(log, NO_STREAM, 2);
    expect(await refused(join('one', POOL, none))).toBe('done');
    await resize(log, 2, 1);
    expect(await refused(join('two', POOL, none))).toBe('no-free-bot-slot');
    await resize(log, 3, 2);
    expect(await refused(join('three', POOL, none))).toBe('done');
    expect(await refused(join('four', POOL, none))).toBe('no-free-bot-slot');
    expect(await usedIn(log, store)).toBe(2);
    await vault.close();
  });
});
