import { argon2Hasher } from './argon2.adapter.js';

describe('password hashes (AUTH-5)', () => {
  const hasher = argon2Hasher();

  it('are argon2id with 19 MiB, two passes, one lane, and a salt of their own', async () => {
    const [first, second] = await Promise.all([hasher.hash('a fine pass phrase'), hasher.hash('a fine pass phrase')]);
    expect(first).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(second).not.toBe(first);
  });

  it('know their password, in either form of an accent, and no other', async () => {
    const hash = await hasher.hash('caf\u00e9 au lait');
    expect(await hasher.verify(hash, 'cafe\u0301 au lait')).toBe(true);
    expect(await hasher.verify(hash, 'cafe au lait')).toBe(false);
  });

  it('are computed where there is no account too, so that time tells nothing', async () => {
    const hash = await hasher.hash('a fine pass phrase');
    const time = async (stored: string | null): Promise<number> => {
      const start = performance.now();
      for (let turn = 0; turn < 10; turn += 1) expect(await hasher.verify(stored, 'another phrase')).toBe(false);
      return performance.now() - start;
    };
    await time(hash);
    const [known, unknown] = [await time(hash), await time(null)];
    expect(unknown).toBeGreaterThan(known / 3);
  });

  it('are refused as busy when too many wait', async () => {
    const small = argon2Hasher({ concurrency: 1, mostWaiting: 2 });
    const results = await Promise.allSettled(Array.from({ length: 4 }, () => small.hash('a fine pass phrase')));
    expect(results.map((result) => result.status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled', 'rejected']);
    expect(results[3]).toMatchObject({ reason: { code: 'busy' } });
    await expect(small.verify(null, 'again')).resolves.toBe(false);
  });
});
