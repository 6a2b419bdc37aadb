import { poolStream, workspaceStream } from '#commands';
import { WorkspacesPlace } from '../../../test/support/workspaces.js';
import { ownerIdOf, ownerSecretName, pendingOwner } from './workspace-owner.js';

let place: WorkspacesPlace;
beforeEach(async () => (place = await WorkspacesPlace.open()));
afterEach(() => place.close());

const owner = { email: 'olga@northwind.test', fullName: 'Olga North', password: 'correct horse battery' };
const northwind = { name: 'Northwind', slug: 'northwind', pool: { botSlots: 5 }, owner };
const key = (value: string) => ({ 'idempotency-key': value });
const operator = 'operator@platform';
const create = (body: object = northwind, headers = {}) => place.ask(operator, 'POST', '/v1/workspaces', body, headers);
const idOf = ({ body }: { body?: Record<string, unknown> }): string => String(body?.['id']);

describe('creation', () => {
  it('WS-1: makes workspace, pool and owner', async () => {
    const made = await create();
    expect(made.status).toBe(201);
    const id = idOf(made);
    expect(made.headers['location']).toBe(`/v1/workspaces/${id}`);
    expect(made.headers['etag']).toBe('"1"');
    expect(made.body).toMatchObject({
      slug: 'northwind',
      name: 'Northwind',
      state: 'active',
      domain: null,
      pool: { botSlots: { total: 5 } },
      passwordPolicy: { minLength: 8, maxLength: 200, commonRefused: true },
      settings: { requirePasswordChange: false, defaultPlan: 'standard' },
      owner: { id: ownerIdOf(id) },
    });
    expect(place.owners).toHaveLength(1);
    expect(place.owners[0]?.owner).toEqual({
      workspace: id,
      account: ownerIdOf(id),
      email: owner.email,
      fullName: owner.fullName,
      passwordHash: `hash of ${owner.password.length}`,
      requirePasswordChange: null,
      by: { id: 'operator', role: 'operator', workspace: 'platform' },
    });
    expect(place.owners[0]?.context).toMatchObject({ workspace: id, dryRun: false });
    expect((await place.ask(operator, 'GET', `/v1/workspaces/${id}`)).body).toMatchObject({
      pool: { botSlots: { total: 5, allocated: 0, free: 5 } },
    });
  });

  it('WS-1: the events count to the new workspace', async () => {
    const id = idOf(await create());
    const events = await place.store.readAll(0, 100);
    expect(events.map(({ stream, type, workspace }) => [stream, type, workspace])).toEqual([
      ['slug-northwind', 'ClaimTaken', id],
      [poolStream(id), 'PoolResized', id],
      [workspaceStream(id), 'WorkspaceCreated', id],
    ]);
  });

  it('WS-1: a slug is one workspace', async () => {
    await create();
    const again = await create({ ...northwind, name: 'Another' });
    expect([again.status, again.body?.['code']]).toEqual([409, 'slug-taken']);
    expect(place.owners).toHaveLength(1);
  });

  it('ACC-12: the same key gives the same answer, and one workspace', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => create(northwind, key('k1'))));
    for (const { status, body, headers } of answers)
      expect([status, body, headers['etag'], headers['position']]).toEqual([
        201,
        answers[0]?.body,
        answers[0]?.headers['etag'],
        answers[0]?.headers['position'],
      ]);
    expect(place.owners).toHaveLength(1);
    const other = await create({ ...northwind, name: 'Other' }, key('k1'));
    expect([other.status, other.body?.['code']]).toEqual([422, 'idempotency-key-reused']);
  });

  it('COR-29: a retry makes the owner that was cut off', async () => {
    place.ownersDown = true;
    expect((await create(northwind, key('k1'))).status).toBe(500);
    const { workspaces } = place;
    const id = (await workspaces.bySlug('northwind'))?.id ?? '';
    expect(await pendingOwner(place.vault, id)).toMatchObject({ account: ownerIdOf(id), email: owner.email });

    expect((await create({ ...northwind, name: 'Other' }, key('k1'))).status).toBe(422);
    expect(await pendingOwner(place.vault, id)).not.toBeNull();

    place.ownersDown = false;
    expect((await create(northwind, key('k1'))).status).toBe(201);
    expect(place.owners.map(({ owner: made }) => made.account)).toEqual([ownerIdOf(id)]);
    expect(await pendingOwner(place.vault, id)).toBeNull();
  });

  it('a bad owner is refused before anything is recorded', async () => {
    const nobody = await create({ ...northwind, owner: { ...owner, email: 'olga' } });
    expect([nobody.status, nobody.body?.['errors']]).toEqual([422, [expect.objectContaining({ pointer: '/owner/email' })]]);
    const weak = await create({ ...northwind, owner: { ...owner, password: 'password1' } });
    expect([weak.status, weak.body?.['errors']]).toEqual([
      422,
      [expect.objectContaining({ pointer: '/owner/password', code: 'password-too-common' })],
    ]);
    expect(await place.store.head()).toBe(0);
  });

  it('DRY-1: a dry run tells and leaves nothing', async () => {
    const dry = await place.ask(operator, 'POST', '/v1/workspaces?dryRun=true', northwind);
    expect([dry.status, dry.body]).toMatchObject([200, { dryRun: true, events: [{ type: 'WorkspaceCreated' }] }]);
    expect([await place.store.head(), place.owners]).toEqual([0, []]);
    expect(await place.vault.secrets.get(ownerSecretName('1'.padStart(32, '0')))).toBeNull();
  });

  it.each(['owner@w1', 'admin@w1', 'user@w1'])('AUTH-1: is not for %s', async (caller) => {
    const { status, body } = await place.ask(caller, 'POST', '/v1/workspaces', northwind);
    expect([status, body?.['permission']]).toEqual([403, 'workspaces:manage']);
  });
});

