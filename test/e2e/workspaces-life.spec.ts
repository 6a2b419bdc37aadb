import { at, itemsOf, textAt, type Api, type Reply } from '../support/api.js';
import { expectStatus, makeCustomer, makePlace, PASSWORD, type Place } from '../support/place.js';
import { expectProblem, statusesOf, statusOf, useWhitebook } from '../support/suite.js';
import { OPERATOR, type Whitebook } from '../support/whitebook.js';

const wanted = (slug: string, changes: object = {}) => ({
  name: 'Northwind',
  slug,
  pool: { botSlots: 7 },
  owner: { email: `owner@${slug}.example`, fullName: 'Nora Northwind', password: PASSWORD },
  ...changes,
});

describe('the life of a workspace', () => {
  let whitebook: Whitebook;
  let operator: Api;
  useWhitebook(async (started) => {
    whitebook = started;
    operator = await whitebook.signIn(OPERATOR);
  });

  describe('created', () => {
    it('WS-1: is there with its owner and its pool, and the owner logs in', async () => {
      const made = expectStatus(await operator.post('/v1/workspaces', wanted('northwind')), 201);
      expect(made.headers['location']).toBe(`/v1/workspaces/${textAt(made, 'id')}`);
      expect(made.body).toMatchObject({ slug: 'northwind', name: 'Northwind', state: 'active', domain: null });
      const owner = await whitebook.signIn({ workspace: 'northwind', email: 'owner@northwind.example', password: PASSWORD });
      const me = expectStatus(await owner.get('/v1/sessions/current'), 200);
      expect(me.body).toMatchObject({ role: 'owner', account: { id: at(made, 'owner.id'), fullName: 'Nora Northwind' } });
      const pool = expectStatus(await owner.get('/v1/workspace/pool'), 200);
      expect(pool.body).toEqual({ botSlots: { total: 7, allocated: 0, free: 7 } });
      const listed = itemsOf(expectStatus(await operator.get('/v1/workspaces'), 200));
      expect(listed).toEqual([expect.objectContaining({ slug: 'northwind', state: 'active', pool: { botSlots: { total: 7 } } })]);
    });

    it('WS-1: a slug is given once, also to a hundred at the same moment', async () => {
      const answers = await Promise.all(Array.from({ length: 20 }, () => operator.post('/v1/workspaces', wanted('raced'))));
      expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
      for (const answer of answers.filter(({ status }) => status !== 201)) expectProblem(answer, 409, 'slug-taken');
    });

    it('WS-1, ACC-12: the same key makes one workspace, and gives the same answer', async () => {
      const headers = { 'idempotency-key': 'make-keyed' };
      const first = expectStatus(await operator.post('/v1/workspaces', wanted('keyed'), { headers }), 201);
      const again = expectStatus(await operator.post('/v1/workspaces', wanted('keyed'), { headers }), 201);
      expect([again.text, again.headers['etag'], again.headers['position']]).toEqual([
        first.text,
        first.headers['etag'],
        first.headers['position'],
      ]);
      expectProblem(await operator.post('/v1/workspaces', wanted('other'), { headers }), 422, 'idempotency-key-reused');
    });

    it.each([
      ['a slug with a capital', { slug: 'Acme' }, '/slug'],
      ['a pool of less than none', { pool: { botSlots: -1 } }, '/pool/botSlots'],
      ['a short password', { owner: { email: 'a@b.example', fullName: 'A', password: 'short' } }, '/owner/password'],
      ['a bad address', { owner: { email: 'a b@c.example', fullName: 'A', password: PASSWORD } }, '/owner/email'],
      ['an unknown field', { colour: 'red' }, '/colour'],
    ])('WS-1: %s is refused, naming the field', async (_what, changes, pointer) => {
      const refused = expectProblem(await operator.post('/v1/workspaces', wanted('refused', changes)), 422, 'invalid-input');
      expect(at(refused, 'errors')).toEqual([expect.objectContaining({ pointer })]);
    });

    it('WS-1: nobody but an operator makes, sees or suspends one', async () => {
      const place = await makePlace(whitebook);
      for (const caller of [place.owner, place.admin, place.manager, place.auditor]) {
        const answers = [
          await caller.post('/v1/workspaces', wanted('mine')),
          await caller.get('/v1/workspaces'),
          await caller.get(`/v1/workspaces/${place.id}`),
          await caller.post(`/v1/workspaces/${place.id}/suspend`),
        ];
        for (const answer of answers)
          expect(expectProblem(answer, 403, 'forbidden').body['permission']).toBe('workspaces:manage');
      }
      expectProblem(await whitebook.api.get('/v1/workspaces'), 401, 'unauthenticated');
    });
  });

  describe('suspended', () => {
    let place: Place;
    let customer: { id: string; email: string };
    let session: Reply;
    let key: Api;
    let callers: Api[];

    beforeAll(async () => {
      place = await makePlace(whitebook);
      customer = await makeCustomer(place.admin);
      session = expectStatus(
        await whitebook.api.post(
          '/v1/sessions',
          { email: customer.email, password: PASSWORD },
          { headers: { host: place.domain } },
        ),
        201,
      );
      const made = await place.admin.post('/v1/api-keys', { name: 'sync', scopes: ['accounts:read', 'sessions:current'] });
      key = whitebook.api.as(textAt(expectStatus(made, 201), 'key'));
      const inside = await place.admin.post(`/v1/accounts/${customer.id}/impersonations`, { reason: 'ticket 7' });
      callers = [
        ...[place.owner, place.admin, place.manager, place.auditor, key],
        ...[textAt(session, 'token'), textAt(expectStatus(inside, 201), 'token')].map((token) => whitebook.api.as(token)),
      ];
    });

    it('WS-1: every token and API key of it is refused at once, and nobody of it logs in', async () => {
      expect(await statusesOf(callers.map((caller) => caller.get('/v1/sessions/current')))).toEqual(callers.map(() => 200));
      const suspended = expectStatus(await operator.post(`/v1/workspaces/${place.id}/suspend`), 200);
      expect(suspended.body).toMatchObject({ id: place.id, state: 'suspended' });
      expect(await statusesOf(callers.map((caller) => caller.get('/v1/sessions/current')))).toEqual(callers.map(() => 401));
      const refreshed = await whitebook.api.post('/v1/sessions/refresh', { refreshToken: textAt(session, 'refreshToken') });
      expectProblem(refreshed, 401, 'unauthenticated');
      const onDomain = whitebook.api.with({ host: place.domain });
      const right = { email: customer.email, password: PASSWORD };
      expectProblem(await onDomain.post('/v1/sessions', right), 403, 'workspace-suspended');
      expectProblem(await onDomain.post('/v1/sessions', { ...right, password: 'wrong-wrong' }), 401, 'invalid-credentials');
      const owner = { workspace: place.slug, email: place.staff.owner.email, password: PASSWORD };
      expectProblem(await whitebook.api.post('/v1/sessions', owner), 403, 'workspace-suspended');
    });

    it('WS-1: again is 200 and no event; other workspaces go on', async () => {
      const again = expectStatus(await operator.post(`/v1/workspaces/${place.id}/suspend`), 200);
      const seen = expectStatus(await operator.get(`/v1/workspaces/${place.id}`), 200);
      expect(seen.headers['etag']).toBe(again.headers['etag']);
      const other = await makePlace(whitebook);
      expect(await statusOf(other.owner)).toBe(200);
      const history = await operator.with({ workspace: place.id }).get('/v1/history?kind=WorkspaceSuspended');
      expect(itemsOf(expectStatus(history, 200))).toHaveLength(1);
    });

    it('WS-1, COR-10: resumed, keys work again and people log in again; nothing is lost, and ended sessions stay ended', async () => {
      expectStatus(await operator.post(`/v1/workspaces/${place.id}/resume`), 200);
      const [keyStatus, ...others] = await statusesOf(
        [key, ...callers.filter((caller) => caller !== key)].map((caller) => caller.get('/v1/sessions/current')),
      );
      expect(keyStatus).toBe(200);
      expect(others).toEqual(others.map(() => 401));
      const admin = await whitebook.signIn({ workspace: place.slug, email: place.staff.admin.email, password: PASSWORD });
      const kept = expectStatus(await admin.get(`/v1/accounts/${customer.id}`), 200);
      expect(kept.body).toMatchObject({ email: customer.email, status: 'active' });
      await whitebook.signIn({ email: customer.email, password: PASSWORD }, { host: place.domain });
    });
  });
});
