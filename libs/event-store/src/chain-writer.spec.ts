import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { v5 as uuid5 } from 'uuid';
import { canonicalJson } from '#kernel';
import { auditChains } from './chain-audit.js';
import { keepHeadsIn } from './chain-file.adapter.js';
import { headOf, isSignedBy, rangeOf, type SignedHead } from './chain-records.js';
import { ChainDiverged, writeChains, writeChainsOnce } from './chain-writer.js';
import { chainOf, leafOf, verifyChain } from './chain.js';
import { StoreUnavailable, type Revision, type StoredEvent, type StreamAppend } from './event-store.port.js';
import { MemoryEventStore } from './memory.adapter.js';

const KEY = Buffer.alloc(32, 7);
const NOON = '2026-03-01T12:00:00.000Z';
const NAMES = '6a6b46f6-6f06-5c4e-8a58-53c0a7a7b5c3';

/** The log in memory, told as one is whose server keeps streams of its own, and whose numbers and chains are none of its writer's. */
class PlainStore extends MemoryEventStore {
  /** Awaited before each append to a stream. */
  before: (append: StreamAppend) => Promise<void> = async () => undefined;
  change: (event: StoredEvent) => StoredEvent[] = (event) => [event];

  constructor() {
    super({ clock: () => NOON, cut: ({ append }) => this.before(append) });
  }

  override async read(stream: string, after?: Revision): Promise<StoredEvent[]> {
    return (await super.read(stream, after)).map(plain).flatMap(this.change);
  }

  override async readAll(after: number, limit: number): Promise<StoredEvent[]> {
    return (await super.readAll(after, limit)).map(plain).flatMap(this.change);
  }
}
const plain = ({ number: _number, leaf: _leaf, chain: _chain, ...event }: StoredEvent): StoredEvent => event;

let store: PlainStore;
beforeEach(() => void (store = new PlainStore()));
afterEach(() => store.close());

async function happened(workspace: string, count: number): Promise<void> {
  const stream = `s-${workspace}`;
  for (let n = 0; n < count; n++) {
    const expected = (await store.last(stream))?.revision ?? -1;
    const id = uuid5(`${stream}/${expected}`, NAMES);
    const event = { id, type: 'Happened', data: canonicalJson({ n: expected }), metadata: canonicalJson({ workspace }) };
    await store.append([{ stream, expected, workspace, events: [event] }]);
  }
}
const ranges = async (workspace: string) => (await store.read(`chain-${workspace}`)).map(rangeOf);
const heads = async () => (await store.read('chain')).map(headOf);
const once = (onHead?: (head: SignedHead) => Promise<void>) =>
  writeChainsOnce({ store, key: KEY, ...(onHead ? { onHead } : {}) });
const failure = (work: Promise<unknown>): Promise<unknown> => work.then(() => null).catch((error: unknown) => error);

