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
import type { Decision } from './execution.js';
import { systemContext } from './context.js';
import type { StreamFold } from './fold.js';
import { emptyResource } from './resource.js';
import { Resources } from './resources.js';
import { StreamLoader } from './stream-loader.js';
import { UnderWay } from './under-way.js';

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
  const takings = (...expected: number[]): UnderWay => {
    const under = new UnderWay();
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
    const under = new UnderWay();
    under.send([taking(4)], Promise.resolve());
    under.send([taking(5)], Promise.reject(new Error('full')));
    expect(await under.settled([POOL, 'pool-w2'])).toBe(true);
    expect(under.behind(POOL, pool)).toEqual(pool);
    expect(await under.settled([POOL])).toBe(false);
  });
});

describe('commands of one process that want places of one pool', () => {
  /** `Given` is written by somebody else. */
  type MemberEvent = DomainEvent<'Joined' | 'Left' | 'Given', object>;
  interface Member {
    readonly joined: boolean;
  }
  const fold: StreamFold<Member, MemberEvent> = {
    initial: { joined: false },
    evolve: (_, { event }) => ({ joined: event.type !== 'Left' }),
    version: 1,
    gone: () => false,
  };
  const memberEvents = (['Joined', 'Left', 'Given'] as const).map((type) => ({ type, version: 1, personal: [] }));

  /** A pool of so many places. What is appended waits until it is let go, where `holding`. */
  async function poolOf(botSlots: number) {
    const held: { go(): void }[] = [];
    let holding = false;
    const cut = ({ append }: AppendStep): Promise<void> =>
      new Promise((go) => (holding && append.events[0]?.type !== 'Given' ? held.push({ go }) : go()));
    const store = new MemoryEventStore({ clock: () => NOON, atomic: true, cut });
    const vault = memoryVault({ clock: () => NOON });
    const log = new EventLog(store, new EventCodec([...memberEvents, ...claimEvents], vault.keys));
    const resources = new Resources(log, store.snapshots);
    const loader = new StreamLoader(log, store.snapshots, vault.keys);
    const runner = new CommandRunner(log, loader, resources, vault.answers, undefined, async () => undefined);
    const put = (stream: string, event: DomainEvent) =>
      log.append([{ stream, expected: NO_STREAM, workspace: 'w1', events: [event], metadata: metadata('given') }]);
    await put(POOL, { type: 'PoolResized', data: { botSlots } });
    const run = (name: string, id: string, decision: (member: Member) => Decision<MemberEvent>): Promise<string> =>
      runner
        .run<Member, MemberEvent>({
          stream: `member-${name}`,
          subject: name,
          fold,
          context: systemContext('w1', id),
          version: () => 0,
          decide: decision,
        })
        .then(
          ({ kind }) => kind,
          (error: unknown) => (error instanceof Refusal ? error.code : String(error)),
        );
    const joined = { type: 'Joined' as const, data: {} };
    const join = (name: string, need: Need) =>
      run(name, `join ${name}`, (member) => (member.joined ? { events: [] } : { events: [joined], needs: [need] }));
    const place: Need = { kind: 'place', resource: POOL, amount: 1, refusal: 'no-free-bot-slot' };
    await join('z', place);
    holding = true;
    return {
      held,
      join: (name: string) => join(name, place),
      /** Gives back the place that `z` has had from the beginning. */
      leave: () => run('z', 'leave', () => ({ events: [{ type: 'Left', data: {} }], gives: [{ resource: POOL, keep: 0 }] })),
      resize: (capacity: number) =>
        join(`to ${capacity}`, { kind: 'resize', resource: POOL, capacity, refusal: 'pool-below-allocated' }),
      /** Lets go what is held, in its order, and all that comes. */
      letGo() {
        holding = false;
        for (const { go } of held.splice(0)) go();
      },
      joinElsewhere: (name: string) => put(`member-${name}`, { type: 'Given', data: {} }),
      used: async () => (await resources.load(POOL)).used,
      /** By how many places more were taken than there were, at the worst moment of the log. */
      async most() {
        let [capacity, used, worst] = [0, 0, -Infinity];
        for (const { event } of await log.read<ResourceEvent>(POOL)) {
          if (event.type === 'PoolResized') capacity = event.data.botSlots;
          if (event.type === 'ClaimTaken') used += event.data.amount;
          if (event.type === 'ClaimReleased') used -= 1;
          worst = Math.max(worst, used - capacity);
        }
        return worst;
      },
      /** Who has joined, and has not left, by their own streams. */
      async members() {
        const all = await Promise.all(['a', 'b', 'c', 'd', 'e', 'z'].map((name) => log.read(`member-${name}`)));
        return all.filter((events) => events.at(-1)?.event.type === 'Joined').length;
      },
      close: () => vault.close(),
    };
  }
  /** Lets everything run that can. */
  const settle = () => new Promise((resolve) => setTimeout(resolve));

  it('WS-8 COR-2: are sent one behind the other without waiting, and no more than there is room for', async () => {
    const pool = await poolOf(3);
    const answers = [pool.join('a'), pool.join('b'), pool.join('c')];
    await settle();
    expect(pool.held).toHaveLength(2);
    pool.letGo();
    expect(await Promise.all(answers)).toEqual(['done', 'done', 'no-free-bot-slot']);
    expect(await pool.used()).toBe(3);
    await pool.close();
  });

  it('WS-8: where one fails, those behind it are planned anew, and its place is free', async () => {
    const pool = await poolOf(3);
    const answers = [pool.join('a'), pool.join('b'), pool.join('c')];
    await settle();
    await pool.joinElsewhere('a');
    pool.letGo();
    expect(await Promise.all(answers)).toEqual(['nothing', 'done', 'done']);
    expect(await pool.used()).toBe(3);
    await pool.close();
  });

  it('WS-8: a place that is being given back counts once that is written, and is waited for where it is wanted', async () => {
    const pool = await poolOf(2);
    const answers = [pool.leave()];
    await settle();
    answers.push(pool.join('a'));
    await settle();
    expect(pool.held).toHaveLength(2);
    answers.push(pool.join('b'));
    await settle();
    expect(pool.held).toHaveLength(2);
    pool.letGo();
    expect(await Promise.all(answers)).toEqual(['done', 'done', 'done']);
    expect(await pool.used()).toBe(2);
    await pool.close();
  });

  it('WS-8: one that does more than move places waits for all that is under way', async () => {
    const pool = await poolOf(4);
    const answers = [pool.join('a'), pool.join('b')];
    await settle();
    answers.push(pool.resize(2));
    await settle();
    expect(pool.held).toHaveLength(2);
    pool.letGo();
    expect(await Promise.all(answers)).toEqual(['done', 'done', 'pool-below-allocated']);
    expect(await pool.used()).toBe(3);
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
      const pool = await poolOf(4);
      const disturbed = seed % 2 === 1;
      const asks = [
        ...['a', 'b', 'c', 'd', 'e'].map((name) => () => pool.join(name)),
        ...(disturbed ? [() => pool.resize(3), () => pool.leave(), () => pool.resize(5)] : []),
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
      const used = await pool.used();
      expect(await pool.most()).toBeLessThanOrEqual(0);
      expect(used).toBe(await pool.members());
      if (!disturbed) expect(used === 4 || !kinds.includes('no-free-bot-slot')).toBe(true);
      expect(kinds.filter((kind) => !['done', 'nothing', 'no-free-bot-slot', 'pool-below-allocated'].includes(kind))).toEqual([]);
      await pool.close();
    },
  );
});
