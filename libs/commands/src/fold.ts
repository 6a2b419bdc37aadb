import type { Appended, DomainAppend, DomainEvent, Recorded, Revision } from '#event-store';
import { foldHolder, newHolder, type Holder, type HolderFold } from './holder.js';

/** How a stream is folded into the state that its decider reads. `S` is plain JSON. */
export interface StreamFold<S extends object, E extends DomainEvent> {
  readonly initial: S;
  evolve(state: S, recorded: Recorded<E>): S;
  /** Raise it when the state's shape changes: older snapshots are thrown away. */
  readonly version: number;
  /** The holder is deleted, and every claim with it. */
  gone(state: S): boolean;
  /** Characters of what only some states hold, and may be long: what is remembered is bounded by it. Asked at every change; default: none. */
  textLength?(state: S): number;
}

export interface Folded<S> {
  readonly state: S;
  readonly holder: Holder;
  readonly revision: Revision;
}

/** A fold that goes on: its holder is folded in place. */
export type Folding<S> = Folded<S> & { readonly holder: HolderFold };

/** A fold of its own, to go on with. */
export const copyOf = <S>({ state, holder, revision }: Folded<S>): Folding<S> => ({
  state,
  holder: {
    revision: holder.revision,
    kept: new Map(holder.kept),
    void: new Set(holder.void),
    commands: new Map(holder.commands),
  },
  revision,
});

/** The fold of a stream without events. */
export const emptyFold = <S extends object, E extends DomainEvent>(fold: StreamFold<S, E>): Folding<S> => ({
  state: fold.initial,
  holder: newHolder(),
  revision: -1,
});

/** Folds events in their order on `start`, whose holder is used up by that. */
export function foldAll<S extends object, E extends DomainEvent>(
  start: Folding<S>,
  events: readonly Recorded<E>[],
  fold: StreamFold<S, E>,
): Folded<S> {
  let state = start.state;
  for (const recorded of events) {
    foldHolder(start.holder, recorded);
    if (recorded.event.type !== 'ClaimVoided') state = fold.evolve(state, recorded);
  }
  return { state, holder: start.holder, revision: events.at(-1)?.revision ?? start.revision };
}

/** The fold after an append, from the bytes that were written, without reading them back. */
export function evolved<S extends object, E extends DomainEvent>(
  fold: StreamFold<S, E>,
  folded: Folded<S>,
  append: DomainAppend,
  { position, at }: Appended,
): Folded<S> {
  const { holder } = copyOf(folded);
  let { state, revision } = folded;
  for (const event of append.events as readonly E[]) {
    revision++;
    const recorded: Recorded<E> = {
      event,
      id: '',
      stream: append.stream,
      revision,
      position,
      created: at,
      workspace: append.workspace,
      number: 0,
      metadata: { ...append.metadata, schemaVersion: 1, origin: undefined },
      clear: {},
      sealed: null,
      erased: false,
    };
    foldHolder(holder, recorded);
    state = fold.evolve(state, recorded);
  }
  return { state, holder, revision };
}
