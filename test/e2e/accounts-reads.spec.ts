import { Api, itemsOf, textAt, type Reply } from '../support/api.js';
import { kindsOf, told } from '../support/people.js';
import { expectStatus, makeCustomer, makePlace, PASSWORD, type Place } from '../support/place.js';
import { until, Whitebook } from '../support/whitebook.js';

/** Positions are opaque to callers; here it matters how they lie to one another. */
const positionOf = ({ headers }: Reply): number => Number.parseInt(headers['position'] ?? '', 36);
const from = (position: string | undefined) => ({ headers: { 'min-position': position ?? '' } });

describe('reads after writes', () => {
  let whitebook: Whitebook;
  let place: Place;

  beforeAll(async () => {
    whitebook = await Whitebook.start();
    place = await makePlace(whitebook, { botSlots: 500 });
  });
  afterAll(async () => {
    await whitebook.stop();
    await whitebook.remove();
    expect(whitebook.complaints).toEqual([]);
  });

  const foundBy = async (by: Api, email: string, position?: string): Promise<number> =>
    itemsOf(expectStatus(await by.get(`/v1/accounts?search=${email}`, position ? from(position) : {}), 200)).length;

  it('LIST-4: 200 times, what was written is in the list, the summary and the history at the next read', async () => {
    const { admin } = place;
    for (let i = 1; i <= 40; i++) {
      const { id, email } = await makeCustomer(admin, { botSlots: 0 });
      expect(await foundBy(admin, email)).toBe(1);
      expect((await admin.get('/v1/accounts/summary?role=user')).body['total']).toBe(i);
      for (const company of ['One', 'Two', 'Three', 'Four'].map((name) => `${name}${i}`)) {
        expectStatus(await admin.patch(`/v1/accounts/${id}`, { company }), 200);
        expect(await foundBy(admin, company)).toBe(1);
      }
      if (i % 10 > 0) continue;
      expect(await kindsOf(admin, id)).toEqual([...Array<string>(4).fill('ProfileChanged'), 'UserCreated']);
      expect((await admin.get(`/v1/accounts/${id}`)).body['number']).toBe(i + 4);
    }
  });

  it('LIST-4: Min-Position carries it to another credential; others see it within a second', async () => {
    const { admin, auditor } = place;
    for (let i = 0; i < 30; i++) {
      const email = `carried-${i}@reads.example`;
      const reply = expectStatus(await admin.post('/v1/invitations', { email }), 201);
      const list = await auditor.get(`/v1/accounts?search=${email}&status=all`, from(reply.headers['position']));
      expect(itemsOf(expectStatus(list, 200))).toHaveLength(1);
      expect(positionOf(list)).toBeGreaterThanOrEqual(positionOf(reply));
    }
    const { email } = await makeCustomer(admin);
    await until('what another wrote', async () => (await foundBy(auditor, email)) === 1, 1);
  });

  it('LIST-4: a Min-Position that no answer carried is 422', async () => {
    for (const position of ['x!', '-1', '1.5', 'ZZ'])
      expect(told(await place.admin.get('/v1/accounts', from(position)))).toBe('422 invalid-input');
  });

  it('COR-21: Position of a write is that of its deciding event, as the history has it', async () => {
    const { admin } = place;
    const { id } = await makeCustomer(admin);
    for (const write of [
      () => admin.patch(`/v1/accounts/${id}`, { company: 'A', username: 'a.name' }),
      () => admin.put(`/v1/accounts/${id}/quotas`, { botSlots: 3 }),
      () => admin.post(`/v1/accounts/${id}/disable`, {}),
    ]) {
      const reply = expectStatus(await write(), 200);
      const [newest] = itemsOf(await admin.get(`/v1/accounts/${id}/history`));
      expect(newest?.['position']).toBe(reply.headers['position']);
    }
  });

  it('COR-21: the checkpoint moves over events that nobody shows, so that a read at the head never waits in vain', async () => {
    const { owner } = place;
    const { id, email } = await makeCustomer(owner);
    const deleted = expectStatus(await owner.delete(`/v1/accounts/${id}`, { confirm: email }), 204);
    const head = await whitebook.parts.store.head();
    expect(positionOf(deleted)).toBeLessThan(head); // what the account held was released after it
    const last = itemsOf(expectStatus(await owner.get('/v1/history', from(head.toString(36))), 200))[0];
    expect(last?.['position']).toBe(deleted.headers['position']);
    const list = expectStatus(await owner.get('/v1/accounts', from(head.toString(36))), 200);
    expect(positionOf(list)).toBeGreaterThanOrEqual(head);
  });

  it('COR-21: Position of a read is never later than what it shows', async () => {
    const { admin, auditor } = place;
    let done = false;
    const written: { position: number; email: string }[] = [];
    const writing = (async () => {
      for (let i = 0; i < 40; i++) {
        const email = `shown-${i}@reads.example`;
        const reply = await admin.post('/v1/invitations', { email });
        written.push({ position: positionOf(reply), email });
      }
      done = true;
    })();
    while (!done) {
      const list = expectStatus(await auditor.get('/v1/accounts?status=pending&limit=200'), 200);
      const emails = new Set(itemsOf(list).map(({ email }) => email));
      for (const { position, email } of written) if (position <= positionOf(list)) expect(emails).toContain(email);
    }
    await writing;
    expect(written).toHaveLength(40);
  });

  it('LIST-4: behind, the author is told so: 503 read-model-behind with Retry-After, never an old list; others read what there is', async () => {
    const { admin } = place;
    const auditor = new Api(whitebook.base, undefined, place.auditor.fixed);
    const { id, email } = await makeCustomer(admin);
    await until('the customer', async () => (await foundBy(auditor, email)) === 1);
    const session = await whitebook.signIn({ email, password: PASSWORD }, { host: place.domain });
    await whitebook.parts.projector.stop();
    const created = expectStatus(await admin.post('/v1/accounts', { email: 'unseen@reads.example', password: PASSWORD }), 201);
    expect(await foundBy(auditor, 'unseen@reads.example')).toBe(0);
    const unseen = textAt(created, 'id');
    const reads = [
      admin.get('/v1/accounts'),
      admin.get('/v1/accounts/summary'),
      admin.get(`/v1/accounts/${unseen}`),
      admin.get(`/v1/accounts/${unseen}/history`),
      admin.get('/v1/history'),
      admin.get('/v1/invitations'),
      admin.get('/v1/timers'),
      admin.get('/v1/workspace/pool/allocations'),
      auditor.get('/v1/accounts', from(created.headers['position'])),
      auditor.get(`/v1/accounts/${unseen}`),
    ];
    for (const reply of await Promise.all(reads)) {
      expect(told(reply)).toBe('503 read-model-behind');
      expect(Number(reply.headers['retry-after'])).toBeGreaterThan(0);
    }
    expectStatus(await admin.post('/v1/accounts', { email: 'unseen@reads.example', password: PASSWORD }), 409);
    expectStatus(await admin.post(`/v1/accounts/${id}/disable`, {}), 200);
    expectStatus(await session.get('/v1/sessions/current'), 401);
    expectStatus(await admin.post(`/v1/accounts/${id}/delete`, { confirm: email }), 204);
    expectStatus(await admin.get('/v1/workspace/pool'), 200);
    expectStatus(await admin.get('/v1/sessions/current'), 200);
  });
});
