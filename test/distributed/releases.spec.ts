import { randomUUID } from 'node:crypto';
import { ReactionRunner, type Effect } from '#commands';
import {
  EventCodec,
  MemoryEventStore,
  START,
  UnknownEvent,
  type Checkpoint,
  type DomainEvent,
  type EventDefinition,
  type MetadataInput,
  type PersonKeys,
  type Position,
  type Recorded,
  type StoredEvent,
} from '#event-store';
import { systemClock } from '#kernel';
import { connectMongo, type MongoConnection } from '#mongo';
import { mongoLeases, runProjector } from '#profile';
import { openMongoProjectionStore, openMongoReadStore, type Change, type Projection } from '#read-store';
import { customer, expectStatus, makePlace } from '../program/place.js';
import { until as untilProgram } from '../program/program.js';
import type { Role } from './fleet.js';
import { Installation } from './installation.js';
import { addressOf, describeWith, ownName, until } from './servers.js';

const WORKSPACE = 'w1';
const SYSTEM: MetadataInput = {
  workspace: WORKSPACE,
  subject: null,
  actor: { id: null, role: 'system', workspace: WORKSPACE },
  commandId: null,
  correlationId: 'c',
  at: '2026-01-01T00:00:00.000Z',
};

/** These events are about nobody. */
const NOBODY: PersonKeys = { insert: async () => false, getMany: async () => new Map(), destroy: async () => undefined };

/** What a release reads and makes of it. */
interface Release {
  readonly definitions: readonly EventDefinition[];
  readonly projection: Projection;
}
const definition = (type: string, version = 1): EventDefinition => ({
  type,
  version,
  personal: [],
  ...(version > 1 ? { upcasters: { 1: (data) => ({ ...data, by: 'nobody' }) } } : {}),
});
const projectionOf = (version: number): Projection => ({
  name: 'notes',
  version,
  collections: [{ name: 'list', fields: {}, indexes: [] }],
  project({ event }: Recorded): Change[] {
    const { id, ...row } = event.data as { id: string };
    return [{ op: 'put', collection: 'list', id, row: { ...row, type: event.type } }];
  },
});
const OLDER: Release = { definitions: [definition('Noted')], projection: projectionOf(1) };

const NEWER: readonly { what: string; release: Release; event: DomainEvent }[] = [
  {
    what: 'a type that only the newer one knows',
    release: { definitions: [definition('Noted'), definition('Starred')], projection: projectionOf(2) },
    event: { type: 'Starred', data: { id: 'b' } },
  },
  {
    what: 'a version of a type that only the newer one knows',
    release: { definitions: [definition('Noted', 2)], projection: projectionOf(2) },
    event: { type: 'Noted', data: { id: 'b', by: 'ann' } },
  },
];
const noted = (id: string): DomainEvent => ({ type: 'Noted', data: { id } });

/** A log whose beginning, which only a new build reads, can be held back. */
class HaltingStore extends MemoryEventStore {
  private asked: () => void = () => undefined;
  private mayGoOn: Promise<void> = Promise.resolve();

  /** `asked` resolves once somebody wants the beginning, who gets it with `goOn`. */
  halt(): { readonly asked: Promise<void>; readonly goOn: () => void } {
    let goOn: () => void = () => undefined;
    this.mayGoOn = new Promise((resolve) => (goOn = resolve));
    return { asked: new Promise((resolve) => (this.asked = resolve)), goOn: () => goOn() };
  }

  override async readAll(after: Position, limit: number): Promise<StoredEvent[]> {
    if (after === 0) {
      this.asked();
      await this.mayGoOn;
    }
    return super.readAll(after, limit);
  }
}

