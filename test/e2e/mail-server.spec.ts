import type { SMTPServerOptions } from 'smtp-server';
import { simpleParser } from 'mailparser';
import { startServer, type TestServer } from '../contracts/mail.fixtures.js';
import { at, textAt, type Reply } from '../support/api.js';
import { linkIn, mailTo } from '../support/mailbox.js';
import { expectStatus, makeCustomer, makePlace, type Place } from '../support/place.js';
import { expectProblem, useWhitebook } from '../support/suite.js';
import { until, type Whitebook } from '../support/whitebook.js';

const SECRET = 'smtp-secret-4711';
const HREF = '/v1/workspace/smtp';

const refusal = (code: number): Error => Object.assign(new Error('not now, sara@customers.example'), { responseCode: code });

describe('the mail server of a workspace', () => {
  let server: TestServer;
  let whitebook: Whitebook;
  let place: Place;
  let answer: Error | null = null;
  const options: SMTPServerOptions = { onRcptTo: (_address, _session, callback) => callback(answer) };

  beforeAll(async () => {
    server = await startServer(options);
  });
  afterAll(() => server.close());
  useWhitebook(
    async (started) => {
      whitebook = started;
      place = await makePlace(whitebook);
    },
    () => ({ WHITEBOOK_SMTP_ALLOW_PRIVATE: 'true' }),
  );

  const settings = () => ({ ...server.smtp, user: 'brand', from: 'Acme <hello@acme.example>' });
  const invite = async (email: string) => textAt(expectStatus(await place.admin.post('/v1/invitations', { email }), 201), 'id');
  const delivered = (id: string, state: string): Promise<Reply> =>
    until(`invitation ${state}`, async () => {
      const seen = expectStatus(await place.admin.get(`/v1/invitations/${id}`), 200);
      return at(seen, 'delivery.state') === state && seen;
    });
  const tokenTo = async (address: string) => {
    const { raw } = server.deliveries.filter(({ to }) => to.includes(address)).at(-1) ?? { raw: '' };
    return linkIn(await simpleParser(raw)).token;
  };

  it('WS-5: without settings the installation’s transport serves, and the invitation says so', async () => {
    const id = await invite('first@customers.example');
    expect(at(await delivered(id, 'sent'), 'delivery')).toEqual({ state: 'sent', via: 'installation' });
    await mailTo(whitebook, 'first@customers.example');
  });

  it('WS-5: a user needs a password', async () => {
    const refused = expectProblem(await place.admin.put(HREF, settings()), 422, 'invalid-input');
    expect(at(refused, 'errors.0.pointer')).toBe('/password');
  });

  it('WS-5: the password is taken and never shown again', async () => {
    const set = expectStatus(await place.admin.put(HREF, { ...settings(), password: SECRET }), 200);
    expect(set.body).toEqual({
      ...server.smtp,
      user: 'brand',
      from: { name: 'Acme', address: 'hello@acme.example' },
      passwordSet: true,
    });
    const rehearsed = await place.admin.put(`${HREF}?dryRun=true`, { ...settings(), password: `${SECRET}-2` });
    const readings = [
      ...[set, rehearsed, await place.owner.get('/v1/workspace'), await place.owner.get('/v1/history')],
      await place.operator.get(`/v1/workspaces/${place.id}`),
    ];
    for (const reading of readings) {
      expect(reading.status).toBe(200);
      expect(reading.text).not.toContain(SECRET);
    }
  });

  it('WS-5: left out it stays, but never for another server or user, who would be shown it', async () => {
    const same = expectStatus(await place.admin.put(HREF, { ...settings(), from: 'post@acme.example' }), 200);
    expect(same.body).toMatchObject({ passwordSet: true, from: { address: 'post@acme.example' } });
    for (const change of [{ host: 'thief.example' }, { port: 2526 }, { user: 'thief' }])
      expectProblem(await place.admin.put(HREF, { ...settings(), ...change }), 422, 'invalid-input');
    expectStatus(await place.admin.put(HREF, settings()), 200);
  });

  it('WS-5: a test mail reports what the server says', async () => {
    const tested = expectStatus(await place.admin.post(`${HREF}/test`, { to: 'me@acme.example' }), 200);
    expect(tested.body).toEqual({ ok: true, answer: expect.stringContaining('taken as test-1') });
    expect(server.deliveries.at(-1)).toMatchObject({ from: 'hello@acme.example', to: ['me@acme.example'], user: 'brand' });
    answer = refusal(550);
    const refused = expectStatus(await place.admin.post(`${HREF}/test`, { to: 'me@acme.example' }), 200);
    expect(refused.body).toEqual({ ok: false, answer: expect.stringContaining('550') });
    expect(refused.text).not.toContain('sara@');
    answer = null;
  });

  it('WS-5, ACC-12: a keyed test mail goes out once', async () => {
    const before = server.deliveries.length;
    const headers = { 'idempotency-key': 'test-mail' };
    const [first, again] = [
      expectStatus(await place.admin.post(`${HREF}/test`, { to: 'me@acme.example' }, { headers }), 200),
      expectStatus(await place.admin.post(`${HREF}/test`, { to: 'me@acme.example' }, { headers }), 200),
    ];
    expect(again.body).toEqual(first.body);
    expect(server.deliveries).toHaveLength(before + 1);
  });

  it('WS-5: an invitation goes out through it', async () => {
    const id = await invite('second@customers.example');
    expect(at(await delivered(id, 'sent'), 'delivery')).toEqual({ state: 'sent', via: 'workspace' });
    const token = await tokenTo('second@customers.example');
    expectStatus(await whitebook.api.post('/v1/invitations/inspect', { token }), 200);
  });

  it('WS-5: refused for now, it is retried with back-off until it is sent', async () => {
    answer = refusal(451);
    const id = await invite('third@customers.example');
    const waiting = await delivered(id, 'retrying');
    expect(at(waiting, 'delivery')).toEqual({ state: 'retrying', via: 'workspace', error: expect.stringContaining('451') });
    expect(waiting.text).not.toContain('sara@');
    answer = null;
    whitebook.clock.move(300);
    expect(at(await delivered(id, 'sent'), 'delivery')).toEqual({ state: 'sent', via: 'workspace' });
    expect(server.deliveries.filter(({ to }) => to.includes('third@customers.example'))).toHaveLength(1);
  });

  it('WS-5, COR-6: taken but not confirmed, the second mail has the same link', async () => {
    const tokens: string[] = [];
    let times = 0;
    options.onData = (stream, _session, callback) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        void simpleParser(Buffer.concat(chunks)).then((mail) => {
          tokens.push(linkIn(mail).token);
          callback(times++ === 0 ? refusal(451) : null);
        });
      });
    };
    const unsure = await startServer(options);
    expectStatus(await place.admin.put(HREF, { ...settings(), ...unsure.smtp, password: SECRET }), 200);
    const id = await invite('fourth@customers.example');
    await delivered(id, 'retrying');
    whitebook.clock.move(300);
    await delivered(id, 'sent');
    expect(tokens).toEqual([tokens[0], tokens[0]]);
    await unsure.close();
    expectStatus(await place.admin.put(HREF, { ...settings(), password: SECRET }), 200);
  });

  it('WS-5: refused for good, it has failed, and can be sent again by hand', async () => {
    answer = refusal(550);
    const id = await invite('fifth@customers.example');
    expect(at(await delivered(id, 'failed'), 'delivery')).toEqual({
      state: 'failed',
      via: 'workspace',
      error: expect.stringContaining('550'),
    });
    answer = null;
    expectStatus(await place.admin.post(`/v1/invitations/${id}/resend`, {}), 200);
    await delivered(id, 'sent');
  });

  it('WS-5: removed, the installation’s transport serves again', async () => {
    expectStatus(await place.admin.delete(HREF), 204);
    expect(at(expectStatus(await place.admin.get('/v1/workspace'), 200), 'smtp')).toBeNull();
    const id = await invite('sixth@customers.example');
    expect(at(await delivered(id, 'sent'), 'delivery')).toEqual({ state: 'sent', via: 'installation' });
  });
});

describe('an installation without a transport of its own', () => {
  let whitebook: Whitebook;
  let place: Place;
  useWhitebook(
    async (started) => {
      whitebook = started;
      place = await makePlace(whitebook);
    },
    () => ({ WHITEBOOK_MAIL: 'none' }),
  );

  it('WS-5: what needs a mail is 409, and leaves nothing behind', async () => {
    expectProblem(await place.admin.post('/v1/invitations', { email: 'a@customers.example' }), 409, 'smtp-not-configured');
    expectProblem(await place.admin.post(`${HREF}/test`, { to: 'me@acme.example' }), 409, 'smtp-not-configured');
    const customer = await makeCustomer(place.admin, { email: 'a@customers.example' });
    expectProblem(await place.admin.post(`/v1/accounts/${customer.id}/password-reset-mail`), 409, 'smtp-not-configured');
    expect(at(expectStatus(await place.admin.get('/v1/accounts/summary'), 200), 'pending')).toBe(0);
  });

  it('AUTH-5: whoever asks for a reset by address is told nothing', async () => {
    const wish = { workspace: place.slug, email: 'a@customers.example' };
    expectStatus(await whitebook.api.post('/v1/password-resets', wish), 202);
  });
});
