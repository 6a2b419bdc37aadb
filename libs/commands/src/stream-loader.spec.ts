import {
  EventCodec,
  EventLog,
  MemoryEventStore,
  type Appended,
  type DomainAppend,
  type DomainEvent,
  type EventDefinition,
  type Revision,
  type StoredEvent,
} from '#event-store';
import { memoryVault } from '#vault';
import { NOON } from '../../../test/support/claims.js';
import { claimEvents } from './claims.events.js';
import type { StreamFold } from './fold.js';
import { StreamLoader } from './stream-loader.js';

jest.setTimeout(60_000); // much work, on machines that are busy

const MANY = 10_000;
const SARA = 'a'.repeat(32);
const STREAM = `account-w1-${SARA}`;
const definitions: EventDefinition[] = [{ type: 'Named', version: 1, personal: ['name'] }, ...claimEvents];

type Named = DomainEvent<'Named', { amount: number; name?: string }>;
interface State {
  readonly sum: number;
  readonly version: number;
  readonly name: string | null;
  readonly gone: boolean;
}
const fold: StreamFold<State, Named> = {
  initial: { sum: 0, version: 0, name: null, gone: false },
  evolve: ({ sum, gone }, { event, revision }) => ({
    sum: sum + event.data.amount,
    version: revision + 1,
    name: event.data.name ?? null,
    gone,
  }),
  version: 1,
  gone: ({ gone }) => gone,
};

class CountingStore extends MemoryEventStore {
  count = 0;
  override async read(stream: string, after?: Revision): Promise<StoredEvent[]> {
    const events = await super.read(stream, after);
    this.count += events.length;
    return events;
  }
}

/** A log with one person's stream, and loaders over it. */
class Place {
  readonly store = new CountingStore({ clock: () => NOON, atomic: true });
  readonly vault = memoryVault({ clock: () => NOON });
  readonly log = new EventLog(this.store, new EventCodec(definitions, this.vault.keys));
  /** Over the snapshots beside the log: as after a start of the process. */
  restarted = () => new StreamLoader(this.log, this.store.snapshots, this.vault.keys);
  /** Without any snapshot: the plain fold of the log. */
  plain = () => new StreamLoader(this.log, new MemoryEventStore({ clock: () => NOON }).snapshots, this.vault.keys);
  revision = -1;

  async append(amount: number, metadata: object = {}, type = 'Named'): Promise<[DomainAppend, Appended]> {
    this.revision++;
    const data = type === 'Named' ? { amount, name: `Sara Lind ${this.revision}` } : { claim: `c${amount}/pool-w1/0` };
    const command = { commandId: type === 'Named' ? `command-${this.revision}` : null, ...metadata };
    const append: DomainAppend = {
      stream: STREAM,
      expected: this.revision - 1,
      workspace: 'w1',
      events: [{ type, data }],
      metadata: {
        workspace: 'w1',
        subject: SARA,
        actor: { id: SARA, role: 'user', workspace: 'w1' },
        correlationId: 'c',
        at: NOON,
        ...command,
      },
    };
    return [append, await this.log.append([append])];
  }
  load = (loader: StreamLoader, other = fold) => loader.load(STREAM, SARA, other);
  async reading(work: () => Promise<unknown>): Promise<number> {
    const before = this.store.count;
    await work();
    return this.store.count - before;
  }
}

