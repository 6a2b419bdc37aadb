import { systemClock } from '#kernel';
import type { Clock } from '#kernel';
import type { CollectionName, Collections, Documents, Fields, Filter, Found, Note, Range, Value } from './documents.port.js';
import { vaultOnDocuments } from './vault-on-documents.js';
import type { Vault } from './vault.port.js';

export interface MemoryDocumentVaultOptions {
  readonly masterKey?: Buffer;
  readonly clock?: Clock;
  /** Awaited before each step on a document (`sessions.insert`, `sessions.replace` …), so that a test can choose their order. */
  readonly before?: (step: string) => Promise<void>;
}

/** A vault as a server of documents has it, without the server, for tests: each call of a collection is one step. */
export function memoryDocumentVault({ masterKey, clock, before }: MemoryDocumentVaultOptions = {}): Vault {
  return vaultOnDocuments(memoryCollections(before), masterKey ?? Buffer.alloc(32, 7), clock ?? systemClock);
}

/** Collections in memory; `before` as in `MemoryDocumentVaultOptions`. */
export function memoryCollections(before?: MemoryDocumentVaultOptions['before']): Collections {
  const collections = new Map<CollectionName, Documents>();
  return (name) => {
    const there = collections.get(name) ?? new MemoryDocuments(async (step) => before?.(`${name}.${step}`));
    collections.set(name, there);
    return there;
  };
}

class MemoryDocuments implements Documents {
  private readonly rows = new Map<string, Fields>();

  constructor(private readonly step: (name: string) => Promise<void>) {}

  async insert(document: Fields): Promise<boolean> {
    await this.step('insert');
    const id = textOf(document['_id']);
    if (this.rows.has(id)) return false;
    this.rows.set(id, document);
    return true;
  }

  async current<T>(filter: Filter): Promise<T | null> {
    await this.step('current');
    return (this.matching(filter)[0] as T | undefined) ?? null;
  }

  async find<T>(filter: Filter, { sort = [], limit = 0 }: Found = {}): Promise<T[]> {
    await this.step('find');
    const found = this.matching(filter).sort((a, b) => compare(a, b, sort));
    return (limit > 0 ? found.slice(0, limit) : found) as T[];
  }

  async count(filter: Filter): Promise<number> {
    await this.step('count');
    return this.matching(filter).length;
  }

  async update(filter: Filter, set: Fields): Promise<boolean> {
    await this.step('update');
    const [found] = this.matching(filter);
    if (found) this.rows.set(textOf(found['_id']), { ...found, ...set });
    return found !== undefined;
  }

  async put(id: string, set: Fields): Promise<void> {
    await this.step('put');
    this.rows.set(id, { ...this.rows.get(id), ...set, _id: id });
  }

  async replace<T>(
    filter: Filter & { readonly _id: string },
    document: Fields,
    { orMake } = { orMake: false },
  ): Promise<T | null> {
    await this.step('replace');
    const [found] = this.matching(filter);
    if (found || (orMake && !this.rows.has(filter._id))) this.rows.set(filter._id, { ...document, _id: filter._id });
    return (found as T | undefined) ?? null;
  }

  async remove(filter: Filter): Promise<void> {
    await this.step('remove');
    for (const { _id } of this.matching(filter)) this.rows.delete(textOf(_id));
  }

  async note(notes: readonly Note[]): Promise<void> {
    await this.step('note');
    for (const { filter, later, set } of notes)
      for (const found of this.matching(filter)) {
        const raised = Object.entries(later).filter(([field, value]) => textOf(found[field]) < value);
        this.rows.set(textOf(found['_id']), { ...found, ...set, ...Object.fromEntries(raised) });
      }
  }

  private matching(filter: Filter): Fields[] {
    const wanted = Object.entries(filter);
    const { _id } = filter;
    const rows = typeof _id === 'string' ? [this.rows.get(_id) ?? {}] : [...this.rows.values()];
    return rows.filter((row) => wanted.every(([field, want]) => isLike(row[field], want)));
  }
}

const textOf = (value: Value | undefined): string => (typeof value === 'string' ? value : '');

function isLike(value: Value | undefined, want: Filter[string]): boolean {
  if (want === null) return value === undefined || value === null;
  if (typeof want === 'object') return typeof value === 'string' && isWithin(value, want);
  return Array.isArray(value) ? value.includes(want) : value === want;
}

const isWithin = (value: string, { $lt, $lte, $gt, $gte, $in }: Range): boolean =>
  ($lt === undefined || value < $lt) &&
  ($lte === undefined || value <= $lte) &&
  ($gt === undefined || value > $gt) &&
  ($gte === undefined || value >= $gte) &&
  ($in === undefined || $in.includes(value));

function compare(a: Fields, b: Fields, [field, ...rest]: readonly string[]): number {
  if (field === undefined) return 0;
  const [left, right] = [textOf(a[field]), textOf(b[field])];
  return left < right ? -1 : left > right ? 1 : compare(a, b, rest);
}
