import { START } from '#event-store';
import type { Vault } from '#vault';
import { vaultSessionsContract } from './vault-sessions.contract.js';
import { apiKey, NOON, ONE } from './vault.fixtures.js';

const LATE = '2027-01-01T00:00:00.000Z';

export interface OpenedVault {
  readonly vault: Vault;
  close(): Promise<void>;
}

export interface Expected {
  /** Whether an update is one step. With some stand-ins for a server it is not. */
  readonly races: boolean;
}

/** What every vault keeps, whatever it is made of. */
export function vaultContract(name: string, open: () => Promise<OpenedVault>, { races }: Expected = { races: true }): void {
  describe(`${name}: vault`, () => {
    let opened: OpenedVault;
    let vault: Vault;
    beforeEach(async () => {
      opened = await open();
      vault = opened.vault;
    });
    afterEach(() => opened.close());

    describe('person keys', () => {
      it('makes a key once, of 32 random bytes (COR-13)', async () => {
        expect(await vault.keys.insert('ann')).toBe(true);
        const first = (await vault.keys.getMany(['ann'])).get('ann');
        expect(first).toHaveLength(32);
        expect(await vault.keys.insert('ann')).toBe(false);
        expect((await vault.keys.getMany(['ann'])).get('ann')).toEqual(first);
        await vault.keys.insert('bob');
        expect((await vault.keys.getMany(['bob'])).get('bob')).not.toEqual(first);
      });

      it('gives one insert of many at once the key (COR-13)', async () => {
        const inserted = await Promise.all(Array.from({ length: 20 }, () => vault.keys.insert('ann')));
        expect(inserted.filter(Boolean)).toHaveLength(1);
      });

      it('tells a destroyed key from one that never was, and takes none in its place (COR-13)', async () => {
        await vault.keys.insert('ann');
        await vault.keys.destroy('ann');
        await vault.keys.destroy('ann');
        expect(await vault.keys.insert('ann')).toBe(false);
        expect(await vault.keys.getMany(['ann', 'nobody'])).toEqual(new Map([['ann', 'destroyed']]));
      });

      it('keeps the place of a key that was fenced before it was made (COR-13)', async () => {
        await vault.keys.destroy('late');
        expect(await vault.keys.insert('late')).toBe(false);
      });

      it('gives a key that is no copy in memory: what one reader does to its bytes, no other sees (COR-14)', async () => {
        await vault.keys.insert('ann');
        const first = (await vault.keys.getMany(['ann'])).get('ann') as Buffer;
        const kept = Buffer.from(first);
        first.fill(0);
        expect((await vault.keys.getMany(['ann'])).get('ann')).toEqual(kept);
      });
    });

    describe('credentials', () => {
      const credential = { id: 'c1', account: 'ann', hash: 'argon2-1' };

      it('keeps the first one under an id, and removes by exact id (COR-14)', async () => {
        await vault.credentials.insert(credential);
        await vault.credentials.insert({ ...credential, hash: 'argon2-2' });
        await vault.credentials.insert({ ...credential, id: 'c10' });
        expect(await vault.credentials.get('c1')).toEqual(credential);
        await vault.credentials.remove('c1');
        expect(await vault.credentials.get('c1')).toBeNull();
        expect(await vault.credentials.get('c10')).not.toBeNull();
      });

      it('removes all of one account and none of another', async () => {
        await vault.credentials.insert(credential);
        await vault.credentials.insert({ ...credential, id: 'c2' });
        await vault.credentials.insert({ ...credential, id: 'c3', account: 'bob' });
        await vault.credentials.removeOf('ann');
        expect(await Promise.all(['c1', 'c2'].map((id) => vault.credentials.get(id)))).toEqual([null, null]);
        expect(await vault.credentials.get('c3')).not.toBeNull();
      });
    });

    vaultSessionsContract(() => vault, races ? it : it.skip);

    describe('api keys', () => {
      it('gives a key back by hash, id and account, whole', async () => {
        const key = apiKey('k1', { expiresAt: ONE });
        await vault.apiKeys.insert(key);
        const whole = { ...key, lastUsedAt: null, barred: false };
        expect(await vault.apiKeys.byHash('hash-k1')).toEqual(whole);
        expect(await vault.apiKeys.byId('k1')).toEqual(whole);
        expect(await vault.apiKeys.list('ann')).toEqual([whole]);
        expect(await vault.apiKeys.byHash('hash-k2')).toBeNull();
        expect(await vault.apiKeys.list('bob')).toEqual([]);
      });

      const barredAfter = async (
        ...said: [stream: string, revision: number, barred: boolean][]
      ): Promise<boolean | undefined> => {
        await vault.apiKeys.insert(apiKey('k1'));
        for (const [stream, revision, barred] of said) await vault.apiKeys.bar(stream, revision, barred);
        return (await vault.apiKeys.byHash('hash-k1'))?.barred;
      };

      it('is barred by a disable and lifted by an enable (COR-10)', async () => {
        expect(await barredAfter(['account-ann', 4, true])).toBe(true);
        await vault.apiKeys.bar('account-ann', 5, false);
        expect((await vault.apiKeys.byId('k1'))?.barred).toBe(false);
      });
      it('stays barred when an older enable comes late (COR-10)', async () =>
        expect(await barredAfter(['account-ann', 6, true], ['account-ann', 5, false])).toBe(true));
      it('stays lifted when an older disable comes late (COR-10)', async () =>
        expect(await barredAfter(['account-ann', 5, false], ['account-ann', 4, true])).toBe(false));
      it('is not barred by what was before it was judged (COR-10)', async () =>
        expect(await barredAfter(['account-ann', 3, true])).toBe(false));
      it('is barred as long as one of its streams bars it (COR-10)', async () =>
        expect(await barredAfter(['account-ann', 4, true], ['workspace-w1', 2, true], ['account-ann', 5, false])).toBe(true));
      it('is not barred by a stream that it does not list', async () =>
        expect(await barredAfter(['account-bob', 9, true])).toBe(false));

      it('removes one key, or all of an account, and notes their use', async () => {
        for (const id of ['k1', 'k2', 'k3']) await vault.apiKeys.insert(apiKey(id));
        await vault.apiKeys.insert(apiKey('k4', { account: 'bob' }));
        await vault.apiKeys.touch('k4', NOON);
        await vault.apiKeys.remove('k1');
        expect((await vault.apiKeys.list('ann')).map(({ id }) => id)).toEqual(['k2', 'k3']);
        await vault.apiKeys.removeOf('ann');
        expect(await vault.apiKeys.list('ann')).toEqual([]);
        expect((await vault.apiKeys.list('bob'))[0]?.lastUsedAt).toBe(NOON);
      });
    });

    describe('secrets', () => {
      it('gives back what was put, and null for what was removed', async () => {
        await vault.secrets.put('smtp', Buffer.from('hunter2'));
        await vault.secrets.put('smtp', Buffer.from('hunter3'));
        expect(await vault.secrets.get('smtp')).toEqual(Buffer.from('hunter3'));
        await vault.secrets.remove('smtp');
        expect(await vault.secrets.get('smtp')).toBeNull();
      });

      it('makes a secret once, however many ask at the same time', async () => {
        const secrets = await Promise.all(Array.from({ length: 20 }, () => vault.secrets.obtain('hmac')));
        expect(new Set(secrets.map((secret) => secret.toString('hex'))).size).toBe(1);
        expect(secrets[0]).toHaveLength(32);
        expect(await vault.secrets.obtain('other')).not.toEqual(secrets[0]);
      });
    });

    it('keeps the first answer of a command until it is old (COR-3)', async () => {
      const answer = { commandId: 'cmd', fingerprint: 'f', answer: '{"status":200}', at: NOON };
      expect(await vault.answers.insert(answer)).toEqual(answer);
      expect(await vault.answers.insert({ ...answer, answer: '{"status":409}' })).toEqual(answer);
      await vault.answers.expire(NOON);
      expect(await vault.answers.get('cmd')).toEqual(answer);
      await vault.answers.expire(ONE);
      expect(await vault.answers.get('cmd')).toBeNull();
    });

    it('counts failed log-ins of a window, per key (AUTH-5)', async () => {
      await vault.throttle.fail('a', '2026-01-31T11:40:00.000Z', '2026-01-31T11:25:00.000Z');
      await vault.throttle.fail('a', NOON, '2026-01-31T11:45:00.000Z');
      expect(await vault.throttle.fail('a', NOON, '2026-01-31T11:45:00.000Z')).toBe(2);
      expect(await vault.throttle.fail('b', NOON, '2026-01-31T11:45:00.000Z')).toBe(1);
      expect(await vault.throttle.get('a', NOON)).toEqual({ failures: 2, last: NOON });
      expect(await vault.throttle.get('a', ONE)).toEqual({ failures: 0, last: null });
      await vault.throttle.clear('a');
      expect(await vault.throttle.get('a', NOON)).toEqual({ failures: 0, last: null });
    });

    it('keeps errands until they are done, and that they were (COR-24)', async () => {
      const errand = { key: 'mail/a/1', type: 'mail', data: { account: 'a', generation: 1 }, at: NOON };
      const later = { ...errand, key: 'mail/b/1', at: ONE };
      await vault.errands.take(later);
      await vault.errands.take(errand);
      expect(await vault.errands.open(NOON, 10)).toEqual([]);
      expect(await vault.errands.open(LATE, 10)).toEqual([errand, later]);
      expect(await vault.errands.open(LATE, 1)).toEqual([errand]);
      const twin = { ...later, key: 'mail/b/2' };
      await vault.errands.take(twin);
      expect(await vault.errands.open(LATE, 1, errand)).toEqual([later]);
      expect(await vault.errands.open(LATE, 2, errand)).toEqual([later, twin]);
      expect(await vault.errands.open(LATE, 2, later)).toEqual([twin]);
      expect(await vault.errands.open(LATE, 2, twin)).toEqual([]);
      await vault.errands.done(twin.key, twin.at);
      expect(await vault.errands.get('mail/a/1')).toEqual({ ...errand, done: false });
      await vault.errands.done('mail/a/1', NOON);
      await vault.errands.take(errand);
      expect(await vault.errands.get('mail/a/1')).toEqual({ ...errand, done: true });
      expect(await vault.errands.open(LATE, 10)).toEqual([later]);
      const again = { ...errand, data: { account: 'a', generation: 2 }, at: ONE };
      await vault.errands.take(again);
      await vault.errands.done('mail/a/1', NOON);
      expect(await vault.errands.get('mail/a/1')).toEqual({ ...again, done: false });
      await vault.errands.done('mail/a/1', ONE);
      await vault.errands.expire(ONE);
      expect(await vault.errands.get('mail/a/1')).toEqual({ ...again, done: true });
      await vault.errands.expire(LATE);
      expect([await vault.errands.get('mail/a/1'), await vault.errands.get('mail/b/1')]).toEqual([
        null,
        { ...later, done: false },
      ]);
      expect(await vault.errands.get('never')).toBeNull();
    });

    it('COR-22: keeps checkpoints of reactions with the event that they name, the start at first', async () => {
      expect(await vault.checkpoint('end-sessions')).toEqual(START);
      for (const checkpoint of [{ position: 17, eventId: 'e17' }, { position: 23, eventId: 'e23' }, START]) {
        await vault.setCheckpoint('end-sessions', checkpoint);
        expect(await vault.checkpoint('end-sessions')).toEqual(checkpoint);
      }
    });
  });
}
