import { CHAIN_START, chainOf, type ChainHead } from './chain.js';
import { endOf, headOf, isSignedBy, linkOf, rangeOf, type ChainRange } from './chain-records.js';
import type { EventStore, StoredEvent } from './event-store.port.js';
import { chainStream, HEADS_STREAM, isOwnStream } from './own-streams.js';

/** Events that are read at a time. */
const BATCH = 1000;

/** `heads`: where each workspace's chain ends in the log; `unchained`: how many events at its end are in no chain yet. */
export type ChainAudit =
  | { readonly ok: true; readonly heads: ReadonlyMap<string, ChainHead>; readonly unchained: number; readonly signed: number }
  /** The first event that is not as it was chained, or is missing. */
  | { readonly ok: false; readonly workspace: string; readonly number: number }
  /** Number of the first head, from 1, that is not signed by this installation, does not follow the one before, or is not where a chain was. */
  | { readonly ok: false; readonly signedHead: number };

/**
 * HIST-3 where the chain is made behind the log: recomputes every chain from its first event on, compares it with the ranges that were
 * written, and these with the signed heads.
 */
export async function auditChains(store: Pick<EventStore, 'readAll' | 'read'>, key: Buffer): Promise<ChainAudit> {
  const chains = new Map<string, AuditedChain>();
  for (let after = 0; ;) {
    const batch = await store.readAll(after, BATCH);
    const last = batch.at(-1);
    if (!last) break;
    for (const event of batch) {
      if (isOwnStream(event.stream)) continue;
      const chain = chains.get(event.workspace) ?? new AuditedChain(await rangesOf(store, event.workspace));
      chains.set(event.workspace, chain);
      const number = chain.take(event);
      if (number !== null) return { ok: false, workspace: event.workspace, number };
    }
    after = last.position;
  }
  for (const [workspace, chain] of chains) {
    if (chain.missing > 0) return { ok: false, workspace, number: chain.head.number + 1 };
  }
  return auditHeads(store, key, chains);
}

const rangesOf = async (store: Pick<EventStore, 'read'>, workspace: string): Promise<ChainRange[]> =>
  (await store.read(chainStream(workspace))).map(rangeOf);

async function auditHeads(
  store: Pick<EventStore, 'read'>,
  key: Buffer,
  chains: ReadonlyMap<string, AuditedChain>,
): Promise<ChainAudit> {
  const signed = (await store.read(HEADS_STREAM)).map(headOf);
  for (const [index, head] of signed.entries()) {
    const follows = head.previous === (signed[index - 1]?.signature ?? '');
    const stands = Object.entries(head.heads).every(([workspace, end]) => chains.get(workspace)?.endedIn(end) ?? false);
    if (!isSignedBy(key, head) || !follows || !stands) return { ok: false, signedHead: index + 1 };
  }
  const heads = new Map([...chains].map(([workspace, { head }]) => [workspace, head]));
  const unchained = [...chains.values()].reduce((sum, chain) => sum + chain.unchained, 0);
  return { ok: true, heads, unchained, signed: signed.length };
}

/** One workspace's chain, recomputed beside the ranges that were written of it. */
class AuditedChain {
  head: ChainHead = CHAIN_START;
  private range = 0;
  private readonly ends: ReadonlySet<string>;

  constructor(private readonly ranges: readonly ChainRange[]) {
    this.ends = new Set(ranges.map((range) => textOf(endOf(range))));
  }

  /** Events after the last range. */
  get unchained(): number {
    return Math.max(0, this.head.number - this.chained);
  }

  /** Events that were chained, and are not in the log any more. */
  get missing(): number {
    return Math.max(0, this.chained - this.head.number);
  }

  /** The number of the event where it is not as it was chained; else null. */
  take(event: StoredEvent): number | null {
    const number = this.head.number + 1;
    const { leaf } = linkOf(event, this.head.number);
    const chain = chainOf(this.head.chain, leaf);
    this.head = { number, chain };
    const range = this.ranges[this.range];
    if (!range) return null;
    const end = endOf(range);
    const isSame = range.leaves[number - range.from] === leaf && (number < end.number || end.chain === chain);
    if (number === end.number) this.range += 1;
    return isSame ? null : number;
  }

  /** Whether a range ends in this head. */
  endedIn(head: ChainHead): boolean {
    return this.ends.has(textOf(head));
  }

  private get chained(): number {
    const last = this.ranges.at(-1);
    return last ? endOf(last).number : 0;
  }
}

const textOf = ({ number, chain }: ChainHead): string => `${number} ${chain}`;
