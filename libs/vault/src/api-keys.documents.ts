import type { Revision } from '#event-store';
import { later } from '#kernel';
import type { Instant } from '#kernel';
import type { Documents, Filter } from './documents.port.js';
import { fromPairs, toPairs, type Pair } from './judged-pairs.js';
import type { Touches } from './touches.js';
import type { ApiKey, ApiKeys } from './vault.port.js';

/** What was last said of a stream that a key lists. */
type Bar = Pair & Readonly<{ barred: boolean }>;

/** A key as a document. `barrings` counts how often something was said of its streams. */
interface Kept extends Omit<ApiKey, 'id' | 'judged' | 'barred'> {
  readonly _id: string;
  readonly judged: readonly Pair[];
  readonly streams: readonly string[];
  readonly bars: readonly Bar[];
  readonly barrings: number;
}

/** API keys, each with its bars in one document. */
export class DocumentApiKeys implements ApiKeys {
  constructor(
    private readonly documents: Documents,
    private readonly touches: Touches,
  ) {}

  async insert({ id, judged, ...key }: Omit<ApiKey, 'barred' | 'lastUsedAt'>): Promise<void> {
    const pairs = toPairs(judged);
    await this.documents.insert({
      ...key,
      _id: id,
      judged: pairs,
      streams: Object.keys(judged),
      bars: pairs.map((pair) => ({ ...pair, barred: false })),
      barrings: 0,
      lastUsedAt: null,
    });
  }

  byHash(keyHash: string): Promise<ApiKey | null> {
    return this.one({ keyHash });
  }

  byId(id: string): Promise<ApiKey | null> {
    return this.one({ _id: id });
  }

  async list(account: string): Promise<ApiKey[]> {
    const found = await this.documents.find<Kept>({ account }, { sort: ['createdAt', '_id'] });
    return found.map((key) => this.touched(toApiKey(key)));
  }

  async bar(stream: string, revision: Revision, barred: boolean): Promise<void> {
    const listing = await this.documents.find<Kept>({ streams: stream });
    await Promise.all(listing.map((key) => this.barOne(key, { stream, revision, barred })));
  }

  remove(id: string): Promise<void> {
    return this.documents.remove({ _id: id });
  }

  removeOf(account: string): Promise<void> {
    return this.documents.remove({ account });
  }

  async touch(id: string, at: Instant): Promise<void> {
    this.touches.add(id, at);
  }

  /** Says it of one key, unless something later was said: looks again until it is one or the other. */
  private async barOne(found: Kept, said: Bar): Promise<void> {
    const isOlder = ({ stream, revision }: Bar): boolean => stream === said.stream && revision < said.revision;
    for (let key: Kept | null = found; key?.bars.some(isOlder);) {
      const { barrings } = key;
      const bars = key.bars.map((bar) => (isOlder(bar) ? said : bar));
      if (await this.documents.update({ _id: found._id, barrings }, { bars, barrings: barrings + 1 })) return;
      key = await this.documents.current<Kept>({ _id: found._id });
    }
  }

  private async one(filter: Filter): Promise<ApiKey | null> {
    const found = await this.documents.current<Kept>(filter);
    return found && this.touched(toApiKey(found));
  }

  private touched(key: ApiKey): ApiKey {
    const at = this.touches.of(key.id);
    return at === null ? key : { ...key, lastUsedAt: later(key.lastUsedAt ?? at, at) };
  }
}

function toApiKey({ _id, judged, streams: _streams, bars, barrings: _barrings, ...key }: Kept): ApiKey {
  return { ...key, id: _id, judged: fromPairs(judged), barred: bars.some(({ barred }) => barred) };
}
