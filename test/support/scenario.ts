import { Refusal, type RefusalCode } from '#kernel';

/** The pure rules of one stream: `decide` gives events (alone, or in a decision with what else follows). */
export interface Rules<S, E, C, D extends readonly E[] | { readonly events: readonly E[] }> {
  readonly initial: S;
  evolve(state: S, event: E): S;
  decide(state: S, command: C): D;
}

/** `scenario(rules).given(…events).when(command).then(…events)`: compares exactly, the same events in the same order and no field more. */
export const scenario = <S, E, C, D extends readonly E[] | { readonly events: readonly E[] }>(rules: Rules<S, E, C, D>) => ({
  given: (...past: E[]) => {
    const state = past.reduce((before, event) => rules.evolve(before, event), rules.initial);
    return {
      /** What the state is, field by field of `expected`. */
      shows: (expected: Partial<S>) => expect(state).toMatchObject(expected),
      when: (command: C) => ({
        then: (...expected: E[]) => expect(eventsOf<E>(rules.decide(state, command))).toEqual(expected),
        /** The whole decision. */
        thenDecides: (expected: D) => expect(rules.decide(state, command)).toEqual(expected),
        thenRefused: (code: RefusalCode, facts?: object) => {
          const refusal = refusalOf(() => rules.decide(state, command));
          expect(refusal.code).toBe(code);
          if (facts) expect(refusal.facts).toMatchObject(facts);
        },
      }),
    };
  },
});

const eventsOf = <E>(decision: readonly E[] | { readonly events: readonly E[] }): readonly E[] =>
  'events' in decision ? decision.events : decision;

/** The refusal that `work` throws; fails where it throws none. */
export function refusalOf(work: () => unknown): Refusal {
  try {
    work();
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}
