import { MongoClient } from 'mongodb';
import { openEventStoreDb } from '#event-store';
import type { MongoDatabase } from '#mongo';
import { openMongoVault, type Vault } from '#vault';
import { EventStoreDouble } from '../doubles/eventstore/server.js';
import { MASTER_KEY, NOON, session } from '../contracts/vault.fixtures.js';
import { addressOf, describeWith, ownName } from './servers.js';

/** What is looked up there decides whether somebody may go on. */
const LOOK_UPS: readonly (readonly [name: string, ask: (vault: Vault) => Promise<unknown>])[] = [
  ['a session by its token', ({ sessions }) => sessions.byToken(session('s1').tokenHash)],
  ['a session by its refresh token', ({ sessions }) => sessions.byRefresh(session('s1').tokenHash)],
  ['a session by its id', ({ sessions }) => sessions.byId('s1')],
  ['the sessions of an account', ({ sessions }) => sessions.list('a1')],
  ['an API key', ({ apiKeys }) => apiKeys.byHash('none')],
];

describeWith('WHITEBOOK_MONGODB_URL')('a look-up in the vault', () => {
  const name = ownName();
  const sent: { readonly command: string; readonly readConcern: unknown; readonly preference: unknown }[] = [];
  let client: MongoClient;

  beforeAll(async () => {
    client = new MongoClient(addressOf('WHITEBOOK_MONGODB_URL'), { monitorCommands: true, readPreference: 'primary' });
    client.on('commandStarted', ({ commandName, command }) =>
      sent.push({
        command: commandName,
        readConcern: command['readConcern'],
        preference: command['$readPreference'],
      }),
    );
    await client.connect();
  });
  afterAll(async () => {
    await client.db(name).dropDatabase();
    await client.close();
  });

  /** The server, as it would be with other members beside it. */
  const withMembers = (hello: object): MongoDatabase => {
    const db = client.db(name);
    return new Proxy(db, {
      get: (_, member: string) => {
        if (member === 'command') return async () => hello;
        const value: unknown = Reflect.get(db, member, db);
        return typeof value === 'function' ? (value.bind(db) as unknown) : value;
      },
    });
  };

  const asks = async (db: MongoDatabase, ask: (vault: Vault) => Promise<unknown>) => {
    const vault = await openMongoVault({ db, masterKey: MASTER_KEY, clock: () => NOON });
    sent.length = 0;
    // a server that is none of many may refuse what it is asked for here
    await ask(vault).catch(() => undefined);
    return sent.filter(({ command }) => command === 'find' || command === 'aggregate');
  };

  it.each(LOOK_UPS)(
    'COR-11: of %s asks a replica set, and a cluster, with linearizable read concern, at the primary',
    async (_, ask) => {
      for (const hello of [{ setName: 'rs0' }, { msg: 'isdbgrid' }]) {
        const found = await asks(withMembers(hello), ask);
        expect(found.length).toBeGreaterThan(0);
        for (const { readConcern, preference } of found)
          expect([readConcern, preference]).toEqual([{ level: 'linearizable' }, undefined]);
      }
    },
  );

  it.each(LOOK_UPS)('of %s asks a server that stands alone for what it has', async (_, ask) => {
    const found = await asks(withMembers({}), ask);
    expect(found.map(({ readConcern }) => readConcern)).toEqual(found.map(() => undefined));
  });
});

describe('a read of the log', () => {
  it('COR-11: asks for the leader, whatever it reads; so does an append', async () => {
    const double = await EventStoreDouble.start();
    const store = await openEventStoreDb({ url: double.url });
    try {
      const workspace = '00000000-0000-4000-8000-000000000001';
      const id = '00000000-0000-4000-8000-0000000000e1';
      const metadata = `{"workspace":"${workspace}"}`;
      await store.append([{ stream: 'some', expected: -1, workspace, events: [{ id, type: 'Done', data: '{}', metadata }] }]);
      await store.read('some');
      await store.last('some');
      await store.readAll(0, 10);
      await store.at(await store.head());
      expect(double.asked).toBeGreaterThan(5);
      expect(double.askedFollowers).toBe(0);
    } finally {
      await store.close();
      await double.stop();
    }
  });
});
