import { accessStream, accountStream } from '#commands';
import { LinkTokens } from '#vault';
import { AccessPlace, NOON, ORIGIN, PASSWORD } from '../../../test/support/access.js';
import { accessReaction, MAIL_RESET } from './access.reactions.js';
import type { LinkContext } from './password-resets.js';

const NEXT = 'another fine password';
let place: AccessPlace;
let account: string;
let links: LinkTokens;

beforeEach(async () => {
  place = new AccessPlace();
  await place.open('northwind', 'app.northwind.test');
  account = await place.member({ email: 'cora@northwind.test' });
  links = new LinkTokens(place.vault.secrets);
  place.access.jobs.register();
});

const proved: LinkContext = (who) => ({ ...place.system(), origin: ORIGIN, ...who });
const branded = { host: 'app.northwind.test', workspace: null } as const;
/** Does what follows from all that was recorded in these streams. */
async function react(...streams: string[]): Promise<void> {
  for (const stream of streams)
    for (const effect of (await place.events(stream)).flatMap((recorded) => accessReaction(recorded)))
      if (effect.kind === 'errand') await place.access.errands.take(effect.key, effect.at, effect.job);
  await place.jobs.runDue();
}
const ask = async (email: string) => {
  await place.access.resets.wish('app.northwind.test', undefined, email);
  await place.jobs.runDue();
  await react(accessStream(place.workspace, account));
};
const mailed = () => /https:\/\/app\.northwind\.test\/\w+#([\w-]+)$/m.exec(place.sent.at(-1)?.text ?? '')?.[1] ?? '';
const accept = (token: string, password = NEXT) => place.access.resets.accept(token, password, proved);

describe('a new password by link', () => {
  it('AUTH-5: the mail goes to who has the address, with the link alone on a line', async () => {
    await ask('CORA@northwind.test');
    expect(place.sent).toHaveLength(1);
    expect(place.sent[0]).toMatchObject({ to: { address: 'cora@northwind.test' }, id: `reset.${account}.1`, account });
    expect(await links.read('reset', mailed())).toMatchObject({ workspace: place.workspace, account });
  });

  it('AUTH-5: a wish for an address that is nobody’s, or of a disabled account, is taken and nothing is sent', async () => {
    await ask('nobody@northwind.test');
    await place.main.change(account, { type: 'Disable', kind: 'inactive', reason: 'other', note: null, until: null });
    await ask('cora@northwind.test');
    await place.access.resets.wish('whitebook.test', 'no-such-slug', 'cora@northwind.test');
    await place.jobs.runDue();
    expect(place.sent).toEqual([]);
    expect(await place.types(accessStream(place.workspace, account))).toEqual([]);
  });

  it('AUTH-5: nobody’s mailbox is flooded: one link a minute for whoever asks', async () => {
    for (let i = 0; i < 5; i++) await ask('cora@northwind.test');
    place.after(60);
    await ask('cora@northwind.test');
    expect((await place.types(accessStream(place.workspace, account))).length).toBe(2);
  });

  it('AUTH-5, AUTH-4: sets the password once, ends all sessions, and forgives failures', async () => {
    const { minted } = await place.logIn('cora@northwind.test', PASSWORD, branded);
    for (let i = 0; i < 10; i++) await place.logIn('cora@northwind.test', 'wrong', branded).catch(() => undefined);
    await ask('cora@northwind.test');
    await accept(mailed());
    expect(await place.who(minted.token)).toBeNull();
    await place.logIn('cora@northwind.test', NEXT, branded);
    await expect(accept(mailed(), 'yet another password')).rejects.toMatchObject({ code: 'link-used' });
    const changed = (await place.events(accountStream(place.workspace, account))).at(-1);
    expect(changed?.metadata.actor).toEqual({ id: account, role: 'user', workspace: place.workspace });
  });

  it('AUTH-5: is good for one hour', async () => {
    await ask('cora@northwind.test');
    const token = mailed();
    place.after(3_600);
    await expect(accept(token)).rejects.toMatchObject({ code: 'link-expired' });
  });

  it('AUTH-5: an older link works until a later one was used', async () => {
    await ask('cora@northwind.test');
    const first = mailed();
    place.after(60);
    await ask('cora@northwind.test');
    const second = mailed();
    expect(second).not.toBe(first);
    await accept(second);
    await expect(accept(first)).rejects.toMatchObject({ code: 'link-used' });
  });

  it('COR-6: the secret is derived: a second mail has the same one, and no stream or job holds it', async () => {
    await ask('cora@northwind.test');
    const token = mailed();
    await react(accessStream(place.workspace, account));
    expect(place.sent).toHaveLength(1); // what follows from an event follows once
    const data = { workspace: place.workspace, account, generation: 1 };
    await place.jobs.at('once more', NOON, { type: MAIL_RESET, data });
    await place.jobs.runDue();
    expect(place.sent).toHaveLength(2);
    expect(mailed()).toBe(token);
    expect(JSON.stringify(await place.log.readAll(0, 1_000))).not.toContain(token);
  });

  it('AUTH-5: a token of another purpose, another generation or none is unknown', async () => {
    await ask('cora@northwind.test');
    const others = [
      await links.derive('email', place.workspace, account, 1),
      await links.derive('reset', place.workspace, account, 2),
      'no token',
      `${mailed()}A`,
    ];
    for (const token of others) await expect(accept(token)).rejects.toMatchObject({ code: 'not-found' });
  });

  it('COR-24: a mail that is due when its link is over is not sent', async () => {
    await place.access.resets.send(account, place.system());
    place.after(3_600);
    await react(accessStream(place.workspace, account));
    expect(place.sent).toEqual([]);
  });

  it('AUTH-5: staff has one sent to who could use it', async () => {
    await place.access.resets.send(account, place.system());
    await react(accessStream(place.workspace, account));
    expect(place.sent).toHaveLength(1);
    await place.main.change(account, { type: 'Disable', kind: 'inactive', reason: 'other', note: null, until: null });
    await expect(place.access.resets.send(account, place.system())).rejects.toMatchObject({ code: 'account-not-active' });
  });
});

