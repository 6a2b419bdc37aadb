import { StoreUnavailable } from '#event-store';
import { connectMongo, type MongoConnection } from '#mongo';
import { openMongoVault, type Vault } from '#vault';
import { vaultContract } from '../contracts/vault.contract.js';
import { apiKey, idsOf, impersonation, MASTER_KEY, NOON, session } from '../contracts/vault.fixtures.js';
import { Passage } from './passage.js';
import { addressOf, describeWith, ownName, until } from './servers.js';

const open = (connection: MongoConnection, name: string, masterKey = MASTER_KEY): Promise<Vault> =>
  openMongoVault({ db: connection.db(name), masterKey, clock: () => NOON });

describe.each([
  ['MongoDB', 'WHITEBOOK_MONGODB_URL', { races: true }],
  ['the second MongoDB', 'WHITEBOOK_MONGODB_SECOND_URL', { races: false }],
])('%s', (server, variable, expected) => {
  describeWith(variable)('as a vault', () => {
    let connection: MongoConnection;
    const names: string[] = [];
    const own = (): string => {
      names.push(ownName());
      return names.at(-1)!;
    };
    beforeAll(async () => void (connection = await connectMongo(addressOf(variable))));
    afterEach(async () => {
      for (const name of names.splice(0)) await connection.db(name).dropDatabase();
    });
    afterAll(() => connection.close());

    vaultContract(
      server,
      async () => {
        const vault = await open(connection, own());
        return { vault, close: () => vault.close() };
      },
      expected,
    );

    it('is the same one in another process, and has what it answered', async () => {
      const name = own();
      const [one, other] = [await open(connection, name), await open(connection, name)];
      await one.keys.insert('ann');
      expect((await other.keys.getMany(['ann'])).get('ann')).toEqual((await one.keys.getMany(['ann'])).get('ann'));
      await one.sessions.insert(session('s1'));
      await one.sessions.touch('s1', NOON);
      await one.close();
      expect(await other.sessions.byId('s1')).toMatchObject({ used: true });
      expect(await other.secrets.obtain('hmac')).toEqual(await one.secrets.obtain('hmac'));
    });

    it('is refused under another master key', async () => {
      const name = own();
      await open(connection, name);
      await expect(open(connection, name, Buffer.alloc(32, 6))).rejects.toThrow('WHITEBOOK_MASTER_KEY');
    });

    it('holds keys and secrets sealed only', async () => {
      const name = own();
      const vault = await open(connection, name);
      await vault.keys.insert('ann');
      await vault.secrets.put('smtp', Buffer.from('canary-secret'));
      const key = (await vault.keys.getMany(['ann'])).get('ann') as Buffer;
      const db = connection.db(name);
      const rows = await Promise.all((await db.collections()).map((collection) => collection.find().toArray()));
      const text = (value: unknown): unknown =>
        value && typeof value === 'object' && 'buffer' in value
          ? Buffer.from(value.buffer as Uint8Array).toString('latin1')
          : value;
      const bytes = JSON.stringify(rows, (_, value: unknown) => text(value));
      expect(bytes).toContain('smtp');
      expect(bytes).not.toContain('canary-secret');
      expect(bytes).not.toContain(JSON.stringify(key.toString('latin1')).slice(1, -1));
    });
  });
});