async function until(holds: () => Promise<boolean>): Promise<void> {
  for (const end = performance.now() + 10_000; !(await holds());) {
    if (performance.now() > end) throw new Error('it never held');
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

describe('COR-25: chains that are made behind the log', () => {
  it('are those that a writer who chains in the append would have made', async () => {
    await happened('w1', 3);
    await happened('w2', 2);
    await once();
    await happened('w1', 2);
    await once();
    expect((await ranges('w1')).map(({ from, leaves }) => [from, leaves.length])).toEqual([
      [1, 3],
      [4, 2],
    ]);
    const numbers = new Map<string, number>();
    const chains = new Map<string, string>();
    const whole = (await store.readAll(0, 100)).filter(({ stream }) => stream.startsWith('s-'));
    const numbered = whole.map((event) => {
      const number = (numbers.get(event.workspace) ?? 0) + 1;
      const leaf = leafOf({ ...event, number });
      const chain = chainOf(chains.get(event.workspace) ?? '0'.repeat(64), leaf);
      numbers.set(event.workspace, number);
      chains.set(event.workspace, chain);
      return { ...event, number, leaf, chain };
    });
    expect(await verifyChain(numbered)).toMatchObject({ ok: true });
    expect((await ranges('w1')).at(-1)?.chain).toBe(chains.get('w1'));
    expect((await heads()).map(({ heads: ends }) => ends)).toEqual([
      { w1: { number: 3, chain: (await ranges('w1'))[0]?.chain }, w2: { number: 2, chain: chains.get('w2') } },
      { w1: { number: 5, chain: chains.get('w1') } },
    ]);
  });

  it('are signed, each head after the one before, and kept in a file outside', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'heads-'));
    try {
      const file = join(folder, 'heads.jsonl');
      for (const count of [2, 1]) {
        await happened('w1', count);
        await once(keepHeadsIn(file, () => NOON));
      }
      const [first, second] = await heads();
      expect(second?.previous).toBe(first?.signature);
      expect([first, second].every((head) => head && isSignedBy(KEY, head))).toBe(true);
      expect(first && isSignedBy(Buffer.alloc(32, 8), first)).toBe(false);
      const kept = (await readFile(file, 'utf8')).trim().split('\n');
      expect(kept.map((line) => JSON.parse(line) as unknown)).toEqual([
        { ...first, at: NOON },
        { ...second, at: NOON },
      ]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('skip what is cut off and what they are made of', async () => {
    const events = [{ id: uuid5('tick', NAMES), type: 'Ticked', data: '{}', metadata: '{}' }];
    await store.append([{ stream: 'clock', expected: -1, workspace: '', events }]);
    await happened('w1', 1);
    await once();
    await once();
    expect(await heads()).toHaveLength(1);
    expect((await store.readAll(0, 100)).map(({ stream }) => stream)).toEqual(['clock', 's-w1', 'chain-w1', 'chain']);
  });

  it('grow while the log is followed, in ranges, and go on where a writer was killed', async () => {
    for (let round = 1; round <= 3; round++) {
      const abort = new AbortController();
      const writing = writeChains({ store, key: KEY, writeMs: 5, signMs: 20 }, abort.signal);
      await happened('w1', 4);
      await until(async () => (await heads()).at(-1)?.heads['w1']?.number === round * 4);
      abort.abort();
      await writing;
    }
    expect(await auditChains(store, KEY)).toMatchObject({ ok: true, unchained: 0 });
  });

  it.each(['append', 'range', 'head'])('are whole whatever the store refuses for a while (%s)', async (what) => {
    await happened('w1', 3);
    const troubles: unknown[] = [];
    let refusals = 2;
    store.before = async ({ stream }) => {
      const isIt = what === 'range' ? stream.startsWith('chain-') : what === 'head' ? stream === 'chain' : true;
      if (isIt && refusals-- > 0) throw new StoreUnavailable('not now');
    };
    const abort = new AbortController();
    const onError = (error: unknown) => void troubles.push(error);
    const writing = writeChains({ store, key: KEY, writeMs: 5, signMs: 5, againMs: 5, onError }, abort.signal);
    await until(async () => (await heads()).length > 0);
    abort.abort();
    await writing;
    expect(troubles.length).toBeGreaterThan(0);
    expect(await auditChains(store, KEY)).toMatchObject({ ok: true, unchained: 0, signed: 1 });
  });
});

describe('COR-25: another writer', () => {
  it('that has read the same is taken over', async () => {
    await happened('w1', 3);
    let isFirst = true;
    store.before = async () => {
      if (!isFirst) return;
      isFirst = false;
      await once();
    };
    await once();
    expect((await ranges('w1')).map(({ from }) => from)).toEqual([1]);
    expect(await auditChains(store, KEY)).toMatchObject({ ok: true, unchained: 0, signed: 1 });
  });

  it('that has read less or more is taken over, too', async () => {
    await happened('w1', 2);
    let turns = 0;
    store.before = async ({ stream }) => {
      if (!stream.startsWith('chain-') || turns++ > 0) return;
      await once();
      await happened('w1', 3);
      await once();
    };
    await once();
    await happened('w1', 1);
    await once();
    expect((await ranges('w1')).map(({ from, leaves }) => [from, leaves.length])).toEqual([
      [1, 2],
      [3, 3],
      [6, 1],
    ]);
    expect(await auditChains(store, KEY)).toMatchObject({ ok: true, unchained: 0 });
  });

  it('that has read something else stops the second one, for good', async () => {
    await happened('w1', 3);
    let isFirst = true;
    store.before = async () => {
      if (!isFirst) return;
      isFirst = false;
      store.change = (event) => [event.stream === 's-w1' && event.revision === 1 ? { ...event, data: '{"n":"other"}' } : event];
      await once();
      store.change = (event) => [event];
    };
    const writing = writeChains({ store, key: KEY, writeMs: 5 }, new AbortController().signal);
    const error = await failure(writing);
    expect(error).toBeInstanceOf(ChainDiverged);
    expect(error).toMatchObject({ workspace: 'w1', number: 2 });
  });

  it('that has signed another end stops the second one', async () => {
    await happened('w1', 1);
    let isFirst = true;
    store.before = async ({ stream }) => {
      if (stream !== 'chain' || !isFirst) return;
      isFirst = false;
      const [range] = await store.read('chain-w1');
      const head = { heads: { w1: { number: 1, chain: 'f'.repeat(64) } }, position: 1, previous: '', signature: '' };
      await store.append([
        {
          stream,
          expected: -1,
          workspace: 'platform',
          events: [{ ...range!, id: uuid5('false', NAMES), data: canonicalJson(head) }],
        },
      ]);
    };
    expect(await failure(once())).toMatchObject({ name: 'ChainDiverged', workspace: 'w1', number: 1 });
  });
});

describe('HIST-3: the audit', () => {
  beforeEach(async () => {
    await happened('w1', 3);
    await happened('w2', 2);
    await once();
    await happened('w1', 2);
    await once();
  });

  it('of a whole log says where each chain ends, and what is in no chain yet', async () => {
    await happened('w2', 1);
    expect(await auditChains(store, KEY)).toMatchObject({ ok: true, unchained: 1, signed: 2 });
  });

  it.each<[string, number, (event: StoredEvent) => StoredEvent[]]>([
    ['changed', 2, (event) => [{ ...event, data: '{"n":"other"}' }]],
    ['removed', 2, () => []],
    ['doubled', 3, (event) => [event, event]],
  ])('finds the event that was %s', async (_how, number, change) => {
    store.change = (event) => (event.stream === 's-w1' && event.revision === 1 ? change(event) : [event]);
    expect(await auditChains(store, KEY)).toEqual({ ok: false, workspace: 'w1', number });
  });

  it('finds a log that was cut off at its end', async () => {
    store.change = (event) => (event.stream === 's-w1' && event.revision >= 3 ? [] : [event]);
    expect(await auditChains(store, KEY)).toEqual({ ok: false, workspace: 'w1', number: 4 });
    store.change = (event) => (event.stream === 's-w2' ? [] : [event]);
    expect(await auditChains(store, KEY)).toMatchObject({ ok: false });
  });

  it('finds a chain that was made anew over another log, by the heads that were signed', async () => {
    const forge = (event: StoredEvent): StoredEvent[] => {
      if (event.stream === 's-w2') return [{ ...event, data: '{"n":"other"}' }];
      return event.stream === 'chain-w2' ? [{ ...event, data: canonicalJson(forged) }] : [event];
    };
    const events = (await store.read('s-w2')).map((event) => ({ ...event, data: '{"n":"other"}' }));
    const leaves = events.map((event, index) => leafOf({ ...event, number: index + 1 }));
    const forged = {
      ...(await ranges('w2'))[0],
      leaves,
      chain: leaves.reduce((chain, leaf) => chainOf(chain, leaf), '0'.repeat(64)),
    };
    store.change = forge;
    expect(await auditChains(store, KEY)).toEqual({ ok: false, signedHead: 1 });
  });

  it('finds a head that another key has signed, and one that is missing between two', async () => {
    expect(await auditChains(store, Buffer.alloc(32, 8))).toEqual({ ok: false, signedHead: 1 });
    store.change = (event) => (event.stream === 'chain' && event.revision === 0 ? [] : [event]);
    expect(await auditChains(store, KEY)).toEqual({ ok: false, signedHead: 1 });
  });
});
