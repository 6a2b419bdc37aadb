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

const DISTURBANCES_AT_RANDOM = 8;

/** At most `orders` trials: all with one disturbance, half of what is left with two, the rest at random from `seed`. */
export function* trials(orders: number, seed: number): Generator<Trial> {
  let left = orders;
  for (const disturbances of [1, 2]) {
    let most = disturbances === 1 ? left : Math.floor(left / 2);
    for (let beginning: number[] | null = []; beginning !== null && most > 0; most--, left--) {
      const chooser: Beginning = new Beginning(beginning);
      yield { chooser, disturbances, reads: disturbances === 1, name: `choices ${beginning.join(' ')}` };
      beginning = chooser.next();
    }
  }
  for (let at = 0; at < left; at++)
    yield { chooser: new Dice(seed + at), disturbances: DISTURBANCES_AT_RANDOM, reads: at % 2 === 0, name: `seed ${seed + at}` };
}

/** Steps in one line each, numbered. */
export const orderOf = (steps: readonly string[]): string =>
  steps.map((step, at) => `${String(at + 1).padStart(3)} ${step}`).join('\n');
