/**
 * MongoDB and the event store are taken away from a whole installation under load. `WHITEBOOK_TEST_OUTAGES` sets how often (once each by
 * default, 10 is the full size), `WHITEBOOK_TEST_SEED` which commands the clients have done.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { openEventStoreDb } from '#event-store';
import { connectMongo, type MongoConnection } from '#mongo';
import { EventStoreDouble } from '../doubles/eventstore/server.js';
import type { Client } from '../faults/kill.client.js';
import { acknowledged, complaintsOf, cutOf, expectWhole, makeCrowd, type Crowd } from '../faults/kill.crowd.js';
import { outages, seed, timeFor } from '../faults/sizes.js';
import { codeOf } from '../faults/brand.js';
import { until, type Program } from '../program/program.js';
import type { Stores } from '../support/distributed-settings.js';
import type { Api, Reply } from '../support/api.js';
import { Fleet } from './fleet.js';
import { describeWithOwnMongo, MongoServer } from './mongo-server.js';
import { Passage } from './passage.js';
import { addressOf } from './servers.js';

const TIMES = outages(1);
const SEED = seed();
const CLIENTS = 5;
/** Commands that are acknowledged before each outage at least. */
const LOAD = 40;
/** Seconds within which whoever asks is told that it cannot be done now: no more than a call to each store may take, on a loaded machine. */
const TOLD_WITHIN = 15;
const WELL_WITHIN = 30;
const FROZEN_MS = 5_000;
const CUTS = 6;

const isAway = (reply: Reply): boolean => reply.status === 503 && codeOf(reply) === 'unavailable';

const describeHere = addressOf('WHITEBOOK_REDIS_URL') === '' ? describe.skip : describeWithOwnMongo;

