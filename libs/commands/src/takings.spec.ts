import {
  EventCodec,
  EventLog,
  MemoryEventStore,
  NO_STREAM,
  type AppendStep,
  type DomainAppend,
  type DomainEvent,
} from '#event-store';
import { Refusal } from '#kernel';
import { memoryVault } from '#vault';
import { NOON } from '../../../test/support/claims.js';
import { claimEvents, type ResourceEvent } from './claims.events.js';
import type { Need } from './claims.js';
import { CommandRunner } from './command-runner.js';
import { systemContext } from './context.js';
import type { StreamFold } from './fold.js';
import { emptyResource } from './resource.js';
import { Resources } from './resources.js';
import { StreamLoader } from './stream-loader.js';
import { Takings } from './takings.js';

const POOL = 'pool-w1';
const metadata = (name: string) => ({ ...systemContext('w1', name), subject: null, commandId: null, at: NOON });

describe('places under way', () => {
  const pool = { ...emptyResource, revision: 4, capacity: 10, used: 3 };
  const taking = (expected: number): DomainAppend => ({
    stream: POOL,
    expected,
    workspace: 'w1',
    events: [{ type: 'ClaimTaken', data: { claim: `command/${POOL}/0`, holder: 'member', amount: 2, settled: true } }],
    metadata: metadata('sent'),
  });
  const takings = (...expected: number[]): Takings => {
    const under = new Takings();
    for (const at of expected) under.send([taking(at)], new Promise(() => undefined));
    return under;
  };

  it('are counted where they follow on what the log has', () => {
    expect(takings(4, 5).behind(POOL, pool)).toEqual({ ...pool, revision: 6, used: 7 });
    expect(takings(2, 3, 4).behind(POOL, pool)).toEqual({ ...pool, revision: 5, used: 5 });
    expect(takings(4).behind('pool-w2', pool)).toEqual(pool);
  });

  it('are not where something between is missing', () => {
    expect(takings(5).behind(POOL, pool)).toBeNull();
    expect(takings(4, 6).behind(POOL, pool)).toBeNull();
  });

  it('are counted no more once they are written, or are not', async () => {
    const under = new Takings();
    under.send([taking(4)], Promise.resolve());
    under.send([taking(5)], Promise.reject(new Error('full')));
    expect(await under.settled([POOL, 'pool-w2'])).toBe(true);
    expect(under.behind(POOL, pool)).toEqual(pool);
    expect(await under.settled([POOL])).toBe(false);
  });
});

