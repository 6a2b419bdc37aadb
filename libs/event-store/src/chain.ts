import { createHash } from 'node:crypto';
import type { NumberedEvent, StoredEvent } from './event-store.port.js';

/** How far a workspace's chain has come: number and chain value (hex) of its last event. */
export interface ChainHead {
  readonly number: number;
  readonly chain: string;
}

/** Before a workspace's first event. */
export const CHAIN_START: ChainHead = { number: 0, chain: '00'.repeat(32) };

/** What a leaf covers. The position is not part of it: a restored or copied log may number its events anew. */
export type ChainedEvent = Pick<NumberedEvent, 'data' | 'id' | 'metadata' | 'number' | 'revision' | 'stream' | 'type'>;

const LEAF = Buffer.of(0x00);
const LINK = Buffer.of(0x01);

/** SHA-256(0x00 ‖ canonical JSON of the event), hex. `data` and `metadata` are canonical JSON already and are put in as they are. */
export function leafOf(event: ChainedEvent): string {
  const { data, id, metadata, number, revision, stream, type } = event;
  const text =
    `{"data":${data},"id":${JSON.stringify(id)},"metadata":${metadata},"number":${number},` +
    `"revision":${revision},"stream":${JSON.stringify(stream)},"type":${JSON.stringify(type)}}`;
  return createHash('sha256').update(LEAF).update(text).digest('hex');
}

/** SHA-256(0x01 ‖ chain before ‖ leaf), hex in and out. */
export function chainOf(before: string, leaf: string): string {
  return createHash('sha256').update(LINK).update(before, 'hex').update(leaf, 'hex').digest('hex');
}

/** `heads`: where each workspace's chain ends, to compare with a head that was signed: a log cut off at its end is whole in itself. */
export type ChainCheck =
  | { readonly ok: true; readonly heads: ReadonlyMap<string, ChainHead> }
  | { readonly ok: false; readonly workspace: string; readonly number: number };

/**
 * Recomputes the chains of `events`, given from the first on, each workspace's in its own order (workspaces may be mixed).
 * Not ok at the first event that was changed, inserted, or stands where another one was removed: `number` is the one expected there.
 */
export async function verifyChain(events: AsyncIterable<StoredEvent> | Iterable<StoredEvent>): Promise<ChainCheck> {
  const heads = new Map<string, ChainHead>();
  for await (const event of events) {
    const { workspace, leaf = '', chain = '' } = event;
    const before = heads.get(workspace) ?? CHAIN_START;
    const number = before.number + 1;
    // Bytes that are not JSON could move the border between two fields without a change of the leaf's text.
    const intact = event.number === number && isJson(event.data) && isJson(event.metadata);
    if (!intact || leafOf({ ...event, number }) !== leaf || chainOf(before.chain, leaf) !== chain)
      return { ok: false, workspace, number };
    heads.set(workspace, { number, chain });
  }
  return { ok: true, heads };
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