describe('a stream of ten thousand events', () => {
  const place = new Place();
  const costs: number[] = [];
  beforeAll(async () => {
    await place.vault.keys.insert(SARA);
    const loader = place.restarted();
    for (let index = 0; index < MANY; index++) {
      if (index % 1_000 === 500) await place.append(index, {}, 'ClaimVoided');
      else if (index === 7) await place.append(1, { commandId: 'early', fingerprint: 'f' });
      else if (index % 100 === 0) await place.append(1, { claims: { taken: { [`c${index}/pool-w1/0`]: 2 } } });
      else if (index % 100 === 1)
        await place.append(1, { claims: { kept: { [`c${index - 1}/pool-w1/0`]: index % 200 === 1 ? 0 : 1 } } });
      else await place.append(1);
      if (index % 25 === 0) costs.push(await place.reading(() => place.load(loader)));
    }
  });
  afterAll(() => place.vault.close());

  it('costs the same at ten events and at ten thousand', () => {
    expect(Math.max(...costs.slice(-40))).toBeLessThanOrEqual(125);
    expect(Math.max(...costs)).toBeLessThanOrEqual(125);
  });

  it('COR-2: folds the same from a snapshot as without', async () => {
    const [again, whole] = [place.restarted(), place.plain()];
    let read = await place.reading(() => place.load(again));
    expect(read).toBeLessThanOrEqual(125);
    read = await place.reading(() => place.load(whole));
    expect(read).toBe(MANY);
    const [one, other] = [await place.load(again), await place.load(whole)];
    expect(one.state).toEqual({ sum: MANY - 10, version: MANY, name: `Sara Lind ${MANY - 1}`, gone: false });
    expect([one.state, one.revision]).toEqual([other.state, other.revision]);
    expect(one.holder.revision).toBe(MANY - 1);
    expect([one.holder.kept, one.holder.void]).toEqual([other.holder.kept, other.holder.void]);
    expect(one.holder.kept.size).toBe(100);
    expect(one.holder.void.size).toBe(10);
  });

  it('COR-2: finds command ids behind the snapshot, with revision and fingerprint', async () => {
    const again = place.restarted();
    const folded = await place.load(again);
    expect(folded.holder.commands.has('early')).toBe(false);
    expect(await again.done(STREAM, folded, 'early')).toEqual({ revision: 7, fingerprint: 'f' });
    expect(await again.done(STREAM, folded, `command-${MANY - 1}`)).toEqual({ revision: MANY - 1, fingerprint: null });
    for (const index of [2, 99, 101, 2_550, 5_002, 9_898])
      expect(await again.done(STREAM, folded, `command-${index}`)).toEqual({ revision: index, fingerprint: null });
    expect(await again.done(STREAM, folded, 'never')).toBeNull();
    expect(await again.done('account-w1-other', folded, 'never')).toBeNull();
  });

  it('ACC-12: shows the stream as it was at a revision', async () => {
    const again = place.restarted();
    expect((await again.loadAt(STREAM, 4_321, fold)).state).toMatchObject({ sum: 4_318, version: 4_322, name: 'Sara Lind 4321' });
    expect(await again.eventAt(STREAM, 4_321)).toMatchObject({ revision: 4_321, position: 4_322 });
    expect(await again.eventAt(STREAM, MANY)).toBeNull();
  });

  it('a state of another shape is folded anew', async () => {
    const again = place.restarted();
    const raised = { ...fold, version: 2 };
    expect(await place.reading(() => place.load(again, raised))).toBe(MANY);
    expect(await place.reading(() => place.load(again, raised))).toBeLessThan(125);
  });

  it('a snapshot that is damaged is passed over: the events say as much', async () => {
    const { load } = place.store.snapshots;
    const damaged = jest.spyOn(place.store.snapshots, 'load').mockImplementation(async (stream) => {
      const snapshot = await load.call(place.store.snapshots, stream);
      return snapshot && { ...snapshot, state: snapshot.state.slice(0, 8) };
    });
    const again = place.restarted();
    expect(await place.reading(() => place.load(again))).toBe(MANY);
    expect((await place.load(again)).state).toEqual((await place.load(place.plain())).state);
    damaged.mockRestore();
  });

  it('ACC-9: the snapshot holds nothing of the person in the clear, and cannot be read without the key', async () => {
    const snapshot = await place.store.snapshots.load(STREAM);
    expect(snapshot?.state).toMatch(/^[A-Za-z0-9+/=]+$/);
    expect(Buffer.from(snapshot?.state ?? '', 'base64').toString('latin1')).not.toContain('Sara');
    await place.vault.keys.destroy(SARA);
    const again = place.restarted();
    expect(await place.reading(() => place.load(again))).toBe(MANY);
    const { state, revision } = await place.load(again);
    expect([state, revision]).toEqual([{ sum: MANY - 10, version: MANY, name: null, gone: false }, MANY - 1]);
    expect((await place.store.snapshots.load(STREAM))?.state).toBe(snapshot?.state);
  });
});

