import { setTimeout as pause } from 'node:timers/promises';
import type { ChainHead } from './chain.js';
import {
  headAppend,
  headOf,
  linkOf,
  rangeAfter,
  rangeAppend,
  rangeOf,
  signHead,
  writtenBy,
  type Link,
  type SignedHead,
  type Written,
} from './chain-records.js';
import {
  Conflict,
  type EndOfStream,
  type EventStore,
  type Position,
  type Revision,
  type StoredEvent,
} from './event-store.port.js';
import { chainStream, HEADS_STREAM, isOwnStream } from './own-streams.js';

/** Leaves of one workspace that are written as one range at most. */
const RANGE = 500;

/** COR-25: two writers have read different logs, or one of them was changed. Whoever meets it stops, and nobody goes on without a human. */
export class ChainDiverged extends Error {
  override readonly name = 'ChainDiverged';
  constructor(
    readonly workspace: string,
    /** Of the first event that differs. */
    readonly number: number,
  ) {
    super(`the chain of workspace ${workspace} differs at event ${number}`);
  }
}

export interface ChainWriterOptions {
  readonly store: Pick<EventStore, 'append' | 'read' | 'follow'> & EndOfStream;
  /** Of the installation, from the vault: 32 bytes. */
  readonly key: Buffer;
  /** Each head after it was appended: kept outside of the log. A head that cannot be kept is a failure, and is not tried again. */
  readonly onHead?: (head: SignedHead) => Promise<void>;
  readonly onError?: (error: unknown) => void;
  /** Milliseconds between two writes of what was read, between two signed heads, and after a failure. Default: 1000, 10,000 and 1000. */
  readonly writeMs?: number;
  readonly signMs?: number;
  readonly againMs?: number;
}

/**
 * Numbers and chains the events of each workspace in the order of the log, for a store that does not do it in the append: ranges of leaves
 * go into the workspace's stream of its chain, signed heads into one for all, each at its exact revision. What is there it goes on from, so
 * it can be killed at any time. Several may run at a time: whoever is second takes over what the first has written, if it is the same.
 * Runs until `signal` aborts. Rejects with `ChainDiverged`, and with nothing else.
 */
export async function writeChains(options: ChainWriterOptions, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      await new ChainWriter(options).run(signal);
    } catch (error) {
      if (error instanceof ChainDiverged) throw error;
      if (signal.aborted) return;
      options.onError?.(error);
      await pause(options.againMs ?? 1000, undefined, { signal }).catch(() => undefined);
    }
  }
}

/** Brings all chains up to the log as it is now, and signs where they end. */
export async function writeChainsOnce(
  options: ChainWriterOptions & { readonly store: Pick<EventStore, 'readAll'> },
): Promise<void> {
  const writer = new ChainWriter(options);
  for (let position = await writer.begin(); ;) {
    const batch = await options.store.readAll(position, RANGE);
    const last = batch.at(-1);
    if (!last) break;
    await writer.take(batch);
    position = last.position;
  }
  await writer.write();
  await writer.sign();
}

class ChainWriter {
  private readonly chains = new Map<string, { written: Written; links: Link[] }>();
  /** Ends of chains that are in no signed head yet. */
  private readonly unsigned = new Map<string, ChainHead>();
  private seen: Position = 0;
  private done: Position = 0;
  private signed: { readonly head: SignedHead | null; readonly revision: Revision } = { head: null, revision: -1 };
  private turn: Promise<void> = Promise.resolve();

  constructor(private readonly options: ChainWriterOptions) {}

  /** Until `signal` aborts, or something fails. */
  async run(signal: AbortSignal): Promise<void> {
    const end = new AbortController();
    const both = AbortSignal.any([signal, end.signal]);
    const position = await this.begin();
    const failed = (error: unknown) => {
      end.abort();
      throw error;
    };
    await Promise.all([this.follow(position, both).catch(failed), this.writeNowAndThen(both).catch(failed)]);
  }

  /** Gives the position after which the log is read on. */
  async begin(): Promise<Position> {
    const last = await this.options.store.last(HEADS_STREAM);
    this.signed = last ? { head: headOf(last), revision: last.revision } : this.signed;
    this.seen = this.done = this.signed.head?.position ?? 0;
    return this.seen;
  }

