import { at, itemsOf, textAt, type Api, type Fields, type Reply } from '../support/api.js';
import { mailTo, mailsTo } from '../support/mailbox.js';
import { again, fieldsRefused, filesHolding, kindsOf, poolOf, secretTo, told } from '../support/people.js';
import { expectStatus, makePlace, PASSWORD, type Place } from '../support/place.js';
import { PROFILE } from '../support/stage.js';
import { until, Whitebook } from '../support/whitebook.js';

/** Beside the mail there are the log, views and vault, where they are files. */
const FILES_OF_OTHERS = PROFILE === 'embedded' ? 1 : 0;

describe('the end of invitations', () => {
  let whitebook: Whitebook;
  let place: Place;
  let admin: Api;
  let made = 0;

  beforeAll(async () => {
    whitebook = await Whitebook.start();
    place = await makePlace(whitebook, { botSlots: 100 });
    admin = place.admin;
  });
  afterAll(async () => {
    await whitebook.stop();
    await whitebook.remove();
    expect(whitebook.complaints).toEqual([]);
  });

  interface Invited {
    readonly id: string;
    readonly account: string;
    readonly email: string;
    readonly expiresAt: string;
    readonly secret: string;
  }
  const invite = async (fields: object = {}): Promise<Invited> => {
    const email = `ending-${++made}@end.example`;
    const reply = expectStatus(await admin.post('/v1/invitations', { email, ...fields }), 201);
    const secret = await secretTo(whitebook, email);
    return { id: textAt(reply, 'id'), account: textAt(reply, 'accountId'), email, expiresAt: textAt(reply, 'expiresAt'), secret };
  };
  const accept = (token: string): Promise<Reply> => whitebook.api.post('/v1/invitations/accept', { token, password: PASSWORD });
  const inspect = async (token: string): Promise<string> => told(await whitebook.api.post('/v1/invitations/inspect', { token }));
  const before = (moment: string, seconds: number): string => new Date(Date.parse(moment) - seconds * 1000).toISOString();
  const stateOf = async (id: string): Promise<unknown> =>
    expectStatus(await admin.get(`/v1/invitations/${id}`), 200).body['state'];

  it('ACC-2, ACC-4: a link works for seven days, not a second less or more; then the invitation expires by itself', async () => {
    const free = (await poolOf(admin)).free;
    const [late, just] = [await invite({ username: 'freed', botSlots: 2 }), await invite()];
    whitebook.clock.moveTo(before(late.expiresAt, 1));
    expect(await inspect(late.secret)).toBe('200');
    expectStatus(await accept(just.secret), 201);
    whitebook.clock.moveTo(late.expiresAt);
    expect(told(await accept(late.secret))).toBe('410 invitation-expired');
    expect(await inspect(late.secret)).toBe('410 invitation-expired');
    admin = await again(whitebook, place, 'admin');
    await until('the expiry', async () => (await stateOf(late.id)) === 'expired', 5);
    expect(told(await admin.get(`/v1/accounts/${late.account}`))).toBe('404 not-found');
    const history = itemsOf(expectStatus(await admin.get(`/v1/accounts/${late.account}/history`), 200));
    expect(history[0]).toMatchObject({ kind: 'InvitationExpired', actor: { role: 'system' }, subject: { deleted: true } });
    expect((await poolOf(admin)).free).toBe(free - 1);
    expectStatus(await admin.post('/v1/accounts', { email: late.email, username: 'freed', password: PASSWORD }), 201);
    expect(told(await accept(late.secret))).toBe('410 invitation-expired');
  });

  it('ACC-4: a resend makes a new link and a new seven days; the old link dies; nothing but the mail has the new one', async () => {
    const { id, account, email, secret } = await invite();
    whitebook.clock.move(3 * 86_400);
    admin = await again(whitebook, place, 'admin');
    const reply = expectStatus(await admin.post(`/v1/invitations/${id}/resend`, {}), 200);
    expect(reply.body).toMatchObject({ id, accountId: account, state: 'pending', sentCount: 2 });
    expect(Date.parse(textAt(reply, 'expiresAt')) - Date.parse(textAt(reply, 'sentAt'))).toBe(7 * 86_400_000);
    expect(await inspect(secret)).toBe('410 invitation-revoked');
    expect(told(await accept(secret))).toBe('410 invitation-revoked');
    const second = await secretTo(whitebook, email, 2);
    expect(second).not.toBe(secret);
    whitebook.clock.moveTo(before(textAt(reply, 'expiresAt'), 1));
    expectStatus(await accept(second), 201);
    expect(told(await accept(secret))).toBe('409 invitation-used');
    admin = await again(whitebook, place, 'admin');
    expect(told(await admin.post(`/v1/invitations/${id}/resend`, {}))).toBe('409 invitation-used');
    expect(told(await admin.delete(`/v1/invitations/${id}`))).toBe('409 invitation-used');
  });

  it('ACC-4: a revoked one frees email and slots at once; again is 204; delete of the pending account does the same', async () => {
    const start = await poolOf(admin);
    const one = await invite({ botSlots: 3 });
    const revoked = expectStatus(await admin.delete(`/v1/invitations/${one.id}`), 204);
    expect(revoked.headers['position']).toBeDefined();
    expect(told(await accept(one.secret))).toBe('410 invitation-revoked');
    expect(await poolOf(admin)).toEqual(start);
    const kinds = await kindsOf(admin, one.account);
    expectStatus(await admin.delete(`/v1/invitations/${one.id}`), 204);
    expect(await kindsOf(admin, one.account)).toEqual(kinds);
    expect(kinds[0]).toBe('InvitationRevoked');
    const two = await invite();
    const wrong = await admin.delete(`/v1/accounts/${two.account}`, { confirm: 'no@end.example' });
    expect(told(wrong)).toBe('422 confirmation-mismatch');
    expectStatus(await admin.delete(`/v1/accounts/${two.account}`, { confirm: two.email }), 204);
    expect(await stateOf(two.id)).toBe('revoked');
    expect(told(await accept(two.secret))).toBe('410 invitation-revoked');
    expectStatus(await admin.post('/v1/accounts', { email: two.email, password: PASSWORD }), 201);
    expect(told(await admin.delete(`/v1/invitations/${'0'.repeat(32)}`))).toBe('404 not-found');
  });

  it('ACC-4: resending a revoked one takes the data again and makes a new invitation and account; the old one stays', async () => {
    const old = await invite({ fullName: 'First Time' });
    expectStatus(await admin.delete(`/v1/invitations/${old.id}`), 204);
    const resend = (body: object): Promise<Reply> => admin.post(`/v1/invitations/${old.id}/resend`, body);
    expect(fieldsRefused(await resend({}))).toEqual(['/email required']);
    const reply = expectStatus(await resend({ email: old.email, fullName: 'Second Time', botSlots: 2 }), 201);
    const fresh = textAt(reply, 'id');
    expect(fresh).not.toBe(old.id);
    expect(reply.headers['location']).toBe(`/v1/invitations/${fresh}`);
    expect(reply.body).toMatchObject({ email: old.email, fullName: 'Second Time', state: 'pending', sentCount: 1, botSlots: 2 });
    expect(textAt(reply, 'accountId')).not.toBe(old.account);
    expect(await stateOf(old.id)).toBe('revoked');
    expect(told(await resend({ email: old.email }))).toBe('409 email-taken');
    expect(told(await accept(old.secret))).toBe('410 invitation-revoked');
    expectStatus(await accept(await secretTo(whitebook, old.email)), 201);
  });

  it('ACC-4, COR-24: of resend, revoke and accept at once one order holds, and no link outlives it', async () => {
    for (let round = 0; round < 5; round++) {
      const { id, account, secret, email } = await invite();
      const [resent, revoked, accepted] = await Promise.all([
        admin.post(`/v1/invitations/${id}/resend`, {}),
        admin.delete(`/v1/invitations/${id}`),
        accept(secret),
      ]);
      expect(['200', '409 invitation-used', '422 invalid-input']).toContain(told(resent));
      expect(['204', '409 invitation-used']).toContain(told(revoked));
      expect(['201', '410 invitation-revoked']).toContain(told(accepted));
      const won = accepted.status === 201;
      expect(revoked.status === 204).toBe(!won);
      expect((await admin.get(`/v1/accounts/${account}`)).status).toBe(won ? 200 : 404);
      if (!won) await until('no mail', async () => (await mailsTo(whitebook, email)).length === 0);
    }
  });

  it('ACC-4, COR-16: of a mail that was on its way while its account was ended nothing stays', async () => {
    const { mailer } = whitebook.parts;
    const send = mailer.send.bind(mailer);
    const begun: string[] = [];
    const written: string[] = [];
    let ended: () => void = () => undefined;
    const end = new Promise<void>((resolve) => (ended = resolve));
    mailer.send = async (mail, transport) => {
      begun.push(mail.to.address);
      await end;
      const answer = await send(mail, transport);
      written.push(mail.to.address);
      return answer;
    };
    try {
      const invited = expectStatus(await admin.post('/v1/invitations', { email: 'hasty-1@end.example' }), 201);
      const made = expectStatus(await admin.post('/v1/accounts', { email: 'hasty-2@end.example', password: PASSWORD }), 201);
      expectStatus(await admin.post(`/v1/accounts/${textAt(made, 'id')}/password-reset-mail`, {}), 200);
      await until('both mails on their way', async () => begun.length === 2);
      expectStatus(await admin.delete(`/v1/invitations/${textAt(invited, 'id')}`), 204);
      expectStatus(await admin.delete(`/v1/accounts/${textAt(made, 'id')}`, { confirm: 'hasty-2@end.example' }), 204);
      await until('no file with either', async () => (await filesHolding(whitebook.dataDir, 'hasty-')).length === 0, 5);
      ended();
      await until('both mails', async () => written.length === 2);
      await until('no mails', async () => (await filesHolding(whitebook.dataDir, 'hasty-')).length === 0, 5);
    } finally {
      mailer.send = send;
    }
  });

  describe('what is left of a person', () => {
    const personal = (canary: string): Fields => ({
      email: `${canary}.mail@end.example`,
      fullName: `${canary}Name`,
      company: `${canary}Company`,
      phone: '+49 30 7182818284',
      username: `${canary}User`,
      comment: `${canary}Comment`,
      attributes: { [`${canary}Key`]: `${canary}Value` },
      utm: { campaign: `${canary}Campaign` },
    });
    const nothingOf = (canary: string): Promise<unknown> =>
      until(
        `no file with ${canary}`,
        async () => {
          const files = await filesHolding(whitebook.dataDir, canary);
          return files.length === 0;
        },
        5,
      );

    it('ACC-4: revoked, no file holds it after 5 s: neither log, views, vault, jobs nor outbox', async () => {
      const reply = expectStatus(await admin.post('/v1/invitations', personal('canaryrevoked')), 201);
      await mailTo(whitebook, 'canaryrevoked.mail@end.example');
      await admin.get('/v1/accounts?status=all');
      expect((await filesHolding(whitebook.dataDir, 'canaryrevoked')).length).toBeGreaterThan(FILES_OF_OTHERS);
      expectStatus(await admin.delete(`/v1/invitations/${textAt(reply, 'id')}`), 204);
      await nothingOf('canaryrevoked');
    });

    it('ACC-4: expired, likewise; the list of invitations keeps the fact without the person', async () => {
      const reply = expectStatus(await admin.post('/v1/invitations', personal('canaryexpired')), 201);
      await mailTo(whitebook, 'canaryexpired.mail@end.example');
      whitebook.clock.moveTo(textAt(reply, 'expiresAt'));
      admin = await again(whitebook, place, 'admin');
      await until('the expiry', async () => (await stateOf(textAt(reply, 'id'))) === 'expired', 5);
      await nothingOf('canaryexpired');
      const kept = expectStatus(await admin.get(`/v1/invitations/${textAt(reply, 'id')}`), 200);
      expect(kept.body).toMatchObject({ email: null, fullName: null, invitedBy: { fullName: 'Person admin' } });
    });

    it('ACC-9: deleted, likewise, with what staff wrote about it, what it was before, and its wish for another email', async () => {
      const reply = expectStatus(await admin.post('/v1/accounts', { ...personal('canarydeleted'), password: PASSWORD }), 201);
      const id = textAt(reply, 'id');
      expectStatus(await admin.patch(`/v1/accounts/${id}`, { fullName: 'canarydeletedOther' }), 200);
      const session = await whitebook.signIn(
        { email: 'canarydeleted.mail@end.example', password: PASSWORD },
        { host: place.domain, 'user-agent': 'canarydeletedAgent/1' },
      );
      const failing = { email: 'canarydeleted.mail@end.example', password: 'not-the-password-4' };
      for (let i = 0; i < 3; i++) await whitebook.api.post('/v1/sessions', failing, { headers: { host: place.domain } });
      await whitebook.api.post('/v1/password-resets', { email: failing.email }, { headers: { host: place.domain } });
      expectStatus(await session.patch(`/v1/accounts/${id}`, { email: 'canarydeleted.new@end.example' }), 200);
      await mailTo(whitebook, 'canarydeleted.new@end.example');
      expectStatus(await admin.post(`/v1/accounts/${id}/disable`, { note: 'canarydeletedNote' }), 200);
      expectStatus(await admin.get(`/v1/accounts?search=canarydeleted`), 200);
      expect((await filesHolding(whitebook.dataDir, 'canarydeleted')).length).toBeGreaterThan(FILES_OF_OTHERS);
      const confirm = 'canarydeleted.mail@end.example';
      expectStatus(await admin.delete(`/v1/accounts/${id}`, { confirm }), 204);
      await nothingOf('canarydeleted');
      const history = expectStatus(await admin.get(`/v1/accounts/${id}/history`), 200);
      expect(history.text).not.toMatch(/canarydeleted/i);
      expect(itemsOf(history).length).toBeGreaterThan(4);
      expect(at(history, 'items.0.subject')).toMatchObject({ id, deleted: true });
    });
  });

  it('ACC-4: what was due while the system was down is done at start-up', async () => {
    const [expiring, tested] = [
      await invite(),
      expectStatus(
        await admin.post('/v1/accounts', { email: 'slept@end.example', password: PASSWORD, test: true, testDays: 1 }),
        201,
      ),
    ];
    await whitebook.stop();
    whitebook.clock.moveTo(expiring.expiresAt);
    const { complaints, dataDir, clock } = whitebook;
    whitebook = await Whitebook.start({ dataDir, clock });
    whitebook.complaints.push(...complaints);
    admin = await again(whitebook, place, 'admin');
    await until('the expiry', async () => (await stateOf(expiring.id)) === 'expired', 5);
    const test = await until('the end of the test', async () => {
      const reply = expectStatus(await admin.get(`/v1/accounts/${textAt(tested, 'id')}`), 200);
      return reply.body['status'] === 'inactive' && reply.body;
    });
    expect(test).toMatchObject({ statusReason: 'test-expired' });
    expect(told(await accept(expiring.secret))).toBe('410 invitation-expired');
  });
});