it('a missing stream is the initial state at revision -1', async () => {
  const place = new Place();
  const folded = await place.load(place.restarted());
  expect([folded.state, folded.revision, folded.holder.revision]).toEqual([fold.initial, -1, -1]);
  await place.vault.close();
});

it('ACC-9: of a holder that is gone no snapshot is kept', async () => {
  const place = new Place();
  await place.vault.keys.insert(SARA);
  for (let index = 0; index < 150; index++) await place.append(1);
  const gone: StreamFold<State, Named> = { ...fold, gone: () => true };
  await place.load(place.restarted(), gone);
  expect(await place.store.snapshots.load(STREAM)).toBeNull();
  await place.load(place.restarted());
  expect(await place.store.snapshots.load(STREAM)).toMatchObject({ revision: 149 });
  await place.vault.close();
});

it('COR-2: a fold that is carried on by what was appended is the fold of the log, and is kept beside it as any other', async () => {
  const place = new Place();
  await place.vault.keys.insert(SARA);
  const loader = place.restarted();
  for (let index = 0; index < 250; index++) {
    const read = await place.reading(async () => {
      const before = await place.load(loader);
      const [append, appended] = await place.append(1, { claims: { taken: { [`c${index}/pool-w1/0`]: 1 } } });
      const { commands } = before.holder;
      const size = commands.size;
      const after = loader.advance(fold, before, append, appended);
      expect([after.revision, commands.size]).toEqual([index, size]); // what was handed out stays as it was
    });
    expect(read).toBe(0);
  }
  const [carried, whole] = [await place.load(loader), await place.load(place.plain())];
  expect([carried.state, carried.revision]).toEqual([whole.state, whole.revision]);
  expect([carried.holder.kept, carried.holder.void]).toEqual([whole.holder.kept, whole.holder.void]);
  expect(carried.holder.commands.size).toBeLessThan(110);
  expect((await place.store.snapshots.load(STREAM))?.revision).toBeGreaterThan(150);
  for (const index of [0, 99, 100, 199, 249])
    expect(await loader.done(STREAM, carried, `command-${index}`)).toMatchObject({ revision: index });
  await place.vault.close();
});

it('a fold that somebody else has overtaken is read on, not carried on', async () => {
  const place = new Place();
  await place.vault.keys.insert(SARA);
  const loader = place.restarted();
  const before = await place.load(loader);
  const [append, appended] = await place.append(1);
  await place.append(5);
  await place.load(loader);
  expect(loader.advance(fold, before, append, appended).state.sum).toBe(1);
  expect((await place.load(loader)).state.sum).toBe(6);
  await place.vault.close();
});

it('a snapshot is bound to its stream', async () => {
  const place = new Place();
  await place.vault.keys.insert(SARA);
  for (let index = 0; index < 120; index++) await place.append(1);
  await place.load(place.restarted());
  const { state, revision } = (await place.store.snapshots.load(STREAM))!;
  await place.store.snapshots.save('account-w1-other', revision, state);
  const other = await place.restarted().load('account-w1-other', SARA, fold);
  expect([other.state, other.revision]).toEqual([fold.initial, -1]);
  await place.vault.close();
});

it('what is remembered is bounded by what states hold, too: long ones make room sooner', async () => {
  const place = new Place();
  const streams = ['a', 'b', 'c', 'd'].map((digit) => `account-w1-${digit.repeat(32)}`);
  const remembers = async (textLength: number): Promise<number> => {
    const sized: StreamFold<State, Named> = { ...fold, textLength: () => textLength };
    const loader = new StreamLoader(place.log, place.store.snapshots, place.vault.keys, 20_000, 400);
    for (const stream of streams) await loader.load(stream, SARA, sized);
    return streams.filter((stream) => loader.remembered(stream, sized)).length;
  };
  expect([await remembers(0), await remembers(16_000)]).toEqual([4, 2]);
  await place.vault.close();
});