describe('commands of one process that want places of one pool', () => {
  type Joined = DomainEvent<'Joined', object>;
  const fold: StreamFold<{ readonly joined: boolean }, Joined> = {
    initial: { joined: false },
    evolve: () => ({ joined: true }),
    version: 1,
    gone: () => false,
  };
  /** A pool of so many places. What is appended waits until it is let go, where `holding`. */
  async function poolOf(botSlots: number) {
    const held: { readonly stream: string; go(): void }[] = [];
    let holding = false;
    const cut = ({ append }: AppendStep): Promise<void> =>
      new Promise((go) => (holding && append.stream === POOL ? held.push({ stream: append.stream, go }) : go()));
    const store = new MemoryEventStore({ clock: () => NOON, atomic: true, cut });
    const vault = memoryVault({ clock: () => NOON });
    const log = new EventLog(store, new EventCodec([{ type: 'Joined', version: 1, personal: [] }, ...claimEvents], vault.keys));
    const resources = new Resources(log, store.snapshots);
    const loader = new StreamLoader(log, store.snapshots, vault.keys);
    const runner = new CommandRunner(log, loader, resources, vault.answers, undefined, async () => undefined);
    const put = (stream: string, event: DomainEvent) =>
      log.append([{ stream, expected: NO_STREAM, workspace: 'w1', events: [event], metadata: metadata('given') }]);
    await put(POOL, { type: 'PoolResized', data: { botSlots } });
    holding = true;
    const run = (name: string, need: Need): Promise<string> =>
      runner
        .run<{ readonly joined: boolean }, Joined>({
          stream: `member-${name}`,
          subject: name,
          fold,
          context: systemContext('w1', `command-${name}`),
          version: () => 0,
          decide: ({ joined }) => ({ events: joined ? [] : [{ type: 'Joined', data: {} }], needs: joined ? [] : [need] }),
        })
        .then(
          ({ kind }) => kind,
          (error: unknown) => (error instanceof Refusal ? error.code : String(error)),
        );
    return {
      held,
      join: (name: string) => run(name, { kind: 'place', resource: POOL, amount: 1, refusal: 'no-free-bot-slot' }),
      resize: (capacity: number) =>
        run(`to ${capacity}`, { kind: 'resize', resource: POOL, capacity, refusal: 'pool-below-allocated' }),
      /** Lets go what is held, in its order, and all that comes. */
      letGo() {
        holding = false;
        for (const { go } of held.splice(0)) go();
      },
      joinElsewhere: (name: string) => put(`member-${name}`, { type: 'Joined', data: {} }),
      used: async () => (await resources.load(POOL)).used,
      /** By how many places more were taken than there were, at the worst moment of the log. */
      async most() {
        let [capacity, used, worst] = [0, 0, -Infinity];
        for (const { event } of await log.read<ResourceEvent>(POOL)) {
          if (event.type === 'PoolResized') capacity = event.data.botSlots;
          if (event.type === 'ClaimTaken') used += event.data.amount;
          worst = Math.max(worst, used - capacity);
        }
        return worst;
      },
      resizes: async () => (await log.read(POOL)).filter(({ event }) => event.type === 'PoolResized').length - 1,
      close: () => vault.close(),
    };
  }
  /** Lets everything run that can. */
  const settle = () => new Promise((resolve) => setTimeout(resolve));

  it('WS-8 COR-2: are sent one behind the other without waiting, and no more than there is room for', async () => {
    const pool = await poolOf(2);
    const answers = [pool.join('a'), pool.join('b'), pool.join('c')];
    await settle();
    expect(pool.held).toHaveLength(2);
    pool.letGo();
    expect(await Promise.all(answers)).toEqual(['done', 'done', 'no-free-bot-slot']);
    expect(await pool.used()).toBe(2);
    await pool.close();
  });

  it('WS-8: where one fails, those behind it are planned anew, and its place is free', async () => {
    const pool = await poolOf(2);
    const answers = [pool.join('a'), pool.join('b'), pool.join('c')];
    await settle();
    await pool.joinElsewhere('a');
    pool.letGo();
    expect(await Promise.all(answers)).toEqual(['nothing', 'done', 'done']);
    expect(await pool.used()).toBe(2);
    await pool.close();
  });

  it('WS-8: one that does more than take places waits for all that is under way', async () => {
    const pool = await poolOf(3);
    const answers = [pool.join('a'), pool.join('b')];
    await settle();
    answers.push(pool.resize(1));
    await settle();
    expect(pool.held).toHaveLength(2);
    pool.letGo();
    expect(await Promise.all(answers)).toEqual(['done', 'done', 'pool-below-allocated']);
    expect(await pool.used()).toBe(2);
    await pool.close();
  });

  /** Which of several things happens next, for one seed. */
  const chooserOf = (seed: number) => {
    let state = seed * 2_654_435_761;
    return (choices: number): number => {
      state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) >>> 0;
      return (state >>> 7) % choices;
    };
  };

  it.each(Array.from({ length: 100 }, (_, seed) => seed))(
    'WS-8: never take more than there is, and leave nothing free that is wanted, whatever comes between (order %i)',
    async (seed) => {
      const choose = chooserOf(seed + 1);
      const pool = await poolOf(3);
      const asks = [
        ...['a', 'b', 'c', 'd', 'e'].map((name) => () => pool.join(name)),
        ...(seed % 2 ? [() => pool.resize(2), () => pool.resize(4)] : []),
      ];
      const elsewhere = ['a', 'c'];
      const answers: Promise<string>[] = [];
      while (asks.length > 0) {
        const happens = choose(4);
        if (happens < 2) answers.push(...asks.splice(choose(asks.length), 1).map((ask) => ask()));
        if (happens === 2) pool.held.shift()?.go();
        const name = happens === 3 && choose(3) === 0 ? elsewhere.pop() : undefined;
        if (name !== undefined) await pool.joinElsewhere(name).catch(() => undefined); // it has joined already
        await settle();
      }
      pool.letGo();
      const kinds = await Promise.all(answers);
      const taken = kinds.filter((kind) => kind === 'done').length - (await pool.resizes());
      expect(await pool.most()).toBeLessThanOrEqual(0);
      expect(await pool.used()).toBe(taken);
      const refused = kinds.filter((kind) => kind === 'no-free-bot-slot').length;
      if (seed % 2 === 0) expect(taken === 3 || refused === 0).toBe(true);
      expect(kinds.filter((kind) => !['done', 'nothing', 'no-free-bot-slot', 'pool-below-allocated'].includes(kind))).toEqual([]);
      await pool.close();
    },
  );
});
