import { WorkspacesPlace } from '../../../test/support/workspaces.js';

let place: WorkspacesPlace;
let id: string;
afterEach(() => place.close());

const operator = 'operator@platform';
async function open(platformHost?: string): Promise<void> {
  place = await WorkspacesPlace.open(platformHost);
  id = await made('northwind');
}
async function made(slug: string): Promise<string> {
  const owner = { email: 'olga@northwind.test', fullName: 'Olga North', password: 'correct horse battery' };
  const { body } = await place.ask(operator, 'POST', '/v1/workspaces', { name: slug, slug, pool: { botSlots: 1 }, owner });
  return String(body?.['id']);
}
const PATH = '/v1/workspace/domain';
const set = (domain: string, workspace = id) => place.ask(`admin@${workspace}`, 'PUT', PATH, { domain });
const verify = (headers = {}) => place.ask(`admin@${id}`, 'POST', `${PATH}/verify`, undefined, headers);
const remove = () => place.ask(`admin@${id}`, 'DELETE', PATH);
const ask = async (domain: string) => (await place.ask('', 'GET', `/domains/ask?domain=${domain}`)).status;
const workspace = async () => (await place.ask(`admin@${id}`, 'GET', '/v1/workspace')).body;
/** Publishes the proof that the workspace was given. */
async function publish(domain: string): Promise<string> {
  const proof = (await place.workspaces.facts(id))?.domain?.proof ?? '';
  place.zone[`TXT _whitebook.${domain}`] = [`whitebook-verification=${proof}`];
  return proof;
}

describe('a domain of the world', () => {
  beforeEach(() => open('whitebook.test'));

  it('WS-3: is set, shown with its records, proved by a look-up, and removed', async () => {
    const shown = await set('App.Northwind.test');
    const proof = (await place.workspaces.facts(id))?.domain?.proof ?? '';
    expect(proof).toMatch(/^[0-9a-f]{32}$/);
    const records = [
      { type: 'TXT', name: '_whitebook.app.northwind.test', value: `whitebook-verification=${proof}` },
      { type: 'CNAME', name: 'app.northwind.test', value: 'whitebook.test' },
    ];
    expect([shown.status, shown.body]).toEqual([200, { domain: 'app.northwind.test', state: 'pending', records }]);
    expect((await place.ask(`auditor@${id}`, 'GET', PATH)).body).toEqual(shown.body);

    const early = await verify();
    expect([early.status, early.body?.['state'], early.body?.['found']]).toEqual([200, 'pending', { txt: [], cname: [] }]);
    expect(await ask('app.northwind.test')).toBe(404);

    await publish('app.northwind.test');
    const proved = await verify();
    expect([proved.status, proved.body]).toEqual([
      200,
      {
        domain: 'app.northwind.test',
        state: 'verified',
        records,
        found: { txt: [`whitebook-verification=${proof}`], cname: [] },
      },
    ]);
    expect(await ask('App.Northwind.test')).toBe(200);

    expect((await remove()).status).toBe(204);
    expect(await ask('app.northwind.test')).toBe(404);
    expect((await place.ask(`admin@${id}`, 'GET', PATH)).status).toBe(404);
    expect((await remove()).status).toBe(204);
  });

  it('WS-2: the warning is there until the domain is verified, and again when it has lapsed', async () => {
    const warning = { code: 'domain-not-configured', severity: 'error', href: PATH };
    const nothing = { create: false, invite: false, import: false };
    expect(await workspace()).toMatchObject({ warnings: [warning], can: nothing });
    await set('app.northwind.test');
    expect(await workspace()).toMatchObject({ warnings: [warning], can: nothing });
    await publish('app.northwind.test');
    await verify();
    expect(await workspace()).toMatchObject({ warnings: [], can: { create: true, invite: true, import: true } });
    const auditor = await place.ask(`auditor@${id}`, 'GET', '/v1/workspace');
    expect(auditor.body).toMatchObject({ warnings: [], can: nothing });

    delete place.zone['TXT _whitebook.app.northwind.test'];
    expect((await verify()).body?.['state']).toBe('lapsed');
    expect(await workspace()).toMatchObject({ warnings: [warning], can: nothing });
    expect(await ask('app.northwind.test')).toBe(404);
  });

  it('WS-3: a name server that fails makes no domain lapse', async () => {
    await set('app.northwind.test');
    await publish('app.northwind.test');
    await verify();
    place.zone['TXT _whitebook.app.northwind.test'] = 'fail';
    const again = await verify();
    expect(again.body).toMatchObject({ state: 'verified', found: { failure: 'ESERVFAIL' } });
    expect(await ask('app.northwind.test')).toBe(200);
  });

  it('WS-3: belongs to one workspace, until it is given up', async () => {
    await set('app.northwind.test');
    const other = await made('southwind');
    const taken = await set('app.northwind.test', other);
    expect([taken.status, taken.body?.['code']]).toEqual([409, 'domain-taken']);
    await set('north.test');
    expect((await set('app.northwind.test', other)).status).toBe(200);
  });

  it('WS-3: of 20 workspaces that want a domain at once, one gets it', async () => {
    const others: string[] = [];
    for (let number = 0; number < 20; number++) others.push(await made(`w${number}`));
    const answers = await Promise.all(others.map((other) => set('app.northwind.test', other)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array.from({ length: 19 }, () => 409)]);
  });

  it('WS-3: the same domain again is the same proof', async () => {
    const first = await set('app.northwind.test');
    const again = await set('app.northwind.test');
    expect([again.status, again.body, again.headers['etag']]).toEqual([200, first.body, first.headers['etag']]);
  });

  it('ACC-12: a verification that is repeated with its key gives its answer', async () => {
    await set('app.northwind.test');
    await publish('app.northwind.test');
    const first = await verify({ 'idempotency-key': 'v1' });
    delete place.zone['TXT _whitebook.app.northwind.test'];
    const again = await verify({ 'idempotency-key': 'v1' });
    expect([again.status, again.body, again.headers['etag']]).toEqual([200, first.body, first.headers['etag']]);
    expect(first.body?.['state']).toBe('verified');
  });

  it('cannot be verified before it is set', async () => {
    const { status, body } = await verify();
    expect([status, body?.['code']]).toEqual([409, 'domain-not-set']);
  });

  it('RUN-6: .localhost is refused here', async () => {
    const { status, body } = await set('acme.localhost');
    expect([status, body?.['errors']]).toEqual([422, [expect.objectContaining({ pointer: '/domain', code: 'invalid-domain' })]]);
  });

  it.each(['manager', 'auditor', 'user'])('AUTH-1: a %s sets no domain', async (role) => {
    const { status, body } = await place.ask(`${role}@${id}`, 'PUT', PATH, { domain: 'app.northwind.test' });
    expect([status, body?.['permission']]).toEqual([403, 'workspace:settings']);
  });

  it('AUTH-1: an operator does, in the workspace that it names', async () => {
    const domain = { domain: 'app.northwind.test' };
    expect((await place.ask(operator, 'PUT', PATH, domain)).status).toBe(422);
    expect((await place.ask(operator, 'PUT', PATH, domain, { workspace: id })).status).toBe(200);
  });
});

describe('a place of development', () => {
  beforeEach(() => open());

  it('RUN-6: verifies .localhost domains at once', async () => {
    expect((await set('acme.localhost')).body?.['state']).toBe('pending');
    expect((await verify()).body).toMatchObject({ state: 'verified', found: { txt: [], cname: [] } });
    expect(await ask('acme.localhost')).toBe(200);
  });
});
