import { WorkspacesPlace } from '../../../test/support/workspaces.js';

let place: WorkspacesPlace;
let id: string;
let admin: string;
beforeEach(async () => {
  place = await WorkspacesPlace.open();
  const owner = { email: 'olga@northwind.test', fullName: 'Olga North', password: 'correct horse battery' };
  const workspace = { name: 'Northwind', slug: 'northwind', pool: { botSlots: 5 }, owner };
  const { body } = await place.ask('operator@platform', 'POST', '/v1/workspaces', workspace);
  id = String(body?.['id']);
  admin = `admin@${id}`;
});
afterEach(() => place.close());

const smtp = {
  host: 'mail.northwind.test',
  port: 587,
  security: 'starttls',
  user: 'mailer@northwind.test',
  password: 'hush hush',
  from: 'Northwind Mail <hello@northwind.test>',
};
const { password: _password, ...withoutPassword } = smtp;
const from = { name: 'Northwind Mail', address: 'hello@northwind.test' };
const facts = async () => {
  const found = await place.workspaces.facts(id);
  if (!found) throw new Error('no workspace');
  return found;
};
const stored = async (): Promise<string> => JSON.stringify(await place.store.readAll(0, 1_000));

describe('settings', () => {
  it('change, and count', async () => {
    const { status, body, headers } = await place.ask(admin, 'PATCH', '/v1/workspace', {
      requirePasswordChange: true,
      timeZone: 'Europe/Lisbon',
    });
    expect([status, headers['etag']]).toEqual([200, '"2"']);
    expect(body?.['settings']).toEqual({
      requirePasswordChange: true,
      managersMayImpersonate: false,
      currency: 'USD',
      timeZone: 'Europe/Lisbon',
      defaultPlan: 'standard',
    });
    const again = await place.ask(admin, 'PATCH', '/v1/workspace', { requirePasswordChange: true });
    expect(again.headers['etag']).toBe('"2"');
  });

  it.each([
    [{ currency: 'XXY' }, 'invalid-input'],
    [{ timeZone: 'Mars/Olympus' }, 'invalid-input'],
    [{ defaultPlan: 'gold' }, 'unknown-plan'],
    [{ name: 'Other' }, 'invalid-input'],
  ])('%j is refused', async (body, code) => {
    const answer = await place.ask(admin, 'PATCH', '/v1/workspace', body);
    expect([answer.status, answer.body?.['code']]).toEqual([422, code]);
  });

  it('are read by staff, changed by admins', async () => {
    expect((await place.ask(`manager@${id}`, 'GET', '/v1/workspace')).status).toBe(200);
    expect((await place.ask(`manager@${id}`, 'PATCH', '/v1/workspace', { currency: 'EUR' })).status).toBe(403);
    expect((await place.ask(`user@${id}`, 'GET', '/v1/workspace')).status).toBe(403);
  });
});

describe('branding', () => {
  it('WS-4: is shown, and its app is at the domain where none is given', async () => {
    const branding = { productName: 'North', colors: { primary: '#112233' }, supportEmail: 'help@northwind.test' };
    const { body } = await place.ask(admin, 'PUT', '/v1/workspace/branding', branding);
    const shown = { ...branding, logoUrl: null, replyTo: null, appUrl: 'http://localhost:3000/' };
    expect(body).toEqual(shown);
    await place.ask(admin, 'PUT', '/v1/workspace/domain', { domain: 'north.localhost' });
    await place.ask(admin, 'POST', '/v1/workspace/domain/verify');
    const workspace = await place.ask(admin, 'GET', '/v1/workspace');
    expect(workspace.body?.['branding']).toEqual({ ...shown, appUrl: 'http://north.localhost:3000/' });
    expect(await stored()).not.toContain('help@northwind.test');
  });

  it.each([
    { logoUrl: 'javascript:alert(1)' },
    { colors: { primary: 'red; background: url(x)' } },
    { supportEmail: 'help' },
    { other: 1 },
  ])('%j is refused', async (branding) =>
    expect((await place.ask(admin, 'PUT', '/v1/workspace/branding', branding)).status).toBe(422),
  );
});

