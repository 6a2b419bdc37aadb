import { at, itemsOf, textAt, type Reply } from '../support/api.js';
import { mailsTo } from '../support/mailbox.js';
import { accountOf, counted, fieldsRefused, filesHolding, kindsOf, told } from '../support/people.js';
import { expectStatus, makeCustomer, makePlace, PASSWORD, type Place } from '../support/place.js';
import { Whitebook } from '../support/whitebook.js';

describe('creating accounts', () => {
  let whitebook: Whitebook;
  let place: Place;
  let made = 0;

  beforeAll(async () => {
    whitebook = await Whitebook.start();
    place = await makePlace(whitebook, { botSlots: 200 });
  });
  afterAll(async () => {
    await whitebook.stop();
    await whitebook.remove();
    expect(whitebook.complaints).toEqual([]);
  });

  const create = (fields: object = {}, by = place.admin): Promise<Reply> =>
    by.post('/v1/accounts', { email: `made-${++made}@create.example`, password: PASSWORD, ...fields });

  it('ACC-1: takes every field; the account is active at once, its answer is the fold of its own stream, and no mail is sent', async () => {
    const fields = {
      email: '  Whole@Create.example ',
      fullName: '  Zoë Whole ',
      company: ' Acme & Söhne ',
      phone: '+49 (30) 12-34.5',
      username: 'whole.zoe',
      role: 'user',
      plan: 'standard',
      botSlots: 3,
      quotas: { conversations: 500, teamMembers: 4 },
      comment: 'First line\nsecond line',
      utm: { source: 's', medium: 'm', campaign: 'c', term: 't', content: 'o' },
      attributes: { tier: 'gold', seats: 4, vip: true, none: null },
    };
    const reply = expectStatus(await create(fields), 201);
    const id = textAt(reply, 'id');
    expect(reply.headers['location']).toBe(`/v1/accounts/${id}`);
    expect(reply.headers['etag']).toBe('"1"');
    expect(reply.headers['position']).toBeDefined();
    expect(reply.body).toMatchObject({
      number: null,
      email: 'Whole@Create.example',
      fullName: 'Zoë Whole',
      company: 'Acme & Söhne',
      phone: '+49 (30) 12-34.5',
      username: 'whole.zoe',
      role: 'user',
      status: 'active',
      plan: 'standard',
      test: false,
      testExpiresAt: null,
      utm: fields.utm,
      attributes: fields.attributes,
      quotas: {
        botSlots: { allocated: 3, used: 0 },
        conversations: { allocated: 500, used: 0 },
        teamMembers: { allocated: 4, used: 0 },
      },
      revision: 1,
    });
    for (const absent of ['actions', 'testSecondsLeft', 'comments']) expect(reply.body).not.toHaveProperty(absent);
    expect(at(reply, 'createdBy')).toEqual({ id: place.staff.admin.id });
    const read = await accountOf(place.admin, id);
    expect(read).toMatchObject({ number: 5, createdBy: { id: place.staff.admin.id, fullName: 'Person admin' } });
    expect(at({ body: read }, 'comments.0.text')).toBe(fields.comment);
    expect(at({ body: read }, 'actions')).toHaveLength(15);
    expect(await kindsOf(place.admin, id)).toEqual(['UserCreated']);
    expect(await mailsTo(whitebook, 'Whole@Create.example')).toEqual([]);
  });

  it('ACC-1, WS-8: email and password are enough; role, plan and quotas have their defaults', async () => {
    const reply = expectStatus(await create(), 201);
    expect(reply.body).toMatchObject({ role: 'user', plan: 'standard', status: 'active', fullName: null, company: null });
    expect(at(reply, 'quotas')).toEqual({
      botSlots: { allocated: 1, used: 0 },
      conversations: { allocated: null, used: 0 },
      teamMembers: { allocated: 10, used: 0 },
    });
    const without = expectStatus(await create({ botSlots: 0 }), 201);
    expect(at(without, 'quotas.botSlots.allocated')).toBe(0);
    expect(fieldsRefused(await place.admin.post('/v1/accounts', {}))).toEqual(['/email required', '/password required']);
  });

  it.each([
    ['a space', 'a b@x.example'],
    ['a tab', 'a\tb@x.example'],
    ['a control character', 'a\u0007b@x.example'],
    ['a zero-width space', 'a\u200bb@x.example'],
    ['a letter that is not ASCII', 'jürgen@x.example'],
    ['quotes', '"ab"@x.example'],
    ['a bracket', 'a(b)@x.example'],
    ['an angle bracket', 'b@y.example <evil@z.example>'],
    ['a comma', 'a,b@x.example'],
    ['a semicolon', 'a;b@x.example'],
    ['65 characters before the @', `${'a'.repeat(65)}@x.example`],
    ['255 characters', `a@${`${'b'.repeat(61)}.`.repeat(4)}example`],
    ['no domain', 'a@'],
    ['an underscore in the domain', 'a@x_y.example'],
    ['mixed scripts in the domain', 'a@ex\u0430mple.example'],
    ['two @', 'a@b@x.example'],
    ['nothing', '   '],
  ])('ACC-1: an email with %s is 422 with `invalid-email`', async (_what, email) => {
    const reply = await create({ email });
    expect(told(reply)).toBe('422 invalid-input');
    expect(fieldsRefused(reply)).toEqual(['/email invalid-email']);
  });

  it('ACC-1: the refusal names the character; addresses that may be are kept as typed, IDNs as A-labels', async () => {
    expect(textAt(await create({ email: 'a\u200bb@x.example' }), 'errors.0.message')).toContain('U+200B');
    expect(textAt(await create({ email: 'a;b@x.example' }), 'errors.0.message')).toContain(';');
    const odd = expectStatus(await create({ email: "O'Neil.x_y%z+tag-1@Mixed.Example" }), 201);
    expect(odd.body['email']).toBe("O'Neil.x_y%z+tag-1@Mixed.Example");
    const idn = expectStatus(await create({ email: 'post@bücher.example' }), 201);
    expect(idn.body['email']).toBe('post@xn--bcher-kva.example');
    const longest = `${'l'.repeat(64)}@${'d'.repeat(60)}.${'d'.repeat(60)}.${'e'.repeat(59)}.example`;
    expect(longest.length).toBeLessThanOrEqual(254);
    expectStatus(await create({ email: longest }), 201);
  });

  it.each([
    ['password', 'x'.repeat(7), '/password password-too-short'],
    ['password', 'e\u0301'.repeat(7), '/password password-too-short'],
    ['password', `${'xy'.repeat(100)}z`, '/password password-too-long'],
    ['password', 'password123', '/password password-too-common'],
    ['fullName', 'x'.repeat(201), '/fullName too-long'],
    ['fullName', '  ', '/fullName too-short'],
    ['fullName', 'a\u0000b', '/fullName invalid-characters'],
    ['company', 'x'.repeat(201), '/company too-long'],
    ['username', 'x'.repeat(65), '/username too-long'],
    ['phone', '12', '/phone too-short'],
    ['phone', '1'.repeat(33), '/phone too-long'],
    ['phone', '+49 x 12', '/phone invalid-phone'],
    ['comment', 'x'.repeat(5001), '/comment too-long'],
    ['utm', { source: 'x'.repeat(201) }, '/utm/source too-long'],
    ['utm', { other: 'x' }, '/utm/other unknown-field'],
    ['attributes', Object.fromEntries(Array.from({ length: 51 }, (_, i) => [`k${i}`, i])), '/attributes too-many'],
    ['attributes', Object.fromEntries(Array.from({ length: 6 }, (_, i) => [`k${i}`, 'x'.repeat(3000)])), '/attributes too-long'],
    ['role', 'operator', '/role invalid-value'],
    ['botSlots', -1, '/botSlots too-small'],
    ['botSlots', 1.5, '/botSlots invalid-type'],
    ['quotas', { teamMembers: 11 }, '/quotas/teamMembers too-big'],
    ['testDays', 5, '/testDays invalid-value'],
    ['status', 'blocked', '/status unknown-field'],
  ])('ACC-1: limits: %s is held to its own', async (field, value, refusal) => {
    const reply = await create({ [field]: value });
    expect(reply.status).toBe(422);
    expect(fieldsRefused(reply)[0]).toBe(refusal);
  });

  it('ACC-1: what is just within the limits is taken', async () => {
    const fields = {
      password: `${'ü'.repeat(199)}!`,
      fullName: '名'.repeat(200),
      company: 'x'.repeat(200),
      username: 'u'.repeat(64),
      phone: '1'.repeat(32),
      comment: 'x'.repeat(5000),
      utm: { source: 'x'.repeat(200) },
      attributes: Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`k${i}`, 'x'.repeat(300)])),
    };
    expectStatus(await create(fields), 201);
    expectStatus(await create({ password: 'e\u0301'.repeat(7) + 'xy', phone: '112' }), 201);
  });

  it('ACC-1: a plan that is not in the catalogue is 422 unknown-plan; the workspace’s default plan and setting hold', async () => {
    const reply = await create({ plan: 'platinum' });
    expect(told(reply)).toBe('422 unknown-plan');
    expectStatus(await place.owner.patch('/v1/workspace', { requirePasswordChange: true }), 200);
    const email = 'by-setting@create.example';
    expectStatus(await create({ email }), 201);
    const free = expectStatus(await create({ requirePasswordChange: false }), 201);
    expectStatus(await place.owner.patch('/v1/workspace', { requirePasswordChange: false }), 200);
    const log = (address: string): Promise<Reply> =>
      whitebook.api.post('/v1/sessions', { email: address, password: PASSWORD }, { headers: { host: place.domain } });
    expect((await log(email)).body['passwordChangeRequired']).toBe(true);
    expect((await log(textAt(free, 'email'))).body['passwordChangeRequired']).toBe(false);
  });

  it('ACC-1: where a change is required the present password is no new one', async () => {
    const { id, email } = await makeCustomer(place.admin, { requirePasswordChange: true });
    const session = await whitebook.signIn({ email, password: PASSWORD }, { host: place.domain });
    const set = (password: string) => session.put(`/v1/accounts/${id}/password`, { password, currentPassword: PASSWORD });
    const refused = await set(PASSWORD);
    expect(told(refused)).toBe('422 invalid-input');
    expect(refused.body['errors']).toMatchObject([{ pointer: '/password', code: 'password-unchanged' }]);
    expect(told(await session.get(`/v1/accounts/${id}`))).toBe('403 password-change-required');
    expectStatus(await set('other-lantern-61'), 200);
    expectStatus(await session.get(`/v1/accounts/${id}`), 200);
  });

  it('ACC-1: with requirePasswordChange a session sees and leaves itself and sets a password, which makes it full', async () => {
    const { id, email } = await makeCustomer(place.admin, { requirePasswordChange: true });
    const session = await whitebook.signIn({ email, password: PASSWORD }, { host: place.domain });
    expect(expectStatus(await session.get('/v1/sessions/current'), 200).body['passwordChangeRequired']).toBe(true);
    for (const reply of [
      await session.get(`/v1/accounts/${id}`),
      await session.get(`/v1/accounts/${id}/history`),
      await session.get(`/v1/accounts/${id}/sessions`),
      await session.patch(`/v1/accounts/${id}`, { fullName: 'No' }),
      await session.post('/v1/api-keys', { name: 'no', scopes: ['accounts:read'] }),
      await session.delete(`/v1/accounts/${id}/sessions`),
    ])
      expect(told(reply)).toBe('403 password-change-required');
    const change = { password: 'another-harbour-5', currentPassword: PASSWORD };
    expect(told(await session.put(`/v1/accounts/${place.staff.owner.id}/password`, change))).toBe('403 password-change-required');
    expectStatus(await session.put(`/v1/accounts/${id}/password`, change), 200);
    expectStatus(await session.get(`/v1/accounts/${id}`), 200);
    expect(expectStatus(await session.get('/v1/sessions/current'), 200).body['passwordChangeRequired']).toBe(false);
    const other = await makeCustomer(place.admin, { requirePasswordChange: true });
    const leaving = await whitebook.signIn({ email: other.email, password: PASSWORD }, { host: place.domain });
    expectStatus(await leaving.delete('/v1/sessions/current'), 204);
    expectStatus(await leaving.get('/v1/sessions/current'), 401);
  });

  it('ACC-1: a password that staff set later takes the same flag, and impersonation is not limited by it', async () => {
    const { id, email } = await makeCustomer(place.admin);
    const set = { password: 'by-staff-harbour-9', requirePasswordChange: true };
    expectStatus(await place.admin.put(`/v1/accounts/${id}/password`, set), 200);
    const session = await whitebook.signIn({ email, password: set.password }, { host: place.domain });
    expect(told(await session.get(`/v1/accounts/${id}`))).toBe('403 password-change-required');
    const reply = expectStatus(await place.admin.post(`/v1/accounts/${id}/impersonations`, { reason: 'help' }), 201);
    expectStatus(await whitebook.api.as(textAt(reply, 'token')).get(`/v1/accounts/${id}`), 200);
  });

  it('ACC-11: one email is one account, compared trimmed and without case; another workspace may have it too', async () => {
    const { email } = await makeCustomer(place.admin);
    for (const same of [email, email.toUpperCase(), ` ${email} `])
      expect(told(await create({ email: same }))).toBe('409 email-taken');
    expect(told(await place.admin.post('/v1/invitations', { email }))).toBe('409 email-taken');
    const other = await makePlace(whitebook);
    expectStatus(await other.admin.post('/v1/accounts', { email, password: PASSWORD }), 201);
    const unicode = 'same@bücher.example'.normalize('NFC');
    expectStatus(await create({ email: unicode }), 201);
    expect(told(await create({ email: unicode.normalize('NFD') }))).toBe('409 email-taken');
    expect(told(await create({ email: 'SAME@xn--bcher-kva.example' }))).toBe('409 email-taken');
  });

  it('ACC-11: 100 concurrent creates of one email make one account', async () => {
    const email = 'wanted@create.example';
    const replies = await Promise.all(
      Array.from({ length: 100 }, (_, i) => create({ email: i % 2 ? email : email.toUpperCase() })),
    );
    expect(counted(replies)).toEqual({ '201': 1, '409 email-taken': 99 });
    const list = expectStatus(await place.admin.get(`/v1/accounts?search=${email}`), 200);
    expect(itemsOf(list)).toHaveLength(1);
  });

  it('ACC-11: a username is unique without case, and a log-in takes either', async () => {
    const { email, id } = await makeCustomer(place.admin, { username: 'Kim.Doe' });
    expect(told(await create({ username: 'kim.DOE' }))).toBe('409 username-taken');
    const second = await makeCustomer(place.admin);
    expect(told(await place.admin.patch(`/v1/accounts/${second.id}`, { username: 'KIM.doe' }))).toBe('409 username-taken');
    for (const login of ['kim.doe', 'KIM.DOE', email, email.toUpperCase()]) {
      const reply = await whitebook.api.post('/v1/sessions', { login, password: PASSWORD }, { headers: { host: place.domain } });
      expect(at(expectStatus(reply, 201), 'account.id')).toBe(id);
    }
    expectStatus(await place.admin.patch(`/v1/accounts/${id}`, { username: null }), 200);
    expectStatus(await place.admin.patch(`/v1/accounts/${second.id}`, { username: 'kim.doe' }), 200);
  });

  it('AUTH-1: the permission table, not the route, says who may create what', async () => {
    expect(told(await create({}, place.manager))).toBe('403 forbidden');
    expect((await create({}, place.auditor)).body).toMatchObject({ permission: 'accounts:create', role: 'auditor' });
    expect(told(await create({ role: 'manager' }))).toBe('403 forbidden');
    expectStatus(await create({ role: 'manager' }, place.owner), 201);
    expect(told(await create({ role: 'admin', test: true }, place.owner))).toBe('422 invalid-input');
  });

  it('WS-2: without a verified domain nobody can be added, and the refusal says where to go', async () => {
    const bare = await makePlace(whitebook, { verified: false });
    const reply = await create({}, bare.owner);
    expect(told(reply)).toBe('409 domain-not-configured');
    expect(reply.body['href']).toBe('/v1/workspace/domain');
    expect(told(await bare.owner.post('/v1/invitations', { email: 'x@create.example' }))).toBe('409 domain-not-configured');
  });

  it('a password is in no file of the data folder', async () => {
    await create({ password: 'canary-harbour-8842' });
    expect(await filesHolding(whitebook.dataDir, 'canary-harbour-8842')).toEqual([]);
  });
});
