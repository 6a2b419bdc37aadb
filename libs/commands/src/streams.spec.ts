import {
  accessStream,
  accountOf,
  accountStream,
  domainStream,
  emailStream,
  ownersStream,
  poolStream,
  slugStream,
  usernameStream,
  workspaceStream,
} from './streams.js';

const SARA = 'a'.repeat(32);

it('COR-1: names of streams carry the workspace', () =>
  expect([
    accountStream('w1', SARA),
    accessStream('w1', SARA),
    workspaceStream('w1'),
    poolStream('w1'),
    ownersStream('w1'),
    emailStream('w1', 'h'),
    usernameStream('w1', 'h'),
  ]).toEqual([`account-w1-${SARA}`, `access-w1-${SARA}`, 'workspace-w1', 'pool-w1', 'owners-w1', 'email-w1-h', 'username-w1-h']));

it('WS-3: a domain and a slug belong to the installation, so that each is one workspace', () =>
  expect([domainStream('app.x.test'), slugStream('x')]).toEqual(['domain-app.x.test', 'slug-x']));

it('an account is known by either of its streams', () => {
  for (const stream of [accountStream('w1', SARA), accessStream('w1', SARA)])
    expect(accountOf(stream)).toEqual({ workspace: 'w1', account: SARA });
});

it.each([
  workspaceStream('w1'),
  poolStream('w1'),
  emailStream('w1', SARA),
  `account-w1-${SARA}0`,
  `account-w1-${SARA.slice(1)}`,
  `account-w1-${SARA.toUpperCase()}`,
  `account--${SARA}`,
  `account-w1-x-${SARA}`,
  `xaccount-w1-${SARA}`,
  `account-w1-${SARA}\n`,
  '',
])('%j is no stream of an account', (stream) => expect(accountOf(stream)).toBeNull());