describeWith('WHITEBOOK_MONGODB_URL')('many processes at one vault', () => {
  let connection: MongoConnection;
  let name: string;
  let vaults: Vault[];
  beforeAll(async () => void (connection = await connectMongo(addressOf('WHITEBOOK_MONGODB_URL'))));
  beforeEach(async () => {
    name = ownName();
    vaults = await Promise.all(Array.from({ length: 4 }, () => open(connection, name)));
  });
  afterEach(() => connection.db(name).dropDatabase());
  afterAll(() => connection.close());
  const ROUNDS = 50;
  const [one, other] = [(): Vault => vaults[0]!, (): Vault => vaults[1]!];

  it('COR-8: a session that is ended while it is written never stands, and is told by one process at most', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const id = `s${round}`;
      const writes = vaults.map(({ sessions }) => sessions.insert(session(id)));
      const ends = vaults.map(({ sessions }) => sessions.endOne(id));
      const ended = (await Promise.all(ends)).flat();
      await Promise.all(writes);
      expect(await one().sessions.byId(id)).toBeNull();
      expect(ended.length).toBeLessThanOrEqual(1);
    }
  });

  it('COR-8: an impersonation that is begun while its session is ended never stands', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const [staff, id] = [`staff${round}`, `i${round}`];
      await one().sessions.insert(session(staff, { account: 'sue' }));
      await Promise.all([one().sessions.insert(impersonation(id, staff)), other().sessions.endOne(staff)]);
      expect(await one().sessions.byId(id)).toBeNull();
    }
  });

  it('COR-9: a session that is judged anew while it is ended for what lay before is ended before or stays', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const id = `s${round}`;
      await one().sessions.insert(session(id));
      const [ended, unlocked] = await Promise.all([
        one().sessions.end('account-ann', 7),
        other().sessions.unlock(id, 'c2', { 'account-ann': 8 }),
      ]);
      expect(idsOf(ended)).toEqual(unlocked ? [] : [id]);
      expect((await one().sessions.byId(id)) !== null).toBe(unlocked);
      await one().sessions.endOne(id);
    }
  });

  it('tells each expired impersonation once', async () => {
    for (let number = 0; number < 20; number++) await one().sessions.insert(impersonation(`i${number}`, 's'));
    const told = await Promise.all(vaults.map(({ sessions }) => sessions.expire('2026-01-31T13:00:00.000Z')));
    expect(idsOf(told.flat())).toHaveLength(20);
  });

  it('COR-10: of all that is said of a stream at the same moment, the last revision counts', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const id = `k${round}`;
      const judged = { [`account-${round}`]: 1 };
      await one().apiKeys.insert(apiKey(id, { judged }));
      const said = [4, 2, 5, 3].map((revision, turn) =>
        vaults[turn]!.apiKeys.bar(`account-${round}`, revision, revision % 2 === 0),
      );
      await Promise.all(said);
      expect((await one().apiKeys.byId(id))?.barred).toBe(false);
    }
  });

  it('COR-13: gives one of many processes the key of a person, and no one another than that', async () => {
    const inserted = await Promise.all(vaults.map(({ keys }) => keys.insert('ann')));
    expect(inserted.filter(Boolean)).toHaveLength(1);
    const read = await Promise.all(vaults.map(({ keys }) => keys.getMany(['ann'])));
    expect(new Set(read.map((keys) => (keys.get('ann') as Buffer).toString('hex'))).size).toBe(1);
  });

  it('makes a secret once, whichever process asks', async () => {
    const made = await Promise.all(vaults.map(({ secrets }) => secrets.obtain('hmac')));
    expect(new Set(made.map((secret) => secret.toString('hex'))).size).toBe(1);
  });
});

describeWith('WHITEBOOK_MONGODB_URL')('a vault whose server goes away', () => {
  const SOON_MS = 6000;
  let passage: Passage;
  let connection: MongoConnection;
  let vault: Vault;
  let name: string;
  beforeEach(async () => {
    passage = await Passage.to(addressOf('WHITEBOOK_MONGODB_URL'));
    connection = await connectMongo(`mongodb://${passage.address}/?directConnection=true`, { findWithinMs: 2000 });
    name = ownName();
    vault = await open(connection, name);
    await vault.sessions.insert(session('s1'));
  });
  afterEach(async () => {
    passage.open();
    await connection.db(name).dropDatabase();
    await connection.close();
    await passage.close();
  });

  it.each([
    ['lost', (): void => passage.cut()],
    ['silent', (): void => passage.halt()],
  ])('rejects as unavailable within seconds while it is %s, and works again afterwards', async (_, goAway) => {
    goAway();
    const began = performance.now();
    const asked = await Promise.allSettled([
      vault.sessions.byToken('token-s1'),
      vault.sessions.insert(session('s2')),
      vault.sessions.end('account-ann', 9),
      vault.keys.getMany(['ann']),
      vault.keys.insert('bob'),
      vault.apiKeys.byHash('hash-k1'),
      vault.answers.get('cmd'),
      vault.throttle.fail('a', NOON, NOON),
      vault.setCheckpoint('end-sessions', { position: 1, eventId: 'e1' }),
    ]);
    expect(performance.now() - began).toBeLessThan(SOON_MS);
    const reasons = asked.map((one): unknown => (one.status === 'rejected' ? one.reason : null));
    expect(reasons).toEqual(asked.map((): unknown => expect.any(StoreUnavailable)));
    passage.open();
    await until(() => vault.sessions.byToken('token-s1').then(Boolean, () => false));
  });
});
