import { randomUUID } from 'node:crypto';
import type { Collection, Db } from 'mongodb';
import { isDuplicate } from './errors.js';

interface Probe {
  readonly _id: string;
  readonly n: number;
  readonly tenant?: string;
  readonly parts?: readonly string[];
}

/** What is needed of a server, and a question that only a server which has it answers with true. */
const NEEDS: readonly (readonly [name: string, ask: (probes: Collection<Probe>) => Promise<boolean>])[] = [
  ['one document per _id', oneDocumentPerId],
  ['guarded upserts', guardedUpserts],
  ['atomic updates of one document', atomicUpdates],
  ['indexes over lists', indexesOverLists],
  ['documents of 12 MB', bigDocuments],
];

/**
 * What the server lacks of what Whitebook needs, by name; empty where nothing. Asked at boot, in a collection that is dropped again. Takes some
 * hundred milliseconds. Rejects where the server cannot be asked at all.
 */
export async function lacksOf(db: Db): Promise<string[]> {
  const probes = db.collection<Probe>(`probe-${randomUUID()}`);
  const lacks: string[] = [];
  try {
    await probes.insertOne({ _id: 'first', n: 0 });
    for (const [name, ask] of NEEDS) if (!(await ask(probes).catch(() => false))) lacks.push(name);
  } finally {
    await probes.drop().catch(() => undefined);
  }
  return lacks;
}

const refused = (write: Promise<unknown>): Promise<boolean> => write.then(() => false, isDuplicate);

function oneDocumentPerId(probes: Collection<Probe>): Promise<boolean> {
  return refused(probes.insertOne({ _id: 'first', n: 1 }));
}

async function guardedUpserts(probes: Collection<Probe>): Promise<boolean> {
  const put = (n: number) => probes.updateOne({ _id: 'guarded', n: { $lt: n } }, { $set: { n } }, { upsert: true });
  await put(2);
  const late = await refused(put(1));
  await put(3);
  return late && (await probes.findOne({ _id: 'guarded' }))?.n === 3;
}

const AT_ONCE = 32;
/** Of many who come with the same number each time one wins, and nothing that is added gets lost. */
async function atomicUpdates(probes: Collection<Probe>): Promise<boolean> {
  await probes.insertOne({ _id: 'raced', n: 0 });
  await probes.insertOne({ _id: 'added', n: 0 });
  const all = Array.from({ length: AT_ONCE });
  for (let round = 0; round < 3; round++) {
    const won = await Promise.all(all.map(() => probes.updateOne({ _id: 'raced', n: round }, { $set: { n: round + 1 } })));
    if (won.filter(({ matchedCount }) => matchedCount === 1).length !== 1) return false;
  }
  await Promise.all(all.map(() => probes.updateOne({ _id: 'added' }, { $inc: { n: 1 } })));
  return (await probes.findOne({ _id: 'added' }))?.n === AT_ONCE;
}

async function indexesOverLists(probes: Collection<Probe>): Promise<boolean> {
  await probes.createIndex({ tenant: 1, parts: 1 });
  await probes.insertOne({ _id: 'listed', n: 1, tenant: 't', parts: ['ab', 'bc'] });
  const found = await probes.find({ tenant: 't', parts: { $all: ['ab', 'bc'] } }).toArray();
  return found.length === 1 && (await probes.countDocuments({ tenant: 't', parts: { $all: ['ab', 'x'] } })) === 0;
}

async function bigDocuments(probes: Collection<Probe>): Promise<boolean> {
  const parts = Array.from({ length: 12 }, () => 'x'.repeat(1_000_000));
  await probes.insertOne({ _id: 'big', n: 1, parts });
  return (await probes.findOne({ _id: 'big' }))?.parts?.length === parts.length;
}
