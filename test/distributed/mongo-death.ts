import type { MongoDatabase } from '#mongo';

/** A call of the driver that reaches the server. */
export interface Call {
  /** 1, 2, 3 … */
  readonly n: number;
  readonly method: string;
  readonly args: readonly unknown[];
}

/** What becomes of a call: nothing of it happens, all of it, or of many writes the first half; its caller never knows. */
export type Death = 'before' | 'half' | 'after';

export class Died extends Error {
  override readonly name = 'Died';
}

const ASKING = ['findOne', 'insertOne', 'updateOne', 'replaceOne', 'deleteOne', 'deleteMany', 'bulkWrite', 'insertMany'];
const MANAGING = ['createIndexes', 'indexes', 'drop', 'countDocuments'];
const CURSORS = ['find', 'aggregate', 'listCollections'];

type Method = (...args: unknown[]) => unknown;

/** A database whose user dies at the call that `dies` names, and does nothing more from there on; or is held there until a promise resolves. */
export function mortal(
  db: MongoDatabase,
  dies: (call: Call) => Death | Promise<void> | null,
): { db: MongoDatabase; calls(): number; dead(): boolean } {
  let [n, dead] = [0, false];
  const asked = async (
    method: string,
    args: readonly unknown[],
    ask: (args: readonly unknown[]) => Promise<unknown>,
  ): Promise<unknown> => {
    if (dead) throw new Died();
    const death = dies({ n: ++n, method, args });
    if (typeof death !== 'string') {
      await death;
      return ask(args);
    }
    dead = true;
    if (death === 'after') await ask(args);
    if (death === 'half' && (method === 'bulkWrite' || method === 'insertMany')) await halved(args, ask);
    throw new Died();
  };
  const around = <Target extends object>(target: Target): Target =>
    new Proxy(target, {
      get: (_, name: string) => {
        const member: unknown = Reflect.get(target, name, target);
        if (typeof member !== 'function') return member;
        const method: Method = (...args) => (member as Method).apply(target, args);
        if (name === 'collection' || CURSORS.includes(name) || ['sort', 'limit'].includes(name))
          return (...args: unknown[]) => around(method(...args) as object);
        if ([...ASKING, ...MANAGING, 'toArray'].includes(name))
          return (...args: unknown[]) => asked(name, args, async (given) => method(...given));
        return method;
      },
    });
  return { db: around(db), calls: () => n, dead: () => dead };
}

async function halved([writes, ...rest]: readonly unknown[], ask: (args: readonly unknown[]) => Promise<unknown>): Promise<void> {
  const all = Array.isArray(writes) ? writes.map((write: unknown) => write) : [];
  if (all.length > 1) await ask([all.slice(0, all.length >> 1), ...rest]);
}
