import { emailChangeMail, invitationMail, passwordResetMail, testMail } from './templates.js';

const LINK = `https://brand.example/accept#${'aZ09_-'.repeat(8)}`;
const setting = {
  branding: {
    productName: 'Northwind',
    colors: { primary: '#ffcc00' },
    logoUrl: 'https://cdn.example/l.png?a=1&b=2',
    supportEmail: 'help@nw.test',
  },
  workspace: 'nw',
  link: LINK,
  expiresAt: '2026-02-07T12:00:00.000Z',
};

describe('mails', () => {
  it.each([
    ['invitation', invitationMail, 'Your invitation to Northwind'],
    ['password reset', passwordResetMail, 'Set a new password for Northwind'],
    ['email change', emailChangeMail, 'Confirm your new address for Northwind'],
  ])('%s names product, end and support, and has the link alone on a line (ACC-2)', (_name, make, subject) => {
    const content = make(setting);
    expect(content.subject).toBe(subject);
    expect(content.text.split('\n').filter((line) => line.includes('https:'))).toEqual([LINK]);
    for (const part of [content.text, content.html]) {
      expect(part).toContain('Sat, 07 Feb 2026 12:00:00 UTC');
      expect(part).toContain('help@nw.test');
    }
    expect(content.html).toContain(`href="${LINK}"`);
  });

  it('shows logo and colour of the brand, with text that can be read on it (WS-4)', () => {
    const { html } = invitationMail(setting);
    expect(html).toContain('src="https://cdn.example/l.png?a=1&amp;b=2" alt="Northwind"');
    expect(html).toContain('background:#ffcc00;color:#000000');
    expect(invitationMail({ ...setting, branding: { colors: { primary: '#102040' } } }).html).toContain(
      'background:#102040;color:#ffffff',
    );
  });

  it.each(['http://cdn.example/l.png', 'javascript:alert(1)', 'data:image/png;base64,AA', 'nonsense'])(
    'shows no logo from %s',
    (logoUrl) => {
      expect(invitationMail({ ...setting, branding: { ...setting.branding, logoUrl } }).html).not.toContain('<img');
    },
  );

  it('lets no branding break out of its place', () => {
    const hostile = '"><script>alert(1)</script>\r\nhttps://evil.example/';
    const branding = {
      productName: hostile,
      logoUrl: hostile,
      colors: { primary: 'red;background:url(x)' },
      supportEmail: hostile,
    };
    for (const content of [invitationMail({ ...setting, branding }), testMail({ branding, workspace: 'nw' })]) {
      expect(content.subject).not.toMatch(/[\r\n]/);
      expect(content.html).not.toContain('<script');
      expect(content.html).not.toContain('url(x)');
      expect(content.text.split('\n').filter((line) => line.startsWith('https://evil'))).toEqual([]);
    }
  });

  it('falls back to the name of the workspace', () => {
    expect(testMail({ branding: {}, workspace: 'Northwind Ltd' })).toMatchObject({
      subject: 'Test mail of Northwind Ltd',
      text: 'This is a test mail of Northwind Ltd. Your mail settings work.\n',
    });
    expect(testMail({ branding: { productName: ' ' }, workspace: 'nw' }).subject).toBe('Test mail of nw');
  });
});