describe('state', () => {
  const session = (id: string, stream: string, revision: number) => ({
    id,
    workspace: 'w',
    account: 'a',
    role: 'user',
    kind: 'full' as const,
    credential: null,
    judged: { [stream]: revision },
    generation: 1,
    tokenHash: `t-${id}`,
    refreshHash: `r-${id}`,
    previousRefreshHash: null,
    rotatedAt: null,
    used: false,
    createdAt: '2026-01-31T12:00:00.000Z',
    expiresAt: '2026-01-31T13:00:00.000Z',
    refreshExpiresAt: '2026-03-02T12:00:00.000Z',
    lastUsedAt: '2026-01-31T12:00:00.000Z',
    address: '127.0.0.1',
    agent: 'test',
  });
  const apiKey = (id: string, stream: string) => ({
    id,
    workspace: 'w',
    account: 'a',
    role: 'user',
    name: 'key',
    scopes: [],
    keyHash: `k-${id}`,
    judged: { [stream]: 0 },
    createdAt: '2026-01-31T12:00:00.000Z',
    expiresAt: null,
  });
  const stands = async (id: string): Promise<boolean> => (await place.vault.sessions.byId(id)) !== null;
  const barred = async (id: string) => (await place.vault.apiKeys.byId(id))?.barred;

  let id: string;
  let stream: string;
  const suspend = (headers = {}) => place.ask(operator, 'POST', `/v1/workspaces/${id}/suspend`, undefined, headers);
  const resume = () => place.ask(operator, 'POST', `/v1/workspaces/${id}/resume`);
  beforeEach(async () => {
    id = idOf(await create());
    stream = workspaceStream(id);
    await place.vault.sessions.insert(session('before', stream, 0));
    await place.vault.apiKeys.insert(apiKey('key', stream));
  });

  it('WS-1, COR-7: sessions are ended and keys barred before the answer', async () => {
    const { status, body } = await suspend();
    expect([status, body?.['state']]).toEqual([200, 'suspended']);
    expect([await stands('before'), await barred('key')]).toEqual([false, true]);
  });

  it('COR-7: also where it was suspended already', async () => {
    await suspend();
    await place.vault.sessions.insert(session('slow', stream, 0));
    expect((await suspend()).status).toBe(200);
    expect(await stands('slow')).toBe(false);
    expect((await place.log.read(stream)).map(({ event }) => event.type)).toEqual(['WorkspaceCreated', 'WorkspaceSuspended']);
  });

  it('COR-10: keys work again after it is resumed, sessions stay ended', async () => {
    await suspend();
    expect((await resume()).body?.['state']).toBe('active');
    expect([await stands('before'), await barred('key')]).toEqual([false, false]);
  });

  it('COR-9: a suspension that is answered late ends nothing that was opened since', async () => {
    await suspend(key('s1'));
    await resume();
    await place.vault.sessions.insert(session('since', stream, 2));
    const { status, body } = await suspend(key('s1'));
    expect([status, body?.['state']]).toEqual([200, 'suspended']);
    expect([await stands('since'), await barred('key')]).toEqual([true, false]);
  });

  it('COR-3, ACC-12: a repeat is answered before its revision is looked at', async () => {
    const once = { ...key('s2'), 'if-match': '"1"' };
    const first = await suspend(once);
    const again = await suspend(once);
    expect([again.status, again.body, again.headers['etag']]).toEqual([200, first.body, '"2"']);
    expect((await suspend({ ...once, ...key('s3') })).status).toBe(412);
  });

  it('412: an old revision is refused', async () => {
    const { status, body } = await suspend({ 'if-match': '"7"' });
    expect([status, body?.['code']]).toEqual([412, 'revision-mismatch']);
  });
});

