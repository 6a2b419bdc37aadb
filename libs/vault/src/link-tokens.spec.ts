import { LinkTokens } from './link-tokens.js';
import { memoryVault } from './memory.adapter.js';

const WORKSPACE = '1'.repeat(32);
const ACCOUNT = '2'.repeat(32);
const tokens = new LinkTokens(memoryVault().secrets);
const derive = (generation = 1) => tokens.derive('reset', WORKSPACE, ACCOUNT, generation);

it('COR-6: the same link again has the same token, any other link another one', async () => {
  const all = [
    await derive(),
    await derive(2),
    await tokens.derive('email', WORKSPACE, ACCOUNT, 1),
    await tokens.derive('reset', ACCOUNT, WORKSPACE, 1),
    await new LinkTokens(memoryVault().secrets).derive('reset', WORKSPACE, ACCOUNT, 1),
  ];
  expect(await derive()).toBe(all[0]);
  expect(new Set(all).size).toBe(all.length);
  expect(all[0]).toMatch(/^[\w-]{86}$/);
});

it('COR-6: a token names its account, and proves its purpose and generation', async () => {
  const claim = await tokens.read('reset', await derive(7));
  expect(claim).toMatchObject({ workspace: WORKSPACE, account: ACCOUNT });
  expect([6, 7, 8].map((generation) => claim?.matches(generation))).toEqual([false, true, false]);
  expect((await tokens.read('invitation', await derive(7)))?.matches(7)).toBe(false);
});

it('COR-6: links of the platform’s own people name the platform', async () => {
  const claim = await tokens.read('reset', await tokens.derive('reset', 'platform', ACCOUNT, 1));
  expect([claim?.workspace, claim?.matches(1)]).toEqual(['platform', true]);
});

it('COR-6: what was changed, cut or padded is no token', async () => {
  const token = await derive();
  const flipped = `${token.slice(0, 50)}${token[50] === 'A' ? 'B' : 'A'}${token.slice(51)}`;
  expect((await tokens.read('reset', flipped))?.matches(1)).toBe(false);
  for (const text of ['', 'x', token.slice(1), `${token}==`, `${token}A`, ` ${token}`])
    expect(await tokens.read('reset', text)).toBeNull();
});
