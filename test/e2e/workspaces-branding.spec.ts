import { at, textAt } from '../support/api.js';
import { linkIn, mailTo } from '../support/mailbox.js';
import { expectStatus, makeCustomer, makePlace, type Place } from '../support/place.js';
import { expectProblem, useWhitebook } from '../support/suite.js';
import type { Whitebook } from '../support/whitebook.js';

const BRAND = {
  productName: 'Acme <Chat> & Co',
  logoUrl: 'https://cdn.acme.example/logo.png',
  colors: { primary: '#ff8800' },
  supportEmail: 'help@acme.example',
  replyTo: 'sales@acme.example',
  appUrl: 'https://acme.example/app',
};

describe('the brand of a workspace', () => {
  let whitebook: Whitebook;
  let place: Place;
  useWhitebook(async (started) => {
    whitebook = started;
    place = await makePlace(whitebook);
  });

  const brand = (changes: object) => place.admin.put('/v1/workspace/branding', changes);
  const invited = async (email: string) => {
    expectStatus(await place.admin.post('/v1/invitations', { email, fullName: 'Sara Ng' }), 201);
    return mailTo(whitebook, email);
  };

  it('WS-4: without one the name of the workspace stands in, and the app is at the domain', async () => {
    const seen = expectStatus(await place.owner.get('/v1/workspace'), 200);
    const base = `http://${place.domain}:${new URL(whitebook.base).port}`;
    expect(at(seen, 'branding')).toMatchObject({ productName: null, appUrl: `${base}/` });
    const mail = await invited('plain@customers.example');
    expect(mail.subject).toBe(`Your invitation to ${textAt(seen, 'name')}`);
    expect(mail.replyTo).toBeUndefined();
    expect(linkIn(mail).link.startsWith(`${base}/accept#`)).toBe(true);
  });

  it('WS-4: set, it is shown, and an equal one is no event', async () => {
    const set = expectStatus(await brand(BRAND), 200);
    expect(set.body).toEqual(BRAND);
    expect(expectStatus(await brand(BRAND), 200).headers['etag']).toBe(set.headers['etag']);
    expect(at(expectStatus(await place.auditor.get('/v1/workspace'), 200), 'branding')).toEqual(BRAND);
  });

  it.each([
    ['a colour that is none', { colors: { primary: 'orange' } }, '/colors/primary'],
    ['a script for an address', { appUrl: 'javascript:alert(1)' }, '/appUrl'],
    ['an address with a second one', { supportEmail: 'a@b.example, c@d.example' }, '/supportEmail'],
    ['a reply-to with a header', { replyTo: 'a@b.example\r\nBcc: c@d.example' }, '/replyTo'],
  ])('WS-4: %s is refused', async (_what, changes, pointer) => {
    const refused = expectProblem(await brand({ ...BRAND, ...changes }), 422, 'invalid-input');
    expect(at(refused, 'errors')).toEqual([expect.objectContaining({ pointer })]);
  });

  it('WS-4: mails carry it', async () => {
    const mail = await invited('branded@customers.example');
    expect(mail.subject).toBe('Your invitation to Acme <Chat> & Co');
    expect(mail.from?.value).toEqual([{ name: BRAND.productName, address: 'no-reply@localhost' }]);
    expect(mail.replyTo?.value).toEqual([{ name: '', address: BRAND.replyTo }]);
    expect(mail.text).toContain(`Questions? Write to ${BRAND.supportEmail}.`);
    expect(mail.html).toContain('Acme &lt;Chat&gt; &amp; Co');
    expect(mail.html).toContain(BRAND.logoUrl);
    expect(mail.html).toContain(BRAND.colors.primary);
    const customer = await makeCustomer(place.admin);
    expectStatus(await place.admin.post(`/v1/accounts/${customer.id}/password-reset-mail`), 200);
    expect((await mailTo(whitebook, customer.email)).subject).toBe('Set a new password for Acme <Chat> & Co');
  });

  it('WS-4: who looks at an invitation’s link sees it, with the terms for a password', async () => {
    const { token } = linkIn(await mailTo(whitebook, 'branded@customers.example'));
    const seen = expectStatus(await whitebook.api.post('/v1/invitations/inspect', { token }), 200);
    const { productName, logoUrl, colors, supportEmail } = BRAND;
    expect(seen.body).toEqual({
      brand: { productName, logoUrl, colors, supportEmail },
      email: 'branded@customers.example',
      fullName: 'Sara Ng',
      passwordPolicy: { minLength: 8, maxLength: 200, commonRefused: true },
    });
    expect(seen.headers['cache-control']).toBe('no-store');
  });

  it.each(['accept', 'reset', 'email'])('WS-4: the page /%s is in the brand of its host, and of no other', async (page) => {
    const shown = expectStatus(await whitebook.api.get(`/${page}`, { headers: { host: place.domain } }), 200);
    expect(shown.text).toContain('Acme &lt;Chat&gt; &amp; Co');
    expect(shown.text).toContain(BRAND.supportEmail);
    expect(shown.headers).toMatchObject({ 'referrer-policy': 'no-referrer', 'cache-control': 'no-store' });
    const elsewhere = expectStatus(await whitebook.api.get(`/${page}`), 200);
    expect(elsewhere.text).not.toContain('Acme');
  });
});
