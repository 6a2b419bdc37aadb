import { createHash } from 'node:crypto';

/** Which of the three pages: each has one form, and posts the secret behind the `#` once. */
export type LinkPage = 'accept' | 'reset' | 'email';

/** How the page shows the brand. */
export interface PageBrand {
  readonly product: string;
  readonly logoUrl: string | null;
  /** `#rrggbb`; null for the default one. */
  readonly color: string | null;
  readonly supportEmail: string | null;
  /** Where to go once it is done. */
  readonly appUrl: string;
}

export interface Page {
  readonly html: string;
  /** Nothing but the page's own style and script, and calls to its own host. */
  readonly policy: string;
}

interface Words {
  readonly title: string;
  readonly lead: string;
  readonly action: string;
  readonly done: string;
  readonly fields: string;
}

const PASSWORD = `<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="new-password" minlength="8" maxlength="200" required aria-describedby="hint">
<p id="hint" class="small">At least 8 characters, and none of the common ones.</p>`;
const NAME = `<p id="email" class="small"></p>
<label for="fullName">Full name</label>
<input id="fullName" name="fullName" type="text" autocomplete="name" maxlength="200">`;

const WORDS: Readonly<Record<LinkPage, Words>> = {
  accept: {
    title: 'Accept your invitation',
    lead: 'Set your name and a password to open your account.',
    action: 'Open the account',
    done: 'Your account is open.',
    fields: NAME + PASSWORD,
  },
  reset: {
    title: 'Set a new password',
    lead: 'Choose a new password. You will be logged out everywhere.',
    action: 'Set the password',
    done: 'Your new password is set.',
    fields: PASSWORD,
  },
  email: {
    title: 'Confirm your address',
    lead: 'Confirm that this address is yours.',
    action: 'Confirm',
    done: 'Your address is confirmed.',
    fields: '',
  },
};

/** The secret leaves the address bar at once and is sent in a body only. */
const SCRIPT = `'use strict';
const token = location.hash.slice(1);
history.replaceState(null, '', location.pathname);
const page = document.body.dataset.page;
const paths = { accept: '/v1/invitations/accept', reset: '/v1/password-resets/accept', email: '/v1/email-changes/accept' };
const form = document.querySelector('form');
const say = (text) => { document.querySelector('[role=status]').textContent = text; };
const finish = (text) => { form.hidden = true; say(text); };
const post = (path, body) => fetch(path, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });
const messageOf = async (answer) => {
  const problem = await answer.json().catch(() => ({}));
  const first = (problem.errors || [])[0];
  return first ? first.message : problem.title || 'Something went wrong. Try again later.';
};
const lost = [404, 409, 410];
form.addEventListener('submit', async (event) => {
  event.preventDefault();
  const button = form.querySelector('button');
  button.disabled = true;
  const body = { token };
  for (const [name, value] of new FormData(form)) if (value !== '') body[name] = value;
  try {
    const answer = await post(paths[page], body);
    if (answer.ok) { finish(document.body.dataset.done); document.querySelector('#onward').hidden = false; }
    else if (lost.includes(answer.status)) finish(await messageOf(answer));
    else say(await messageOf(answer));
  } catch { say('The server cannot be reached. Try again.'); }
  button.disabled = false;
});
if (token === '') finish('This link is not complete. Open it from the mail again.');
else if (page === 'accept') post('/v1/invitations/inspect', { token }).then(async (answer) => {
  if (!answer.ok) return finish(await messageOf(answer));
  const found = await answer.json();
  document.querySelector('#email').textContent = found.email;
  document.querySelector('#fullName').value = found.fullName || '';
}).catch(() => say('The server cannot be reached. Try again.'));
`;

const DEFAULT_COLOR = '#1f4f8f';

/** WS-4: one page of the brand whose host is asked. It works without any other file. */
export function linkPage(page: LinkPage, brand: PageBrand): Page {
  const { title, lead, action, done, fields } = WORDS[page];
  const { product, logoUrl, supportEmail, appUrl } = brand;
  const style = styleOf(/^#[0-9a-f]{6}$/i.test(brand.color ?? '') ? (brand.color as string) : DEFAULT_COLOR);
  const logo =
    logoUrl === null
      ? `<p class="brand">${escape(product)}</p>`
      : `<img src="${escape(logoUrl)}" alt="${escape(product)}" height="40">`;
  const support = supportEmail === null ? '' : `<p class="small">Questions? Write to ${escape(supportEmail)}.</p>`;
  const html = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(title)} – ${escape(product)}</title><style>${style}</style></head>
<body data-page="${page}" data-done="${escape(done)}"><main>
${logo}
<h1>${escape(title)}</h1>
<form novalidate><p>${escape(lead)}</p>
${fields}
<button type="submit">${escape(action)}</button></form>
<p role="status" aria-live="polite"></p>
<p id="onward" hidden><a href="${escape(appUrl)}">Continue to ${escape(product)}</a></p>
${support}</main>
<noscript><p>This page needs JavaScript.</p></noscript>
<script>${SCRIPT}</script></body></html>
`;
  return { html, policy: policyOf(style) };
}

const styleOf = (color: string): string => `
body{margin:0;padding:24px;background:#f5f5f5;color:#1a1a1a;font:16px/1.5 Arial,Helvetica,sans-serif}
main{max-width:480px;margin:0 auto;padding:32px;background:#fff}
h1{font-size:22px;margin:0 0 16px}.brand{font-size:20px;font-weight:bold;margin:0 0 24px}.small{font-size:14px;color:#555}
label{display:block;font-weight:bold;margin:16px 0 4px}
input{box-sizing:border-box;width:100%;padding:10px;font:inherit;border:1px solid #767676;border-radius:4px}
button{margin-top:24px;padding:12px 24px;font:inherit;font-weight:bold;color:#fff;background:${color};border:2px solid #1a1a1a;border-radius:4px}
`;

const policyOf = (style: string): string =>
  [
    "default-src 'none'",
    `script-src ${sourceHash(SCRIPT)}`,
    `style-src ${sourceHash(style)}`,
    'img-src https:',
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');

const sourceHash = (source: string): string => `'sha256-${createHash('sha256').update(source).digest('base64')}'`;

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
const escape = (text: string): string => text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
