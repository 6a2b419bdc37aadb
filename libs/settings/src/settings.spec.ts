import { BadSetting, isDevelopment, readSettings, unknownSettings } from './settings.js';

/** The message of the refusal of an environment. */
function refusal(environment: Record<string, string>): string {
  try {
    readSettings(environment);
  } catch (error) {
    expect(error).toBeInstanceOf(BadSetting);
    return (error as BadSetting).message;
  }
  throw new Error('nothing was refused');
}
const KEY = '0123456789abcdef'.repeat(4);
const DISTRIBUTED = {
  WHITEBOOK_PROFILE: 'distributed',
  WHITEBOOK_EVENTSTORE_URL: 'esdb://127.0.0.1:2113?tls=false',
  WHITEBOOK_MONGODB_URL: 'mongodb://one.example:27017,two.example:27017/accounts?replicaSet=rs0',
  WHITEBOOK_REDIS_URL: 'redis://127.0.0.1:6379',
  WHITEBOOK_MASTER_KEY: KEY,
};
const ELSEWHERE = { WHITEBOOK_PLATFORM_HOST: 'whitebook.example' };

it('RUN-1: without any variable it is the embedded profile on this machine', () =>
  expect(readSettings({})).toEqual({
    profile: 'embedded',
    servers: null,
    host: '127.0.0.1',
    port: 3000,
    dataDir: './data',
    platformHost: 'localhost',
    publicUrl: null,
    operatorEmail: null,
    operatorPassword: null,
    demo: false,
    masterKey: null,
    masterKeyFile: null,
    mail: 'outbox',
    dnsServers: [],
    smtpAllowPrivate: false,
    trustedProxies: [],
    loginFailuresPerAddress: 10,
    loginFailuresPerSource: 100,
    logLevel: 'info',
  }));

it('reads every variable', () =>
  expect(
    readSettings({
      WHITEBOOK_PROFILE: 'embedded',
      HOST: '0.0.0.0',
      PORT: '0',
      WHITEBOOK_DATA_DIR: '/srv/whitebook',
      WHITEBOOK_PLATFORM_HOST: 'Whitebook.Example',
      WHITEBOOK_PUBLIC_URL: 'https://whitebook.example/',
      WHITEBOOK_OPERATOR_EMAIL: 'ops@whitebook.example',
      WHITEBOOK_OPERATOR_PASSWORD: 'a long secret',
      WHITEBOOK_DEMO: 'false',
      WHITEBOOK_MASTER_KEY: KEY,
      WHITEBOOK_MASTER_KEY_FILE: '/etc/whitebook.key',
      WHITEBOOK_MAIL: 'smtp://user:secret@mail.example:587',
      WHITEBOOK_DNS_SERVERS: '192.0.2.1, 192.0.2.2:5353 ,',
      WHITEBOOK_SMTP_ALLOW_PRIVATE: 'true',
      WHITEBOOK_TRUSTED_PROXIES: '10.0.0.0/8',
      WHITEBOOK_LOGIN_FAILURES_PER_ADDRESS: '3',
      WHITEBOOK_LOGIN_FAILURES_PER_SOURCE: '7',
      LOG_LEVEL: 'silent',
    }),
  ).toEqual({
    profile: 'embedded',
    servers: null,
    host: '0.0.0.0',
    port: 0,
    dataDir: '/srv/whitebook',
    platformHost: 'whitebook.example',
    publicUrl: 'https://whitebook.example',
    operatorEmail: 'ops@whitebook.example',
    operatorPassword: 'a long secret',
    demo: false,
    masterKey: KEY,
    masterKeyFile: '/etc/whitebook.key',
    mail: { smtpUrl: 'smtp://user:secret@mail.example:587' },
    dnsServers: ['192.0.2.1', '192.0.2.2:5353'],
    smtpAllowPrivate: true,
    trustedProxies: ['10.0.0.0/8'],
    loginFailuresPerAddress: 3,
    loginFailuresPerSource: 7,
    logLevel: 'silent',
  }));

