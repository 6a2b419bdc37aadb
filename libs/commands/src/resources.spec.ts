import { EventCodec, EventLog, MemoryEventStore, type DomainEvent, type PersonKeys, type Snapshots } from '#event-store';
import { claimEvents } from './claims.events.js';
import { Resources } from './resources.js';

const NOON = '2026-01-31T12:00:00.000Z';
const STREAM = 'pool-brand';
const nobodys: PersonKeys = { insert: async () => true, getMany: async () => new Map(), destroy: async () => {} };

/** Claims `from` to `to` of one place each. */
const taken = (from: number, to: number): DomainEvent[] =>
  Array.from({ length: to - from + 1 }, (_, at) => ({
    type: 'ClaimTaken',
    data: { claim: `c${from + at}/${STREAM}/0`, holder: 'account-brand-a', amount: 1, settled: true },
  }));

async function pool() {
  const store = new MemoryEventStore({ clock: () => NOON });
  const log = new EventLog(store, new EventCodec(claimEvents, nobodys));
  let revision = -1;
  const add = async (events: DomainEvent[]): Promise<void> => {
    const metadata = {
      workspace: 'brand',
      subject: null,
      actor: { id: null, role: 'system', workspace: 'brand' } as const,
      commandId: null,
      correlationId: `at ${revision}`,
      at: NOON,
    };
    await log.append([{ stream: STREAM, expected: revision, workspace: 'brand', events, metadata }]);
    revision += events.length;
  };
  return { log, snapshots: store.snapshots, add };
}

describe('Resources', () => {
  it('COR-2 counts on from a snapshot as from the beginning', async () => {
    const { log, snapshots, add } = await pool();
    await add(taken(1, 200));
    await new Resources(log, snapshots).load(STREAM);
    await add(taken(201, 210));
    const resources = new Resources(log, snapshots);
    expect(await resources.load(STREAM)).toMatchObject({ used: 210, revision: 209 });
    expect(await resources.entry(STREAM, `c7/${STREAM}/0`)).toEqual({ holder: 'account-brand-a', amount: 1, left: 1 });
    expect(await resources.entry(STREAM, `c999/${STREAM}/0`)).toBeNull();
  });

  it('COR-2 counts every claim, though another process has kept a later snapshot meanwhile', async () => {
    const { log, snapshots, add } = await pool();
    await add(taken(1, 200));
    const slow = new Resources(log, snapshots);
    await slow.load(STREAM);
    await add(taken(201, 400));
    await new Resources(log, snapshots).load(STREAM);
    expect(await slow.load(STREAM)).toMatchObject({ used: 400, revision: 399 });
  });

  it('COR-2 counts every claim, though a later snapshot is kept while it folds', async () => {
    const { log, snapshots, add } = await pool();
    await add(taken(1, 200));
    await new Resources(log, snapshots).load(STREAM);
    await add(taken(201, 410));
    const racing: Snapshots = {
      load: async (stream) => {
        const found = await snapshots.load(stream);
        await new Resources(log, snapshots).load(STREAM);
        return found;
      },
      entry: (stream, key) => snapshots.entry(stream, key),
      save: (...kept) => snapshots.save(...kept),
      forget: (stream) => snapshots.forget(stream),
    };
    expect(await new Resources(log, racing).load(STREAM)).toMatchObject({ used: 410, revision: 409 });
  });

  it('COR-4 a release of a part says what the claim is: nothing of it stays open', async () => {
    const { log, snapshots, add } = await pool();
    const claim = `c1/${STREAM}/0`;
    await add([
      { type: 'ClaimTaken', data: { claim, holder: 'account-brand-a', amount: 3, settled: false } },
      { type: 'ClaimReleased', data: { claim, left: 1 } },
    ]);
    expect(await new Resources(log, snapshots).load(STREAM)).toMatchObject({ used: 1, open: {} });
  });

  describe('what is remembered', () => {
    const own = (events: DomainEvent[], expected: number) => ({
      stream: STREAM,
      expected,
      workspace: 'brand',
      events,
      metadata: {
        workspace: 'brand',
        subject: null,
        actor: { id: null, role: 'system', workspace: 'brand' } as const,
        commandId: null,
        correlationId: 'own',
        at: NOON,
      },
    });
    const claim = `c1/${STREAM}/0`;
    const open: DomainEvent = { type: 'ClaimTaken', data: { claim, holder: 'account-brand-a', amount: 1, settled: false } };

    it('goes on with what is appended here as it would be read', async () => {
      const { log, snapshots, add } = await pool();
      await add(taken(2, 3));
      const resources = new Resources(log, snapshots);
      expect(resources.remembered(STREAM)).toBeNull();
      await resources.load(STREAM);
      const append = own([open, { type: 'ClaimSettled', data: { claim } }], 1);
      resources.advance(append, await log.append([append]));
      expect(resources.remembered(STREAM)).toEqual(await new Resources(log, snapshots).load(STREAM));
      expect(await resources.entry(STREAM, claim)).toEqual({ holder: 'account-brand-a', amount: 1, left: 1 });
      const release = own([{ type: 'ClaimReleased', data: { claim, left: 0 } }], 3);
      resources.advance(release, await log.append([release]));
      expect(resources.remembered(STREAM)).toEqual(await new Resources(log, snapshots).load(STREAM));
    });

    it('is nothing after an append beyond it, nor for some looks after it was old, nor where a snapshot is due', async () => {
      const { log, snapshots, add } = await pool();
      const resources = new Resources(log, snapshots);
      await resources.load(STREAM);
      await add(taken(2, 3));
      const append = own([open], 1);
      resources.advance(append, await log.append([append]));
      expect(resources.remembered(STREAM)).toBeNull();
      expect(await resources.load(STREAM)).toMatchObject({ revision: 2, used: 3 });
      expect(resources.remembered(STREAM)).toMatchObject({ revision: 2, used: 3 });
      resources.doubt(STREAM, 2);
      const looks = [1, 2, 3].map(() => resources.remembered(STREAM)?.used ?? null);
      expect(looks).toEqual([null, null, 3]);
      const many = own(taken(10, 209), 2);
      resources.advance(many, await log.append([many]));
      expect(resources.remembered(STREAM)).toBeNull();
    });
  });
});
