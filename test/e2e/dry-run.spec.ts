import { randomUUID } from 'node:crypto';
import { at, itemsOf, textAt, type Api, type Fields, type Reply } from '../support/api.js';
import { accountOf, filesHolding, poolOf, told } from '../support/people.js';
import { expectStatus, makeCustomer, makePlace, PASSWORD, type Place } from '../support/place.js';
import { until, Whitebook } from '../support/whitebook.js';

type Write = (query: string, options?: { headers: Record<string, string> }) => Promise<Reply>;

/** The body without the ids of accounts, which are new ones in each rehearsal of a creation. */
const idless = ({ text }: Reply): string => text.replaceAll(/[0-9a-f]{32}/g, 'id');

describe('dry runs', () => {
  let whitebook: Whitebook;
  let place: Place;
  let admin: Api;
  let made = 0;

  beforeAll(async () => {
    whitebook = await Whitebook.start();
    place = await makePlace(whitebook, { botSlots: 20 });
    admin = place.admin;
  });
  afterAll(async () => {
    await whitebook.stop();
    await whitebook.remove();
    expect(whitebook.complaints).toEqual([]);
  });

  const email = (): string => `dry-${++made}@dry.example`;
  const invite = async (fields: object = {}): Promise<Reply> => {
    const address = email();
    const reply = expectStatus(await admin.post('/v1/invitations', { email: address, ...fields }), 201);
    const sent = async () => at(await admin.get(`/v1/invitations/${textAt(reply, 'id')}`), 'delivery.state') === 'sent';
    await until('the mail, and that it is recorded', sent);
    return reply;
  };
  const head = (): Promise<number> => whitebook.parts.store.head();
  const typesOf = (reply: Reply): unknown[] => (reply.body['events'] as Fields[]).map(({ type }) => type);
  const pool = (free: number, change: number) => ({
    before: { total: 20, allocated: 20 - free, free },
    after: { total: 20, allocated: 20 - free + change, free: free - change },
  });

  /** Rehearses a write: nothing moves, no key is consumed. Resolves with the answer. */
  async function rehearse(write: Write): Promise<Reply> {
    const [position, slots, key] = [await head(), await poolOf(admin), { headers: { 'idempotency-key': randomUUID() } }];
    const plain = await write('?dryRun=true');
    const keyed = await write('?dryRun=true', key);
    expect(idless(expectStatus(keyed, 200))).toBe(idless(expectStatus(plain, 200)));
    expect(plain.body['dryRun']).toBe(true);
    expect(plain.headers['etag']).toBeUndefined();
    expect(plain.headers['location']).toBeUndefined();
    expect([await head(), await poolOf(admin)]).toEqual([position, slots]);
    return plain;
  }

  /** Rehearses a write, then does it under the key of the rehearsal: just what was foretold is recorded. */
  async function rehearsed(write: Write): Promise<Reply> {
    const key = { headers: { 'idempotency-key': randomUUID() } };
    expectStatus(await write('?dryRun=true', key), 200);
    const rehearsal = await rehearse(write);
    const done = await write('', key);
    expect(done.status).toBeLessThan(300);
    const recorded = await kindsAt(done);
    expect(recorded).toEqual(typesOf(rehearsal));
    return rehearsal;
  }

  /** Kinds of the entries at the position of a write. */
  async function kindsAt({ headers }: Reply): Promise<unknown[]> {
    const entries = itemsOf(expectStatus(await admin.get('/v1/history?limit=50'), 200));
    return entries.filter(({ position }) => position === headers['position']).map(({ kind }) => kind);
  }

  it('DRY-1: create shows event, pool and access; data without secrets; the account is not there', async () => {
    const body = { email: email(), password: PASSWORD, fullName: 'Dry Run', botSlots: 2 };
    const free = (await poolOf(admin)).free;
    const reply = await rehearsed((query, options) => admin.post(`/v1/accounts${query}`, body, options));
    const [event] = reply.body['events'] as Fields[];
    expect(event).toMatchObject({ type: 'UserCreated', stream: expect.stringMatching(/^account-/), data: { email: body.email } });
    expect(event?.['data']).not.toHaveProperty('credential');
    expect(reply.text).not.toContain(PASSWORD);
    expect(reply.body['pool']).toEqual(pool(free, 2));
    expect(reply.body['access']).toEqual({ before: false, after: true });
  });

  it('DRY-1: disable, enable and status show what they do to access, and nothing where nothing would happen', async () => {
    const { id, email: address } = await makeCustomer(admin);
    const own = await whitebook.signIn({ email: address, password: PASSWORD }, { host: place.domain });
    const enable = await rehearse((query, options) => admin.post(`/v1/accounts/${id}/enable${query}`, {}, options));
    expect(enable.body).toEqual({ dryRun: true, events: [] });
    const disable: Write = (query, options) => admin.post(`/v1/accounts/${id}/disable${query}`, { note: 'n' }, options);
    const reply = await rehearse(disable);
    expect(typesOf(reply)).toEqual(['UserDisabled']);
    expect(reply.body['access']).toEqual({ before: true, after: false });
    expect(reply.body['pool']).toBeUndefined();
    expectStatus(await own.get('/v1/sessions/current'), 200);
    await rehearsed(disable);
    expectStatus(await own.get('/v1/sessions/current'), 401);
    const set = await rehearsed((query, options) =>
      admin.put(`/v1/accounts/${id}/status${query}`, { status: 'active' }, options),
    );
    expect([typesOf(set), set.body['access']]).toEqual([['UserEnabled'], { before: false, after: true }]);
  });

  it('DRY-1: edits, plan, quotas, role and passwords', async () => {
    const { id, email: address } = await makeCustomer(admin);
    const own = await whitebook.signIn({ email: address, password: PASSWORD }, { host: place.domain });
    const free = (await poolOf(admin)).free;
    const path = `/v1/accounts/${id}`;
    const edit = { company: 'Dry & Co', email: 'dry-other@dry.example' };
    const expected: [Write, string[]][] = [
      [(query, options) => admin.patch(`${path}${query}`, edit, options), ['ProfileChanged', 'EmailChanged']],
      [(query, options) => admin.put(`${path}/plan${query}`, { plan: 'standard' }, options), []],
      [(query, options) => admin.put(`${path}/quotas${query}`, { botSlots: 4 }, options), ['QuotasChanged']],
      [(query, options) => place.owner.put(`${path}/role${query}`, { role: 'manager' }, options), ['RoleChanged']],
      [(query, options) => admin.put(`${path}/password${query}`, { password: 'dry-harbour-88' }, options), ['PasswordChanged']],
      [(query, options) => admin.post(`${path}/require-password-change${query}`, {}, options), ['PasswordChangeRequired']],
      [(query, options) => admin.post(`${path}/password-reset-mail${query}`, {}, options), ['PasswordResetRequested']],
    ];
    for (const [write, types] of expected) expect(typesOf(await rehearse(write))).toEqual(types);
    const quotas = await rehearse((query, options) => admin.put(`${path}/quotas${query}`, { botSlots: 4 }, options));
    expect(quotas.body['pool']).toEqual(pool(free, 3));
    const role = await rehearse((query, options) => place.owner.put(`${path}/role${query}`, { role: 'manager' }, options));
    expect(role.body['pool']).toEqual(pool(free, -1));
    expectStatus(await own.get('/v1/sessions/current'), 200);
    expect(await accountOf(admin, id)).toMatchObject({ company: null, role: 'user', email: address, revision: 1 });
    expectStatus(await admin.post(`${path}/unlock?dryRun=true`, {}), 200);
  });

  it('DRY-1: test accounts: extend and convert', async () => {
    const { id } = await makeCustomer(admin, { test: true });
    const free = (await poolOf(admin)).free;
    const extend = await rehearsed((query, options) => admin.post(`/v1/accounts/${id}/extend${query}`, { testDays: 3 }, options));
    expect([typesOf(extend), extend.body['pool'], extend.body['access']]).toEqual([['TestExtended'], undefined, undefined]);
    const convert = await rehearsed((query, options) => admin.post(`/v1/accounts/${id}/convert${query}`, {}, options));
    expect([typesOf(convert), convert.body['pool']]).toEqual([['UserConverted'], pool(free, 1)]);
  });

  it('DRY-1: invitations: invite, resend, revoke, activate; no mail is written', async () => {
    const address = 'never-mailed@dry.example';
    const free = (await poolOf(admin)).free;
    const asked = await rehearse((query, options) => admin.post(`/v1/invitations${query}`, { email: address }, options));
    expect([typesOf(asked), asked.body['pool'], asked.body['access']]).toEqual([['UserInvited'], pool(free, 1), undefined]);
    const invited = await invite({ botSlots: 2 });
    const path = `/v1/invitations/${textAt(invited, 'id')}`;
    const account = textAt(invited, 'accountId');
    const resend = await rehearse((query, options) => admin.post(`${path}/resend${query}`, {}, options));
    expect(typesOf(resend)).toEqual(['InvitationResent']);
    const activate = await rehearse((query, options) =>
      admin.post(`/v1/accounts/${account}/activate${query}`, { password: PASSWORD }, options),
    );
    expect([typesOf(activate), activate.body['access']]).toEqual([['UserActivated'], { before: false, after: true }]);
    const left = (await poolOf(admin)).free;
    const revoke: Write = (query, options) => admin.delete(`${path}${query}`, undefined, options);
    const rehearsal = await rehearse(revoke);
    expect([typesOf(rehearsal), rehearsal.body['pool']]).toEqual([['InvitationRevoked'], pool(left, -2)]);
    await rehearsed(revoke);
    const anew = await rehearse((query, options) => admin.post(`${path}/resend${query}`, { email: address }, options));
    expect(typesOf(anew)).toEqual(['UserInvited']);
    expect(await filesHolding(whitebook.dataDir, 'never-mailed')).toEqual([]);
  });

  it('DRY-1: delete, by both routes; the account lives and its key is not destroyed', async () => {
    const { id, email: address } = await makeCustomer(admin, { botSlots: 2 });
    const free = (await poolOf(admin)).free;
    const ways: Write[] = [
      (query, options) => admin.delete(`/v1/accounts/${id}${query}`, { confirm: address }, options),
      (query, options) => admin.post(`/v1/accounts/${id}/delete${query}`, { confirm: address }, options),
    ];
    for (const way of ways) {
      const reply = await rehearse(way);
      expect([typesOf(reply), reply.body['pool']]).toEqual([['UserDeleted'], pool(free, -2)]);
      expect(reply.body['access']).toEqual({ before: true, after: false });
    }
    expect((await accountOf(admin, id))['email']).toBe(address);
    await whitebook.signIn({ email: address, password: PASSWORD }, { host: place.domain });
  });

  it('DRY-1: what would be refused is refused just so', async () => {
    const { id, email: address } = await makeCustomer(admin);
    const same: ((query: string) => Promise<Reply>)[] = [
      (query) => admin.post(`/v1/accounts${query}`, { email: address, password: PASSWORD }),
      (query) => admin.post(`/v1/accounts${query}`, { email: 'x', password: 'y' }),
      (query) => admin.post(`/v1/accounts${query}`, { email: email(), password: PASSWORD, botSlots: 999 }),
      (query) => admin.post(`/v1/invitations${query}`, { email: address }),
      (query) => admin.post(`/v1/accounts/${id}/convert${query}`, {}),
      (query) => admin.post(`/v1/accounts/${id}/extend${query}`, { testDays: 1 }),
      (query) => admin.put(`/v1/accounts/${id}/quotas${query}`, { botSlots: 999 }),
      (query) => admin.put(`/v1/accounts/${id}/status${query}`, { status: 'pending' }),
      (query) => admin.put(`/v1/accounts/${id}/role${query}`, { role: 'owner' }),
      (query) => admin.put(`/v1/accounts/${id}/plan${query}`, { plan: 'gold' }),
      (query) => admin.delete(`/v1/accounts/${id}${query}`, { confirm: 'no@no.example' }),
      (query) => admin.patch(`/v1/accounts/${id}${query}`, {}, { headers: { 'if-match': '"9"' } }),
      (query) => admin.post(`/v1/accounts/${'0'.repeat(32)}/disable${query}`, {}),
      (query) => place.manager.post(`/v1/accounts/${id}/disable${query}`, {}),
      (query) => place.owner.post(`/v1/accounts/${place.staff.owner.id}/disable${query}`, {}),
      (query) => whitebook.api.post(`/v1/accounts/${id}/disable${query}`, {}),
    ];
    for (const write of same) {
      const position = await head();
      const dry = await write('?dryRun=true');
      expect(await head()).toBe(position);
      const wet = await write('');
      expect(dry.status).toBeGreaterThanOrEqual(400);
      expect(dry.text).toBe(wet.text);
    }
  });

  it('DRY-1: under a key that was used a dry run tells what is, and is no replay', async () => {
    const { id } = await makeCustomer(admin);
    const key = { headers: { 'idempotency-key': randomUUID() } };
    expectStatus(await admin.post(`/v1/accounts/${id}/disable`, {}, key), 200);
    const reply = expectStatus(await admin.post(`/v1/accounts/${id}/disable?dryRun=true`, {}, key), 200);
    expect(reply.body).toEqual({ dryRun: true, events: [] });
    expectStatus(await admin.post(`/v1/accounts/${id}/enable`, {}), 200);
    const again = expectStatus(await admin.post(`/v1/accounts/${id}/disable?dryRun=true`, {}, key), 200);
    expect(at(again, 'dryRun')).toBe(true);
  });

  it('DRY-1: is `true` or `false`; sessions and reads refuse it', async () => {
    expect(told(await admin.post('/v1/accounts?dryRun=maybe', { email: email(), password: PASSWORD }))).toBe('422 invalid-input');
    expect(told(await admin.get('/v1/accounts?dryRun=true'))).toBe('422 invalid-input');
    const logIn = { workspace: place.slug, email: place.staff.admin.email, password: PASSWORD };
    expect(told(await whitebook.api.post('/v1/sessions?dryRun=true', logIn))).toBe('422 invalid-input');
    expect(told(await admin.delete('/v1/sessions/current?dryRun=true'))).toBe('422 invalid-input');
    expectStatus(await admin.get('/v1/sessions/current'), 200);
    expectStatus(await admin.post('/v1/accounts?dryRun=false', { email: email(), password: PASSWORD }), 201);
  });
});
