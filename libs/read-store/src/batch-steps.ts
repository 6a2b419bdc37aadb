import type { BatchStore, PutBatch, Standing, Write } from './batch-store.port.js';
import { StaleBatch, type Batch } from './read-store.port.js';

/** COR-18: what a writer knew of the build when it made its batch. */
export interface Seen {
  readonly tables: string;
  readonly number: number;
}

/** Bytes of writes that go onto the checkpoint document, or into one piece: a document holds 16 MB. */
const PIECE_BYTES = 8_000_000;

/**
 * The checkpoint without a batch on it: one that was left is finished first, whoever left it. Null where the build is gone.
 */
export async function settled(store: BatchStore): Promise<Standing | null> {
  for (;;) {
    const standing = await store.read();
    if (!standing?.batch) return standing;
    await finish(store, standing.tables, standing.batch);
  }
}

/**
 * One batch, in the order that is safe wherever it is cut off: onto the checkpoint as final values, by compare-and-set on the batch number; then
 * into the documents, each only over an older number; then the checkpoint moves. Gives the batch's number. `StaleBatch` where the build is not
 * as it was `seen`, or another one was first.
 */
export async function applyBatch(
  store: BatchStore,
  batch: Pick<Batch, 'from' | 'checkpoint'>,
  seen: Seen,
  writesOf: (at: Standing) => Promise<readonly Write[]>,
  name: () => string,
): Promise<number> {
  const at = await settled(store);
  const { from } = batch;
  const asSeen = at?.tables === seen.tables && at.number === seen.number;
  if (!asSeen || at.position !== from.position || at.eventId !== from.eventId)
    throw new StaleBatch(`at ${at?.position ?? 'no'} position, the batch was made at ${from.position}`);
  const put = await laid(store, at.number + 1, batch, await writesOf(at), name);
  if (!(await store.put(at, put))) {
    await store.dropPieces(put.pieces);
    throw new StaleBatch(`another batch was first at ${at.position}`);
  }
  await finish(store, at.tables, put);
  return put.number;
}

/** The batch as it is put; what is too large for the document lies in pieces already. */
async function laid(
  store: BatchStore,
  number: number,
  { checkpoint }: Pick<Batch, 'checkpoint'>,
  writes: readonly Write[],
  name: () => string,
): Promise<PutBatch> {
  const bodies = bodiesOf(writes);
  if (bodies.length <= 1) return { number, to: checkpoint, body: bodies[0] ?? '[]', pieces: [] };
  const pieces: string[] = [];
  for (const body of bodies) {
    const piece = name();
    await store.putPiece(piece, body);
    pieces.push(piece);
  }
  return { number, to: checkpoint, body: null, pieces };
}

/** Writes what a batch says, then moves the checkpoint. Harmless however often, by however many, and however late. */
export async function finish(store: BatchStore, tables: string, batch: PutBatch): Promise<void> {
  if (batch.body !== null) await store.write(tables, batch.number, writesIn(batch.body));
  for (const name of batch.pieces) {
    const body = await store.piece(name);
    // Pieces go after the checkpoint has moved: somebody else has done it all.
    if (body === null) return;
    await store.write(tables, batch.number, writesIn(body));
  }
  if (await store.move(tables, batch)) return store.dropPieces(batch.pieces);
  // Tables of a build that was reset meanwhile have come back with the writes.
  if ((await store.read())?.tables !== tables) await store.discard(tables);
}

const writesIn = (body: string): Write[] => JSON.parse(body) as Write[];

function bodiesOf(writes: readonly Write[]): string[] {
  const bodies: string[] = [];
  let texts: string[] = [];
  let bytes = 0;
  const close = (): void => {
    if (texts.length > 0) bodies.push(`[${texts.join(',')}]`);
    texts = [];
    bytes = 0;
  };
  for (const write of writes) {
    const text = JSON.stringify(write);
    const more = Buffer.byteLength(text) + 1;
    if (bytes + more > PIECE_BYTES) close();
    texts.push(text);
    bytes += more;
  }
  close();
  return bodies;
}
