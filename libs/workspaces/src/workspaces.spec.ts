import { WorkspacesPlace } from '../../../test/support/workspaces.js';
import { linkBase } from './links.js';
import type { WorkspaceDomain } from './workspace.fold.js';

const verified = (name: string): { domain: WorkspaceDomain } => ({
  domain: { name, state: 'verified', proof: 'p', found: null },
});

describe('links', () => {
  it.each([
    ['https://app.northwind.test', verified('app.northwind.test'), null],
    ['http://acme.localhost:3000', verified('acme.localhost'), null],
    ['http://localhost:3000', { domain: null }, null],
    ['https://whitebook.test', { domain: null }, 'https://whitebook.test'],
    ['https://whitebook.test', { domain: { ...verified('a.test').domain, state: 'pending' as const } }, 'https://whitebook.test'],
  ])('WS-6: begin with %s', (base, facts, publicUrl) => expect(linkBase(facts, { publicUrl }, 3000)).toBe(base));
});

describe('hosts', () => {
  let place: WorkspacesPlace;
  let id: string;
  beforeEach(async () => {
    place = await WorkspacesPlace.open();
    const owner = { email: 'olga@northwind.test', fullName: 'Olga North', password: 'correct horse battery' };
    const body = { name: 'Northwind', slug: 'northwind', pool: { botSlots: 5 }, owner };
    id = String((await place.ask('operator@platform', 'POST', '/v1/workspaces', body)).body?.['id']);
  });
  afterEach(() => place.close());
  const change = (method: 'PUT' | 'POST' | 'DELETE', path = '', body?: object) =>
    place.ask(`admin@${id}`, method, `/v1/workspace/domain${path}`, body);

  it('WS-6: a verified domain leads to its workspace, whatever the port and the case', async () => {
    const { workspaces } = place;
    expect(await workspaces.idByHost('north.localhost')).toBeNull();
    await change('PUT', '', { domain: 'north.localhost' });
    expect(await workspaces.idByHost('north.localhost')).toBeNull();
    await change('POST', '/verify');
    expect(await workspaces.idByHost('north.localhost')).toBe(id);
    expect((await workspaces.byHost('North.localhost:3000'))?.slug).toBe('northwind');
    expect(workspaces.loginUrl(verified('north.localhost'))).toBe('http://north.localhost:3000/login');
    await change('PUT', '', { domain: 'south.localhost' });
    expect(await workspaces.idByHost('north.localhost')).toBeNull();
    await change('POST', '/verify');
    await change('DELETE');
    expect(await workspaces.byHost('south.localhost')).toBeNull();
  });

  it.each(['localhost', '127.0.0.1:3000', '[::1]:3000', '', 'x'.repeat(5000), 'a b.test', 'unknown.test'])(
    'WS-6: %p is the platform itself',
    async (host) => expect(await place.workspaces.idByHost(host)).toBeNull(),
  );

  it('finds a workspace by its slug', async () => {
    expect((await place.workspaces.bySlug('northwind'))?.id).toBe(id);
    expect(await place.workspaces.bySlug('southwind')).toBeNull();
  });

  it('gives what its stream said since a moment, where that is known, and else asks', async () => {
    const { workspaces } = place;
    const before = performance.now();
    expect(await workspaces.facts(id)).toMatchObject({ revision: 0 });
    const read = jest.spyOn(place.log, 'read');
    expect(await workspaces.facts(id, before)).toMatchObject({ revision: 0 });
    expect(read).not.toHaveBeenCalled();
    await workspaces.facts(id, performance.now());
    expect(read).toHaveBeenCalledTimes(1);
    await workspaces.facts(id);
    expect(read).toHaveBeenCalledTimes(2);
  });

  it('knows no workspace of another id, nor of the platform', async () => {
    expect(await place.workspaces.facts('platform')).toBeNull();
    expect(await place.workspaces.facts(id)).toMatchObject({ id, revision: 0, version: 1, state: 'active' });
  });
});