it('takes an empty value as none, and leaves other variables alone', () =>
  expect(readSettings({ PORT: '', WHITEBOOK_MAIL: '', WHITEBOOK_MASTER_KEY: '', PATH: '/bin', HOME: undefined })).toEqual(
    readSettings({}),
  ));

describe('RUN-4: a refusal names its variable and never the value', () => {
  const SECRET = 'zQ7-secret-value';
  it.each([
    ['WHITEBOOK_PROFILE', SECRET],
    ['PORT', SECRET],
    ['PORT', '65536'],
    ['PORT', '-1'],
    ['PORT', '80.5'],
    ['PORT', ' 80'],
    ['PORT', '0x50'],
    ['WHITEBOOK_PUBLIC_URL', SECRET],
    ['WHITEBOOK_PUBLIC_URL', `ftp://${SECRET}.example`],
    ['WHITEBOOK_PUBLIC_URL', `javascript:${SECRET}`],
    ['WHITEBOOK_DEMO', SECRET],
    ['WHITEBOOK_DEMO', '1'],
    ['WHITEBOOK_DEMO', 'TRUE'],
    ['WHITEBOOK_MASTER_KEY', SECRET],
    ['WHITEBOOK_MASTER_KEY', KEY.slice(1)],
    ['WHITEBOOK_MASTER_KEY', `${KEY}0`],
    ['WHITEBOOK_MASTER_KEY', `${KEY.slice(2)}0g`],
    ['WHITEBOOK_MASTER_KEY', `${KEY}\n`],
    ['WHITEBOOK_MASTER_KEY', `0x${KEY.slice(2)}`],
    ['WHITEBOOK_MAIL', SECRET],
    ['WHITEBOOK_MAIL', `http://user:${SECRET}@mail.example`],
    ['WHITEBOOK_MAIL', 'OUTBOX'],
    ['WHITEBOOK_SMTP_ALLOW_PRIVATE', SECRET],
    ['WHITEBOOK_LOGIN_FAILURES_PER_ADDRESS', '0'],
    ['WHITEBOOK_LOGIN_FAILURES_PER_ADDRESS', SECRET],
    ['WHITEBOOK_LOGIN_FAILURES_PER_SOURCE', '1000001'],
    ['LOG_LEVEL', SECRET],
    ['LOG_LEVEL', 'verbose'],
  ])('%s=%j', (name, value) => {
    const message = refusal({ [name]: value });
    expect(message).toMatch(new RegExp(`^${name}: .`));
    expect(message).not.toContain(SECRET);
    if (value.length > 4) expect(message).not.toContain(value);
  });
  it('names all that are wrong', () => {
    const message = refusal({ PORT: SECRET, LOG_LEVEL: SECRET, WHITEBOOK_MASTER_KEY: SECRET });
    expect(message.split('; ').map((part) => part.split(':')[0])).toEqual(['PORT', 'WHITEBOOK_MASTER_KEY', 'LOG_LEVEL']);
    expect(message).not.toContain(SECRET);
  });
  it.each([
    ['WHITEBOOK_EVENTSTORE_URL', `http://${SECRET}.example:2113`],
    ['WHITEBOOK_MONGODB_URL', `mongo://user:${SECRET}@db.example`],
    ['WHITEBOOK_REDIS_URL', `user:${SECRET}`],
    ['WHITEBOOK_REDIS_PREFIX', `${SECRET}:`],
  ])('%s=%j', (name, value) => {
    const message = refusal({ ...DISTRIBUTED, [name]: value });
    expect(message).toMatch(new RegExp(`^${name}: .`));
    expect(message).not.toContain(SECRET);
  });
});

