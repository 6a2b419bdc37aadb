import { itemsOf } from '../support/api.js';
import { makeCustomer, makePlace, PASSWORD, expectStatus, type Place } from '../support/place.js';
import { Whitebook } from '../support/whitebook.js';

describe('a first walk', () => {
  let whitebook: Whitebook;
  let place: Place;

  beforeAll(async () => {
    whitebook = await Whitebook.start();
    place = await makePlace(whitebook);
  });
  afterAll(async () => {
    await whitebook.stop();
    await whitebook.remove();
    expect(whitebook.complaints).toEqual([]);
  });

  it('creates, finds, disables: the token is dead at once', async () => {
    const customer = await makeCustomer(place.admin);
    const session = await whitebook.signIn({ email: customer.email, password: PASSWORD }, { host: place.domain });
    expectStatus(await session.with({ host: place.domain }).get('/v1/sessions/current'), 200);
    const list = expectStatus(await place.admin.get(`/v1/accounts?search=${customer.email}`), 200);
    expect(itemsOf(list)).toHaveLength(1);
    expectStatus(await place.admin.post(`/v1/accounts/${customer.id}/disable`, { reason: 'overdue' }), 200);
    expectStatus(await session.get('/v1/sessions/current'), 401);
    const history = expectStatus(await place.auditor.get(`/v1/accounts/${customer.id}/history`), 200);
    expect(itemsOf(history).map(({ kind }) => kind)).toEqual(['UserDisabled', 'UserLoggedIn', 'UserCreated']);
  });
});
