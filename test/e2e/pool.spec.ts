import { itemsOf, type Fields, type Reply } from '../support/api.js';
import { counted, poolOf, told } from '../support/people.js';
import { expectStatus, makeCustomer, makePlace, PASSWORD, type Place } from '../support/place.js';
import { Whitebook } from '../support/whitebook.js';

describe('the pool of bot slots', () => {
  let whitebook: Whitebook;
  let made = 0;

  beforeAll(async () => {
    whitebook = await Whitebook.start();
  });
  afterAll(async () => {
    await whitebook.stop();
    await whitebook.remove();
    expect(whitebook.complaints).toEqual([]);
  });

  const wanted = (fields: object = {}): object => ({ email: `slot-${++made}@pool.example`, ...fields });
  const create = ({ admin }: Place, fields: object = {}): Promise<Reply> =>
    admin.post('/v1/accounts', wanted({ password: PASSWORD, ...fields }));
  const quotas = ({ admin }: Place, id: string, botSlots: number): Promise<Reply> =>
    admin.put(`/v1/accounts/${id}/quotas`, { botSlots });
  const resize = ({ id, operator }: Place, botSlots: number): Promise<Reply> =>
    operator.put(`/v1/workspaces/${id}/pool`, { botSlots });
  const held = async ({ admin }: Place): Promise<number> => {
    const rows = itemsOf(expectStatus(await admin.get('/v1/workspace/pool/allocations?limit=200'), 200));
    return rows.reduce((sum, row) => sum + Number((row['botSlots'] as Fields)['allocated']), 0);
  };

  it('WS-8: total, allocated and free follow create, raise, lower, role and delete; staff and test accounts hold none', async () => {
    const place = await makePlace(whitebook, { botSlots: 10 });
    const { admin } = place;
    expect(await poolOf(admin)).toEqual({ total: 10, allocated: 0, free: 10 });
    const one = await makeCustomer(admin, { botSlots: 4 });
    const two = await makeCustomer(admin);
    await makeCustomer(admin, { test: true });
    await makeCustomer(admin, { botSlots: 0 });
    expect(await poolOf(admin)).toEqual({ total: 10, allocated: 5, free: 5 });
    expectStatus(await quotas(place, one.id, 9), 200);
    expect(await poolOf(admin)).toEqual({ total: 10, allocated: 10, free: 0 });
    expect(told(await quotas(place, two.id, 2))).toBe('409 no-free-bot-slot');
    expect(told(await create(place))).toBe('409 no-free-bot-slot');
    expectStatus(await create(place, { botSlots: 0 }), 201);
    expectStatus(await create(place, { test: true }), 201);
    expectStatus(await quotas(place, one.id, 3), 200);
    expectStatus(await quotas(place, one.id, 3), 200);
    expectStatus(await quotas(place, one.id, 5), 200);
    expect(await poolOf(admin)).toEqual({ total: 10, allocated: 6, free: 4 });
    const allocations = expectStatus(await admin.get('/v1/workspace/pool/allocations'), 200);
    expect(itemsOf(allocations)).toEqual([
      { accountId: one.id, email: one.email, botSlots: { allocated: 5, used: 0 } },
      { accountId: two.id, email: two.email, botSlots: { allocated: 1, used: 0 } },
    ]);
    expectStatus(await admin.post(`/v1/accounts/${one.id}/disable`, {}), 200);
    expect((await poolOf(admin)).allocated).toBe(6);
    expectStatus(await admin.delete(`/v1/accounts/${one.id}`, { confirm: one.email }), 204);
    expect(await poolOf(admin)).toEqual({ total: 10, allocated: 1, free: 9 });
    const workspace = expectStatus(await admin.get('/v1/workspace'), 200);
    expect(workspace.body['pool']).toEqual({ botSlots: { total: 10, allocated: 1, free: 9 } });
  });

  it('WS-8: the operator changes the pool, never below what is allocated', async () => {
    const place = await makePlace(whitebook, { botSlots: 3 });
    await makeCustomer(place.admin, { botSlots: 3 });
    expect(told(await resize(place, 2))).toBe('409 pool-below-allocated');
    expectStatus(await resize(place, 3), 200);
    expectStatus(await resize(place, 5), 200);
    expect(await poolOf(place.admin)).toEqual({ total: 5, allocated: 3, free: 2 });
    expect(told(await place.owner.put(`/v1/workspaces/${place.id}/pool`, { botSlots: 9 }))).toBe('403 forbidden');
  });

  it('WS-8: n requests for n free slots all succeed', async () => {
    const place = await makePlace(whitebook, { botSlots: 60 });
    const replies = await Promise.all(
      Array.from({ length: 60 }, (_, i) => (i % 2 ? create(place) : place.admin.post('/v1/invitations', wanted()))),
    );
    expect(counted(replies)).toEqual({ '201': 60 });
    expect(await poolOf(place.admin)).toEqual({ total: 60, allocated: 60, free: 0 });
    expect(await held(place)).toBe(60);
  });

  it('WS-8: the last slot goes to exactly one of 100 that want it at once, whatever way they take', async () => {
    const place = await makePlace(whitebook, { botSlots: 3 });
    const raised = await makeCustomer(place.admin, { botSlots: 2 });
    const test = await makeCustomer(place.admin, { test: true });
    const ways: (() => Promise<Reply>)[] = [
      () => create(place),
      () => place.admin.post('/v1/invitations', wanted()),
      () => quotas(place, raised.id, 3),
      () => place.admin.post(`/v1/accounts/${test.id}/convert`, {}),
    ];
    const replies = await Promise.all(Array.from({ length: 100 }, (_, i) => (ways[i % 4] as () => Promise<Reply>)()));
    const pool = await poolOf(place.admin);
    expect(pool).toEqual({ total: 3, allocated: 3, free: 0 });
    expect(await held(place)).toBe(3);
    expect(replies.filter(({ status }) => status >= 500)).toEqual([]);
    expect(counted(replies.filter((_, i) => i % 4 < 2))['201'] ?? 0).toBeLessThanOrEqual(1);
  });

  it('WS-8: slots that are given up and taken at once never make the sum wrong, nor does a pool that shrinks meanwhile', async () => {
    const place = await makePlace(whitebook, { botSlots: 8 });
    const accounts = await Promise.all(Array.from({ length: 4 }, () => makeCustomer(place.admin, { botSlots: 2 })));
    for (let round = 0; round < 4; round++) {
      const replies = await Promise.all([
        ...accounts.map(({ id }, i) => quotas(place, id, (i + round) % 4)),
        ...accounts.map(() => create(place)),
        resize(place, 6 + round),
      ]);
      expect(replies.filter(({ status }) => status >= 500)).toEqual([]);
      const pool = await poolOf(place.admin);
      expect(pool.free).toBeGreaterThanOrEqual(0);
      expect(pool.allocated + pool.free).toBe(pool.total);
      expect(await held(place)).toBe(pool.allocated);
    }
  });

  it('WS-8: a place that a refused command had claimed is free again', async () => {
    const place = await makePlace(whitebook, { botSlots: 2 });
    const { email } = await makeCustomer(place.admin, { username: 'holder' });
    for (const fields of [{ email }, { username: 'holder' }, { username: 'fresh', botSlots: 2 }])
      expect((await create(place, fields)).status).toBe(409);
    expect(await poolOf(place.admin)).toEqual({ total: 2, allocated: 1, free: 1 });
    expectStatus(await create(place, { username: 'fresh' }), 201);
  });
});
