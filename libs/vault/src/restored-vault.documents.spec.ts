import { START } from '#event-store';
import { apiKey, impersonation, NOON, session } from '../../../test/contracts/vault.fixtures.js';
import { memoryCollections } from './memory-documents.js';
import { forgetTheMomentIn } from './restored-vault.documents.js';
import { vaultOnDocuments } from './vault-on-documents.js';

const collections = memoryCollections();
const vault = vaultOnDocuments(collections, Buffer.alloc(32, 7), () => NOON);

it('COR-28: a vault that was put back has no session, no kept answer, no failed log-in and no checkpoint; the rest stays', async () => {
  await vault.sessions.insert(session('s1'));
  await vault.sessions.insert(impersonation('s2', 's1'));
  await vault.answers.insert({ commandId: 'c1', fingerprint: 'f', answer: '1', at: NOON });
  await vault.throttle.fail('key', NOON, NOON);
  await vault.setCheckpoint('reactions', { position: 17, eventId: 'e17' });
  await vault.credentials.insert({ id: 'credential', account: 'ann', hash: 'hash' });
  await vault.apiKeys.insert(apiKey('known'));
  await vault.apiKeys.insert(apiKey('unknown'));
  const [stream = ''] = Object.keys(apiKey('known').judged);
  await vault.apiKeys.bar(stream, 1000, true);

  const forgotten = await forgetTheMomentIn(collections, NOON, (id) => id === 'known');

  expect(forgotten).toEqual({ sessions: 2, impersonations: 1, answers: 1, apiKeys: 1 });
  await vault.sessions.insert(session('s1'));
  expect([await vault.sessions.byId('s1'), await vault.sessions.byId('s2')]).toEqual([null, null]);
  expect(await vault.answers.get('c1')).toBeNull();
  expect((await vault.throttle.get('key', NOON)).failures).toBe(0);
  expect(await vault.checkpoint('reactions')).toEqual(START);
  expect(await vault.credentials.get('credential')).not.toBeNull();
  expect(await vault.apiKeys.byId('unknown')).toBeNull();
  expect(await vault.apiKeys.byId('known')).toMatchObject({ barred: false });
  // what the log says from its beginning counts again
  await vault.apiKeys.bar(stream, 2, true);
  expect(await vault.apiKeys.byId('known')).toMatchObject({ barred: true });
  expect(await forgetTheMomentIn(collections, NOON, () => true)).toMatchObject({ sessions: 0, apiKeys: 0 });
});
