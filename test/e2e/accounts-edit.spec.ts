import { at, textAt, type Api, type Reply } from '../support/api.js';
import { linkIn, mailsTo, mailTo } from '../support/mailbox.js';
import { fieldsRefused, kindsOf, poolOf, told } from '../support/people.js';
import { expectStatus, makeCustomer, makePlace, PASSWORD, type Place } from '../support/place.js';
import { Whitebook } from '../support/whitebook.js';

describe('editing accounts', () => {
  let whitebook: Whitebook;
  let place: Place;

  beforeAll(async () => {
    whitebook = await Whitebook.start();
    place = await makePlace(whitebook, { botSlots: 200 });
  });
  afterAll(async () => {
    await whitebook.stop();
    await whitebook.remove();
    expect(whitebook.complaints).toEqual([]);
  });

  const logIn = (email: string, password = PASSWORD): Promise<Reply> =>
    whitebook.api.post('/v1/sessions', { email, password }, { headers: { host: place.domain } });
  const session = async (email: string): Promise<Api> => whitebook.api.as(textAt(expectStatus(await logIn(email), 201), 'token'));
  const act = (id: string, action: string, body: object = {}): Promise<Reply> =>
    place.admin.post(`/v1/accounts/${id}/${action}`, body);

  it('ACC-10: changes fields one by one, null clears, and what changes nothing is no event', async () => {
    const { id } = await makeCustomer(place.admin, { company: 'Old & Co', phone: '+1 23', attributes: { a: 1 } });
    const edit = async (body: object): Promise<Reply> => expectStatus(await place.admin.patch(`/v1/accounts/${id}`, body), 200);
    expect((await edit({ fullName: ' New Name ', company: 'New & Co' })).body).toMatchObject({
      fullName: 'New Name',
      company: 'New & Co',
      phone: '+1 23',
      revision: 2,
    });
    expect((await edit({ fullName: 'New Name', company: ' New & Co ' })).body['revision']).toBe(2);
    expect((await edit({})).body['revision']).toBe(2);
    expect((await edit({ attributes: { a: 1 } })).body['revision']).toBe(2);
    const cleared = await edit({ fullName: null, company: null, phone: null, attributes: null });
    expect(cleared.body).toMatchObject({ fullName: null, company: null, phone: null, attributes: {}, revision: 3 });
    expect(await kindsOf(place.admin, id)).toEqual(['ProfileChanged', 'ProfileChanged', 'UserCreated']);
    const changes = at(await place.admin.get(`/v1/accounts/${id}/history`), 'items.1.changes');
    expect(changes).toContainEqual({ field: 'company', from: 'Old & Co', to: 'New & Co' });
    expect(fieldsRefused(await place.admin.patch(`/v1/accounts/${id}`, { email: null }))).toEqual(['/email invalid-type']);
    expect(fieldsRefused(await place.admin.patch(`/v1/accounts/${id}`, { role: 'admin' }))).toEqual(['/role unknown-field']);
  });

  it('ACC-10: an email that an admin sets is in force at once, unique, and only its case may change in place', async () => {
    const { id, email } = await makeCustomer(place.admin);
    const taken = await makeCustomer(place.admin);
    expect(told(await place.admin.patch(`/v1/accounts/${id}`, { email: taken.email.toUpperCase() }))).toBe('409 email-taken');
    const moved = expectStatus(await place.admin.patch(`/v1/accounts/${id}`, { email: 'moved@customers.example' }), 200);
    expect(moved.body['email']).toBe('moved@customers.example');
    expect(told(await logIn(email))).toBe('401 invalid-credentials');
    expectStatus(await logIn('moved@customers.example'), 201);
    const cased = expectStatus(await place.admin.patch(`/v1/accounts/${id}`, { email: 'Moved@customers.example' }), 200);
    expect(cased.body).toMatchObject({ email: 'Moved@customers.example', revision: 3 });
    expectStatus(await place.admin.post('/v1/accounts', { email, password: PASSWORD }), 201);
  });

  it('ACC-10: the own email is in force once its owner has followed the link: once, for an hour, and the newest one', async () => {
    const { id, email } = await makeCustomer(place.admin);
    const own = await session(email);
    const wish = async (to: string): Promise<void> => {
      const reply = expectStatus(await own.patch(`/v1/accounts/${id}`, { email: to }), 200);
      expect(reply.body['email']).toBe(email);
    };
    const accept = (token: string): Promise<Reply> => whitebook.api.post('/v1/email-changes/accept', { token });
    const link = async (to: string, count = 1): Promise<string> => {
      const found = new URL(linkIn(await mailTo(whitebook, to, count)).link);
      expect([found.hostname, found.pathname]).toEqual([place.domain, '/email']);
      return found.hash.slice(1);
    };
    await wish('first@customers.example');
    const first = await link('first@customers.example');
    await wish('second@customers.example');
    const second = await link('second@customers.example');
    expect(told(await accept(first))).toBe('409 link-used');
    const squatter = await makeCustomer(place.admin, { email: 'second@customers.example' });
    expect(told(await accept(second))).toBe('409 email-taken');
    expectStatus(await act(squatter.id, 'delete', { confirm: 'second@customers.example' }), 204);
    expectStatus(await accept(second), 204);
    expect(told(await accept(second))).toBe('409 link-used');
    expectStatus(await own.get('/v1/sessions/current'), 200);
    expectStatus(await logIn('second@customers.example'), 201);
    expect(told(await logIn(email))).toBe('401 invalid-credentials');
    expect(await mailsTo(whitebook, email)).toEqual([]);
    const fresh = await session('second@customers.example');
    expectStatus(await fresh.patch(`/v1/accounts/${id}`, { email: 'third@customers.example' }), 200);
    const third = await link('third@customers.example');
    whitebook.clock.move(3_601);
    expect(told(await accept(third))).toBe('410 link-expired');
    expect(told(await accept('A'.repeat(43)))).toBe('404 not-found');
  });

  it('ACC-10, AUTH-1: managers edit name and company only; customers name, phone and email of their own', async () => {
    const again = async (role: 'manager' | 'admin'): Promise<Api> =>
      whitebook.signIn({ workspace: place.slug, email: place.staff[role].email, password: PASSWORD });
    const [manager, admin] = [await again('manager'), await again('admin')];
    const { id, email } = await makeCustomer(admin);
    expectStatus(await manager.patch(`/v1/accounts/${id}`, { fullName: 'M', company: 'M' }), 200);
    for (const body of [{ phone: '+1 234' }, { email: 'm@x.example' }, { fullName: 'Y', username: 'y' }])
      expect(told(await manager.patch(`/v1/accounts/${id}`, body))).toBe('403 forbidden');
    const own = await session(email);
    expectStatus(await own.patch(`/v1/accounts/${id}`, { fullName: 'Me', phone: '+1 234' }), 200);
    for (const body of [{ company: 'Mine' }, { username: 'me' }, { attributes: {} }])
      expect(told(await own.patch(`/v1/accounts/${id}`, body))).toBe('403 forbidden');
    for (const [route, body] of [
      ['role', { role: 'admin' }],
      ['status', { status: 'blocked' }],
      ['plan', { plan: 'standard' }],
      ['quotas', { botSlots: 5 }],
    ] as const)
      expect(told(await own.put(`/v1/accounts/${id}/${route}`, body))).toBe('403 forbidden');
    expect(told(await own.delete(`/v1/accounts/${id}`, { confirm: email }))).toBe('403 forbidden');
  });

  it('ACC-10, AUTH-2: a role moves slots and ends sessions before the answer; the plan must be in the catalogue', async () => {
    const owner = await whitebook.signIn({ workspace: place.slug, email: place.staff.owner.email, password: PASSWORD });
    const { id, email } = await makeCustomer(owner, { botSlots: 2 });
    const own = await session(email);
    const before = await poolOf(owner);
    const staff = expectStatus(await owner.put(`/v1/accounts/${id}/role`, { role: 'manager' }), 200);
    expect(at(staff, 'quotas.botSlots.allocated')).toBe(0);
    expectStatus(await own.get('/v1/sessions/current'), 401);
    expect((await poolOf(owner)).free).toBe(before.free + 2);
    expectStatus(await owner.put(`/v1/accounts/${id}/role`, { role: 'manager' }), 200);
    const back = expectStatus(await owner.put(`/v1/accounts/${id}/role`, { role: 'user' }), 200);
    expect(at(back, 'quotas.botSlots.allocated')).toBe(1);
    expect((await poolOf(owner)).free).toBe(before.free + 1);
    expect(told(await owner.put(`/v1/accounts/${id}/plan`, { plan: 'gold' }))).toBe('422 unknown-plan');
    expect(expectStatus(await owner.put(`/v1/accounts/${id}/plan`, { plan: 'standard' }), 200).body['revision']).toBe(3);
  });
});