describe('mail server', () => {
  const configure = (body: object = smtp, headers = {}) => place.ask(admin, 'PUT', '/v1/workspace/smtp', body, headers);
  const test = (headers = {}) => place.ask(admin, 'POST', '/v1/workspace/smtp/test', { to: 'ada@northwind.test' }, headers);

  it('WS-5: its password is kept in the vault and shown nowhere', async () => {
    const { status, body } = await configure();
    const { host, port, security, user } = smtp;
    const shown = { host, port, security, user, from, passwordSet: true };
    expect([status, body]).toEqual([200, shown]);
    expect((await place.ask(admin, 'GET', '/v1/workspace')).body?.['smtp']).toEqual(shown);
    const log = await stored();
    for (const secret of [smtp.password, smtp.user, from.address]) expect(log).not.toContain(secret);
    expect(await place.workspaces.transportFor(await facts())).toMatchObject({
      via: 'workspace',
      transport: { via: 'workspace', smtp: { host, port, security, user, password: smtp.password } },
      from,
    });
  });

  it('WS-5: a new password takes the place of the old one, and the same one is no change', async () => {
    await configure();
    const first = (await facts()).smtp?.secret ?? '';
    expect((await configure()).headers['etag']).toBe('"2"');
    expect((await configure(withoutPassword)).headers['etag']).toBe('"2"');
    expect((await configure({ ...smtp, password: 'other hush' })).headers['etag']).toBe('"3"');
    const second = (await facts()).smtp?.secret ?? '';
    expect(await place.vault.secrets.get(first)).toBeNull();
    expect((await place.vault.secrets.get(second))?.toString()).toBe('other hush');
  });

  it('WS-5: removing it removes the password', async () => {
    await configure();
    const secret = (await facts()).smtp?.secret ?? '';
    expect((await place.ask(admin, 'DELETE', '/v1/workspace/smtp')).status).toBe(204);
    expect((await facts()).smtp).toBeNull();
    expect(await place.vault.secrets.get(secret)).toBeNull();
  });

  it('WS-5: a dry run keeps no password', async () => {
    const dry = await place.ask(admin, 'PUT', '/v1/workspace/smtp?dryRun=true', smtp);
    expect(dry.body).toMatchObject({ dryRun: true, events: [{ type: 'SmtpConfigured' }] });
    expect(JSON.stringify(dry.body)).not.toContain(smtp.password);
    expect((await facts()).smtp).toBeNull();
  });

  it.each([
    [{ ...smtp, from: 'nobody' }],
    [{ ...smtp, from: 'A\nBcc: b@c.test <hello@northwind.test>' }],
    [{ ...smtp, port: 0 }],
    [{ ...smtp, security: 'maybe' }],
    [withoutPassword],
  ])('%j is refused', async (body) => expect((await configure(body)).status).toBe(422));

  it("WS-5: the test mail reports the server's answer, without addresses", async () => {
    await configure();
    const { status, body } = await test();
    expect([status, body]).toEqual([200, { ok: true, answer: '250 2.0.0 queued for <…>' }]);
    expect(place.mails.sent).toMatchObject([
      { mail: { to: { address: 'ada@northwind.test' }, from, account: 'admin' }, transport: { via: 'workspace' } },
    ]);
  });

  it('WS-5: the test mail reports what went wrong', async () => {
    await configure();
    place.mails.failure = '535 5.7.8 bad credentials for mailer@northwind.test';
    expect((await test()).body).toEqual({ ok: false, answer: '535 5.7.8 bad credentials for …' });
  });

  it('ACC-12: a test mail with a key goes out once', async () => {
    const answers = await Promise.all(Array.from({ length: 5 }, () => test({ 'idempotency-key': 't1' })));
    expect(answers.map(({ status, body }) => [status, body])).toEqual(answers.map(() => [200, answers[0]?.body]));
    expect(place.mails.sent).toHaveLength(1);
    const other = await place.ask(
      admin,
      'POST',
      '/v1/workspace/smtp/test',
      { to: 'bo@northwind.test' },
      { 'idempotency-key': 't1' },
    );
    expect(other.body?.['code']).toBe('idempotency-key-reused');
  });

  it("WS-5: without one the installation's serves, else it is 409", async () => {
    expect((await test()).body).toMatchObject({ ok: true });
    expect(place.mails.sent).toMatchObject([
      { transport: { via: 'installation' }, mail: { from: { address: 'no-reply@localhost' } } },
    ]);
    place.mails.installation = false;
    const { status, body } = await test();
    expect([status, body?.['code']]).toEqual([409, 'smtp-not-configured']);
  });
});

it('WS-8: the pool and the catalogue can be read', async () => {
  expect((await place.ask(admin, 'GET', '/v1/workspace/pool')).body).toEqual({
    botSlots: { total: 5, allocated: 0, free: 5 },
  });
  expect((await place.ask(admin, 'GET', '/v1/plans')).body).toEqual({
    items: [{ code: 'standard', name: 'Standard' }],
    next: null,
  });
});
