import { HostCache } from './host-cache.js';

it('looks a host up once', async () => {
  const cache = new HostCache();
  const look = jest.fn(async () => 'w1');
  expect(await cache.find('a.test', look)).toBe('w1');
  expect(await cache.find('a.test', look)).toBe('w1');
  expect(look).toHaveBeenCalledTimes(1);
});

it('knows that a host leads nowhere', async () => {
  const cache = new HostCache();
  const look = jest.fn(async () => null);
  expect(await cache.find('a.test', look)).toBeNull();
  expect(await cache.find('a.test', look)).toBeNull();
  expect(look).toHaveBeenCalledTimes(1);
});

it('WS-3: does not keep what was looked up while a domain changed', async () => {
  const cache = new HostCache();
  const stale = await cache.find('a.test', async () => {
    cache.clear();
    return 'w1';
  });
  expect(stale).toBe('w1');
  expect(await cache.find('a.test', async () => null)).toBeNull();
});
