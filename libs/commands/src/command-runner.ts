import { Conflict, MissingKey } from '#event-store';
import type { Appended, DomainAppend, DomainEvent, EventLog, Revision } from '#event-store';
import { jitter, KeyedQueue, refuse, Refusal } from '#kernel';
import { ClaimDesk, Reread } from './claim-desk.js';
import { wantsPlaces, type Need } from './claims.js';
import { metadataOf, NO_CLAIMS } from './command-metadata.js';
import type { AnswerBook, Decision, Execution, Outcome } from './execution.js';
import { evolved, type Folded } from './fold.js';
import type { Holder } from './holder.js';
import type { Resources } from './resources.js';
import type { StreamLoader } from './stream-loader.js';

const TRIES = 10;

interface Commitment {
  /** What goes beside the command is written. */
  readonly prepared?: boolean;
  /** Nothing of the command was tried before. */
  readonly first?: boolean;
  /** Lets the next one that wants the same places be planned behind this one, once this one is sent. */
  readonly release?: () => void;
}

interface Committed<S> {
  readonly appended: Appended;
  readonly after: Folded<S>;
}

/** The skeleton that all commands share: queue, read, fold, replay, decide, claim, append, settle, answer. */
export class CommandRunner {
  readonly desk: ClaimDesk;

  constructor(
    private readonly log: EventLog,
    readonly loader: StreamLoader,
    readonly resources: Resources,
    private readonly answers: AnswerBook,
    private readonly queue = new KeyedQueue(),
    private readonly pause: (attempt: number) => Promise<void> = jitter,
  ) {
    this.desk = new ClaimDesk(log, resources);
  }

  /** Executes a command; rejects with its refusal, with `busy` where a race did not end, or with what the store throws. */
  async run<S extends object, E extends DomainEvent>(execution: Execution<S, E>): Promise<Outcome<S, E>> {
    return this.queue.run([execution.stream], async () => {
      const remembered = await this.fromMemory(execution);
      if (remembered) return remembered;
      const wanted: Need[] = [];
      for (let attempt = 1; attempt <= TRIES; attempt++) {
        try {
          const outcome = await this.once(execution, wanted, attempt === 1);
          // what a lost race has claimed is of no use where another one has done the same
          if (wanted.length > 0 && (outcome.kind === 'nothing' || outcome.kind === 'already'))
            await this.backAll(execution, wanted);
          return outcome;
        } catch (error) {
          const raced = error instanceof Conflict || error instanceof Reread;
          if (!raced && !(error instanceof Refusal && (await this.takeBack(execution, wanted)))) throw error;
          await this.pause(attempt);
        }
      }
      throw refuse('busy');
    });
  }

  /** The outcome of a keyed command that was done before; null for a new one. Another body under the same key is refused. */
  async replay<S extends object, E extends DomainEvent>(
    execution: Pick<Execution<S, E>, 'stream' | 'subject' | 'fold' | 'context'>,
  ): Promise<Outcome<S, E> | null> {
    const { context, stream } = execution;
    if (context.fingerprint === undefined) return null;
    const folded = await this.loader.load(stream, execution.subject, execution.fold);
    const done = await this.loader.done(stream, folded, context.commandId);
    if (done) {
      if (done.fingerprint !== context.fingerprint) throw refuse('idempotency-key-reused');
      return this.past(execution, done.revision, 'already');
    }
    const kept = await this.answers.get(context.commandId);
    if (!kept) return null;
    if (kept.fingerprint !== context.fingerprint) throw refuse('idempotency-key-reused');
    return this.past(execution, Number(kept.answer), 'nothing');
  }

  /**
   * The outcome of a plain append that follows from what is remembered of the stream, which the append itself confirms. Null for all else, and where
   * the stream has moved: a refusal, and that there is nothing to do, are only ever said of the stream as it is now.
   */
  private async fromMemory<S extends object, E extends DomainEvent>(execution: Execution<S, E>): Promise<Outcome<S, E> | null> {
    const { context, stream, optimistic = false } = execution;
    const folded = optimistic ? this.loader.remembered(stream, execution.fold) : null;
    if (!folded || context.dryRun || context.fingerprint !== undefined || folded.holder.commands.has(context.commandId))
      return null;
    if (context.ifMatch !== undefined && context.ifMatch !== execution.version(folded.state)) return null;
    try {
      const decision = await execution.decide(folded.state, this.log.store.now(), folded.holder);
      const { events, needs = [], gives = [] } = decision;
      if (events.length === 0 || needs.length > 0 || gives.length > 0) return null;
      return await this.done(execution, folded, decision, await this.commit(execution, folded, decision));
    } catch (error) {
      if (error instanceof Conflict || error instanceof Reread || error instanceof Refusal) return null;
      throw error;
    }
  }