describeHere('an installation of two processes of each role', () => {
  let double: EventStoreDouble;
  let server: MongoServer;
  let way: Passage;
  let stores: Stores;
  let fleet: Fleet;
  let crowd: Crowd;
  let mongo: MongoConnection;
  /** A caller for each API. */
  let roots: Api[];

  beforeAll(async () => {
    console.info(`WHITEBOOK_TEST_SEED=${SEED}`);
    double = await EventStoreDouble.start();
    server = await MongoServer.start();
    way = await Passage.to(server.url);
    stores = { eventStore: double.url, mongodb: `mongodb://${way.address}/outages` };
    fleet = await Fleet.on(stores);
    await fleet.startAll(['worker', 'projector', 'api', 'worker', 'projector', 'api']);
    await fleet.ready(60);
    roots = fleet.of('api').map(({ api }) => api);
    crowd = await makeCrowd(fleet.of('api')[0]!, fleet.folder, { clients: CLIENTS, operated: 2, seed: SEED, isAway });
    mongo = await connectMongo(server.url);
  }, 240_000);
  afterAll(async () => {
    await fleet?.close();
    await mongo?.close();
    await way?.close();
    await server?.remove();
    await double?.stop();
  }, 60_000);

  const rootOf = (client: Client): Api => roots[crowd.clients.indexOf(client) % roots.length]!;

  /** Nobody was told anything but what was done, or that it could not be done now. */
  function expectNoComplaints(): void {
    expect({ complaints: complaintsOf(crowd.clients), faults: fleet.faults }).toEqual({ complaints: [], faults: [] });
  }

  /** All clients at work; resolves in the middle of it with what ends when each was told that it cannot go on. */
  async function load(stop?: AbortSignal): Promise<{ ended: Promise<unknown> }> {
    const enough = acknowledged(crowd.clients) + LOAD;
    const ended = Promise.all(crowd.clients.map((client) => client.work(rootOf(client), stop)));
    await until(
      `${LOAD} acknowledged commands`,
      async () => complaintsOf(crowd.clients).length > 0 || acknowledged(crowd.clients) >= enough,
      60,
    );
    return { ended };
  }

  /** How many seconds something takes. */
  async function secondsOf(work: Promise<unknown>): Promise<number> {
    const began = performance.now();
    await work;
    return (performance.now() - began) / 1000;
  }

  /** Every API says of every route for which it must know who asks that it cannot be done now, in time and in the right words. */
  async function expectToldAway(): Promise<void> {
    const [client] = crowd.clients;
    for (const root of roots) {
      const by = client!.by(root);
      const replies: Reply[] = [];
      const asked = Promise.all([
        by.get('/v1/sessions/current').then((reply) => replies.push(reply)),
        by.get('/v1/accounts').then((reply) => replies.push(reply)),
        by.post('/v1/accounts', { email: 'never@customers.example' }).then((reply) => replies.push(reply)),
      ]);
      expect(await secondsOf(asked)).toBeLessThan(TOLD_WITHIN);
      for (const { status, headers, body } of replies) {
        expect({ status, type: headers['content-type'], code: body['code'], again: headers['retry-after'] }).toEqual({
          ...{ status: 503, type: 'application/problem+json', code: 'unavailable', again: '1' },
        });
      }
    }
  }

  /** Whoever keeps the processes running is told that they are not ready; and nobody ends. */
  async function expectNotReady(failing: string): Promise<void> {
    const misses = async ({ api }: Program): Promise<boolean> => {
      const { status, body } = await api.get('/ready');
      return status === 503 && (body['failing'] as string[]).includes(failing);
    };
    await Promise.all(
      fleet.all.map(async (program) => {
        expect((await program.api.get('/live')).status).toBe(200);
        await until(`${failing} to be missed`, () => misses(program), TOLD_WITHIN);
      }),
    );
  }

  /** All are ready, both APIs write and list again, and what follows from what was written is done. */
  async function caughtUp(): Promise<void> {
    await fleet.ready(WELL_WITHIN);
    const positions = await Promise.all(roots.map((root) => written(root.as(crowd.operator))));
    await until('what follows', async () => (await reacted()) >= Math.max(...positions), WELL_WITHIN);
  }

  /** Position of a write that the lists of this API have. */
  async function written(operator: Api): Promise<number> {
    const path = `/v1/workspaces/${crowd.clients[0]!.place.id}`;
    const write = async (): Promise<Reply | null> => {
      const reply = await operator.patch(path, { name: `Brand ${Math.random()}` });
      return reply.status === 200 ? reply : null;
    };
    const position = (await until('a write', write, WELL_WITHIN)).headers['position'] ?? '';
    const list = () => operator.get('/v1/workspaces', { headers: { 'min-position': position } });
    await until('the lists', async () => (await list()).status === 200, WELL_WITHIN);
    return Number.parseInt(position, 36);
  }

  async function reacted(): Promise<number> {
    const checkpoints = mongo.db('outages').collection<{ _id: string; position: number }>('vault.checkpoints');
    return (await checkpoints.findOne({ _id: 'reactions' }))?.position ?? 0;
  }

  /** What was acknowledged is there; what was not is there whole or not at all, and is done when it is sent again. */
  async function expectNothingLost(): Promise<void> {
    await Promise.all(crowd.clients.map((client) => client.check(rootOf(client))));
    expectNoComplaints();
  }

  it.each(Array.from({ length: TIMES }, (_, n) => n + 1))(
    'MongoDB is killed under load (%i): 503 in time, all caught up 30 s after it is back, nothing acknowledged is lost',
    async () => {
      const { ended } = await load();
      way.cut();
      await server.kill();
      const told = await secondsOf(ended);
      expectNoComplaints();
      expect(told).toBeLessThan(TOLD_WITHIN);
      await expectToldAway();
      await expectNotReady('vault');
      await server.up();
      way.open();
      const well = await secondsOf(caughtUp());
      expect(well).toBeLessThan(WELL_WITHIN);
      await expectNothingLost();
      console.info(`MongoDB killed: told within ${told.toFixed(1)} s, well after ${well.toFixed(1)} s`);
    },
    timeFor(1, 240),
  );

  it.each(Array.from({ length: TIMES }, (_, n) => n + 1))(
    'MongoDB is frozen under load (%i): 503 in time, then well by itself, nothing acknowledged is lost',
    async () => {
      const { ended } = await load();
      server.halt();
      const told = await secondsOf(ended).finally(() => server.goOn());
      expectNoComplaints();
      expect(told).toBeLessThan(TOLD_WITHIN);
      server.halt();
      await Promise.all([expectToldAway(), wait(FROZEN_MS)]).finally(() => server.goOn());
      const well = await secondsOf(caughtUp());
      expect(well).toBeLessThan(WELL_WITHIN);
      await expectNothingLost();
      console.info(`MongoDB frozen: told within ${told.toFixed(1)} s, well after ${well.toFixed(1)} s`);
    },
    timeFor(1, 240),
  );

  it.each(Array.from({ length: TIMES }, (_, n) => n + 1))(
    'the connections to the event store break under load (%i), answers to what was written with them: nobody is told, nothing is lost or there twice',
    async () => {
      const stop = new AbortController();
      const { ended } = await load(stop.signal);
      for (let cut = 0; cut < CUTS; cut++) {
        const goOn = acknowledged(crowd.clients) + 5;
        if (cut % 2 === 0) double.cut();
        else double.loseAcknowledgements(3);
        await until('more', async () => complaintsOf(crowd.clients).length > 0 || acknowledged(crowd.clients) >= goOn, 60);
      }
      stop.abort();
      await ended;
      await caughtUp();
      await expectNothingLost();
    },
    timeFor(1, 240),
  );

  it.each(Array.from({ length: TIMES }, (_, n) => n + 1))(
    'the event store is gone under load (%i) and comes back with its log: 503 in time, then well by itself, nothing acknowledged is lost',
    async () => {
      const { ended } = await load();
      await double.kill();
      const told = await secondsOf(ended);
      expectNoComplaints();
      await expectNotReady('event log');
      await double.restart();
      const well = await secondsOf(caughtUp());
      expect(told).toBeLessThan(2 * TOLD_WITHIN);
      expect(well).toBeLessThan(WELL_WITHIN);
      await expectNothingLost();
      console.info(`the event store gone: told within ${told.toFixed(1)} s, well after ${well.toFixed(1)} s`);
    },
    timeFor(1, 240),
  );

  it('whatever was acknowledged in all of that is as it was, and all lists are the fold of the log', async () => {
    await Promise.all(crowd.clients.map((client) => client.checkAll(rootOf(client))));
    expectNoComplaints();
    await caughtUp();
    for (const client of crowd.clients) await expectWhole(rootOf(client), client);
    expect(await fleet.command('recount')).toMatchObject({ code: 0, stderr: '' });
    const log = await openEventStoreDb({ url: double.url });
    const ids = (await log.readAll(0, Number.MAX_SAFE_INTEGER)).map(({ id }) => id);
    await log.close();
    expect(new Set(ids).size).toBe(ids.length); // none is in the log twice
    const { before, after } = cutOf(crowd.clients);
    console.info(
      `${acknowledged(crowd.clients)} acknowledged commands, ${ids.length} events; without an answer: ${before} not done, ${after} done`,
    );
    expect(before + after).toBeGreaterThan(0);
    expect(fleet.all.map(({ child }) => child.exitCode)).toEqual(fleet.all.map(() => null));
  }, 120_000);
});
