import { randomUUID } from 'node:crypto';
import { itemsOf, textAt, type Api, type Fields, type Reply } from '../support/api.js';
import { mailsTo } from '../support/mailbox.js';
import { accountOf, filesHolding, kindsOf, poolOf, told } from '../support/people.js';
import { expectStatus, makeCustomer, makePlace, PASSWORD, type Place } from '../support/place.js';
import { until, Whitebook } from '../support/whitebook.js';

/** All that a repeat must give again. */
const essence = ({ status, headers, text }: Reply): object => ({
  status,
  text,
  etag: headers['etag'],
  position: headers['position'],
  location: headers['location'],
});
const keyed = (key = randomUUID()) => ({ headers: { 'idempotency-key': key } });

describe('idempotency keys', () => {
  let whitebook: Whitebook;
  let place: Place;
  let admin: Api;
  let made = 0;

  beforeAll(async () => {
    whitebook = await Whitebook.start();
    place = await makePlace(whitebook, { botSlots: 200 });
    admin = place.admin;
  });
  afterAll(async () => {
    await whitebook.stop();
    await whitebook.remove();
    expect(whitebook.complaints).toEqual([]);
  });

  const person = (fields: object = {}): Fields => ({ email: `keyed-${++made}@keys.example`, password: PASSWORD, ...fields });
  const without = ({ password: _password, ...rest }: Fields): Fields => rest;
  const customer = (fields: object = {}) => makeCustomer(admin, fields);
  /** Everything that was done in the workspace, newest first, but for mails, which are sent in their own time. */
  const effects = async (): Promise<unknown[]> => {
    const entries = itemsOf(expectStatus(await admin.get('/v1/history?limit=200'), 200));
    return entries.filter(({ kind }) => !String(kind).startsWith('InvitationMail')).map(({ id }) => id);
  };

  it('ACC-12: the same key and body give the same bytes, ETag and Position, on every write of accounts; the effect happens once', async () => {
    const { id } = await customer();
    const test = await customer({ test: true });
    const pending = expectStatus(await admin.post('/v1/invitations', without(person())), 201);
    const activated = expectStatus(await admin.post('/v1/invitations', without(person())), 201);
    const revoked = expectStatus(await admin.post('/v1/invitations', without(person())), 201);
    expectStatus(await admin.delete(`/v1/invitations/${textAt(revoked, 'id')}`), 204);
    const [leaving, going] = [await customer(), await customer()];
    const account = `/v1/accounts/${id}`;
    const writes: ((options: ReturnType<typeof keyed>) => Promise<Reply>)[] = [
      (
        (body) => (options) =>
          admin.post('/v1/accounts', body, options)
      )(person()),
      (
        (body) => (options) =>
          admin.post('/v1/invitations', body, options)
      )(without(person())),
      (options) => admin.patch(account, { fullName: 'Keyed' }, options),
      (options) => admin.post(`${account}/disable`, { reason: 'left', note: 'n' }, options),
      (options) => admin.post(`${account}/enable`, {}, options),
      (options) => admin.put(`${account}/status`, { status: 'blocked' }, options),
      (options) => admin.put(`${account}/quotas`, { botSlots: 3 }, options),
      (options) => admin.put(`${account}/plan`, { plan: 'standard' }, options),
      (options) => admin.put(`${account}/password`, { password: 'keyed-harbour-31' }, options),
      (options) => place.owner.put(`${account}/role`, { role: 'auditor' }, options),
      (options) => admin.post(`/v1/accounts/${test.id}/extend`, { testDays: 5 }, options),
      (options) => admin.post(`/v1/accounts/${test.id}/convert`, {}, options),
      (options) => admin.post(`/v1/invitations/${textAt(pending, 'id')}/resend`, {}, options),
      (options) => admin.post(`/v1/accounts/${textAt(activated, 'accountId')}/activate`, { password: PASSWORD }, options),
      (
        (body) => (options) =>
          admin.post(`/v1/invitations/${textAt(revoked, 'id')}/resend`, body, options)
      )(without(person())),
      (options) => admin.delete(`/v1/invitations/${textAt(pending, 'id')}`, undefined, options),
      (options) => admin.delete(`/v1/accounts/${leaving.id}`, { confirm: leaving.email }, options),
      (options) => admin.post(`/v1/accounts/${going.id}/delete`, { confirm: going.email }, options),
    ];
    for (const write of writes) {
      const options = keyed();
      const first = await write(options);
      expect(first.status).toBeLessThan(300);
      const before = await effects();
      const second = await write(options);
      expect(essence(second)).toEqual(essence(first));
      whitebook.clock.move(10);
      expect(essence(await write(options))).toEqual(essence(first));
      expect(await effects()).toEqual(before);
    }
  });

  it('ACC-12: 30 at once give 30 equal answers and one event', async () => {
    const body = person();
    const options = keyed();
    const creates = await Promise.all(Array.from({ length: 30 }, () => admin.post('/v1/accounts', body, options)));
    expect(new Set(creates.map((reply) => JSON.stringify(essence(reply)))).size).toBe(1);
    const first = expectStatus(creates[0] as Reply, 201);
    expect(await kindsOf(admin, textAt(first, 'id'))).toEqual(['UserCreated']);
    const invitation = without(person());
    const invites = await Promise.all(Array.from({ length: 30 }, () => admin.post('/v1/invitations', invitation, options)));
    expect(new Set(invites.map((reply) => JSON.stringify(essence(reply)))).size).toBe(1);
    await until('the mail', async () => (await mailsTo(whitebook, String(invitation['email']))).length === 1);
    const disables = await Promise.all(
      Array.from({ length: 30 }, () => admin.post(`/v1/accounts/${textAt(first, 'id')}/disable`, {}, options)),
    );
    expect(new Set(disables.map((reply) => JSON.stringify(essence(reply)))).size).toBe(1);
    expect(await kindsOf(admin, textAt(first, 'id'))).toEqual(['UserDisabled', 'UserCreated']);
    expect(await mailsTo(whitebook, String(invitation['email']))).toHaveLength(1);
  });

  it('ACC-12: the same key with another body is 422, whether the first was an effect or not; the order of names does not matter', async () => {
    const options = keyed();
    const body = person({ fullName: 'One' });
    const first = expectStatus(await admin.post('/v1/accounts', body, options), 201);
    expect(told(await admin.post('/v1/accounts', { ...body, fullName: 'Two' }, options))).toBe('422 idempotency-key-reused');
    expect(told(await admin.post('/v1/accounts', { ...body, password: 'other-harbour-2' }, options))).toBe(
      '422 idempotency-key-reused',
    );
    expect(told(await admin.post('/v1/accounts', { nonsense: true }, options))).toBe('422 idempotency-key-reused');
    const turned = Object.fromEntries(Object.entries(body).reverse());
    expect(essence(await admin.post('/v1/accounts', turned, options))).toEqual(essence(first));
    const enable = `/v1/accounts/${textAt(first, 'id')}/status`;
    expectStatus(await admin.put(enable, { status: 'active' }, options), 200);
    expect(told(await admin.put(enable, { status: 'blocked' }, options))).toBe('422 idempotency-key-reused');
    expect((await accountOf(admin, textAt(first, 'id')))['status']).toBe('active');
  });

  it('ACC-12: only successes are replayed: a refused command may be sent again under its key', async () => {
    const options = keyed();
    const taken = await customer();
    const body = person({ email: taken.email });
    expect(told(await admin.post('/v1/accounts', body, options))).toBe('409 email-taken');
    expectStatus(await admin.delete(`/v1/accounts/${taken.id}`, { confirm: taken.email }), 204);
    expectStatus(await admin.post('/v1/accounts', body, options), 201);
    expect(told(await admin.post('/v1/accounts', { ...body, email: 'x' }, options))).toBe('422 idempotency-key-reused');
  });

  it('COR-3: a replay comes before 404, 403, If-Match and confirm', async () => {
    const { id, email } = await customer();
    const [disable, remove, edit] = [keyed(), keyed(), keyed()];
    const ifMatch = { headers: { ...edit.headers, 'if-match': '"1"' } };
    const edited = expectStatus(await admin.patch(`/v1/accounts/${id}`, { company: 'A' }, ifMatch), 200);
    expect(essence(await admin.patch(`/v1/accounts/${id}`, { company: 'A' }, ifMatch))).toEqual(essence(edited));
    expectStatus(await admin.post(`/v1/accounts/${id}/disable`, {}, disable), 200);
    const confirm = { confirm: email };
    const removed = expectStatus(await admin.delete(`/v1/accounts/${id}`, confirm, remove), 204);
    expect(essence(await admin.delete(`/v1/accounts/${id}`, confirm, remove))).toEqual(essence(removed));
    const erased = expectStatus(await admin.post(`/v1/accounts/${id}/disable`, {}, disable), 200);
    expect(erased.text).not.toContain(email);
    expect(told(await admin.post(`/v1/accounts/${id}/disable`, {}, keyed()))).toBe('404 not-found');
    expect(told(await admin.delete(`/v1/accounts/${id}`, { confirm: 'x@y.example' }, remove))).toBe('422 idempotency-key-reused');
  });

  it('COR-3: a replay comes before 403: whoever lost the right since gets the answer of then', async () => {
    const email = 'former-admin@keys.example';
    const former = expectStatus(await place.owner.post('/v1/accounts', { email, password: PASSWORD, role: 'admin' }), 201);
    const logIn = () => whitebook.signIn({ workspace: place.slug, email, password: PASSWORD });
    const [options, body] = [keyed(), person()];
    const first = expectStatus(await (await logIn()).post('/v1/accounts', body, options), 201);
    expectStatus(await place.owner.put(`/v1/accounts/${textAt(former, 'id')}/role`, { role: 'auditor' }), 200);
    const demoted = await logIn();
    expect(essence(await demoted.post('/v1/accounts', body, options))).toEqual(essence(first));
    expect(told(await demoted.post('/v1/accounts', body, keyed()))).toBe('403 forbidden');
  });

  it('COR-3: what changed nothing is replayed too, and does not become an effect later', async () => {
    const { id } = await customer();
    const options = keyed();
    const first = expectStatus(await admin.post(`/v1/accounts/${id}/enable`, {}, options), 200);
    expectStatus(await admin.post(`/v1/accounts/${id}/disable`, { kind: 'blocked' }), 200);
    expect(essence(await admin.post(`/v1/accounts/${id}/enable`, {}, options))).toEqual(essence(first));
    expect((await accountOf(admin, id))['status']).toBe('blocked');
    const empty = keyed();
    const edited = expectStatus(await admin.patch(`/v1/accounts/${id}`, {}, empty), 200);
    expectStatus(await admin.patch(`/v1/accounts/${id}`, { company: 'Later' }), 200);
    expect(essence(await admin.patch(`/v1/accounts/${id}`, {}, empty))).toEqual(essence(edited));
  });

  it('COR-1: a key belongs to its workspace, actor, method and path; the key itself is stored nowhere', async () => {
    const options = keyed('canary-of-a-key-4711');
    const other = await makePlace(whitebook);
    const body = person();
    const one = expectStatus(await admin.post('/v1/accounts', body, options), 201);
    const two = expectStatus(await other.admin.post('/v1/accounts', body, options), 201);
    expect(two.body['id']).not.toBe(one.body['id']);
    expect(told(await place.owner.post('/v1/accounts', body, options))).toBe('409 email-taken');
    expectStatus(await admin.post('/v1/invitations', without(person()), options), 201);
    const [a, b] = [await customer(), await customer()];
    for (const { id } of [a, b]) expectStatus(await admin.post(`/v1/accounts/${id}/disable`, {}, options), 200);
    for (const { id } of [a, b]) expect(await kindsOf(admin, id)).toEqual(['UserDisabled', 'UserCreated']);
    const named = { headers: { ...options.headers, workspace: place.id } };
    const elsewhere = { headers: { ...options.headers, workspace: other.id } };
    const sent = person();
    expectStatus(await place.operator.post('/v1/accounts', sent, named), 201);
    expectStatus(await place.operator.post('/v1/accounts', sent, elsewhere), 201);
    expect(await filesHolding(whitebook.dataDir, 'canary-of-a-key-4711')).toEqual([]);
  });

  it('ACC-12: a key holds for a day and longer, and across a restart', async () => {
    const options = keyed();
    const body = person({ test: true });
    const first = expectStatus(await admin.post('/v1/accounts', body, options), 201);
    const nothing = keyed();
    const path = `/v1/accounts/${textAt(first, 'id')}/enable`;
    const enabled = expectStatus(await admin.post(path, {}, nothing), 200);
    whitebook.clock.move(86_400 - 60);
    const { dataDir, clock, complaints } = whitebook;
    await whitebook.stop();
    whitebook = await Whitebook.start({ dataDir, clock });
    whitebook.complaints.push(...complaints);
    admin = await whitebook.signIn({ workspace: place.slug, email: place.staff.admin.email, password: PASSWORD });
    expect(essence(await admin.post('/v1/accounts', body, options))).toEqual(essence(first));
    expect(essence(await admin.post(path, {}, nothing))).toEqual(essence(enabled));
  });

  it('ACC-12: a secret is in one of the answers alone; the others say that it was shown', async () => {
    const { email } = await customer();
    const own = await whitebook.signIn({ email, password: PASSWORD }, { host: place.domain });
    const options = keyed();
    const body = { name: 'machine', scopes: ['accounts:read'] };
    const replies = await Promise.all(Array.from({ length: 10 }, () => own.post('/v1/api-keys', body, options)));
    replies.push(await own.post('/v1/api-keys', body, options));
    for (const reply of replies) expectStatus(reply, 201);
    expect(replies.filter(({ body: { key } }) => key !== undefined)).toHaveLength(1);
    expect(replies.filter(({ body: { secretShown } }) => secretShown === true)).toHaveLength(10);
    expect(new Set(replies.map(({ body: { id } }) => id)).size).toBe(1);
    expect(itemsOf(await own.get('/v1/api-keys'))).toHaveLength(1);
  });

  it('ACC-12: a key that is none is 422, and a lost answer costs no second slot', async () => {
    for (const key of ['', 'x'.repeat(256)]) {
      const reply = await admin.post('/v1/accounts', person(), { headers: { 'idempotency-key': key } });
      expect(told(reply)).toBe('422 invalid-input');
    }
    const before = await poolOf(admin);
    const [body, options] = [person({ botSlots: 2 }), keyed()];
    for (let i = 0; i < 3; i++) expectStatus(await admin.post('/v1/accounts', body, options), 201);
    expect((await poolOf(admin)).allocated).toBe(before.allocated + 2);
  });
});
