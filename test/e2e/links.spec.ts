import { at, itemsOf, textAt, type Api, type Reply } from '../support/api.js';
import { linkIn, mailsTo, mailTo } from '../support/mailbox.js';
import { expectStatus, makeCustomer, makePlace, PASSWORD, type Place } from '../support/place.js';
import { expectProblem, statusOf, useWhitebook } from '../support/suite.js';
import { until, type Whitebook } from '../support/whitebook.js';

const NEXT = 'calm-lantern-99';

describe('mailed links', () => {
  let whitebook: Whitebook;
  let place: Place;
  let onDomain: Api;
  useWhitebook(async (started) => {
    whitebook = started;
    place = await makePlace(whitebook);
    onDomain = whitebook.api.with({ host: place.domain });
  });

  const logIn = (email: string, password: string) => onDomain.post('/v1/sessions', { email, password });
  const admin = () => whitebook.signIn({ workspace: place.slug, email: place.staff.admin.email, password: PASSWORD });
  const wish = (email: string) => onDomain.post('/v1/password-resets', { email });
  const reset = (token: string, password = NEXT) => onDomain.post('/v1/password-resets/accept', { token, password });
  const resetToken = async (email: string, number = 1) => linkIn(await mailTo(whitebook, email, number)).token;

  describe('for a new password', () => {
    it('AUTH-5: asked for by address, used once: all sessions end, and the new password is the one', async () => {
      const customer = await makeCustomer(place.admin);
      const session = await whitebook.signIn({ email: customer.email, password: PASSWORD }, { host: place.domain });
      expect(expectStatus(await wish(customer.email.toUpperCase()), 202).text).toBe('');
      const { link, token } = linkIn(await mailTo(whitebook, customer.email));
      expect(link).toBe(`http://${place.domain}:${new URL(whitebook.base).port}/reset#${token}`);
      expect(token).toMatch(/^[A-Za-z0-9_-]{43,}$/);
      expect(expectStatus(await reset(token), 204).headers).toHaveProperty('position');
      expect(await statusOf(session)).toBe(401);
      expectProblem(await logIn(customer.email, PASSWORD), 401, 'invalid-credentials');
      expectStatus(await logIn(customer.email, NEXT), 201);
      expectProblem(await reset(token, 'third-lantern-11'), 409, 'link-used');
      const [changed] = itemsOf(
        expectStatus(await place.auditor.get(`/v1/accounts/${customer.id}/history?kind=PasswordChanged`), 200),
      );
      expect(changed).toMatchObject({ summary: 'Password set through a mailed link', actor: { id: customer.id } });
    });

    it('AUTH-5: many that use it at once: one of them does', async () => {
      const customer = await makeCustomer(place.admin);
      expectStatus(await wish(customer.email), 202);
      const token = await resetToken(customer.email);
      const answers = await Promise.all(Array.from({ length: 8 }, (_, i) => reset(token, `lantern-number-${i}`)));
      const done = answers.flatMap(({ status }, i) => (status === 204 ? [i] : []));
      expect(done).toHaveLength(1);
      for (const answer of answers.filter(({ status }) => status !== 204)) expectProblem(answer, 409, 'link-used');
      expectStatus(await logIn(customer.email, `lantern-number-${done[0] as number}`), 201);
    });

    it('AUTH-5: who has no account, or a disabled one, is told the same and gets no mail', async () => {
      const disabled = await makeCustomer(place.admin);
      expectStatus(await place.admin.post(`/v1/accounts/${disabled.id}/disable`), 200);
      const known = await makeCustomer(place.admin);
      for (const email of ['nobody@customers.example', disabled.email, 'not an address', known.email])
        expect(expectStatus(await wish(email), 202).text).toBe('');
      await mailTo(whitebook, known.email);
      expect(await mailsTo(whitebook, disabled.email)).toEqual([]);
      expect(await mailsTo(whitebook, 'nobody@customers.example')).toEqual([]);
    });

    it('AUTH-5: asked for again at once, a mailbox is not flooded', async () => {
      const customer = await makeCustomer(place.admin);
      for (let i = 0; i < 5; i++) expectStatus(await wish(customer.email), 202);
      await mailTo(whitebook, customer.email);
      const later = await makeCustomer(place.admin);
      expectStatus(await wish(later.email), 202);
      await mailTo(whitebook, later.email);
      expect(await mailsTo(whitebook, customer.email)).toHaveLength(1);
    });

    it('AUTH-5: a password that is refused leaves the link as it was; a token that was never sent is 404', async () => {
      const customer = await makeCustomer(place.admin);
      expectStatus(await place.admin.post(`/v1/accounts/${customer.id}/password-reset-mail`), 200);
      const token = await resetToken(customer.email);
      expectProblem(await reset(token, 'short'), 422, 'invalid-input');
      expectProblem(await reset(token.slice(0, -1)), 404, 'not-found');
      expectProblem(await reset(`${token}A`), 404, 'not-found');
      expectProblem(await reset('unknown'), 404, 'not-found');
      expectStatus(await reset(token), 204);
    });

    it('AUTH-5: of two links the later one, once used, takes the earlier one with it', async () => {
      const customer = await makeCustomer(place.admin);
      for (let i = 0; i < 2; i++) expectStatus(await place.admin.post(`/v1/accounts/${customer.id}/password-reset-mail`), 200);
      const [first, second] = [await resetToken(customer.email, 1), await resetToken(customer.email, 2)];
      expect(first).not.toBe(second);
      expectStatus(await reset(second), 204);
      expectProblem(await reset(first), 409, 'link-used');
    });

    it('AUTH-5: it opens nothing of an account that was disabled meanwhile', async () => {
      const customer = await makeCustomer(place.admin);
      expectStatus(await wish(customer.email), 202);
      const token = await resetToken(customer.email);
      expectStatus(await place.admin.post(`/v1/accounts/${customer.id}/disable`), 200);
      await reset(token);
      const right = await logIn(customer.email, NEXT);
      expect([401, 403]).toContain(right.status);
    });

    it('AUTH-5, ACC-10: it is dead once the account has another address or a new password', async () => {
      const moved = await makeCustomer(place.admin);
      const changed = await makeCustomer(place.admin);
      const tokens = [];
      for (const { email } of [moved, changed]) {
        expectStatus(await wish(email), 202);
        tokens.push(await resetToken(email));
      }
      const [old, older] = tokens as [string, string];
      expectStatus(await place.admin.patch(`/v1/accounts/${moved.id}`, { email: `moved-${moved.email}` }), 200);
      const self = await whitebook.signIn({ email: changed.email, password: PASSWORD }, { host: place.domain });
      const own = { password: 'own-lantern-55', currentPassword: PASSWORD };
      expectStatus(await self.put(`/v1/accounts/${changed.id}/password`, own), 200);
      for (const token of [old, older]) expectProblem(await reset(token), 409, 'link-used');
      expectStatus(await logIn(`moved-${moved.email}`, PASSWORD), 201);
      expectStatus(await logIn(changed.email, own.password), 201);
      expectStatus(await place.admin.post(`/v1/accounts/${changed.id}/password-reset-mail`), 200);
      expectStatus(await reset(await resetToken(changed.email, 2)), 204);
    });

    it('AUTH-5: it is good for an hour', async () => {
      const customer = await makeCustomer(place.admin);
      for (let i = 0; i < 2; i++) expectStatus(await place.admin.post(`/v1/accounts/${customer.id}/password-reset-mail`), 200);
      const [first, second] = [await resetToken(customer.email, 1), await resetToken(customer.email, 2)];
      whitebook.clock.move(3_590);
      expectStatus(await reset(first), 204);
      whitebook.clock.move(20);
      expectProblem(await reset(second), 410, 'link-expired');
      expectStatus(await logIn(customer.email, NEXT), 201);
    });
  });

  describe('for another address', () => {
    const confirm = (token: string) => onDomain.post('/v1/email-changes/accept', { token });

    const wanting = async (to: string): Promise<{ id: string; email: string; self: Api }> => {
      const customer = await makeCustomer(await admin());
      const self = await whitebook.signIn({ email: customer.email, password: PASSWORD }, { host: place.domain });
      const asked = expectStatus(await self.patch(`/v1/accounts/${customer.id}`, { email: to }), 200);
      expect(at(asked, 'email')).toBe(customer.email);
      return { ...customer, self };
    };

    it('ACC-10: the own one is asked for, and in force once its owner has confirmed it', async () => {
      const { id, email, self } = await wanting('moved-1@customers.example');
      const { link, token } = linkIn(await mailTo(whitebook, 'moved-1@customers.example'));
      expect(link).toContain(`${place.domain}:${new URL(whitebook.base).port}/email#`);
      expectStatus(await logIn(email, PASSWORD), 201);
      expect(expectStatus(await confirm(token), 204).headers).toHaveProperty('position');
      const seen = expectStatus(await (await admin()).get(`/v1/accounts/${id}`), 200);
      expect(textAt(seen, 'email')).toBe('moved-1@customers.example');
      expectStatus(await logIn('moved-1@customers.example', PASSWORD), 201);
      expectProblem(await logIn(email, PASSWORD), 401, 'invalid-credentials');
      expect(await statusOf(self)).toBe(200);
      expectProblem(await confirm(token), 409, 'link-used');
      await makeCustomer(await admin(), { email });
    });

    it('ACC-10, ACC-11: an address that was taken meanwhile is 409, and nothing changes', async () => {
      const { email } = await wanting('contested@customers.example');
      const { token } = linkIn(await mailTo(whitebook, 'contested@customers.example'));
      await makeCustomer(await admin(), { email: 'contested@customers.example' });
      expectProblem(await confirm(token), 409, 'email-taken');
      expectStatus(await logIn(email, PASSWORD), 201);
    });

    it.each<[string, (id: string, self: Api) => Promise<Reply>, number]>([
      ['the password is set by staff', async (id) => (await admin()).put(`/v1/accounts/${id}/password`, { password: NEXT }), 200],
      [
        'the password is changed in another session',
        async (id, self) => self.put(`/v1/accounts/${id}/password`, { password: NEXT, currentPassword: PASSWORD }),
        200,
      ],
      ['the account is disabled', async (id) => (await admin()).post(`/v1/accounts/${id}/disable`), 200],
      ['it is logged out everywhere', async (id, self) => self.delete(`/v1/accounts/${id}/sessions`), 204],
      [
        'that session is revoked',
        async (id, self) => {
          const [own] = itemsOf(expectStatus(await self.get(`/v1/accounts/${id}/sessions`), 200));
          return (await admin()).delete(`/v1/accounts/${id}/sessions/${String(own?.['id'])}`);
        },
        204,
      ],
    ])('ACC-10, COR-7: what a session asked for is dead once %s', async (what, stop, status) => {
      const to = `stolen-${what.replaceAll(' ', '-')}@customers.example`;
      const { id, email, self } = await wanting(to);
      const { token } = linkIn(await mailTo(whitebook, to));
      expectStatus(await stop(id, self), status);
      expectProblem(await confirm(token), 409, 'link-used');
      expect(at(expectStatus(await (await admin()).get(`/v1/accounts/${id}`), 200), 'email')).toBe(email);
    });

    it('ACC-10: whoever logs out may confirm what was asked for', async () => {
      const { self } = await wanting('left@customers.example');
      const { token } = linkIn(await mailTo(whitebook, 'left@customers.example'));
      expectStatus(await self.delete('/v1/sessions/current'), 204);
      expectStatus(await confirm(token), 204);
    });

    it('ACC-10: another wish kills the link of the one before; after an hour it is too late', async () => {
      const { id, self } = await wanting('first-wish@customers.example');
      const first = linkIn(await mailTo(whitebook, 'first-wish@customers.example'));
      expectStatus(await self.patch(`/v1/accounts/${id}`, { email: 'second-wish@customers.example' }), 200);
      const second = linkIn(await mailTo(whitebook, 'second-wish@customers.example'));
      expectProblem(await confirm(first.token), 409, 'link-used');
      whitebook.clock.move(3_601);
      expectProblem(await confirm(second.token), 410, 'link-expired');
      expectProblem(await confirm('unknown'), 404, 'not-found');
    });
  });

  describe('of invitations', () => {
    const post = (what: 'inspect' | 'accept', token: string, host = place.domain) =>
      whitebook.api.with({ host }).post(`/v1/invitations/${what}`, { token, ...(what === 'accept' ? { password: NEXT } : {}) });
    const invite = async (email: string) => {
      const by = await admin();
      const id = textAt(expectStatus(await by.post('/v1/invitations', { email }), 201), 'id');
      return { id, by, token: linkIn(await mailTo(whitebook, email)).token };
    };

    it('ACC-2: accepted once, with a session as the answer; used it is 409', async () => {
      const { token } = await invite('guest-1@customers.example');
      const session = expectStatus(await post('accept', token), 201);
      expect(await statusOf(whitebook.api.as(textAt(session, 'token')))).toBe(200);
      expectProblem(await post('accept', token), 409, 'invitation-used');
      expectProblem(await post('inspect', token), 409, 'invitation-used');
      expectStatus(await logIn('guest-1@customers.example', NEXT), 201);
    });

    it('ACC-4: replaced and revoked ones are 410, as is one of more than seven days', async () => {
      const { id, by, token } = await invite('guest-2@customers.example');
      expectStatus(await by.post(`/v1/invitations/${id}/resend`, {}), 200);
      expectProblem(await post('accept', token), 410, 'invitation-revoked');
      const again = linkIn(await mailTo(whitebook, 'guest-2@customers.example', 2)).token;
      expectStatus(await post('inspect', again), 200);
      expectStatus(await by.delete(`/v1/invitations/${id}`), 204);
      for (const dead of [token, again]) expectProblem(await post('accept', dead), 410, 'invitation-revoked');
      const late = await invite('guest-3@customers.example');
      whitebook.clock.move(7 * 86_400 + 1);
      expectProblem(await post('accept', late.token), 410, 'invitation-expired');
      const fresh = await admin();
      await until(
        'the expired invitation',
        async () => at(expectStatus(await fresh.get(`/v1/invitations/${late.id}`), 200), 'state') === 'expired',
      );
      expectProblem(await post('inspect', late.token), 410, 'invitation-expired');
    });

    it('WS-1, WS-6: it opens nothing on another brand’s domain, nor while the workspace is suspended', async () => {
      const { token } = await invite('guest-4@customers.example');
      const operator = await whitebook.signIn({ email: 'operator@platform.example', password: 'quiet-harbour-41' });
      const other = await makePlace(whitebook);
      expectProblem(await post('inspect', token, other.domain), 404, 'not-found');
      expectProblem(await post('accept', token, other.domain), 404, 'not-found');
      expectStatus(await operator.post(`/v1/workspaces/${place.id}/suspend`), 200);
      expectProblem(await post('accept', token), 403, 'workspace-suspended');
      expectStatus(await operator.post(`/v1/workspaces/${place.id}/resume`), 200);
      expectStatus(await post('accept', token), 201);
    });
  });
});