describe('an invitation', () => {
  let invited: string;
  const token = (generation: number) => links.derive('invitation', place.workspace, invited, generation);
  const open = async (generation: number, password = NEXT) =>
    place.access.invitationLinks.accept(
      { token: await token(generation), password, fullName: 'Ivy Lane', utm: null },
      'app.northwind.test',
      ORIGIN,
      proved,
    );
  const inspect = async (generation: number, host = 'app.northwind.test') =>
    place.access.invitationLinks.inspect(await token(generation), host);

  beforeEach(async () => {
    invited = place.nextId();
    const profile = { email: 'ivy@northwind.test', username: null, fullName: 'Ivy', company: null, phone: null };
    const terms = {
      role: 'user',
      plan: 'standard',
      test: false,
      testDays: null,
      botSlots: 0,
      conversations: null,
      teamMembers: 10,
    } as const;
    const invitation = { ...terms, profile: { ...profile, attributes: {}, comment: null, utm: null } };
    await place.main.change(invited, { type: 'Invite', account: invitation, invitation: invited, via: 'installation' });
  });

  it('ACC-2: shows whose it is, and is accepted once with name and password into a session', async () => {
    expect((await inspect(1)).state.profile).toMatchObject({ email: 'ivy@northwind.test', fullName: 'Ivy' });
    const { minted } = await open(1);
    expect(await place.who(minted.token)).toMatchObject({ account: invited, kind: 'full' });
    expect(await place.types(accessStream(place.workspace, invited))).toEqual(['UserLoggedIn']);
    await expect(open(1)).rejects.toMatchObject({ code: 'invitation-used' });
    await place.logIn('ivy@northwind.test', NEXT, branded);
  });

  it('ACC-4: a link that was replaced is revoked, one that was revoked too, and one is expired after seven days', async () => {
    await place.main.change(invited, { type: 'Resend', via: 'installation' });
    await expect(inspect(1)).rejects.toMatchObject({ code: 'invitation-revoked' });
    await expect(inspect(3)).rejects.toMatchObject({ code: 'not-found' });
    await inspect(2);
    place.after(7 * 86_400);
    await expect(open(2)).rejects.toMatchObject({ code: 'invitation-expired' });
    place.now = NOON;
    await place.main.change(invited, { type: 'Revoke' });
    await expect(open(2)).rejects.toMatchObject({ code: 'invitation-revoked' });
  });

  it('WS-6: is unknown on the domain of another workspace, and cannot be accepted in a suspended one', async () => {
    const { workspace } = place;
    await place.open('southwind', 'app.southwind.test');
    place.workspace = workspace;
    await expect(inspect(1, 'app.southwind.test')).rejects.toMatchObject({ code: 'not-found' });
    await place.append(`workspace-${workspace}`, [{ type: 'WorkspaceSuspended', data: {} }]);
    await expect(open(1)).rejects.toMatchObject({ code: 'workspace-suspended' });
  });

  it('ACC-2: two who accept at once: one is in', async () => {
    const answers = await Promise.allSettled([open(1), open(1, 'a third password')]);
    expect(answers.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  });
});

it('ACC-10: a new address is confirmed by its owner, once, within the hour', async () => {
  const wish = { type: 'Edit', changes: {}, email: { to: 'cora@elsewhere.test', confirmed: false } } as const;
  await place.main.change(account, wish);
  await react(accountStream(place.workspace, account));
  expect(place.sent.at(-1)?.to.address).toBe('cora@elsewhere.test');
  const token = mailed();
  await place.access.emailChanges.accept(token, proved);
  await place.logIn('cora@elsewhere.test', PASSWORD, branded);
  await expect(place.access.emailChanges.accept(token, proved)).rejects.toMatchObject({ code: 'link-used' });
  await expect(place.access.emailChanges.accept('no token', proved)).rejects.toMatchObject({ code: 'not-found' });
});

it('ACC-10: a wish is void, too, where the account is logged out everywhere while the link waits for its turn', async () => {
  const wish = { type: 'Edit', changes: {}, email: { to: 'cora@elsewhere.test', confirmed: false } } as const;
  await place.main.change(account, wish);
  const token = await links.derive('email', place.workspace, account, 1);
  let isOut = false;
  const late: LinkContext = (who) => ({
    ...proved(who),
    recheck: async () => {
      if (!isOut) await place.access.sessions.endAll(account, place.system());
      isOut = true;
    },
  });
  await expect(place.access.emailChanges.accept(token, late)).rejects.toMatchObject({ code: 'link-used' });
  expect((await place.main.accounts.load(place.workspace, account)).state.profile.email).toBe('cora@northwind.test');
});
