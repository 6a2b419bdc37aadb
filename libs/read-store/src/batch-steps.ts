import type { BatchStore, PutBatch, Standing, Write } from './batch-store.port.js';
import type { Checkpoint } from './read-store.port.js';

/** How batches are laid down. */
export interface Laying {
  /** Bytes of writes that go onto the checkpoint document, or into one piece beside it: a document holds 16 MB. */
  readonly pieceBytes: number;
  /** A name for a piece that no other one has. */
  readonly name: () => string;
}

/** The checkpoint without a batch on it: one that was left is finished first, whoever left it. Null where the build is gone. */
export async function settled(store: BatchStore): Promise<Standing | null> {
  for (;;) {
    const standing = await store.read();
    if (!standing?.batch) return standing;
    await finish(store, standing.tables, standing.batch);
  }
}

/**
 * One batch, in the order that is safe wherever it is cut off: onto the checkpoint as final values, by compare-and-set on the batch number; then
 * into the documents, each only over an older number; then the checkpoint moves. Without writes it moves at once. False where another batch was
 * first: nothing is written then.
 */
export async function applyBatch(
  store: BatchStore,
  at: Standing,
  { to, writes }: { readonly to: Checkpoint; readonly writes: readonly Write[] },
  laying: Laying,
): Promise<boolean> {
  if (writes.length === 0) return store.pass(at, { number: at.number + 1, to });
  const batch = await laid(store, { number: at.number + 1, to }, writes, laying);
  if (!(await store.put(at, batch))) {
    await store.dropPieces(batch.pieces);
    return false;
  }
  await finish(store, at.tables, batch, batch.body === null ? undefined : writes);
  return true;
}

/** Writes what a batch says, then moves the checkpoint. Harmless however often, by however many, and however late. `writes`: what its body says, of who has made it. */
export async function finish(store: BatchStore, tables: string, batch: PutBatch, writes?: readonly Write[]): Promise<void> {
  if (batch.body !== null) await store.write(tables, batch.number, writes ?? writesIn(batch.body));
  for (const name of batch.pieces) {
    const body = await store.piece(name);
    // Pieces go after the checkpoint has moved: somebody else has done it all.
    if (body === null) return;
    await store.write(tables, batch.number, writesIn(body));
  }
  if (await store.move(tables, batch)) return store.dropPieces(batch.pieces);
  // Collections of a build that was reset meanwhile have come back with the writes.
  if ((await store.read())?.tables !== tables) await store.discard(tables);
}

/** The batch as it is put; what is too large for the document lies in pieces already. */
async function laid(
  store: BatchStore,
  { number, to }: Pick<PutBatch, 'number' | 'to'>,
  writes: readonly Write[],
  { pieceBytes, name }: Laying,
): Promise<PutBatch> {
  const bodies = bodiesOf(writes, pieceBytes);
  if (bodies.length <= 1) return { number, to, body: bodies[0] ?? '[]', pieces: [] };
  const pieces: string[] = [];
  for (const body of bodies) {
    const piece = name();
    await store.putPiece(piece, body);
    pieces.push(piece);
  }
  return { number, to, body: null, pieces };
}

const writesIn = (body: string): Write[] => JSON.parse(body) as Write[];

function bodiesOf(writes: readonly Write[], pieceBytes: number): string[] {
  const bodies: string[] = [];
  let texts: string[] = [];
  let bytes = 0;
  for (const write of writes) {
    const text = JSON.stringify(write);
    const more = Buffer.byteLength(text) + 1;
    if (texts.length > 0 && bytes + more > pieceBytes) {
      bodies.push(`[${texts.join(',')}]`);
      texts = [];
      bytes = 0;
    }
    texts.push(text);
    bytes += more;
  }
  return texts.length > 0 ? [...bodies, `[${texts.join(',')}]`] : bodies;
}