  private async once<S extends object, E extends DomainEvent>(
    execution: Execution<S, E>,
    wanted: Need[],
    first: boolean,
  ): Promise<Outcome<S, E>> {
    const { context, stream } = execution;
    const folded =
      first && execution.begins && context.once
        ? this.loader.begin(stream, execution.fold)
        : await this.loader.load(stream, execution.subject, execution.fold);
    const before = await this.replayed(execution, folded);
    if (before && context.dryRun) return { ...before, kind: 'dry-run', before: before.state };
    if (before) {
      await this.desk.settle(stream, context);
      await execution.settle?.(folded, null);
      return before;
    }
    await context.recheck?.(folded.revision);
    if (context.ifMatch !== undefined && context.ifMatch !== execution.version(folded.state)) throw refuse('revision-mismatch');
    const decision = await execution.decide(folded.state, this.log.store.now(), folded.holder);
    if (context.dryRun) return this.rehearse(execution, folded, decision);
    if (decision.events.length === 0) return this.nothing(execution, folded);
    for (const need of decision.needs ?? []) if (!wanted.some(({ resource }) => resource === need.resource)) wanted.push(need);
    const keys = [...(decision.needs ?? []), ...(decision.gives ?? [])].map(({ resource }) => resource);
    const prepared = await this.prepareEarly(execution, folded.holder, decision.needs ?? []);
    const committed = await this.queue.run(keys, async (release) => {
      const followed = this.log.store.atomic && wantsPlaces(decision.needs);
      if (!followed) await this.desk.underWay.settled(keys);
      return this.commit(execution, folded, decision, { prepared, first, ...(followed ? { release } : {}) });
    });
    // Outside the queue: whoever waits for a place waits for events only.
    return this.done(execution, folded, decision, committed);
  }

  private async done<S extends object, E extends DomainEvent>(
    execution: Execution<S, E>,
    folded: Folded<S>,
    decision: Decision<E>,
    { appended, after }: Committed<S>,
  ): Promise<Outcome<S, E>> {
    await execution.settle?.(after, folded.revision);
    return {
      kind: 'done',
      before: folded.state,
      state: after.state,
      revision: after.revision,
      position: appended.position,
      events: decision.events,
      decision,
    };
  }

  /** Others wait for the places that a command takes: what is written beside them is written before, unless there is no room anyway. */
  private async prepareEarly(
    execution: Pick<Execution<object, DomainEvent>, 'prepare' | 'context'>,
    holder: Holder,
    needs: readonly Need[],
  ): Promise<boolean> {
    const { context } = execution;
    for (const need of needs) if (need.kind !== 'place' || !(await this.desk.roomAhead(holder, context, need))) return false;
    await context.recheck?.();
    await execution.prepare?.();
    return true;
  }

  private async replayed<S extends object, E extends DomainEvent>(
    execution: Execution<S, E>,
    folded: Folded<S>,
  ): Promise<Outcome<S, E> | null> {
    if (execution.context.fingerprint !== undefined) return this.replay(execution);
    const own = folded.holder.commands.get(execution.context.commandId);
    return own ? this.past(execution, own.revision, 'already') : null;
  }

  private async commit<S extends object, E extends DomainEvent>(
    execution: Execution<S, E>,
    folded: Folded<S>,
    decision: Decision<E>,
    { prepared = false, first = false, release }: Commitment = {},
  ): Promise<Committed<S>> {
    const { context, stream } = execution;
    const claims = await this.desk.plan(folded.holder, stream, context, decision.needs ?? [], decision.gives ?? [], first);
    await context.recheck?.(folded.revision);
    if (!prepared && execution.prepare) {
      await execution.prepare();
      await context.recheck?.(folded.revision); // it may have waited for long, as for the hash of a password
    }
    const deciding: DomainAppend = {
      stream,
      expected: folded.revision,
      workspace: context.workspace,
      events: decision.events,
      metadata: metadataOf(execution, claims, this.log.store.now()),
      deciding: true,
    };
    const appended = await this.append(execution, folded, [...claims.before, deciding, ...claims.after], (written) => {
      if (!release) return;
      this.desk.underWay.send([...claims.before, ...claims.after], written);
      release();
    });
    this.desk.remember(claims, appended);
    const after = this.loader.advance(execution.fold, folded, deciding, appended);
    if (!appended.complete) await this.desk.settle(stream, context);
    return { appended, after };
  }

