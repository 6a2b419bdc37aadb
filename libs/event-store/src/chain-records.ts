import { createHmac, timingSafeEqual } from 'node:crypto';
import { v5 as uuid5 } from 'uuid';
import { canonicalJson, type Instant } from '#kernel';
import { CHAIN_START, chainOf, leafOf, type ChainHead } from './chain.js';
import type { EventBytes, Position, Revision, StoredEvent, StreamAppend } from './event-store.port.js';
import { chainStream, HEADS_STREAM } from './own-streams.js';

/** A piece of a workspace's chain, as its stream holds it. */
export interface ChainRange {
  /** Number of the event that the first leaf is of. */
  readonly from: number;
  readonly leaves: readonly string[];
  /** The chain after the last leaf. */
  readonly chain: string;
  /** Of the event that the last leaf is of. */
  readonly position: Position;
}

/** Where the chains of all workspaces end that have grown since the head before, with a signature that only this installation can make. */
export interface SignedHead {
  readonly heads: Readonly<Record<string, ChainHead>>;
  /** All events up to here are chained. */
  readonly position: Position;
  /** Signature of the head before; empty before the first. */
  readonly previous: string;
  /** HMAC-SHA256 of the canonical JSON of all the rest, hex. */
  readonly signature: string;
}

/** An event with its leaf, not yet in its chain's stream. */
export interface Link {
  readonly leaf: string;
  readonly position: Position;
}

/** The leaf of an event that comes after the event of number `before`. */
export const linkOf = (event: StoredEvent, before: number): Link => ({
  leaf: leafOf({ ...event, number: before + 1 }),
  position: event.position,
});

/** The range that `links` (at least one) add to a chain. */
export function rangeAfter({ number, chain }: ChainHead, links: readonly Link[]): ChainRange {
  return {
    from: number + 1,
    leaves: links.map(({ leaf }) => leaf),
    chain: links.reduce((before, { leaf }) => chainOf(before, leaf), chain),
    position: links.at(-1)?.position ?? 0,
  };
}

/** Where a chain ends with this range. */
export const endOf = ({ from, leaves, chain }: ChainRange): ChainHead => ({ number: from + leaves.length - 1, chain });

export function signHead(key: Buffer, head: Omit<SignedHead, 'signature'>): SignedHead {
  return { ...head, signature: signatureOf(key, head) };
}

export function isSignedBy(key: Buffer, { signature, ...head }: SignedHead): boolean {
  const [given, right] = [Buffer.from(signature, 'hex'), Buffer.from(signatureOf(key, head), 'hex')];
  return given.length === right.length && timingSafeEqual(given, right);
}

const signatureOf = (key: Buffer, { heads, position, previous }: Omit<SignedHead, 'signature'>): string =>
  createHmac('sha256', key).update(canonicalJson({ heads, position, previous })).digest('hex');

/** Heads are nobody's in particular. */
const EVERYBODY = 'platform';
const RECORDS = 'b4f3c1de-9a0a-5a55-9c0b-3b3c1c7d5e21';

export const rangeAppend = (workspace: string, expected: Revision, range: ChainRange): StreamAppend =>
  appendOf(chainStream(workspace), workspace, expected, 'ChainExtended', range);
export const headAppend = (expected: Revision, head: SignedHead): StreamAppend =>
  appendOf(HEADS_STREAM, EVERYBODY, expected, 'ChainHeadSigned', head);

function appendOf(
  stream: string,
  workspace: string,
  expected: Revision,
  type: string,
  value: ChainRange | SignedHead,
): StreamAppend {
  const data = canonicalJson(value);
  const id = uuid5(`${stream}/${expected + 1}/${data}`, RECORDS);
  const event: EventBytes = { id, type, data, metadata: canonicalJson({ workspace }) };
  return { stream, expected, workspace, events: [event] };
}

export const rangeOf = ({ data }: Pick<StoredEvent, 'data'>): ChainRange => JSON.parse(data) as ChainRange;
export const headOf = ({ data }: Pick<StoredEvent, 'data'>): SignedHead => JSON.parse(data) as SignedHead;

/** How far a workspace's chain is written. */
export interface Written {
  readonly head: ChainHead;
  /** Of the last event in it. */
  readonly position: Position;
  /** Of the last range in its stream. */
  readonly revision: Revision;
}

export const NOTHING_WRITTEN: Written = { head: CHAIN_START, position: 0, revision: -1 };

export function writtenBy(event: StoredEvent | null): Written {
  if (!event) return NOTHING_WRITTEN;
  const range = rangeOf(event);
  return { head: endOf(range), position: range.position, revision: event.revision };
}

/** A head that was kept outside of the log, as one line of text. */
export const headLine = (head: SignedHead, at: Instant): string => `${canonicalJson({ ...head, at })}\n`;
