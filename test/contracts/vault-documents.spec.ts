import { memoryDocumentVault } from '#vault';
import { vaultContract } from './vault.contract.js';
import { impersonation, MASTER_KEY, NOON, session } from './vault.fixtures.js';

vaultContract('documents', async () => {
  const vault = memoryDocumentVault({ masterKey: MASTER_KEY, clock: () => NOON });
  return { vault, close: () => vault.close() };
});

/** All orders in which the steps of a few actors can follow each other, one after the other. */
async function inAllOrders(
  run: (before: (step: string) => Promise<void>) => Promise<readonly (() => Promise<unknown>)[]>,
  check: () => Promise<void>,
): Promise<number> {
  let orders = 0;
  for (let path: number[] | null = []; path; orders++) {
    const choices: number[] = [];
    const waiting: (() => void)[] = [];
    let free = true;
    const actors = await run((step) =>
      free || step.startsWith('secrets') ? Promise.resolve() : new Promise((go) => waiting.push(go)),
    );
    free = false;
    let left = actors.length;
    for (const actor of actors) void actor().finally(() => left--);
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve));
      if (left === 0) break;
      const choice: number = path[choices.length] ?? 0;
      choices.push(choice * 1000 + waiting.length);
      waiting.splice(choice, 1)[0]?.();
    }
    free = true;
    await check();
    path = nextPath(choices);
  }
  return orders;
}

/** The next path of choices; each is choice × 1000 + how many there were. */
function nextPath(choices: readonly number[]): number[] | null {
  const path = choices.map((choice) => Math.floor(choice / 1000));
  for (let last = path.length - 1; last >= 0; last--) {
    if ((path[last] ?? 0) + 1 < (choices[last] ?? 0) % 1000) return [...path.slice(0, last), (path[last] ?? 0) + 1];
  }
  return null;
}

describe('documents: a vault whose steps are those of single documents, in every order of them', () => {
  let vault: ReturnType<typeof memoryDocumentVault>;
  const open = (before: (step: string) => Promise<void>): void =>
    void (vault = memoryDocumentVault({ masterKey: MASTER_KEY, clock: () => NOON, before }));

  it('COR-8: an impersonation that is begun while its session is ended never stands, and its end is told once at most', async () => {
    let told: string[] = [];
    const orders = await inAllOrders(
      async (before) => {
        open(before);
        told = [];
        await vault.sessions.insert(session('staff', { account: 'sue' }));
        return [
          () => vault.sessions.insert(impersonation('i', 'staff')),
          async () => void told.push(...(await vault.sessions.endOne('staff')).map(({ id }) => id)),
        ];
      },
      async () => {
        expect(await vault.sessions.byId('i')).toBeNull();
        expect(await vault.sessions.byId('staff')).toBeNull();
        expect(new Set(told).size).toBe(told.length);
      },
    );
    expect(orders).toBeGreaterThan(10);
  });

  it('COR-8: two ends of a session from which an impersonation was begun: both are over, and each is told once', async () => {
    let told: string[] = [];
    const orders = await inAllOrders(
      async (before) => {
        open(before);
        told = [];
        await vault.sessions.insert(session('staff', { account: 'sue', judged: { 'account-sue': 1 } }));
        await vault.sessions.insert(impersonation('i', 'staff'));
        const end = async (): Promise<void> =>
          void told.push(...(await vault.sessions.end('account-sue', 7)).map(({ id }) => id));
        return [end, end];
      },
      async () => expect(told.sort()).toEqual(['i', 'staff']),
    );
    expect(orders).toBeGreaterThan(100);
  });

  it('COR-9: a session that is judged anew while it is ended for what lay before is ended before, or stays', async () => {
    let [ended, unlocked] = [0, false];
    const orders = await inAllOrders(
      async (before) => {
        open(before);
        await vault.sessions.insert(session('s'));
        return [
          async () => void (ended = (await vault.sessions.end('account-ann', 7)).length),
          async () => void (unlocked = await vault.sessions.unlock('s', 'c2', { 'account-ann': 8 })),
        ];
      },
      async () => {
        expect(ended).toBe(unlocked ? 0 : 1);
        expect((await vault.sessions.byId('s')) !== null).toBe(unlocked);
      },
    );
    expect(orders).toBeGreaterThan(10);
  });

  it('COR-8: two ends of a session and its writing: it never stands, and one of them tells of it at most', async () => {
    let told = 0;
    const orders = await inAllOrders(
      async (before) => {
        open(before);
        told = 0;
        const end = async (): Promise<void> => void (told += (await vault.sessions.endOne('s')).length);
        return [() => vault.sessions.insert(session('s')), end, end];
      },
      async () => {
        expect(await vault.sessions.byId('s')).toBeNull();
        expect(told).toBeLessThanOrEqual(1);
      },
    );
    expect(orders).toBeGreaterThan(100);
  });

  it('COR-10: what is said of a stream at the same moment: the last revision counts', async () => {
    const key = { ...session('s'), id: 'k', name: 'robot', scopes: [], keyHash: 'h', judged: { a: 1 }, expiresAt: null };
    const orders = await inAllOrders(
      async (before) => {
        open(before);
        await vault.apiKeys.insert(key);
        return [() => vault.apiKeys.bar('a', 2, true), () => vault.apiKeys.bar('a', 3, false)];
      },
      async () => expect((await vault.apiKeys.byId('k'))?.barred).toBe(false),
    );
    expect(orders).toBeGreaterThan(5);
  });
});