  private async append<S extends object, E extends DomainEvent>(
    { stream, subject, fold }: Execution<S, E>,
    { revision }: Folded<S>,
    appends: readonly DomainAppend[],
    sent: (written: Promise<Appended>) => void,
  ): Promise<Appended> {
    try {
      return await this.log.append(appends, sent);
    } catch (error) {
      if (error instanceof Conflict) this.resources.doubt(error.stream);
      // Whose key is gone was deleted since the stream was read: the stream says so, and what to answer.
      const moved = error instanceof MissingKey && (await this.loader.load(stream, subject, fold)).revision !== revision;
      throw moved ? new Reread('the subject was erased') : error;
    }
  }

  /** What would be: the events, and the state after them. Nothing is written. */
  private async rehearse<S extends object, E extends DomainEvent>(
    execution: Execution<S, E>,
    folded: Folded<S>,
    decision: Decision<E>,
  ): Promise<Outcome<S, E>> {
    for (const need of decision.needs ?? []) {
      if (need.kind === 'listed') continue;
      const ask = execution.foreseen ? 'roomAhead' : 'room';
      if (!(await this.desk[ask](folded.holder, execution.context, need))) throw refuse(need.refusal);
    }
    const { events } = decision;
    const { stream, context } = execution;
    const metadata = metadataOf(execution, NO_CLAIMS, this.log.store.now());
    const append = { stream, expected: folded.revision, workspace: context.workspace, events, metadata };
    const after = evolved(execution.fold, folded, append, { position: 0, at: this.log.store.now(), complete: true });
    return { kind: 'dry-run', before: folded.state, state: after.state, revision: after.revision, position: 0, events, decision };
  }

  private async nothing<S extends object, E extends DomainEvent>(
    execution: Execution<S, E>,
    folded: Folded<S>,
  ): Promise<Outcome<S, E>> {
    const { context } = execution;
    await execution.settle?.(folded, null);
    if (context.fingerprint !== undefined) {
      const { commandId, fingerprint } = context;
      await this.answers.insert({ commandId, fingerprint, answer: String(folded.revision), at: this.log.store.now() });
    }
    return this.past(execution, folded.revision, 'nothing');
  }

  private async past<S extends object, E extends DomainEvent>(
    { stream, fold }: Pick<Execution<S, E>, 'stream' | 'fold'>,
    revision: Revision,
    kind: 'already' | 'nothing',
  ): Promise<Outcome<S, E>> {
    const { state } = await this.loader.loadAt(stream, revision, fold);
    const last = await this.loader.eventAt(stream, revision);
    return { kind, before: null, state, revision, position: last?.position ?? 0, events: [], decision: null };
  }

  /** Undoes what a refused command has begun. True where it turns out to be done: the same command, sent again, was faster. */
  private async takeBack<S extends object, E extends DomainEvent>(
    execution: Execution<S, E>,
    wanted: readonly Need[],
  ): Promise<boolean> {
    const { stream, context } = execution;
    if (wanted.length > 0 && !context.dryRun) await this.backAll(execution, wanted);
    await execution.discard?.();
    if (wanted.length === 0 || context.dryRun) return false;
    const folded = await this.loader.load(stream, execution.subject, execution.fold);
    return (await this.loader.done(stream, folded, context.commandId)) !== null;
  }

  /** What cannot be given back in a race that does not end is left to the sweep. */
  private async backAll<S extends object, E extends DomainEvent>(
    { stream, subject, fold, context }: Execution<S, E>,
    wanted: readonly Need[],
  ): Promise<void> {
    for (let attempt = 1; attempt <= TRIES; attempt++) {
      try {
        const { holder } = await this.loader.load(stream, subject, fold);
        return await this.desk.back(holder, stream, context, wanted);
      } catch (error) {
        if (!(error instanceof Conflict)) throw error;
        await this.pause(attempt);
      }
    }
  }
}
