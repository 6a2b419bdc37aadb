import { accessStream, accountStream, workspaceStream } from '#commands';
import { AccessPlace, ORIGIN } from '../../../test/support/access.js';
import { hashOf } from './session-tokens.js';

let place: AccessPlace;
let account: string;

beforeEach(async () => {
  place = new AccessPlace();
  await place.open('northwind');
  account = await place.member({ email: 'cora@northwind.test' });
});

const context = () => place.system();
const refresh = (token: string) => place.access.sessions.refresh(token, 'whitebook.test', context);
const dead = { code: 'unauthenticated' };
const types = () => place.types(accessStream(place.workspace, account));

it('COR-12: asked again, a session that another process has recorded as ended is nobody’s, though it was not ended yet', async () => {
  const { minted } = await place.logIn('cora@northwind.test');
  const again = () => place.access.authenticator.authenticate(minted.token, { host: 'whitebook.test' }, true);
  expect(await again()).toEqual(await place.who(minted.token));
  const data = { from: 'active', kind: 'blocked', reason: 'abuse', until: null };
  await place.append(accountStream(place.workspace, account), [{ type: 'UserDisabled', data }]);
  expect(await place.who(minted.token)).not.toBeNull();
  expect(await again()).toBeNull();
});

describe('tokens', () => {
  it('AUTH-4: only hashes are kept, and the kinds of token can be told apart', async () => {
    const { minted } = await place.logIn('cora@northwind.test');
    expect(minted.token).toMatch(/^wbs_[\w-]{43}$/);
    expect(minted.refreshToken).toMatch(/^wbr_[\w-]+$/);
    expect(minted.session).toMatchObject({ tokenHash: hashOf(minted.token), refreshHash: hashOf(minted.refreshToken) });
    expect(JSON.stringify(minted.session)).not.toContain(minted.token.slice(4));
    expect(await place.who(minted.refreshToken)).toBeNull();
    await expect(refresh(minted.token)).rejects.toMatchObject(dead);
  });

  it('AUTH-4: a token lives one hour, a session can be renewed for thirty days', async () => {
    let { minted } = await place.logIn('cora@northwind.test');
    place.after(3_599);
    expect(await place.who(minted.token)).not.toBeNull();
    place.after(1);
    expect(await place.who(minted.token)).toBeNull();
    place.after(29 * 86_400);
    minted = await refresh(minted.refreshToken);
    expect(await place.who(minted.token)).not.toBeNull();
    place.after(86_400);
    await expect(refresh(minted.refreshToken)).rejects.toMatchObject(dead);
  });

  it('ACC-5: of a test account it ends with its time, and can be renewed where that was extended', async () => {
    const test = await place.member({ email: 'tess@northwind.test', testDays: 1 });
    place.after(86_400 - 600);
    const { minted } = await place.logIn('tess@northwind.test');
    const renewed = await refresh((await place.logIn('tess@northwind.test')).minted.refreshToken);
    place.after(599);
    for (const { token } of [minted, renewed]) expect(await place.who(token)).not.toBeNull();
    await place.main.change(test, { type: 'Extend', testDays: 1 });
    place.after(1);
    for (const { token } of [minted, renewed]) expect(await place.who(token)).toBeNull();
    const next = await refresh(minted.refreshToken);
    place.after(3_599);
    expect(await place.who(next.token)).not.toBeNull();
    place.after(86_400);
    await expect(refresh(next.refreshToken)).rejects.toMatchObject(dead);
    expect(await place.vault.sessions.byId(next.session.id)).toBeNull();
  });

  it('COR-9: a session names the streams that end it, and the revision at which it was judged', async () => {
    const { minted } = await place.logIn('cora@northwind.test');
    expect(minted.session.judged).toEqual({
      [accountStream(place.workspace, account)]: 0,
      [workspaceStream(place.workspace)]: 0,
    });
  });

  it('AUTH-4: the last use is noted at once, then once a minute', async () => {
    const { minted } = await place.logIn('cora@northwind.test');
    const lastUse = async () => (await place.vault.sessions.byId(minted.session.id))?.lastUsedAt;
    const uses: (string | undefined)[] = [];
    for (const seconds of [10, 50, 10]) {
      place.after(seconds);
      await place.who(minted.token);
      uses.push(await lastUse());
    }
    expect(uses).toEqual(['2026-01-31T12:00:10.000Z', '2026-01-31T12:00:10.000Z', '2026-01-31T12:01:10.000Z']);
  });
});

