import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PROBLEMS } from '#http';
import { Api, at, textAt, type Reply } from '../support/api.js';
import { errorsOf } from '../support/ground.js';
import { expectStatus, makeCustomer, makePlace, PASSWORD, type Place } from '../support/place.js';
import { jobsHeld } from '../support/stage.js';
import { until, Whitebook } from '../support/whitebook.js';

jest.setTimeout(60_000);

/** Words that are in requests and must be nowhere but where they belong. */
const CANARY = {
  email: 'xylo.canary@birds.example',
  fullName: 'Xylo Canarybird',
  password: 'feather-canary-9182',
  company: 'Canarycage Ltd',
  phone: '+49 199 4455667',
  comment: 'canarycomment',
};
const SHOWN = /xylo|canary|4455667|birds\.example/i;

describe('refusals and running', () => {
  let whitebook: Whitebook;
  let place: Place;
  let unwatched: Api;
  const lines: string[] = [];

  beforeAll(async () => {
    whitebook = await Whitebook.start({ logged: (line) => lines.push(line) });
    place = await makePlace(whitebook, { botSlots: 3 });
    unwatched = new Api(whitebook.base, undefined, place.owner.fixed);
  });
  afterAll(async () => {
    unwatched.close();
    await whitebook.stop();
    await whitebook.remove();
    expect(whitebook.complaints).toEqual([]);
  });

  /** A refusal by the contract: its code, the status of that code, and nothing of the inside. */
  function refused(reply: Reply, code: keyof typeof PROBLEMS): Reply {
    const [status, title] = PROBLEMS[code];
    expect(reply.body).toMatchObject({ type: `/problems/${code}`, title, status, code });
    expect([reply.status, reply.headers['content-type']]).toEqual([status, 'application/problem+json']);
    expect(reply.headers['request-id']).toMatch(/^[0-9a-f-]{32,36}$/);
    expect(reply.headers['cache-control']).toBe('no-store');
    expect(reply.text).not.toMatch(/\bat \S+\.(ts|js)|node_modules|SQLITE|Error:/);
    return reply;
  }
  const account = (id: string): string => `/v1/accounts/${id}`;

  describe('each is problem+json with its code', () => {
    it('of who is not known, or not allowed', async () => {
      expect(refused(await whitebook.api.get('/v1/accounts'), 'unauthenticated').headers['www-authenticate']).toBe('Bearer');
      refused(await whitebook.api.as('nothing').get('/v1/accounts'), 'unauthenticated');
      refused(
        await whitebook.api.post('/v1/sessions', { workspace: place.slug, email: 'a@b.example', password: 'x' }),
        'invalid-credentials',
      );
      const denied = await place.auditor.post('/v1/accounts', {});
      expect(refused(denied, 'forbidden').body).toMatchObject({ permission: 'accounts:create', role: 'auditor' });
      refused(await place.owner.get('/v1/accounts', { headers: { workspace: place.id } }), 'forbidden');
      refused(await place.admin.post(`${account(place.staff.manager.id)}/impersonations`, { reason: 'x' }), 'staff-account');
      refused(await whitebook.api.post('/v1/registrations', { email: 'a@b.example' }), 'self-registration-disabled');
    });

    it('of what is not there, or not in that way', async () => {
      refused(await place.owner.get(account('0'.repeat(32))), 'not-found');
      refused(await unwatched.get('/v1/nothing'), 'not-found');
      expect(refused(await unwatched.delete('/v1/accounts'), 'method-not-allowed').headers['allow']).toBe('GET, HEAD, POST');
      const text = { raw: 'x', headers: { 'content-type': 'text/plain' } };
      refused(await place.owner.post('/v1/accounts', undefined, text), 'unsupported-media-type');
      refused(await place.owner.post('/v1/accounts', undefined, { raw: '{', headers: json }), 'malformed-json');
      refused(await place.owner.post('/v1/accounts', undefined, { raw: Buffer.alloc(2_000_000), headers: json }), 'too-large');
      refused(await place.owner.get(`/v1/accounts?search=${'a'.repeat(17_000)}`), 'uri-too-long');
    });
    const json = { 'content-type': 'application/json' };

    it('of a rule that says no', async () => {
      const { owner } = place;
      const regular = await makeCustomer(owner, { username: 'taken' });
      const test = await makeCustomer(owner, { test: true });
      const create = (fields: object): Promise<Reply> =>
        owner.post('/v1/accounts', { password: PASSWORD, email: 'new@rules.example', ...fields });
      refused(await create({ email: regular.email.toUpperCase() }), 'email-taken');
      refused(await create({ username: 'TAKEN' }), 'username-taken');
      refused(await create({ botSlots: 3 }), 'no-free-bot-slot');
      refused(await create({ plan: 'gold' }), 'unknown-plan');
      refused(await owner.post(`${account(regular.id)}/convert`, {}), 'not-a-test-account');
      refused(await owner.post(`${account(test.id)}/convert`, { botSlots: 3 }), 'no-free-bot-slot');
      refused(await owner.put(`${account(test.id)}/status`, { status: 'pending' }), 'status-not-settable');
      refused(await owner.delete(account(test.id), { confirm: regular.email }), 'confirmation-mismatch');
      refused(await owner.put(`${account(place.staff.owner.id)}/role`, { role: 'admin' }), 'last-owner');
      refused(await owner.patch(account(test.id), { phone: '123' }, { headers: { 'if-match': '"99"' } }), 'revision-mismatch');
      const keyed = { headers: { 'idempotency-key': 'one' } };
      expectStatus(await owner.patch(account(test.id), { phone: '1234' }, keyed), 200);
      refused(await owner.patch(account(test.id), { phone: '4321' }, keyed), 'idempotency-key-reused');
      refused(await place.operator.put(`/v1/workspaces/${place.id}/pool`, { botSlots: 0 }), 'pool-below-allocated');
      const bare = await makePlace(whitebook, { verified: false });
      const added = await bare.owner.post('/v1/invitations', { email: 'a@b.example' });
      expect(refused(added, 'domain-not-configured').body).toMatchObject({ href: '/v1/workspace/domain' });
      refused(await bare.owner.put('/v1/workspace/domain', { domain: place.domain }), 'domain-taken');
    });

    it('of the password, in the field’s own code', async () => {
      for (const [password, code] of [
        ['short', 'password-too-short'],
        ['password', 'password-too-common'],
        ['x'.repeat(201), 'password-too-long'],
      ]) {
        const reply = refused(await place.owner.post('/v1/accounts', { email: 'a@b.example', password }), 'invalid-input');
        expect(errorsOf(reply)).toEqual([{ pointer: '/password', code, message: expect.any(String) }]);
        expect(reply.text).not.toContain(`"${password}"`);
      }
    });

    it('with every field that is wrong, at once', async () => {
      const wrong = { email: 'x', password: 'y', role: 'boss', botSlots: -1, phone: 'call me', utm: { source: 5 }, more: 1 };
      const reply = refused(await place.owner.post('/v1/accounts', wrong), 'invalid-input');
      expect(
        errorsOf(reply)
          .map(({ pointer }) => pointer)
          .sort(),
      ).toEqual(['/botSlots', '/email', '/more', '/password', '/phone', '/role', '/utm/source'].sort());
    });
  });

  describe('come in the order of the contract', () => {
    const big = { raw: Buffer.alloc(1_100_000, '['), headers: { 'content-type': 'text/plain' } };
    const bad = { raw: '{', headers: { 'content-type': 'application/json' } };
    const text = { raw: 'x', headers: { 'content-type': 'text/plain' } };
    const missing = account('f'.repeat(32));

    it.each<[string, (by: Place, nobody: Api) => Promise<Reply>, keyof typeof PROBLEMS]>([
      ['413 before 401', (_, nobody) => nobody.post('/v1/accounts', undefined, big), 'too-large'],
      ['400 before 401', (_, nobody) => nobody.post('/v1/accounts', undefined, bad), 'malformed-json'],
      ['400 before 404', ({ owner }) => owner.patch(missing, undefined, bad), 'malformed-json'],
      ['401 before 404', (_, nobody) => nobody.patch(missing, {}), 'unauthenticated'],
      ['401 before 415', (_, nobody) => nobody.post('/v1/accounts', undefined, text), 'unauthenticated'],
      ['404 before 415', ({ owner }) => owner.patch(missing, undefined, text), 'not-found'],
      ['404 before 403', ({ auditor }) => auditor.patch(missing, { fullName: 'A' }), 'not-found'],
      ['415 before 403', ({ auditor }) => auditor.post('/v1/accounts', undefined, text), 'unsupported-media-type'],
      ['403 before 422', ({ auditor }) => auditor.post('/v1/accounts', { nonsense: 1 }), 'forbidden'],
      [
        '422 before 412',
        ({ owner, staff }) => owner.patch(account(staff.admin.id), { nonsense: 1 }, { headers: { 'if-match': '"99"' } }),
        'invalid-input',
      ],
      [
        '412 before 409',
        ({ owner, staff }) =>
          owner.put(`${account(staff.owner.id)}/role`, { role: 'admin' }, { headers: { 'if-match': '"99"' } }),
        'revision-mismatch',
      ],
    ])('%s', async (_, ask, code) => {
      refused(await ask(place, whitebook.api), code);
    });

    it('the replay of a known key before 404 and 403', async () => {
      const { id, email } = await makeCustomer(place.owner, { test: true });
      const keyed = { headers: { 'idempotency-key': 'gone' } };
      expectStatus(await place.owner.delete(account(id), { confirm: email }, keyed), 204);
      expectStatus(await place.owner.delete(account(id), { confirm: email }, keyed), 204);
      refused(await place.owner.delete(account(id), { confirm: 'other' }, keyed), 'idempotency-key-reused');
      refused(await place.owner.delete(account(id), { confirm: email }), 'not-found');
    });
  });

  describe('RUN-4 running', () => {
    it('/live and /ready answer', async () => {
      expect(expectStatus(await whitebook.api.get('/live'), 200).body).toEqual({ live: true });
      expect(expectStatus(await whitebook.api.get('/ready'), 200).body).toEqual({ ready: true });
    });

    it('nothing personal is in logs, metrics or jobs, whatever goes right or wrong', async () => {
      const { owner } = place;
      const { password, ...profile } = CANARY;
      const { email } = CANARY;
      const at_ = lines.length;
      const made = expectStatus(
        await owner.post('/v1/accounts', { ...profile, password, test: true, attributes: { canary: 'canary' } }),
        201,
      );
      const id = textAt(made, 'id');
      expectStatus(await owner.post('/v1/accounts', { ...profile, password }), 409);
      expectStatus(await owner.post('/v1/accounts', { ...profile, password, role: 'canaryrole', canary: 1 }), 422);
      expectStatus(await owner.get(`/v1/accounts?search=${email}`), 200);
      expectStatus(await owner.get(`/v1/accounts?canary=${email}`), 422);
      expectStatus(await unwatched.get(`/v1/${email}/canary`), 404);
      expectStatus(await owner.get(`/v1/accounts/${encodeURIComponent(email)}`), 404);
      expectStatus(await owner.patch(account(id), { fullName: `${CANARY.fullName} II`, email: `ii.${email}` }), 200);
      expectStatus(await owner.patch(account(id), { email }), 200);
      const host = { headers: { host: place.domain, 'user-agent': 'Canary Browser', 'x-canary': 'canary' } };
      const session = await whitebook.api.post('/v1/sessions', { email, password }, host);
      expectStatus(session, 201);
      expectStatus(await whitebook.api.post('/v1/sessions', { email, password: `${password}x` }, host), 401);
      expectStatus(await whitebook.api.post('/v1/password-resets', { email }, host), 202);
      expectStatus(await whitebook.api.post('/v1/sessions', undefined, { raw: `{"email":"${email}`, ...host }), 400);
      expectStatus(await owner.post('/v1/invitations', { ...profile, email: `i.${email}`, test: true }), 201);
      await until('the mails to be sent', async () => (await mails()).filter((mail) => /birds\.example/.test(mail)).length >= 2);
      expectStatus(await owner.post(`${account(id)}/disable`, { note: 'canarynote' }), 200);
      expectStatus(await owner.get('/v1/history?search=canary'), 200);
      expectStatus(await owner.delete(account(id), { confirm: email }), 204);

      const logged = lines.slice(at_);
      expect(logged.filter((line) => line.includes('"request"')).length).toBeGreaterThan(15);
      const secrets = [at(session, 'token'), at(session, 'refreshToken'), owner.fixed['authorization']?.slice(7)].map(String);
      expect(logged.filter((line) => SHOWN.test(line) || secrets.some((secret) => line.includes(secret)))).toEqual([]);
      const { text } = expectStatus(await whitebook.api.get('/metrics'), 200);
      expect(text).not.toMatch(SHOWN);
      const jobs = await jobsHeld(whitebook.dataDir);
      expect(jobs).not.toEqual([]);
      for (const held of jobs) expect(held).not.toMatch(SHOWN);
    });

    const mails = async (): Promise<string[]> => {
      const folder = join(whitebook.dataDir, 'outbox');
      return Promise.all(
        (await readdir(folder)).filter((name) => name.endsWith('.eml')).map((name) => readFile(join(folder, name), 'utf8')),
      );
    };

    it('metrics are counted by template, method and status: never by id, path or query', async () => {
      const reply = expectStatus(await whitebook.api.get('/metrics'), 200);
      expect(reply.headers['content-type']).toMatch(/^text\/plain/);
      const labels = new Set(
        [...reply.text.matchAll(/^http_request_duration_seconds_count\{(.*)\}/gm)].map(([, label = '']) => label),
      );
      expect(labels.size).toBeGreaterThan(10);
      for (const label of labels) expect(label).toMatch(/^method="[A-Z]+",route="(\/[\w/:.-]*|unknown)",status="\d{3}"$/);
      expect([...labels].filter((label) => /[0-9a-f]{32}/.test(label))).toEqual([]);
      expect(reply.text).toMatch(/process_cpu_seconds_total/);
    });

    it('each request is one line of JSON with its id, template and status, and whose it was', async () => {
      const before = lines.length;
      const reply = await place.owner.get('/v1/accounts?limit=1');
      const line = await until(
        'the line',
        async () => lines.slice(before).find((each) => each.includes(String(reply.headers['request-id']))) ?? null,
      );
      const said = JSON.parse(line) as Record<string, unknown>;
      expect(said).toMatchObject({
        ...{ requestId: reply.headers['request-id'], method: 'GET', route: '/v1/accounts', status: 200 },
        ...{ workspace: place.id, actor: place.staff.owner.id, milliseconds: expect.any(Number), level: 30 },
      });
    });
  });
});
