/** Chooses one of several moves; 0 disturbs nobody. `busy`: somebody is at work, so that any other move is a disturbance. */
export interface Chooser {
  choose(moves: number, busy: boolean): number;
}

/** One order to try. */
export interface Trial {
  readonly chooser: Chooser;
  readonly disturbances: number;
  /** Whether reads are steps of their own, or go with the write before them. */
  readonly reads: boolean;
  /** By what this very order is found again. */
  readonly name: string;
}

interface Choice {
  readonly chosen: number;
  readonly moves: number;
}

/** Follows a given beginning, then disturbs nobody. */
class Beginning implements Chooser {
  readonly choices: Choice[] = [];

  constructor(private readonly beginning: readonly number[]) {}

  choose(moves: number): number {
    const chosen = this.beginning[this.choices.length] ?? 0;
    this.choices.push({ chosen, moves });
    return chosen;
  }

  /** The beginning of the next order, depth first; null after the last one. */
  next(): number[] | null {
    const at = this.choices.findLastIndex(({ chosen, moves }) => chosen + 1 < moves);
    if (at === -1) return null;
    return [...this.choices.slice(0, at).map(({ chosen }) => chosen), (this.choices[at] as Choice).chosen + 1];
  }
}

/** Numbers in [0, 1) that are the same for the same seed (mulberry32). */
export function numbersOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Disturbs with a chance that differs from order to order, so that long stretches and rapid changes both come. */
class Dice implements Chooser {
  private readonly number: () => number;
  private readonly chance: number;

  constructor(seed: number) {
    this.number = numbersOf(seed);
    this.chance = [0.05, 0.1, 0.2, 0.45][Math.floor(this.number() * 4)] as number;
  }

  choose(moves: number, busy: boolean): number {
    if (!busy) return Math.floor(this.number() * moves);
    if (moves === 1 || this.number() >= this.chance) return 0;
    return 1 + Math.floor(this.number() * (moves - 1));
  }
}

/** Disturbs one to three times, at steps that are as likely early as late. */
class Few implements Chooser {
  private readonly number: () => number;
  private readonly steps: Set<number>;
  private step = 0;

  constructor(seed: number, length: number) {
    this.number = numbersOf(seed);
    const times = 1 + Math.floor(this.number() * 3);
    this.steps = new Set(Array.from({ length: times }, () => Math.floor(this.number() * length)));
  }

  choose(moves: number, busy: boolean): number {
    const due = this.steps.has(this.step++);
    if (!busy) return Math.floor(this.number() * moves);
    return due && moves > 1 ? 1 + Math.floor(this.number() * (moves - 1)) : 0;
  }
}

const DISTURBANCES_AT_RANDOM = 8;

/** `orders` trials: a third with one disturbance, in turn, a sixth with two, the rest at random from `seed`. */
export function* trials(orders: number, seed: number): Generator<Trial> {
  let [tried, longest] = [0, 1];
  for (const { disturbances, until } of [
    { disturbances: 1, until: orders / 3 },
    { disturbances: 2, until: orders / 2 },
  ]) {
    for (let beginning: number[] | null = []; beginning !== null && tried < until; tried++) {
      const chooser: Beginning = new Beginning(beginning);
      yield { chooser, disturbances, reads: disturbances === 1, name: `choices ${beginning.join(' ')}` };
      longest = Math.max(longest, chooser.choices.length);
      beginning = chooser.next();
    }
  }
  for (; tried < orders; tried++) {
    const its = seed + tried;
    const chooser = its % 3 === 0 ? new Dice(its) : new Few(its, longest);
    yield { chooser, disturbances: DISTURBANCES_AT_RANDOM, reads: its % 2 === 0, name: `seed ${its}` };
  }
}

/** Steps in one line each, numbered. */
export const orderOf = (steps: readonly string[]): string =>
  steps.map((step, at) => `${String(at + 1).padStart(3)} ${step}`).join('\n');
