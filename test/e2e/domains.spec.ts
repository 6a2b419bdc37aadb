import { at, textAt, type Reply } from '../support/api.js';
import { DnsServer, type Zone } from '../support/dns-server.js';
import { expectStatus, makeCustomer, makePlace, PASSWORD, type Place } from '../support/place.js';
import { expectProblem, statusOf, useWhitebook, warningsIn } from '../support/suite.js';
import type { Whitebook } from '../support/whitebook.js';

const HREF = '/v1/workspace/domain';
const DOMAIN = 'app.acme.example';

interface DnsRecord {
  readonly type: string;
  readonly name: string;
  readonly value: string;
}

describe('the domain of a workspace', () => {
  const zone: Zone = {};
  let dns: DnsServer;
  let whitebook: Whitebook;
  let place: Place;
  let other: Place;
  let proof: DnsRecord;

  beforeAll(async () => {
    dns = await DnsServer.open(zone);
  });
  afterAll(() => dns.close());
  useWhitebook(
    async (started) => {
      whitebook = started;
      place = await makePlace(whitebook, { verified: false });
      other = await makePlace(whitebook);
    },
    () => ({ WHITEBOOK_DNS_SERVERS: dns.address }),
  );

  const ask = (domain: string) => whitebook.api.get(`/domains/ask?domain=${encodeURIComponent(domain)}`);
  const verify = async (): Promise<Reply> => expectStatus(await place.owner.post(`${HREF}/verify`), 200);
  const recordsIn = (reply: Reply) => at(reply, 'records') as readonly DnsRecord[];

  it('WS-3: none is 404 to read, 409 to verify, and removing none is fine', async () => {
    expectProblem(await place.owner.get(HREF), 404, 'not-found');
    expectProblem(await place.owner.post(`${HREF}/verify`), 409, 'domain-not-set');
    expectStatus(await place.owner.delete(HREF), 204);
  });

  it.each(['acme', 'http://acme.example', '127.0.0.1', 'a b.example', 'localhost', 'acme.example:8080', '-x.example'])(
    'WS-3: %s is no domain',
    async (domain) => {
      const refused = expectProblem(await place.owner.put(HREF, { domain }), 422, 'invalid-input');
      expect(at(refused, 'errors')).toEqual([expect.objectContaining({ pointer: '/domain', code: 'invalid-domain' })]);
    },
  );

  it('WS-3: set, it shows the records to create, and is pending', async () => {
    const set = expectStatus(await place.owner.put(HREF, { domain: 'APP.Acme.Example.' }), 200);
    expect(set.body).toMatchObject({ domain: DOMAIN, state: 'pending' });
    const [txt, cname] = recordsIn(set);
    expect(txt).toEqual({
      type: 'TXT',
      name: `_whitebook.${DOMAIN}`,
      value: expect.stringMatching(/^whitebook-verification=\S{16,}$/),
    });
    expect(cname).toEqual({ type: 'CNAME', name: DOMAIN, value: 'localhost' });
    expect(recordsIn(expectStatus(await place.owner.get(HREF), 200))).toEqual([txt, cname]);
    proof = txt as DnsRecord;
  });

  it('WS-3: without the proof it stays pending, and the answer says what was found', async () => {
    zone[`CNAME ${DOMAIN}`] = ['localhost'];
    zone[`TXT ${proof.name}`] = ['whitebook-verification=of-somebody-else'];
    expect((await verify()).body).toMatchObject({
      state: 'pending',
      found: { txt: ['whitebook-verification=of-somebody-else'], cname: ['localhost'] },
    });
    expectProblem(await ask(DOMAIN), 404, 'not-found');
  });

  it('WS-3: the TXT proof decides, with a CNAME or without', async () => {
    delete zone[`CNAME ${DOMAIN}`];
    zone[`TXT ${proof.name}`] = ['v=spf1 -all', proof.value];
    const verified = await verify();
    expect(verified.body).toMatchObject({ state: 'verified', found: { txt: ['v=spf1 -all', proof.value], cname: [] } });
    const seen = expectStatus(await place.owner.get('/v1/workspace'), 200);
    expect([at(seen, 'domain.state'), warningsIn(seen)]).toEqual(['verified', []]);
  });

  it('WS-3: a TLS proxy asks whether a domain is verified', async () => {
    expect(expectStatus(await ask(DOMAIN), 200).body).toEqual({ domain: DOMAIN });
    expectStatus(await ask('APP.acme.EXAMPLE'), 200);
    expectStatus(await ask(other.domain), 200);
    for (const name of ['acme.example', 'localhost', '127.0.0.1', 'x', '..', `sub.${DOMAIN}`])
      expectProblem(await ask(name), 404, 'not-found');
    expectProblem(await whitebook.api.get('/domains/ask'), 422, 'invalid-input');
  });

  it('WS-3: it belongs to one workspace, verified or not', async () => {
    expectProblem(await other.owner.put(HREF, { domain: DOMAIN }), 409, 'domain-taken');
    expect(expectStatus(await other.owner.get(HREF), 200).body).toMatchObject({ domain: other.domain, state: 'verified' });
  });

  it('WS-3: a name server that fails proves nothing and takes nothing away', async () => {
    const records = zone[`TXT ${proof.name}`] ?? [];
    zone[`TXT ${proof.name}`] = 'fail';
    expect((await verify()).body).toMatchObject({ state: 'verified', found: { txt: [], failure: expect.any(String) } });
    zone[`TXT ${proof.name}`] = records;
  });

  it('WS-3, WS-2: looked up again without the proof it has lapsed, and nobody is added', async () => {
    const customer = await makeCustomer(place.owner);
    const onDomain = whitebook.api.with({ host: DOMAIN });
    expectStatus(await onDomain.post('/v1/sessions', { email: customer.email, password: PASSWORD }), 201);
    zone[`TXT ${proof.name}`] = [];
    expect((await verify()).body).toMatchObject({ state: 'lapsed' });
    expectProblem(await ask(DOMAIN), 404, 'not-found');
    expectProblem(
      await place.owner.post('/v1/accounts', { email: 'x@customers.example', password: PASSWORD }),
      409,
      'domain-not-configured',
    );
    expect(warningsIn(expectStatus(await place.owner.get('/v1/accounts/summary'), 200))).toEqual(['domain-not-configured']);
    // The host counts as the platform's own now, where nobody says in which workspace the address is.
    expectProblem(await onDomain.post('/v1/sessions', { email: customer.email, password: PASSWORD }), 401, 'invalid-credentials');
  });

  it('WS-3: verified again with the same records', async () => {
    zone[`TXT ${proof.name}`] = [proof.value];
    expect((await verify()).body).toMatchObject({ state: 'verified', records: [proof, expect.anything()] });
    expectStatus(await ask(DOMAIN), 200);
    await makeCustomer(place.owner);
  });

  it('WS-3, WS-6: removed, another workspace may have it, with a proof of its own', async () => {
    expect(await statusOf(other.owner.with({ host: DOMAIN }))).toBe(401);
    expectStatus(await place.owner.delete(HREF), 204);
    expectProblem(await ask(DOMAIN), 404, 'not-found');
    expect(await statusOf(other.owner.with({ host: DOMAIN }))).toBe(200);
    const set = expectStatus(await other.owner.put(HREF, { domain: DOMAIN }), 200);
    expect(set.body).toMatchObject({ domain: DOMAIN, state: 'pending' });
    expect(textAt(set, 'records.0.value')).not.toBe(proof.value);
    expect(expectStatus(await other.owner.post(`${HREF}/verify`), 200).body).toMatchObject({ state: 'pending' });
    zone[`TXT ${proof.name}`] = [textAt(set, 'records.0.value')];
    expect(expectStatus(await other.owner.post(`${HREF}/verify`), 200).body).toMatchObject({ state: 'verified' });
    expect(await statusOf(place.owner.with({ host: DOMAIN }))).toBe(401);
    expect(await statusOf(other.owner.with({ host: DOMAIN }))).toBe(200);
  });

  it('WS-3: set to another name it gives the old one up, and has to be verified anew', async () => {
    const moved = expectStatus(await other.owner.put(HREF, { domain: 'b\u00fccher.example' }), 200);
    expect(moved.body).toMatchObject({ domain: 'xn--bcher-kva.example', state: 'pending' });
    expectProblem(await ask(DOMAIN), 404, 'not-found');
    expectStatus(await place.owner.put(HREF, { domain: DOMAIN }), 200);
  });

  it('WS-3: many workspaces that want one domain at once: one has it', async () => {
    const places = [place, other, await makePlace(whitebook, { verified: false })];
    const answers = await Promise.all(places.map(({ owner }) => owner.put(HREF, { domain: 'wanted.example' })));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    for (const answer of answers.filter(({ status }) => status !== 200)) expectProblem(answer, 409, 'domain-taken');
  });
});
