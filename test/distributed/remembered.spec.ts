import { customer, expectStatus, makePlace, OWNER, PASSWORD } from '../program/place.js';
import { itemsOf, type Api } from '../support/api.js';
import { Installation } from './installation.js';
import { describeWith } from './servers.js';

/** Two APIs, each of which remembers accounts as it last saw them; `here` remembers what `there` changes. */
describeWith('WHITEBOOK_MONGODB_URL')('an account that one API remembers and another one has changed', () => {
  let installation: Installation;
  let here: Api;
  let there: Api;
  /** No owner: may change customers, and no staff. */
  let admin: Api;
  let made = 0;

  beforeAll(async () => {
    installation = await Installation.open();
    await installation.startAll(['worker', 'projector', 'api', 'api']);
    const [one, other] = installation.of('api');
    await makePlace(one!);
    [here, there] = [await one!.signIn(OWNER), await other!.signIn(OWNER)];
    const { email } = expectStatus(await here.post('/v1/accounts', { ...customer('admin'), role: 'admin' }), 201).body;
    const session = await one!.api.post('/v1/sessions', { email, password: PASSWORD }, { headers: { host: 'acme.localhost' } });
    admin = one!.api.as(String(expectStatus(session, 201).body['token']));
  }, 120_000);
  afterAll(() => installation?.close(), 60_000);

  /** An active account that `here` has just written: what it decides next it decides on that. */
  async function remembered(): Promise<{ readonly id: string; readonly path: string; readonly email: string }> {
    const { id, email } = expectStatus(await here.post('/v1/accounts', customer(`remembered.${made++}`)), 201).body;
    const path = `/v1/accounts/${String(id)}`;
    expectStatus(await here.post(`${path}/disable`, { reason: 'other' }), 200);
    expectStatus(await here.post(`${path}/enable`, {}), 200);
    return { id: String(id), path, email: String(email) };
  }
  const typesOf = async (id: string): Promise<unknown[]> => {
    const reply = expectStatus(await there.get(`/v1/accounts/${id}/history`), 200);
    return itemsOf(reply).map(({ type }) => type);
  };

  it('is decided on as it is now: what was done there is not done again here, and what follows from it is', async () => {
    const { id, path } = await remembered();
    const disabled = expectStatus(await there.post(`${path}/disable`, { reason: 'overdue' }), 200);
    const again = expectStatus(await here.post(`${path}/disable`, { reason: 'overdue' }), 200);
    expect(again.body).toEqual(disabled.body);
    expect(again.headers['position']).toBe(disabled.headers['position']);
    const enabled = expectStatus(await here.post(`${path}/enable`, {}), 200);
    expect(enabled.body).toMatchObject({ status: 'active', revision: Number(disabled.body['revision']) + 1 });
    const minPosition = { headers: { 'min-position': String(enabled.headers['position']) } };
    expectStatus(await there.get(path, minPosition), 200);
    expect((await typesOf(id)).length).toBeGreaterThan(0);
  });

  it('is refused and allowed for what is so now', async () => {
    const { path } = await remembered();
    expectStatus(await there.put(`${path}/role`, { role: 'admin' }), 200);
    expectStatus(await admin.post(`${path}/disable`, { reason: 'other' }), 403);
    expectStatus(await there.put(`${path}/role`, { role: 'user' }), 200);
    expectStatus(await admin.post(`${path}/disable`, { reason: 'other' }), 200);
  });

  it('is refused to whoever would find nothing to do in it', async () => {
    const { path } = await remembered();
    expectStatus(await there.put(`${path}/role`, { role: 'admin' }), 200);
    expectStatus(await admin.post(`${path}/enable`, {}), 403);
  });

  it('and has deleted is not there, for any command', async () => {
    const { path, email } = await remembered();
    expectStatus(await there.delete(path, { confirm: email }), 204);
    expectStatus(await here.post(`${path}/disable`, { nonsense: 1 }), 404);
    expectStatus(await here.post(`${path}/disable`, { reason: 'other' }), 404);
    expectStatus(await here.post(`${path}/enable`, {}), 404);
  });

  it('COR-7: is stopped here as there: its sessions are dead at both, whoever stopped it', async () => {
    const [one, other] = installation.of('api');
    const { path, email } = await remembered();
    const session = await other!.api.post('/v1/sessions', { email, password: PASSWORD }, { headers: { host: 'acme.localhost' } });
    const token = String(expectStatus(session, 201).body['token']);
    expectStatus(await here.post(`${path}/disable`, { reason: 'other' }), 200);
    for (const api of [one!.api, other!.api]) expectStatus(await api.as(token).get('/v1/sessions/current'), 401);
  });
});
