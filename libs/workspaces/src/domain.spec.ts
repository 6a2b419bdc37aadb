import { refusalOf } from '../../../test/support/scenario.js';
import { domainInForce, domainName, hostName, isDomainName, recordsOf, verdictOf } from './domain.js';
import type { WorkspaceDomain } from './workspace.fold.js';

const development = { platformHost: 'localhost' };
const elsewhere = { platformHost: 'whitebook.test' };

describe('a domain as it is typed', () => {
  it.each([
    ['App.Northwind.test', 'app.northwind.test'],
    [' app.northwind.test. ', 'app.northwind.test'],
    ['münchen.example', 'xn--mnchen-3ya.example'],
    ['xn--mnchen-3ya.example', 'xn--mnchen-3ya.example'],
    ['brand.whitebook.test', 'brand.whitebook.test'],
  ])('WS-3: %s is kept as %s', (typed, kept) => expect(domainName(typed, elsewhere)).toBe(kept));

  it.each([
    '',
    'localhost',
    'northwind',
    '192.168.1.10',
    '0x7f.1',
    '[::1]',
    'https://app.northwind.test',
    'app.northwind.test/login',
    'app.northwind.test:8080',
    'user@northwind.test',
    'app..northwind.test',
    '-app.northwind.test',
    'a_b.northwind.test',
    `${'a'.repeat(64)}.test`,
    `${'abcdefgh.'.repeat(30)}test`,
    'app northwind.test',
    'whitebook.test',
    'WHITEBOOK.test.',
  ])('WS-3: %p is refused', (typed) =>
    expect(refusalOf(() => domainName(typed, elsewhere)).facts.errors).toMatchObject([
      { pointer: '/domain', code: 'invalid-domain' },
    ]),
  );

  it('RUN-6: names under .localhost are for places of development', () => {
    expect(domainName('acme.localhost', development)).toBe('acme.localhost');
    expect(refusalOf(() => domainName('acme.localhost', elsewhere)).code).toBe('invalid-input');
  });
});

it.each([
  ['App.Northwind.test:3000', 'app.northwind.test'],
  ['localhost:3000', 'localhost'],
  ['app.northwind.test.', 'app.northwind.test'],
])('the host %s is compared as %s', (host, name) => expect(hostName(host)).toBe(name));

it('an IP address is no domain name', () => {
  expect(isDomainName('127.0.0.1')).toBe(false);
  expect(isDomainName('a.b')).toBe(true);
});

const domain: WorkspaceDomain = { name: 'app.northwind.test', state: 'pending', proof: 'abc', found: null };

it('WS-3: the records to create are the proof and the way to the platform', () =>
  expect(recordsOf(domain, elsewhere)).toEqual([
    { type: 'TXT', name: '_whitebook.app.northwind.test', value: 'whitebook-verification=abc' },
    { type: 'CNAME', name: 'app.northwind.test', value: 'whitebook.test' },
  ]));

describe('what a look-up says', () => {
  it('WS-3: the TXT record alone decides', () => {
    const cname = ['whitebook.test'];
    expect(verdictOf(domain, { txt: ['other', 'whitebook-verification=abc'], cname: [] }, elsewhere)).toBe('proved');
    expect(verdictOf(domain, { txt: ['whitebook-verification=abcd'], cname }, elsewhere)).toBe('missing');
    expect(verdictOf(domain, { txt: [], cname }, elsewhere)).toBe('missing');
    expect(verdictOf(domain, { txt: [], cname, failure: 'ETIMEOUT' }, elsewhere)).toBe('unknown');
  });
  it('RUN-6: .localhost proves itself in a place of development, and nowhere else', () => {
    const local = { ...domain, name: 'acme.localhost' };
    expect(verdictOf(local, { txt: [], cname: [] }, development)).toBe('proved');
    expect(verdictOf(local, { txt: [], cname: [] }, elsewhere)).toBe('missing');
  });
  it('RUN-6: what proved itself there has lapsed elsewhere', () => {
    const local: WorkspaceDomain = { ...domain, name: 'acme.localhost', state: 'verified' };
    expect(domainInForce(local, development)?.state).toBe('verified');
    expect(domainInForce(local, elsewhere)?.state).toBe('lapsed');
    expect(domainInForce({ ...domain, state: 'verified' }, elsewhere)?.state).toBe('verified');
  });
});
