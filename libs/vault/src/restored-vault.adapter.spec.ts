import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { START } from '#event-store';
import { impersonation, session } from '../../../test/contracts/vault.fixtures.js';
import { WrongMasterKey } from './master-key.adapter.js';
import { forgetTheMoment } from './restored-vault.adapter.js';
import { openSqliteVault } from './sqlite.adapter.js';
import type { Vault } from './vault.port.js';

const AT = '2026-01-31T12:00:00.000Z';
const masterKey = randomBytes(32);
let folder: string;
let file: string;
const opened = (): Promise<Vault> =>
  openSqliteVault({ file, masterKey, writerEntry: resolve('dist/libs/vault/src/sqlite-vault.thread.js') });

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'whitebook-restored-'));
  file = join(folder, 'vault.db');
  const vault = await opened();
  await vault.sessions.insert(session('s1'));
  await vault.sessions.insert(impersonation('s2', 's1'));
  await vault.answers.insert({ commandId: 'c1', fingerprint: 'f', answer: '1', at: AT });
  await vault.throttle.fail('key', AT, AT);
  await vault.setCheckpoint('reactions', { position: 17, eventId: 'e17' });
  await vault.credentials.insert({ id: 'credential', account: 'sara', hash: 'hash' });
  await vault.close();
});
afterEach(() => rm(folder, { recursive: true, force: true }));

it('COR-28: a restored vault has no session, no kept answer, no failed log-in and no checkpoint; the rest stays', async () => {
  expect(forgetTheMoment(file, masterKey, AT)).toEqual({ sessions: 2, impersonations: 1, answers: 1 });
  const vault = await opened();
  await vault.sessions.insert(session('s1'));
  expect(await vault.sessions.byId('s1')).toBeNull();
  expect(await vault.sessions.byId('s2')).toBeNull();
  expect(await vault.answers.get('c1')).toBeNull();
  expect((await vault.throttle.get('key', AT)).failures).toBe(0);
  expect(await vault.checkpoint('reactions')).toEqual(START);
  expect(await vault.credentials.get('credential')).not.toBeNull();
  await vault.close();
});

it('COR-28: another master key is refused, and nothing is changed', async () => {
  expect(() => forgetTheMoment(file, randomBytes(32), AT)).toThrow(WrongMasterKey);
  const vault = await opened();
  expect(await vault.sessions.byId('s1')).not.toBeNull();
  await vault.close();
});
