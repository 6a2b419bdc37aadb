import { orderOf, type Chooser } from './choices.js';

/** What can happen next: somebody goes on to the next call of a store, at once or when all have slept for long, or dies where they stand. */
type Move = { readonly kind: 'go' | 'wake' | 'kill'; readonly puppet: Puppet };

export interface Script {
  readonly name: string;
  /** Begins once that process has ended or died. */
  readonly after?: string;
  run(): Promise<void>;
}

export interface ScheduleOptions {
  readonly chooser: Chooser;
  /** How often at most somebody is held up, killed or put to sleep before their time. */
  readonly disturbances: number;
  /** Lets more time pass than a claim is young. */
  sleep(): void;
  /** After every step; throws what is wrong. */
  check(): Promise<void>;
}

/** Turns of the event loop after which a process that neither stands at a call nor has ended is taken for one that hangs. */
const PATIENCE = 200;
const MOST_KILLS = 2;
const MOST_SLEEPS = 2;

/** A process that runs only from one call of a store to the next, and only when it is told to. */
class Puppet {
  state: 'fresh' | 'standing' | 'running' | 'ended' | 'dead' = 'fresh';
  private at = 'start';
  private release: (() => void) | null = null;

  constructor(readonly script: Script) {}

  get able(): boolean {
    return this.state === 'fresh' || this.state === 'standing';
  }

  /** Called by whatever the process does: goes on when the scheduler says so, or never. */
  stand(label: string): Promise<void> {
    return new Promise((release) => {
      this.at = label;
      this.release = release;
      this.state = 'standing';
    });
  }

  /** What it does next. */
  get next(): string {
    return `${this.script.name}: ${this.at}`;
  }

  /** Runs to the next call, or to the end. */
  async go(): Promise<void> {
    const fresh = this.state === 'fresh';
    this.state = 'running';
    if (fresh) void this.script.run().then(() => (this.state = 'ended'));
    else this.release?.();
    for (let turn = 0; this.running && turn < PATIENCE; turn++) await new Promise((resolve) => setImmediate(resolve));
    if (this.running) throw new Error(`${this.script.name} hangs after ${this.at}`);
  }

  kill(): void {
    this.state = 'dead';
    this.release = null;
  }

  private get running(): boolean {
    return this.state === 'running';
  }
}

/** Runs several processes over one store, one step at a time, in an order that `chooser` chooses. */
export class Scheduler {
  /** The steps so far, to be printed. */
  readonly trail: string[] = [];
  private puppets: Puppet[] = [];
  private acting: Puppet | null = null;

  /** Stands in front of every call of the store and the vault. Outside of `run` everything goes on at once. */
  readonly point = (label: string): Promise<void> => this.acting?.stand(label) ?? Promise.resolve();

  /** Runs until everybody has ended or died. Gives how many choices there were. */
  async run(scripts: readonly Script[], { chooser, disturbances, sleep, check }: ScheduleOptions): Promise<number> {
    this.puppets = scripts.map((script) => new Puppet(script));
    let last: Puppet | null = null;
    let [left, kills, sleeps, choices] = [disturbances, MOST_KILLS, MOST_SLEEPS, 0];
    for (;;) {
      const able = this.puppets.filter((puppet) => puppet.able && this.mayBegin(puppet));
      if (able.length === 0) return choices;
      const busy: boolean = last !== null && able.includes(last);
      const moves = this.moves(able, busy ? last : null, left > 0, { kill: kills > 0, sleep: sleeps > 0 });
      const chosen = chooser.choose(moves.length, busy);
      choices++;
      if (chosen > 0 && busy) left--;
      const { kind, puppet } = moves[chosen] as Move;
      if (kind === 'kill') {
        kills--;
        puppet.kill();
        this.trail.push(`${puppet.script.name} dies`);
        continue;
      }
      if (kind === 'wake') {
        sleeps--;
        sleep();
        this.trail.push('a minute passes');
      }
      last = puppet;
      await this.step(puppet);
      await check();
    }
  }

  /** What the order of this run was. */
  order(): string {
    return orderOf(this.trail);
  }

  private mayBegin({ state, script }: Puppet): boolean {
    if (state !== 'fresh' || script.after === undefined) return true;
    const before = this.puppets.find((puppet) => puppet.script.name === script.after);
    return before?.state === 'ended' || before?.state === 'dead';
  }

  private async step(puppet: Puppet): Promise<void> {
    this.trail.push(puppet.next);
    this.acting = puppet;
    await puppet.go();
    this.acting = null;
  }

  /** The first move disturbs nobody: whoever is at work goes on. */
  private moves(able: readonly Puppet[], busy: Puppet | null, disturb: boolean, may: { kill: boolean; sleep: boolean }): Move[] {
    const all = (kind: Move['kind'], puppets: readonly Puppet[]): Move[] => puppets.map((puppet) => ({ kind, puppet }));
    if (!busy) {
      const died = this.puppets.some(({ state }) => state === 'dead');
      return [...all('go', able), ...all('wake', died && may.sleep ? able : [])];
    }
    if (!disturb) return all('go', [busy]);
    const others = able.filter((puppet) => puppet !== busy);
    return [...all('go', [busy, ...others]), ...all('wake', may.sleep ? others : []), ...all('kill', may.kill ? [busy] : [])];
  }
}
