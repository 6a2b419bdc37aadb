import type { Vault } from '#vault';
import { idsOf, impersonation, MARCH, NOON, ONE, session } from './vault.fixtures.js';

const AFTER_NEXT_DAY = '2026-02-02T12:00:00.000Z';

/** `race` is the `it` of what several do at the same moment. */
export function vaultSessionsContract(current: () => Vault, race: jest.It): void {
  describe('sessions', () => {
    const sessions = (): Vault['sessions'] => current().sessions;

    it('gives a session back by token, refresh token and id, whole', async () => {
      const staff = impersonation('i1', 's0');
      await sessions().insert(session('s1'));
      await sessions().insert(staff);
      expect(await sessions().byToken('token-s1')).toEqual(session('s1'));
      expect(await sessions().byRefresh('refresh-s1')).toEqual(session('s1'));
      expect(await sessions().byId('i1')).toEqual(staff);
      expect(await sessions().byToken('token-s2')).toBeNull();
      expect(idsOf(await sessions().list('ann'))).toEqual(['i1', 's1']);
    });

    it('never writes over a session (COR-8)', async () => {
      await sessions().insert(session('s1'));
      await sessions().insert(session('s1', { role: 'owner', tokenHash: 'token-x' }));
      expect(await sessions().byId('s1')).toEqual(session('s1'));
      expect(await sessions().byToken('token-x')).toBeNull();
    });

    it('never writes a session whose id was ended, even before it was there (COR-8)', async () => {
      await sessions().insert(session('s1'));
      await sessions().endOne('s1');
      await sessions().endOne('s2');
      await sessions().insert(session('s1'));
      await sessions().insert(session('s2'));
      expect(await sessions().list('ann')).toEqual([]);
    });

    race('lets exactly one of many rotations of a generation through', async () => {
      await sessions().insert(session('s1'));
      const turns = Array.from({ length: 10 }, (_, turn) =>
        sessions().rotate('s1', 1, {
          tokenHash: `t${turn}`,
          refreshHash: `r${turn}`,
          previousRefreshHash: 'refresh-s1',
          rotatedAt: NOON,
          expiresAt: MARCH,
          kind: 'full',
        }),
      );
      const won = (await Promise.all(turns)).flatMap((first, turn) => (first ? [turn] : []));
      expect(won).toHaveLength(1);
      expect(await sessions().byToken('token-s1')).toBeNull();
      const rotated = await sessions().byRefresh('refresh-s1');
      expect(rotated).toEqual(
        session('s1', {
          generation: 2,
          tokenHash: `t${won[0]}`,
          refreshHash: `r${won[0]}`,
          previousRefreshHash: 'refresh-s1',
          rotatedAt: NOON,
          expiresAt: MARCH,
        }),
      );
    });

    it('does not rotate a session that was ended', async () => {
      await sessions().insert(session('s1'));
      await sessions().endOne('s1');
      const next = {
        tokenHash: 't',
        refreshHash: 'r',
        previousRefreshHash: null,
        rotatedAt: NOON,
        expiresAt: ONE,
        kind: 'full',
      } as const;
      expect(await sessions().rotate('s1', 1, next)).toBe(false);
      expect(await sessions().byToken('t')).toBeNull();
    });

    it('tells at once that a token was used, of its own generation only', async () => {
      await sessions().insert(session('s1'));
      await sessions().touch('s1', ONE, 1);
      expect(await sessions().byRefresh('refresh-s1')).toMatchObject({ used: true, lastUsedAt: ONE });
      const next = {
        refreshHash: 'r2',
        previousRefreshHash: 'refresh-s1',
        rotatedAt: NOON,
        expiresAt: ONE,
        kind: 'full',
      } as const;
      await sessions().rotate('s1', 1, { ...next, tokenHash: 't2' });
      await sessions().touch('s1', ONE, 1);
      expect(await sessions().byToken('t2')).toMatchObject({ used: false, generation: 2 });
      await sessions().touch('s1', ONE);
      expect(await sessions().byToken('t2')).toMatchObject({ used: true });
    });

    it('makes a limited session a full one, under the revisions of its new password', async () => {
      await sessions().insert(session('s1', { kind: 'password-change' }));
      expect(await sessions().unlock('s1', 'c2', { 'account-ann': 8 })).toBe(true);
      expect(await sessions().byId('s1')).toMatchObject({ kind: 'full', credential: 'c2', judged: { 'account-ann': 8 } });
      expect(await sessions().end('account-ann', 8)).toEqual([]);
      expect(await sessions().end('workspace-w1', 9)).toEqual([]);
      expect(idsOf(await sessions().end('account-ann', 9))).toEqual(['s1']);
      expect(await sessions().unlock('s1', 'c3', {})).toBe(false);
    });

    it('never unlocks an impersonation', async () => {
      await sessions().insert(impersonation('i1', 's0'));
      expect(await sessions().unlock('i1', 'c2', { 'account-ann': 8 })).toBe(false);
      expect((await sessions().byId('i1'))?.kind).toBe('impersonation');
    });

    it('ends what was judged before the stop, not what was opened since (COR-9)', async () => {
      await sessions().insert(session('old'));
      await sessions().insert(session('new', { judged: { 'account-ann': 7 } }));
      await sessions().insert(session('other', { judged: { 'account-bob': 1 } }));
      const ended = await sessions().end('account-ann', 7);
      expect(ended).toEqual([session('old')]);
      expect(await sessions().byToken('token-old')).toBeNull();
      expect(await sessions().byRefresh('refresh-old')).toBeNull();
      expect(idsOf(await sessions().list('ann'))).toEqual(['new', 'other']);
      expect(await sessions().end('account-ann', 7)).toEqual([]);
    });

    it('spares the session that the event names as its own (COR-9)', async () => {
      await sessions().insert(session('own'));
      await sessions().insert(session('other'));
      expect(idsOf(await sessions().end('account-ann', 9, 'own'))).toEqual(['other']);
      expect(await sessions().byId('own')).not.toBeNull();
    });

    it('ends by any of the streams that a session lists', async () => {
      await sessions().insert(session('s1'));
      await sessions().insert(session('s2', { account: 'bob', judged: { 'account-bob': 1, 'workspace-w1': 1 } }));
      expect(idsOf(await sessions().end('workspace-w1', 2))).toEqual(['s1', 's2']);
    });

    it('ends the impersonations begun from a session with it, and lets none begin from it later', async () => {
      await sessions().insert(session('staff', { account: 'sue', judged: { 'account-sue': 1 } }));
      await sessions().insert(impersonation('i1', 'staff'));
      await sessions().insert(impersonation('i2', 'elsewhere'));
      expect(idsOf(await sessions().end('account-sue', 2))).toEqual(['i1', 'staff']);
      await sessions().insert(impersonation('i3', 'staff'));
      expect(idsOf(await sessions().list('ann'))).toEqual(['i2']);
      await sessions().insert(session('staff2', { account: 'sue' }));
      await sessions().insert(impersonation('i4', 'staff2'));
      expect(idsOf(await sessions().endOne('staff2'))).toEqual(['i4', 'staff2']);
    });

    it('removes what cannot be refreshed any more, and tells of impersonations', async () => {
      await sessions().insert(session('s1'));
      await sessions().insert(impersonation('i1', 's1'));
      expect(await sessions().expire(NOON)).toEqual([]);
      expect(idsOf(await sessions().expire(ONE))).toEqual(['i1']);
      expect(idsOf(await sessions().list('ann'))).toEqual(['s1']);
      expect(await sessions().expire(MARCH)).toEqual([]);
      expect(await sessions().list('ann')).toEqual([]);
    });

    it('forgets an ended id after a day', async () => {
      await sessions().endOne('s1');
      await sessions().expire(AFTER_NEXT_DAY);
      await sessions().insert(session('s1'));
      expect(await sessions().byId('s1')).not.toBeNull();
    });
  });
}
