import { at, itemsOf, textAt, type Api, type Fields, type Reply } from '../support/api.js';
import { linkIn, mailsTo, mailTo } from '../support/mailbox.js';
import { accountOf, again, counted, fieldsRefused, filesHolding, kindsOf, poolOf, secretTo, told } from '../support/people.js';
import { expectStatus, makePlace, PASSWORD, type Place } from '../support/place.js';
import { until, Whitebook } from '../support/whitebook.js';

describe('invitations and their links', () => {
  let whitebook: Whitebook;
  let place: Place;
  let admin: Api;
  let made = 0;

  beforeAll(async () => {
    whitebook = await Whitebook.start();
    place = await makePlace(whitebook, { botSlots: 100 });
    admin = place.admin;
  });
  afterAll(async () => {
    await whitebook.stop();
    await whitebook.remove();
    expect(whitebook.complaints).toEqual([]);
  });

  const invite = async (fields: object = {}): Promise<{ id: string; account: string; email: string; body: Fields }> => {
    const email = `invited-${++made}@link.example`;
    const reply = expectStatus(await admin.post('/v1/invitations', { email, ...fields }), 201);
    return { id: textAt(reply, 'id'), account: textAt(reply, 'accountId'), email, body: reply.body };
  };
  const accept = (token: string, fields: object = {}): Promise<Reply> =>
    whitebook.api.post('/v1/invitations/accept', { token, password: PASSWORD, ...fields });
  const inspect = (token: string): Promise<Reply> => whitebook.api.post('/v1/invitations/inspect', { token });
  const listed = async (email: string, query = ''): Promise<Fields[]> => [
    ...itemsOf(expectStatus(await admin.get(`/v1/accounts?search=${email}${query}`), 200)),
  ];

  it('ACC-2: the answer has the invitation as the contract says, and never the secret', async () => {
    const { id, account, email, body } = await invite({ fullName: 'Ina Vited', botSlots: 2 });
    expect(body).toEqual({
      id,
      accountId: account,
      email,
      fullName: 'Ina Vited',
      role: 'user',
      plan: 'standard',
      botSlots: 2,
      test: false,
      testDays: null,
      state: 'pending',
      invitedBy: { id: place.staff.admin.id },
      invitedAt: expect.any(String),
      expiresAt: expect.any(String),
      sentCount: 1,
      sentAt: body['invitedAt'],
      delivery: { state: 'queued', via: 'installation' },
    });
    expect(Date.parse(String(body['expiresAt'])) - Date.parse(String(body['invitedAt']))).toBe(7 * 86_400_000);
    const sent = await until('the delivery', async () => {
      const read = expectStatus(await admin.get(`/v1/invitations/${id}`), 200);
      return at(read, 'delivery.state') === 'sent' && read;
    });
    expect(sent.body).toMatchObject({ invitedBy: { fullName: 'Person admin' }, delivery: { via: 'installation' } });
    const secret = await secretTo(whitebook, email);
    expect(await filesHolding(whitebook.dataDir, secret)).toEqual([expect.stringMatching(/\.eml$/)]);
    for (const path of [`/v1/invitations/${id}`, '/v1/invitations', '/v1/history', '/v1/timers'])
      expect((await admin.get(path)).text).not.toContain(secret);
  });

  it('ACC-2: the link stands alone on its line, on the verified domain, its secret of 256 bits in the fragment as base64url', async () => {
    const { email } = await invite();
    const mail = await mailTo(whitebook, email);
    const link = new URL(linkIn(mail).link);
    expect(mail.text?.split('#')).toHaveLength(2);
    expect(link.href).toMatch(new RegExp(`^http://${place.domain}:\\d+/accept#[A-Za-z0-9_-]+$`));
    expect(Buffer.from(link.hash.slice(1), 'base64url').length).toBeGreaterThanOrEqual(32);
    expect(mail.html).toContain(link.href);
    expect(link.search).toBe('');
  });

  it('ACC-2: the person sees the brand, sets name and password, and is logged in; the link works once', async () => {
    const { account, email } = await invite({ company: 'Given & Co', utm: { source: 'mail' } });
    const secret = await secretTo(whitebook, email);
    const seen = expectStatus(await inspect(secret), 200);
    expect(seen.body).toMatchObject({
      email,
      fullName: null,
      passwordPolicy: { minLength: 8, maxLength: 200, commonRefused: true },
    });
    expect(at(seen, 'brand.productName')).toBe(`Brand ${place.slug.split('-')[1]}`);
    expect(fieldsRefused(await accept(secret, { password: 'short' }))).toEqual(['/password password-too-short']);
    const session = expectStatus(await accept(secret, { fullName: 'Chosen Name', utm: { source: 'late', medium: 'late' } }), 201);
    expect(session.body).toMatchObject({
      account: { id: account, status: 'active', fullName: 'Chosen Name', company: 'Given & Co' },
      passwordChangeRequired: false,
    });
    const own = whitebook.api.as(textAt(session, 'token'));
    expect(at(expectStatus(await own.get('/v1/sessions/current'), 200), 'account.id')).toBe(account);
    expect((await accountOf(admin, account))['utm']).toEqual({ source: 'mail', medium: 'late' });
    expect(told(await accept(secret))).toBe('409 invitation-used');
    expect(told(await inspect(secret))).toBe('409 invitation-used');
    expect(await kindsOf(admin, account)).toEqual(expect.arrayContaining(['InvitationAccepted', 'UserInvited', 'UserLoggedIn']));
  });

  it('LIST-4: who accepts reads at once the member that he is now, and the answer tells others what to wait for', async () => {
    const { account, email } = await invite();
    const session = expectStatus(await accept(await secretTo(whitebook, email)), 201);
    const own = expectStatus(await whitebook.api.as(textAt(session, 'token')).get(`/v1/accounts/${account}`), 200);
    expect(own.body['status']).toBe('active');
    const position = session.headers['position'] ?? '';
    const read = expectStatus(await admin.get(`/v1/accounts/${account}`, { headers: { 'min-position': position } }), 200);
    expect(read.body['status']).toBe('active');
  });

  it('DET-6: the acceptance fills the UTM that the invitation left out', async () => {
    const { account, email } = await invite();
    expectStatus(await accept(await secretTo(whitebook, email), { utm: { source: 'late' } }), 201);
    expect((await accountOf(admin, account))['utm']).toEqual({ source: 'late' });
  });

  it('ACC-2: 20 who post one secret at once are one acceptance', async () => {
    const { email, account } = await invite();
    const secret = await secretTo(whitebook, email);
    const replies = await Promise.all(Array.from({ length: 20 }, () => accept(secret)));
    expect(counted(replies)).toEqual({ '201': 1, '409 invitation-used': 19 });
    expect((await kindsOf(admin, account)).filter((kind) => kind === 'InvitationAccepted')).toHaveLength(1);
  });

  it('ACC-2: a secret that is unknown, or cut short, is 404', async () => {
    const secret = await secretTo(whitebook, (await invite()).email);
    for (const wrong of ['A'.repeat(secret.length), secret.slice(0, -1), `${secret}A`, 'x', secret.toLowerCase()])
      expect([told(await accept(wrong)), told(await inspect(wrong))]).toEqual(['404 not-found', '404 not-found']);
  });

  it('ACC-3: pending ones are in no list but where asked for, count apart, and join with the acceptance', async () => {
    const summary = async (): Promise<Fields> => expectStatus(await admin.get('/v1/accounts/summary'), 200).body;
    const before = await summary();
    const { account, email } = await invite();
    const during = await summary();
    const { total, pending, created } = before as Record<string, number>;
    expect(during).toMatchObject({ total, pending: Number(pending) + 1, created: Number(created) + 1 });
    expect(await listed(email)).toEqual([]);
    expect(await listed(email, '&status=active,inactive,blocked')).toEqual([]);
    for (const status of ['pending', 'all', 'pending,active'])
      expect(await listed(email, `&status=${status}`)).toMatchObject([
        { id: account, status: 'pending', number: null, joinedAt: null },
      ]);
    expect(await accountOf(admin, account)).toMatchObject({ status: 'pending', number: null, joinedAt: null, lastLoginAt: null });
    whitebook.clock.move(600);
    const later = expectStatus(await admin.post('/v1/accounts', { email: 'between@link.example', password: PASSWORD }), 201);
    const session = expectStatus(await accept(await secretTo(whitebook, email)), 201);
    const [row] = await until('the acceptance in the list', async () => {
      const rows = await listed(email);
      return rows.length > 0 && rows;
    });
    expect(row).toMatchObject({ status: 'active', joinedAt: at(session, 'account.joinedAt') });
    const others = await accountOf(admin, textAt(later, 'id'));
    expect(row?.['number']).toBe(Number(others['number']) + 1);
    expect(String(row?.['joinedAt']) > String(others['joinedAt'])).toBe(true);
    expect(await summary()).toMatchObject({ total: Number(total) + 2, pending });
  });

  it('ACC-3: a pending account is read and edited by id: profile, plan, slots, role; disable and log-in are refused', async () => {
    const { account, id } = await invite({ botSlots: 1 });
    const before = await poolOf(admin);
    expectStatus(await admin.patch(`/v1/accounts/${account}`, { fullName: 'Edited', company: 'E' }), 200);
    const slots = expectStatus(await admin.put(`/v1/accounts/${account}/quotas`, { botSlots: 3, conversations: 7 }), 200);
    expect(at(slots, 'quotas.conversations.allocated')).toBe(7);
    expectStatus(await admin.put(`/v1/accounts/${account}/plan`, { plan: 'standard' }), 200);
    expect((await poolOf(admin)).free).toBe(before.free - 2);
    const invitation = expectStatus(await admin.get(`/v1/invitations/${id}`), 200);
    expect(invitation.body).toMatchObject({ fullName: 'Edited', botSlots: 3, state: 'pending' });
    for (const reply of [
      await admin.post(`/v1/accounts/${account}/disable`, {}),
      await admin.post(`/v1/accounts/${account}/enable`, {}),
      await admin.put(`/v1/accounts/${account}/status`, { status: 'blocked' }),
      await admin.put(`/v1/accounts/${account}/status`, { status: 'active' }),
    ])
      expect(told(reply)).toBe('409 account-pending');
    expect(told(await admin.post(`/v1/accounts/${account}/impersonations`, { reason: 'x' }))).toBe('409 account-not-active');
    const owner = await again(whitebook, place, 'owner');
    expectStatus(await owner.put(`/v1/accounts/${account}/role`, { role: 'auditor' }), 200);
    expect((await poolOf(admin)).free).toBe(before.free + 1);
  });

  it('ACC-3: an email that is edited while pending goes with the invitation, and the link still belongs to the account', async () => {
    const { account, email, id } = await invite();
    const secret = await secretTo(whitebook, email);
    expectStatus(await admin.patch(`/v1/accounts/${account}`, { email: 'readdressed@link.example' }), 200);
    expect((await admin.get(`/v1/invitations/${id}`)).body['email']).toBe('readdressed@link.example');
    expectStatus(await admin.post(`/v1/invitations/${id}/resend`, {}), 200);
    expect(told(await accept(secret))).toBe('410 invitation-revoked');
    expectStatus(await accept(await secretTo(whitebook, 'readdressed@link.example')), 201);
  });

  it('ACC-3, WS-8: a pending invitation holds its slots; with none free it is refused, and an accept never is', async () => {
    const tight = await makePlace(whitebook, { botSlots: 1 });
    const by = tight.admin;
    const invited = expectStatus(await by.post('/v1/invitations', { email: 'last@link.example' }), 201);
    expect(await poolOf(by)).toEqual({ total: 1, allocated: 1, free: 0 });
    expect(told(await by.post('/v1/invitations', { email: 'none@link.example' }))).toBe('409 no-free-bot-slot');
    expect(told(await by.post('/v1/accounts', { email: 'none@link.example', password: PASSWORD }))).toBe('409 no-free-bot-slot');
    expectStatus(await accept(await secretTo(whitebook, 'last@link.example')), 201);
    expect(await poolOf(by)).toEqual({ total: 1, allocated: 1, free: 0 });
    expect(told(await by.delete(`/v1/invitations/${textAt(invited, 'id')}`))).toBe('409 invitation-used');
  });

  it('ACC-8: staff activate a pending account by setting its password, by either route, and the link dies', async () => {
    const routes: ((account: string) => Promise<Reply>)[] = [
      (account) => admin.post(`/v1/accounts/${account}/activate`, { password: 'by-staff-lantern-3' }),
      (account) => admin.put(`/v1/accounts/${account}/password`, { password: 'by-staff-lantern-3', requirePasswordChange: true }),
    ];
    for (const [i, activate] of routes.entries()) {
      const { account, email, id } = await invite();
      const secret = await secretTo(whitebook, email);
      expect(expectStatus(await activate(account), 200).body).toMatchObject({ status: 'active', joinedAt: expect.any(String) });
      expect(told(await accept(secret))).toBe('409 invitation-used');
      expect((await admin.get(`/v1/invitations/${id}`)).body['state']).toBe('accepted');
      const session = await whitebook.api.post(
        '/v1/sessions',
        { email, password: 'by-staff-lantern-3' },
        { headers: { host: place.domain } },
      );
      expect(expectStatus(session, 201).body['passwordChangeRequired']).toBe(i === 1);
      expect(told(await admin.post(`/v1/accounts/${account}/activate`, { password: PASSWORD }))).toMatch(/^40[49] /);
    }
  });

  it('ACC-3: invitations are listed by state, newest first', async () => {
    const ids = async (state: string): Promise<unknown[]> =>
      itemsOf(expectStatus(await admin.get(`/v1/invitations?state=${state}&limit=200`), 200)).map(({ id }) => id);
    const one = await invite();
    whitebook.clock.move(1);
    const two = await invite();
    expect((await ids('pending')).slice(0, 2)).toEqual([two.id, one.id]);
    expectStatus(await accept(await secretTo(whitebook, one.email)), 201);
    await until('the acceptance in the list', async () => (await ids('accepted')).includes(one.id));
    expect(await ids('pending')).not.toContain(one.id);
    expectStatus(await admin.delete(`/v1/invitations/${two.id}`), 204);
    expect((await ids('revoked'))[0]).toBe(two.id);
    expect(await ids('accepted,revoked')).toEqual(expect.arrayContaining([one.id, two.id]));
    expect(told(await admin.get('/v1/invitations?state=lost'))).toBe('422 invalid-input');
    expect(await mailsTo(whitebook, two.email)).toEqual([]);
  });

  describe('without any transport', () => {
    let mute: Whitebook;
    beforeAll(async () => {
      mute = await Whitebook.start({ environment: { WHITEBOOK_MAIL: 'none' } });
    });
    afterAll(async () => {
      await mute.stop();
      await mute.remove();
    });

    it('WS-5: an invitation is 409 smtp-not-configured, with where to go', async () => {
      const { admin: there } = await makePlace(mute);
      const reply = await there.post('/v1/invitations', { email: 'x@link.example' });
      expect([told(reply), reply.body['href']]).toEqual(['409 smtp-not-configured', '/v1/workspace/smtp']);
    });

    it('WS-2: without a domain too it is domain-not-configured, and 422 comes before both', async () => {
      const { owner: there } = await makePlace(mute, { verified: false });
      const reply = await there.post('/v1/invitations', { email: 'x@link.example' });
      expect([told(reply), reply.body['href']]).toEqual(['409 domain-not-configured', '/v1/workspace/domain']);
      expect(told(await there.post('/v1/invitations', { email: 'x@link.example', plan: 'none' }))).toBe('422 unknown-plan');
      expect(told(await there.post('/v1/accounts', { email: 'x@link.example', password: PASSWORD, plan: 'none' }))).toBe(
        '422 unknown-plan',
      );
    });
  });
});
