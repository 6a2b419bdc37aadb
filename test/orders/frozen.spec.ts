import { openEventStoreDb, type EventStore } from '#event-store';
import { EventStoreDouble } from '../doubles/eventstore/server.js';
import { Books } from './books.js';
import { unfenced } from './broken-desks.js';
import { claims, create } from './scenarios.js';
import { World, type Answer, type MakeDesk, type Process, type Sent } from './world.js';

jest.setTimeout(120_000);

const named = (part: string) => {
  const scenario = claims.find(({ name }) => name.includes(part));
  if (!scenario) throw new Error(`no scenario is called ${part}`);
  return scenario;
};
/** Who is frozen sends the first command, and what the others send is what it wants. */
const CASES = [
  {
    name: 'ACC-11 WS-8 a create, while others want its address and the last slot',
    slots: 1,
    given: [],
    frozen: create('k', 'x', 1),
    rivals: [create('l', 'x'), create('m', 'y', 1)],
  },
  ...['a change of address, and back', 'two converts of one account', 'an allocation raised beside others'].map((part) => {
    const { name, slots, given, processes } = named(part);
    const [frozen, ...rivals] = processes.flatMap(({ sends }) => sends) as [Sent, ...Sent[]];
    return { name, slots, given, frozen, rivals };
  }),
];

async function until(holds: () => boolean): Promise<void> {
  for (const end = performance.now() + 20_000; !holds();) {
    if (performance.now() > end) throw new Error('it never held');
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

/** Processes over one log on the double, of which one can be frozen between two of its appends. */
class Frozen {
  private read = 0;
  private readonly seen = new Set<string>();

  private constructor(
    private readonly double: EventStoreDouble,
    readonly world: World,
    readonly stores: readonly EventStore[],
    readonly books: Books,
  ) {}

  static async start({ slots, given, frozen, rivals }: (typeof CASES)[number], desk?: MakeDesk): Promise<Frozen> {
    let now = () => '2026-01-31T09:00:00.000Z';
    const double = await EventStoreDouble.start({ clock: () => now() });
    const open = (name: string) =>
      openEventStoreDb({ url: `${double.url}&connectionName=${name}`, tickMs: 10, attemptMs: 60_000, patienceMs: 60_000 });
    const stores = [await open('frozen'), await open('others')];
    const world = new World({
      point: async () => undefined,
      ...(stores[1] ? { log: stores[1] } : {}),
      ...(desk ? { desk } : {}),
    });
    now = () => world.now;
    await world.open(slots);
    const { send } = world.process();
    for (const sent of given) await send(sent);
    const all = [...given, frozen, ...rivals];
    return new Frozen(double, world, stores, new Books(slots, new Map(all.map((sent) => [sent.id, sent]))));
  }

  /** Before its append after the first `passing` ones, for longer than a claim is young; false where it has no more of them. */
  async freeze({ frozen, rivals }: (typeof CASES)[number], passing: number): Promise<boolean> {
    const hold = this.double.hold('frozen', passing);
    const sleeper = this.world.process(this.stores[0]);
    let isDone = false;
    const answer = sleeper.send(frozen).finally(() => (isDone = true));
    await until(() => hold.isReached() || isDone);
    await this.check();
    const reached = !isDone;
    await this.sleep();
    const answers: Answer[] = [];
    for (const sent of rivals) answers.push(await this.world.process().send(sent));
    await this.check();
    hold.release();
    answers.push(await answer);
    await this.check();
    for (const one of answers) this.judge(one);
    return reached;
  }

  /** After the sweep nothing is left of what is not kept. */
  async sweep(): Promise<void> {
    await this.sleep();
    const calm: Process = this.world.process();
    await this.world.sweep(calm, [...this.books.accounts.keys()], [...this.books.resources.keys()]);
    await this.check();
    expect(this.books.leak()).toBeNull();
  }

  async stop(): Promise<void> {
    await this.world.close();
    for (const store of this.stores) await store.close();
    await this.double.stop();
  }

  private async sleep(): Promise<void> {
    this.world.sleep();
    await until(() => this.stores[1]?.now() === this.world.now);
  }

  private async check(): Promise<void> {
    for (const event of (await this.stores[1]?.readAll(this.read, 1000)) ?? []) {
      expect(this.seen.has(event.id)).toBe(false);
      this.seen.add(event.id);
      this.read = event.position;
      this.books.take(event);
    }
    const wrong = this.books.wrong();
    if (wrong) throw new Error(wrong);
  }

  /** Who is told that it is done, is; who is told anything else, is not. */
  private judge({ sent, answer }: Answer): void {
    expect(answer).not.toMatch(/^error/);
    expect([sent.id, this.books.decided.has(sent.id)]).toEqual([sent.id, ['done', 'already'].includes(answer)]);
  }
}

/** Freezes the first one before each of its appends in turn; gives how many there were. */
async function freezeEverywhere(scenario: (typeof CASES)[number], desk?: MakeDesk): Promise<number> {
  for (let passing = 0; ; passing++) {
    const run = await Frozen.start(scenario, desk);
    try {
      const isReached = await run.freeze(scenario, passing);
      await run.sweep();
      if (!isReached) return passing;
    } finally {
      await run.stop();
    }
  }
}

describe('a process that is frozen between two appends, for longer than a claim is young', () => {
  it.each(CASES)('$name', async (scenario) => {
    expect(await freezeEverywhere(scenario)).toBeGreaterThanOrEqual(2);
  });

  it('is found out where an old claim is taken over without being voided', async () => {
    await expect(freezeEverywhere(CASES[0]!, unfenced)).rejects.toThrow(/2 of 1 bot slots|of which 0 is counted|held twice/);
  });
});