describe('pool', () => {
  it('WS-8: changes, but not below what is allocated', async () => {
    const id = idOf(await create());
    const claim = { claim: 'c/pool/0', holder: 'account-x', amount: 3, settled: true };
    const metadata = {
      workspace: id,
      subject: null,
      actor: { id: null, role: 'system' as const, workspace: id },
      commandId: null,
      correlationId: 'c',
      at: '',
    };
    const { revision } = await place.resources.load(poolStream(id));
    await place.log.append([
      {
        stream: poolStream(id),
        expected: revision,
        workspace: id,
        events: [{ type: 'ClaimTaken', data: claim }],
        metadata,
      },
    ]);
    const below = await place.ask(operator, 'PUT', `/v1/workspaces/${id}/pool`, { botSlots: 2 });
    expect([below.status, below.body?.['code']]).toEqual([409, 'pool-below-allocated']);
    expect((await place.ask(operator, 'PUT', `/v1/workspaces/${id}/pool`, { botSlots: 3 })).status).toBe(200);
    const pool = await place.ask(`auditor@${id}`, 'GET', '/v1/workspace/pool');
    expect(pool.body).toEqual({ botSlots: { total: 3, allocated: 3, free: 0 } });
  });
});

describe('reads', () => {
  it('lists workspaces from the read model, newest first', async () => {
    const row = {
      id: 'w1',
      slug: 'northwind',
      name: 'Northwind',
      state: 'active',
      domain: null,
      domainState: null,
      botSlots: 5,
      createdAt: '2026-01-31T12:00:00.000Z',
    };
    place.rows = [row];
    const { status, body, headers } = await place.ask(operator, 'GET', '/v1/workspaces?limit=10');
    const { botSlots: total, ...shown } = row;
    expect([status, body]).toEqual([200, { items: [{ ...shown, pool: { botSlots: { total } } }], next: null }]);
    expect(headers['position']).toBe('7');
    expect(place.finds).toEqual([
      { collection: 'workspaces/list', filters: [], sort: { field: 'createdAt', descending: true }, limit: 10 },
    ]);
  });
  it('is 503 where the read model is behind', async () => {
    const { status, body } = await place.ask(operator, 'GET', '/v1/workspaces', undefined, { 'min-position': 'zzzz' });
    expect([status, body?.['code']]).toEqual([503, 'read-model-behind']);
  });
  it('an unknown workspace is 404', async () => {
    expect((await place.ask(operator, 'GET', '/v1/workspaces/nothing')).status).toBe(404);
    expect((await place.ask(operator, 'PATCH', '/v1/workspaces/nothing', { name: 'A' })).status).toBe(404);
  });
  it('the operator changes name and settings', async () => {
    const id = idOf(await create());
    const { body, headers } = await place.ask(operator, 'PATCH', `/v1/workspaces/${id}`, { name: 'North', currency: 'EUR' });
    expect(body).toMatchObject({ name: 'North', settings: { currency: 'EUR' } });
    expect(headers['etag']).toBe('"2"');
  });
});