describe('refresh', () => {
  it('AUTH-4: rotates: the tokens before are dead', async () => {
    const { minted } = await place.logIn('cora@northwind.test');
    const next = await refresh(minted.refreshToken);
    expect(await place.who(minted.token)).toBeNull();
    expect(await place.who(next.token)).toMatchObject({ credential: minted.session.id });
  });

  it('COR-6: repeated within 30 s with nothing newer used it gives the same successor', async () => {
    const { minted } = await place.logIn('cora@northwind.test');
    const next = await refresh(minted.refreshToken);
    place.after(30);
    const again = await refresh(minted.refreshToken);
    expect([again.token, again.refreshToken]).toEqual([next.token, next.refreshToken]);
    const many = await Promise.all(Array.from({ length: 20 }, () => refresh(minted.refreshToken)));
    expect(new Set(many.map(({ token }) => token))).toEqual(new Set([next.token]));
  });

  it('COR-6: at once from many places it gives one successor', async () => {
    const { minted } = await place.logIn('cora@northwind.test');
    const many = await Promise.all(Array.from({ length: 20 }, () => refresh(minted.refreshToken)));
    expect(new Set(many.map(({ refreshToken }) => refreshToken)).size).toBe(1);
  });

  const reused = async (session: string) => {
    expect(await place.vault.sessions.byId(session)).toBeNull();
    expect((await place.events(accessStream(place.workspace, account))).at(-1)?.event).toEqual({
      type: 'SessionEnded',
      data: { session, cause: 'reuse' },
    });
  };

  it('COR-6: repeated after 30 s it is theft: the whole family ends', async () => {
    const { minted } = await place.logIn('cora@northwind.test');
    const next = await refresh(minted.refreshToken);
    place.after(31);
    await expect(refresh(minted.refreshToken)).rejects.toMatchObject(dead);
    await reused(minted.session.id);
    expect(await place.who(next.token)).toBeNull();
  });

  it('COR-6: repeated after the successor was used it is theft, however soon', async () => {
    const { minted } = await place.logIn('cora@northwind.test');
    const next = await refresh(minted.refreshToken);
    await place.who(next.token);
    await expect(refresh(minted.refreshToken)).rejects.toMatchObject(dead);
    await reused(minted.session.id);
  });

  it('COR-6: a token of any generation before is theft, too', async () => {
    const { minted } = await place.logIn('cora@northwind.test');
    const second = await refresh(minted.refreshToken);
    await refresh(second.refreshToken);
    await expect(refresh(minted.refreshToken)).rejects.toMatchObject(dead);
    await reused(minted.session.id);
  });

  it('AUTH-4: what is no refresh token of this installation ends nothing', async () => {
    const { minted } = await place.logIn('cora@northwind.test');
    const forged = minted.refreshToken.replace(/..$/, (end) => (end === 'AA' ? 'QQ' : 'AA'));
    for (const token of [forged, 'wbr_', 'wbr_AAAA', '', `${minted.refreshToken}=`])
      await expect(refresh(token)).rejects.toMatchObject(dead);
    expect(await place.who(minted.token)).not.toBeNull();
  });

  it('COR-8: is refused once the right is gone, even if nothing has ended the session yet', async () => {
    const { minted } = await place.logIn('cora@northwind.test');
    await place.append(workspaceStream(place.workspace), [{ type: 'WorkspaceSuspended', data: {} }]);
    await expect(refresh(minted.refreshToken)).rejects.toMatchObject(dead);
    expect(await place.vault.sessions.byId(minted.session.id)).toBeNull();
  });
});

describe('ends', () => {
  it('AUTH-4: sessions are listed with device, address and last use until they are ended', async () => {
    const first = await place.logIn('cora@northwind.test');
    const second = await place.logIn('cora@northwind.test');
    expect(await place.access.sessions.list(account)).toMatchObject([
      { id: first.minted.session.id, ...ORIGIN },
      { id: second.minted.session.id },
    ]);
    await place.access.sessions.endOne(first.minted.session.id, account, context());
    expect(await place.who(first.minted.token)).toBeNull();
    expect(await place.who(second.minted.token)).not.toBeNull();
    await expect(place.access.sessions.endOne(first.minted.session.id, account, context())).rejects.toMatchObject({
      code: 'not-found',
    });
    await expect(place.access.sessions.endOne(second.minted.session.id, 'f'.repeat(32), context())).rejects.toMatchObject({
      code: 'not-found',
    });
    expect(await place.access.sessions.list(account)).toHaveLength(1);
  });

  it('AUTH-4: log out ends one, log out everywhere ends all', async () => {
    const tokens = [];
    for (let i = 0; i < 3; i++) tokens.push((await place.logIn('cora@northwind.test')).minted.token);
    const caller = await place.who(tokens[0] as string);
    if (!caller) throw new Error('nobody');
    await place.access.sessions.leave(caller, place.workspace, place.by(caller));
    expect(await Promise.all(tokens.map(async (token) => (await place.who(token)) !== null))).toEqual([false, true, true]);
    await place.access.sessions.endAll(account, context());
    expect(await Promise.all(tokens.map((token) => place.who(token)))).toEqual([null, null, null]);
    expect((await types()).slice(-2)).toEqual(['SessionEnded', 'SessionsEnded']);
  });

  it('COR-7: disable ends all, for good: enabling brings none back', async () => {
    const { minted } = await place.logIn('cora@northwind.test');
    await place.main.change(account, { type: 'Disable', kind: 'inactive', reason: 'other', note: null, until: null });
    expect(await place.who(minted.token)).toBeNull();
    await place.main.change(account, { type: 'Enable' });
    expect(await place.who(minted.token)).toBeNull();
    await expect(refresh(minted.refreshToken)).rejects.toMatchObject(dead);
  });
});
