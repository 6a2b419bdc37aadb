import { at, textAt, type Reply } from '../support/api.js';
import { expectStatus, makePlace, PASSWORD, type Place } from '../support/place.js';
import { expectProblem, useWhitebook, warningsIn } from '../support/suite.js';
import type { Whitebook } from '../support/whitebook.js';

const HREF = '/v1/workspace/domain';

describe('a workspace without a verified domain', () => {
  let whitebook: Whitebook;
  let place: Place;
  let kept: { id: string; email: string };
  useWhitebook(async (started) => {
    whitebook = started;
    place = await makePlace(whitebook, { verified: false });
  });

  const add = (email = 'new@customers.example') => place.owner.post('/v1/accounts', { email, password: PASSWORD });
  const invite = (email = 'asked@customers.example') => place.owner.post('/v1/invitations', { email });
  const readings = async (): Promise<Reply[]> => [
    expectStatus(await place.owner.get('/v1/workspace'), 200),
    expectStatus(await place.owner.get('/v1/accounts'), 200),
    expectStatus(await place.owner.get('/v1/accounts/summary'), 200),
  ];

  it('WS-2, WS-1: the owner made with it is there, and logs in on the platform’s own host', async () => {
    const me = expectStatus(await place.owner.get('/v1/sessions/current'), 200);
    expect(me.body).toMatchObject({ role: 'owner', workspace: { id: place.id, slug: place.slug } });
  });

  it('WS-2: nobody is added: 409 with what to do and where', async () => {
    for (const refused of [await add(), await invite()]) {
      expectProblem(refused, 409, 'domain-not-configured');
      expect(refused.body['href']).toBe(HREF);
      expect(refused.body['detail']).toMatch(/set a domain.*verify/);
    }
    const rehearsed = await place.owner.post('/v1/accounts?dryRun=true', { email: 'new@customers.example', password: PASSWORD });
    expectProblem(rehearsed, 409, 'domain-not-configured');
  });

  it('WS-2: the workspace, the list and the summary carry the warning', async () => {
    for (const reading of await readings()) {
      expect(at(reading, 'warnings')).toEqual([
        { code: 'domain-not-configured', severity: 'error', text: expect.stringMatching(/White Label/), href: HREF },
      ]);
    }
    expect(at((await readings())[0] as Reply, 'can')).toEqual({ create: false, invite: false, import: false });
  });

  it('WS-2: a domain that is only set changes nothing', async () => {
    const set = expectStatus(await place.owner.put(HREF, { domain: place.domain }), 200);
    expect(set.body).toMatchObject({ domain: place.domain, state: 'pending' });
    expectProblem(await add(), 409, 'domain-not-configured');
    for (const reading of await readings()) expect(warningsIn(reading)).toEqual(['domain-not-configured']);
  });

  it('WS-2: once it is verified the warning is gone at the next read, and people are added', async () => {
    expectStatus(await place.owner.post(`${HREF}/verify`), 200);
    for (const reading of await readings()) expect(warningsIn(reading)).toEqual([]);
    expect(at((await readings())[0] as Reply, 'can')).toEqual({ create: true, invite: true, import: true });
    const made = expectStatus(await add('kept@customers.example'), 201);
    kept = { id: textAt(made, 'id'), email: 'kept@customers.example' };
    expectStatus(await invite(), 201);
  });

  it('WS-2: removed, adding is refused again, and what exists stays manageable', async () => {
    expectStatus(await place.owner.delete(HREF), 204);
    for (const reading of await readings()) expect(warningsIn(reading)).toEqual(['domain-not-configured']);
    expectProblem(await add('late@customers.example'), 409, 'domain-not-configured');
    expectProblem(await invite('late@customers.example'), 409, 'domain-not-configured');
    expectStatus(await place.owner.patch(`/v1/accounts/${kept.id}`, { company: 'Kept Ltd' }), 200);
    expectStatus(await place.owner.post(`/v1/accounts/${kept.id}/disable`), 200);
    expectStatus(await place.owner.post(`/v1/accounts/${kept.id}/enable`), 200);
  });

  it('WS-2, WS-6: then everybody of it logs in on the platform’s host, customers too', async () => {
    await whitebook.signIn({ workspace: place.slug, email: kept.email, password: PASSWORD });
  });
});