describeWith('WHITEBOOK_MONGODB_URL')('COR-27: two releases on the same stores', () => {
  let mongo: MongoConnection;
  const names: string[] = [];
  beforeAll(async () => void (mongo = await connectMongo(addressOf('WHITEBOOK_MONGODB_URL'))));
  afterAll(async () => {
    for (const name of names) await mongo.db(name).dropDatabase();
    await mongo.close();
  });

  const codecOf = ({ definitions }: Release): EventCodec => new EventCodec(definitions, NOBODY);

  /** Stores, and what each release does with them. */
  function place() {
    const name = ownName();
    names.push(name);
    const db = mongo.db(name);
    const log = new HaltingStore({ clock: systemClock });
    let revision = -1;
    const leases = () => mongoLeases({ db, holder: randomUUID(), beatMs: 20, patienceMs: 400 });
    const ends: unknown[] = [];
    return {
      ...{ db, log, leases, ends },
      read: openMongoReadStore({ db }),
      async write(release: Release, ...events: DomainEvent[]) {
        const stored = await codecOf(release).encode('notes', events, { ...SYSTEM, correlationId: randomUUID() });
        await log.append([{ stream: 'notes', expected: revision, workspace: WORKSPACE, events: stored }]);
        revision += events.length;
      },
      project: (release: Release) =>
        runProjector({
          log,
          codec: codecOf(release),
          store: openMongoProjectionStore({ db }),
          leases: leases(),
          projections: [release.projection],
          onError: () => undefined,
          onOutage: (error) => ends.push(error),
          onFailure: (error) => ends.push(error),
        }),
    };
  }

  it.each(NEWER)(
    'an older projector stops before $what, and yields: a newer one goes on from there',
    async ({ release, event }) => {
      const { read, log, ends, write, project } = place();
      const rows = async (): Promise<string[]> => {
        const ids: string[] = [];
        for await (const { id } of read.stream('notes/list')) ids.push(id);
        return ids;
      };
      await write(OLDER, noted('a'));
      const older = project(OLDER);
      expect(await read.reached(['notes'], 1, 10_000)).toBe(true);
      const newer = project(release);
      await write(OLDER, noted('a2'));
      expect(await read.reached(['notes'], 2, 10_000)).toBe(true);
      expect([(await older.lag())[0]?.version, await newer.lag()]).toEqual([1, []]);

      await write(release, event, noted('c'));
      expect(await read.reached(['notes'], await log.head(), 20_000)).toBe(true);
      expect([ends, older.well(), await older.lag(), newer.well()]).toEqual([[expect.any(UnknownEvent)], false, [], true]);
      await until(async () => (await newer.lag()).every(({ version }) => version === 2));
      expect(await newer.lag()).toMatchObject([{ version: 2, parked: [], stopped: false, events: 0 }]);
      expect(await rows()).toEqual(['a', 'a2', 'b', 'c']);

      await newer.stop();
      await write(release, noted('d'));
      const next = project(release);
      expect(await read.reached(['notes'], await log.head(), 20_000)).toBe(true);
      expect(await rows()).toEqual(['a', 'a2', 'b', 'c', 'd']);
      await Promise.all([older.stop(), next.stop()]);
      expect(ends).toHaveLength(1);
    },
  );

  it('RUN-3: a raised read model is made beside the one before, which is fed until it is replaced', async () => {
    const { read, log, ends, write, project } = place();
    const authors = async (): Promise<unknown[]> => {
      const found: unknown[] = [];
      for await (const { by } of read.stream('notes/list')) found.push(by);
      return found;
    };
    await write(OLDER, noted('a'));
    const older = project(OLDER);
    expect(await read.reached(['notes'], 1, 10_000)).toBe(true);
    await older.stop();

    const { release } = NEWER[1]!;
    const { asked, goOn } = log.halt();
    const newer = project(release);
    await asked;
    await write(release, { type: 'Noted', data: { id: 'b', by: 'ann' } });
    expect(await read.reached(['notes'], 2, 10_000)).toBe(true);
    expect(await newer.lag()).toMatchObject([{ version: 1, serving: true, events: 0 }]);
    expect(await authors()).toEqual([undefined, 'ann']);

    goOn();
    await until(async () => (await newer.lag()).every(({ version }) => version === 2));
    expect(await authors()).toEqual(['nobody', 'ann']);
    await newer.stop();
    expect(ends).toEqual([]);
  });

  it.each(NEWER)('older reactions stop before $what, and yield: newer ones leave nothing out', async ({ release, event }) => {
    const { log, leases, write } = place();
    const stop = new AbortController();
    const done: string[] = [];
    let checkpoint: Checkpoint = START;
    const react = (who: string, by: Release) => {
      const runner = new ReactionRunner({
        store: log,
        codec: codecOf(by),
        reactions: [({ position }): Effect[] => [{ kind: 'sleep', key: String(position) }]],
        apply: async (effect) => void done.push(`${who} ${'key' in effect ? effect.key : ''}`),
        checkpoint: async () => checkpoint,
        setCheckpoint: async (reached) => void (checkpoint = reached),
        onError: () => undefined,
      });
      return leases().hold('reactions', stop.signal, (held) => runner.run(held));
    };
    await write(OLDER, noted('a'));
    const older = react('older', OLDER);
    const stopped = expect(older).rejects.toBeInstanceOf(UnknownEvent);
    await until(() => done.includes('older 1'));
    const newer = react('newer', release);
    await write(release, event);
    await stopped;
    expect(checkpoint.position).toBe(1);
    await write(release, noted('c'));
    await until(() => done.includes('newer 3'));
    expect(done).toEqual(['older 1', 'newer 2', 'newer 3']);
    stop.abort();
    await newer;
  });
});

describeWith('WHITEBOOK_MONGODB_URL')('COR-27: a program that meets what a newer release has written', () => {
  let fleet: Installation;
  beforeAll(async () => {
    fleet = await Installation.open();
    await fleet.startAll(['projector', 'worker', 'api']);
  }, 120_000);
  afterAll(() => fleet?.close(), 60_000);

  it('decides nothing about it, and answers 503; stops before it, and says so; and does all else', async () => {
    const owner = await makePlace(fleet.of('api')[0]!);
    await fleet.ready(30);
    const { id } = expectStatus(await owner.post('/v1/accounts', customer('starred')), 201).body;
    const { double } = fleet;
    const stream = double.streams.find((each) => each.startsWith('account-') && each.endsWith(String(id)))!;
    const workspace = stream.split('-')[1]!;
    const metadata = { ...SYSTEM, workspace, schemaVersion: 1, subject: id };
    const event = { id: randomUUID(), type: 'Starred', data: '{}', metadata: JSON.stringify(metadata) };
    expect(double.write(stream, 'stream_exists', [event])).toMatchObject({ kind: 'appended' });

    expect(await owner.patch(`/v1/accounts/${String(id)}`, { company: 'Stars' })).toMatchObject({
      status: 503,
      body: { code: 'unavailable' },
    });
    const failing = async (role: Role): Promise<unknown> => (await fleet.of(role)[0]!.api.get('/ready')).body['failing'];
    await untilProgram('the projector to yield', async () => String(await failing('projector')) === 'projector');
    await untilProgram('the reactions to yield', async () => String(await failing('worker')) === 'reactions');
    const later = expectStatus(await owner.post('/v1/accounts', customer('later')), 201);
    const behind = await owner.get('/v1/accounts', { headers: { 'min-position': later.headers['position']! } });
    expect([behind.status, behind.body['code']]).toEqual([503, 'read-model-behind']);
    expect(fleet.all.map(({ child }) => child.exitCode)).toEqual([null, null, null]);
  }, 120_000);
});
