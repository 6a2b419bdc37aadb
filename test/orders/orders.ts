import { trials, type Trial } from './choices.js';
import { Books } from './books.js';
import { create, type Scenario } from './scenarios.js';
import { Scheduler } from './scheduler.js';
import { World, WORKSPACE, type Answer, type MakeDesk, type Process, type Sent } from './world.js';

/** An order that broke a promise. */
export interface Broken {
  readonly what: string;
  readonly trial: string;
  readonly order: string;
}

export interface Explored {
  readonly orders: number;
  readonly broken: Broken | null;
}

class Violation extends Error {}

/** Runs `scenario` in at most `orders` orders, each from the beginning; stops at the first that breaks a promise. */
export async function explore(
  scenario: Scenario,
  { orders, seed, desk }: { orders: number; seed: number; desk?: MakeDesk },
): Promise<Explored> {
  let tried = 0;
  for (const trial of trials(orders, seed)) {
    tried++;
    const broken = await new Run(scenario, trial, desk).run();
    if (broken) return { orders: tried, broken };
  }
  return { orders: tried, broken: null };
}

/** One order of one scenario. */
class Run {
  private readonly scheduler = new Scheduler();
  private readonly world: World;
  private readonly books: Books;
  private readonly sent: readonly Sent[];
  private read = 0;

  constructor(
    private readonly scenario: Scenario,
    private readonly trial: Trial,
    desk?: MakeDesk,
  ) {
    this.world = new World({ point: this.scheduler.point, ...(desk ? { desk } : {}) });
    this.sent = scenario.processes.flatMap(({ sends }) => sends);
    const all = [...scenario.given, ...this.sent, ...this.later()];
    this.books = new Books(scenario.slots, new Map(all.map((sent) => [sent.id, sent])));
  }

  async run(): Promise<Broken | null> {
    try {
      await this.begin();
      await this.interleave();
      const calm = this.world.process();
      await this.sweep(calm);
      await this.again(calm);
      await this.sweep(calm);
      await this.goOn(calm);
      return null;
    } catch (error) {
      if (!(error instanceof Violation)) throw error;
      return { what: error.message, trial: this.trial.name, order: this.scheduler.order() };
    } finally {
      await this.world.close();
    }
  }

  private async begin(): Promise<void> {
    await this.world.open(this.scenario.slots);
    const { send } = this.world.process();
    for (const sent of this.scenario.given) this.expect((await send(sent)).answer === 'done', `given ${sent.id}`);
    await this.check();
  }

  private async interleave(): Promise<void> {
    const scripts = this.scenario.processes.map(({ name, after, sends }) => ({
      name,
      ...(after === undefined ? {} : { after }),
      run: async () => {
        const { send } = this.world.process();
        for (const sent of sends) {
          const { answer } = await send(sent);
          this.scheduler.trail.push(`${name} answers ${answer}`);
        }
      },
    }));
    const { chooser, disturbances, reads } = this.trial;
    this.world.store.reads = reads;
    await this.scheduler.run(scripts, { chooser, disturbances, sleep: this.world.sleep, check: () => this.check() });
    this.world.store.reads = false;
  }

  /** Whoever got no answer, or was told to come again, sends the command once more: now nobody is in the way. */
  private async again({ send }: Process): Promise<void> {
    for (const sent of new Map(this.sent.map((sent) => [sent.id, sent])).values()) {
      const { answer } = await send(sent);
      this.scheduler.trail.push(`${sent.id} again: ${answer}`);
      this.expect(answer !== 'busy', `${sent.id} is busy with nobody else there`);
      await this.check();
    }
  }

  /** What is free can be had. */
  private async goOn({ send }: Process): Promise<void> {
    const living = this.books.living();
    const free = this.scenario.slots - living.reduce((sum, { slots }) => sum + slots, 0);
    for (const sent of this.later(free)) {
      if (living.some(({ email }) => 'account' in sent.command && email === sent.command.account.profile.email)) continue;
      const { answer } = await send(sent);
      this.expect(answer === 'done', `a create of what is free is answered with ${answer}`);
    }
    await this.check();
    this.expect(this.books.leak() === null, this.books.leak() ?? '');
  }

  /** Creates of every address of the scenario, and of one more that takes all slots. */
  private later(free = 0): Sent[] {
    return [create('later-x', 'x'), create('later-y', 'y'), create('later-s', 's'), create('later', 'z', free)];
  }

  private async sweep(calm: Process): Promise<void> {
    await this.world.sweep(calm, [...this.books.accounts.keys()], [...this.books.resources.keys()]);
    await this.check();
    const leak = this.books.leak();
    this.expect(leak === null, `leaked: ${leak}`);
    await this.compare(calm);
  }

  /** The code reads its own books as the auditor does. */
  private async compare({ resources, accounts }: Process): Promise<void> {
    for (const stream of this.books.resources.keys()) {
      const { used, open } = await resources.load(stream);
      this.expect(used === this.books.counted(stream), `${stream} is read as ${used} of ${this.books.counted(stream)}`);
      this.expect(Object.keys(open).length === 0, `${stream} has open claims after the sweep`);
    }
    for (const [stream, { made, gone, email, credential }] of this.books.accounts) {
      if (!made || gone) continue;
      const { state } = await accounts.load(WORKSPACE, stream.slice(-32));
      this.expect(state.profile.email === email, 'an account has another address than it was given');
      if (credential === null) continue;
      this.expect((await this.world.vault.credentials.get(credential)) !== null, 'an account names a credential that is gone');
    }
  }

  private async check(): Promise<void> {
    const events = await this.world.store.readAll(this.read, 1_000);
    this.read += events.length;
    for (const event of events) this.books.take(event);
    const wrong = this.books.wrong();
    this.expect(wrong === null, wrong ?? '');
    for (const answer of this.world.answers.splice(0)) this.judge(answer);
  }

  private judge({ sent, answer }: Answer): void {
    this.expect(!answer.startsWith('error'), `${sent.id} ends with ${answer}`);
    const decided = this.books.decided.has(sent.id);
    if (answer === 'done' || answer === 'already')
      return this.expect(decided, `${sent.id} is answered ${answer}, and no event of it exists`);
    this.expect(!decided, `${sent.id} is done, and answered with ${answer}`);
    const alone = this.sent.filter(({ id }) => id === sent.id).length === 1;
    if (alone && !['busy', 'nothing'].includes(answer))
      this.expect(!this.books.holds(sent.id), `${sent.id} is refused with ${answer}, and its claims are counted still`);
  }

  private expect(fine: boolean, what: string): void {
    if (!fine) throw new Violation(what);
  }
}