  async take(events: readonly StoredEvent[]): Promise<void> {
    for (const event of events) {
      if (isOwnStream(event.stream)) continue;
      const chain = await this.chainOf(event.workspace);
      this.seen = event.position;
      if (event.position <= chain.written.position) continue;
      chain.links.push(linkOf(event, chain.written.head.number + chain.links.length));
      if (chain.links.length >= RANGE) await this.extend(event.workspace, chain);
    }
  }

  /** Puts all that was read into the chains' streams. */
  async write(): Promise<void> {
    const { seen } = this;
    for (const [workspace, chain] of this.chains) await this.extend(workspace, chain);
    this.done = seen;
  }

  async sign(): Promise<void> {
    const { head: before, revision } = this.signed;
    if (this.done <= (before?.position ?? 0)) return;
    const heads = Object.fromEntries(this.unsigned);
    const head = signHead(this.options.key, { heads, position: this.done, previous: before?.signature ?? '' });
    try {
      await this.options.store.append([headAppend(revision, head)]);
    } catch (error) {
      if (error instanceof Conflict) return this.takeOver();
      throw error;
    }
    this.signed = { head, revision: revision + 1 };
    this.unsigned.clear();
    await this.options.onHead?.(head);
  }

  private async follow(after: Position, signal: AbortSignal): Promise<void> {
    for await (const batch of this.options.store.follow(after, signal)) await this.oneByOne(() => this.take(batch));
  }

  private async writeNowAndThen(signal: AbortSignal): Promise<void> {
    const { writeMs = 1000, signMs = 10_000 } = this.options;
    for (let signedAt = performance.now(); !signal.aborted;) {
      await pause(writeMs, undefined, { signal }).catch(() => undefined);
      await this.oneByOne(() => this.write());
      if (!signal.aborted && performance.now() - signedAt < signMs) continue;
      await this.oneByOne(() => this.sign());
      signedAt = performance.now();
    }
  }

  private oneByOne(work: () => Promise<void>): Promise<void> {
    const mine = this.turn.then(work);
    this.turn = mine.catch(() => undefined);
    return mine;
  }

  private async chainOf(workspace: string): Promise<{ written: Written; links: Link[] }> {
    const known = this.chains.get(workspace);
    if (known) return known;
    const chain = { written: writtenBy(await this.options.store.last(chainStream(workspace))), links: [] };
    this.chains.set(workspace, chain);
    if (chain.written.revision >= 0) this.unsigned.set(workspace, chain.written.head);
    return chain;
  }

  private async extend(workspace: string, chain: { written: Written; links: Link[] }): Promise<void> {
    while (chain.links.length > 0) {
      const range = rangeAfter(chain.written.head, chain.links);
      try {
        await this.options.store.append([rangeAppend(workspace, chain.written.revision, range)]);
        const head = { number: chain.written.head.number + chain.links.length, chain: range.chain };
        chain.written = { head, position: range.position, revision: chain.written.revision + 1 };
        chain.links = [];
      } catch (error) {
        if (!(error instanceof Conflict)) throw error;
        await this.adopt(workspace, chain);
      }
      this.unsigned.set(workspace, chain.written.head);
    }
  }

  /** Another writer was first: what it wrote must be what we would have written. */
  private async adopt(workspace: string, chain: { written: Written; links: Link[] }): Promise<void> {
    const { head, revision } = chain.written;
    for (const event of await this.options.store.read(chainStream(workspace), revision)) {
      const { from, leaves } = rangeOf(event);
      for (const [index, leaf] of leaves.entries()) {
        const number = from + index;
        const own = chain.links[number - head.number - 1];
        if (own && own.leaf !== leaf) throw new ChainDiverged(workspace, number);
      }
      chain.written = writtenBy(event);
    }
    chain.links = chain.links.filter(({ position }) => position > chain.written.position);
  }

  /** Another writer has signed meanwhile: the next head follows its head, unless it has another end of a chain than we have. */
  private async takeOver(): Promise<void> {
    const last = await this.options.store.last(HEADS_STREAM);
    if (!last) return;
    const head = headOf(last);
    for (const [workspace, { number, chain }] of Object.entries(head.heads)) {
      const own = this.chains.get(workspace)?.written.head;
      if (own?.number === number && own.chain !== chain) throw new ChainDiverged(workspace, number);
    }
    this.signed = { head, revision: last.revision };
  }
}
