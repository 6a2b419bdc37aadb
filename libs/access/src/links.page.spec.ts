import { createHash } from 'node:crypto';
import { Script } from 'node:vm';
import { linkPage, type LinkPage } from './links.page.js';

const brand = {
  product: 'North & "Wind"',
  logoUrl: null,
  color: '#aa0000',
  supportEmail: null,
  appUrl: 'https://app.northwind.test/',
};
const part = (html: string, tag: string) => new RegExp(`<${tag}>([\\s\\S]*?)</${tag}>`).exec(html)?.[1] ?? '';
const hash = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

it.each<LinkPage>(['accept', 'reset', 'email'])(
  'ACC-2, WS-4: page %s has one form, in the brand, and no more than its policy lets run',
  (page) => {
    const { html, policy } = linkPage(page, brand);
    expect(html.match(/<form/g)).toHaveLength(1);
    expect(html).toContain('North &amp; &quot;Wind&quot;');
    expect(html).toContain('background:#aa0000');
    expect(policy).toContain(`script-src ${hash(part(html, 'script'))};`);
    expect(policy).toContain(`style-src ${hash(part(html, 'style'))};`);
    expect(html).not.toMatch(/ on\w+=| style=|javascript:/i);
    for (const [, id] of html.matchAll(/<label for="(\w+)"/g)) expect(html).toContain(`<input id="${id}"`);
  },
);

it('WS-4: a brand cannot bring anything else into the page', () => {
  const evil = '"><script>alert(1)</script>';
  const { html } = linkPage('accept', { product: evil, logoUrl: evil, color: 'red;}body{', supportEmail: evil, appUrl: evil });
  expect(html.match(/<script/g)).toHaveLength(1);
  expect(html).not.toContain('red;}');
});

it('ACC-2: the script is well formed, and takes the secret out of the address bar', () => {
  const script = part(linkPage('accept', brand).html, 'script');
  expect(() => new Script(script)).not.toThrow();
  expect(script).toContain('history.replaceState');
});
