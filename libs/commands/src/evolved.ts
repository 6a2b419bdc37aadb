import type { Appended, DomainAppend, DomainEvent, Recorded } from '#event-store';
import { foldHolder } from './holder.js';
import type { Folded, StreamFold } from './stream-loader.js';

/** The fold after an append, from the bytes that were written, without reading them back. */
export function evolved<S extends object, E extends DomainEvent>(
  fold: StreamFold<S, E>,
  folded: Folded<S>,
  append: DomainAppend,
  { position, at }: Appended,
): Folded<S> {
  let state = folded.state;
  let revision = folded.revision;
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
    foldHolder(folded.holder, recorded);
    state = fold.evolve(state, recorded);
  }
  return { state, holder: folded.holder, revision };
}
