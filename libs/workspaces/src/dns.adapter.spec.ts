import { DnsServer, type Zone } from '../../../test/support/dns-server.js';
import { NodeDns } from './dns.adapter.js';

const zone: Zone = {
  'TXT _whitebook.app.northwind.test': ['another', `whitebook-verification=${'0123456789abcdef'.repeat(2)}`],
  'CNAME app.northwind.test': ['Whitebook.test'],
  'TXT _whitebook.broken.test': 'fail',
  'CNAME bare.test': ['whitebook.test'],
};
let server: DnsServer;
beforeAll(async () => (server = await DnsServer.open(zone)));
afterAll(() => server.close());

const look = (domain: string) => new NodeDns([server.address]).look(domain);

it('WS-3: finds the TXT records of the proof, joined, and the CNAME', async () =>
  expect(await look('app.northwind.test')).toEqual({
    txt: ['another', 'whitebook-verification=0123456789abcdef0123456789abcdef'],
    cname: ['whitebook.test'],
  }));
it('WS-3: finds nothing where there is nothing, which is an answer', async () => {
  expect(await look('unknown.test')).toEqual({ txt: [], cname: [] });
  expect(await look('bare.test')).toEqual({ txt: [], cname: ['whitebook.test'] });
});
it('WS-3: tells that a server fails, which is none', async () =>
  expect(await look('broken.test')).toEqual({ txt: [], cname: [], failure: 'ESERVFAIL' }));