describe('RUN-1: the distributed profile', () => {
  it('knows its servers', () =>
    expect(readSettings(DISTRIBUTED)).toMatchObject({
      profile: 'distributed',
      servers: {
        eventStore: DISTRIBUTED.WHITEBOOK_EVENTSTORE_URL,
        mongodb: DISTRIBUTED.WHITEBOOK_MONGODB_URL,
        redis: DISTRIBUTED.WHITEBOOK_REDIS_URL,
        redisPrefix: 'whitebook',
      },
    }));
  it('names all that it lacks', () =>
    expect(refusal({ WHITEBOOK_PROFILE: 'distributed' }).match(/\bWHITEBOOK_\w+(?=:)/g)).toEqual([
      'WHITEBOOK_EVENTSTORE_URL',
      'WHITEBOOK_MONGODB_URL',
      'WHITEBOOK_REDIS_URL',
      'WHITEBOOK_MASTER_KEY',
    ]));
  it('has its key in a file as well', () =>
    expect(
      readSettings({ ...DISTRIBUTED, WHITEBOOK_MASTER_KEY: '', WHITEBOOK_MASTER_KEY_FILE: '/run/secrets/key' }).masterKeyFile,
    ).toBe('/run/secrets/key'));
  it('its addresses say nothing to the embedded one', () =>
    expect(readSettings({ ...DISTRIBUTED, WHITEBOOK_PROFILE: 'embedded' }).servers).toBeNull());
});

describe('RUN-6: what a place of development makes easy is refused elsewhere', () => {
  it('the outbox', () => {
    expect(refusal({ ...ELSEWHERE, WHITEBOOK_MAIL: 'outbox' })).toMatch(/^WHITEBOOK_MAIL: /);
    expect(readSettings(ELSEWHERE).mail).toBe('none');
    expect(readSettings({ WHITEBOOK_MAIL: 'none' }).mail).toBe('none');
    expect(readSettings({ WHITEBOOK_PLATFORM_HOST: 'LOCALHOST' }).mail).toBe('outbox');
  });
  it('demo accounts', () => {
    expect(refusal({ ...ELSEWHERE, WHITEBOOK_DEMO: 'true' })).toMatch(/^WHITEBOOK_DEMO: /);
    expect(readSettings({ WHITEBOOK_DEMO: 'true' }).demo).toBe(true);
  });
  it.each(['localhost', 'whitebook.example', 'localhost.example', 'my.localhost', '127.0.0.1'])('%s', (platformHost) =>
    expect(isDevelopment({ platformHost })).toBe(platformHost === 'localhost'),
  );
});

it.each(['nonsense', '10.0.0.0/33', '10.0.0.1/8/8', '::1/129', '127.0.0.1;10.0.0.1'])(
  'RUN-4: proxies that are no addresses or ranges are told by their variable: %s',
  (proxies) => expect(refusal({ WHITEBOOK_TRUSTED_PROXIES: proxies })).toMatch(/^WHITEBOOK_TRUSTED_PROXIES: .*addresses/),
);
it('RUN-4: addresses, ranges and the names of ranges are proxies', () => {
  const proxies = ['127.0.0.1', '10.0.0.0/8', '::1', 'fd00::/8', 'loopback'];
  expect(readSettings({ WHITEBOOK_TRUSTED_PROXIES: proxies.join(', ') }).trustedProxies).toEqual(proxies);
});
it.each(['nonsense', 'dns.example', '192.0.2.1:99999', '[192.0.2.1]:53'])(
  'RUN-4: resolvers that are no addresses are told by their variable: %s',
  (servers) => expect(refusal({ WHITEBOOK_DNS_SERVERS: servers })).toMatch(/^WHITEBOOK_DNS_SERVERS: .*addresses/),
);
it('RUN-4: resolvers are addresses, with a port or without', () => {
  const servers = ['192.0.2.1', '192.0.2.1:5353', '2001:db8::1', '[2001:db8::1]:53', '[2001:db8::1]'];
  expect(readSettings({ WHITEBOOK_DNS_SERVERS: servers.join(',') }).dnsServers).toEqual(servers);
});
it('RUN-4: variables that look like settings and are none are found', () =>
  expect(
    unknownSettings({
      WHITEBOOK_TRUSTED_PROXY: 'x',
      WHITEBOOK_MAIL: 'none',
      WHITEBOOK_TEST_SEED: '1',
      WHITEBOOK_OLD: '',
      HOME: 'x',
    }),
  ).toEqual(['WHITEBOOK_TRUSTED_PROXY']));
