import { memoryVault } from '#vault';
import { vaultContract } from './vault.contract.js';
import { MASTER_KEY, NOON, session } from './vault.fixtures.js';

vaultContract('memory', async () => {
  const vault = memoryVault({ masterKey: MASTER_KEY, clock: () => NOON });
  return { vault, close: () => vault.close() };
});

it('lets a test put one operation before another', async () => {
  let go!: () => void;
  const held = new Promise<void>((resolve) => (go = resolve));
  const seen: string[] = [];
  const vault = memoryVault({
    before: async (operation) => {
      seen.push(operation);
      if (operation === 'sessions.insert') await held;
    },
  });
  const inserting = vault.sessions.insert(session('s1'));
  expect(await vault.sessions.end('account-ann', 9)).toEqual([]);
  go();
  await inserting;
  expect(await vault.sessions.byToken('token-s1')).not.toBeNull();
  expect(seen).toEqual(['sessions.insert', 'sessions.listed', 'sessions.byToken']);
  await vault.close();
});
