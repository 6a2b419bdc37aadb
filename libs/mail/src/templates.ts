import type { Instant } from '#kernel';
import type { Mail } from './mail.port.js';

/** What a workspace shows in its mails; all of it may be unset. */
export interface MailBranding {
  readonly productName?: string | null;
  /** Shown if it is an https URL. */
  readonly logoUrl?: string | null;
  /** `primary` as `#rrggbb` colours the button. */
  readonly colors?: Readonly<Record<string, string>> | null;
  readonly supportEmail?: string | null;
  readonly replyTo?: string | null;
}

export interface MailSetting {
  readonly branding: MailBranding;
  /** Name of the workspace: stands in where the branding names no product. */
  readonly workspace: string;
}

export interface LinkMailSetting extends MailSetting {
  /** Whole, with its secret: at most 998 characters, so that it stands on one line. */
  readonly link: string;
  readonly expiresAt: Instant;
}

export type MailContent = Pick<Mail, 'subject' | 'text' | 'html'>;

/** A mail to set up an account that was made for the recipient. */
export const invitationMail = (setting: LinkMailSetting): MailContent =>
  linkMail(setting, {
    subject: (product) => `Your invitation to ${product}`,
    lead: (product) => `You have been invited to ${product}. Follow this link to set your password and open your account:`,
    action: 'Accept the invitation',
    aside: 'If you did not expect this invitation, you can ignore this mail: no account is opened until the link is used.',
  });

/** A mail to set a new password. */
export const passwordResetMail = (setting: LinkMailSetting): MailContent =>
  linkMail(setting, {
    subject: (product) => `Set a new password for ${product}`,
    lead: (product) => `A new password was asked for your account at ${product}. Follow this link to set it:`,
    action: 'Set a new password',
    aside: 'If you did not ask for it, you can ignore this mail: your password stays as it is.',
  });

/** A mail to the new address of an account, to confirm that it is the owner's. */
export const emailChangeMail = (setting: LinkMailSetting): MailContent =>
  linkMail(setting, {
    subject: (product) => `Confirm your new address for ${product}`,
    lead: (product) => `This address was given as the new one of an account at ${product}. Follow this link to confirm it:`,
    action: 'Confirm this address',
    aside: 'If you did not ask for it, you can ignore this mail: nothing changes until the link is used.',
  });

/** A mail that only shows that mails arrive. */
export function testMail({ branding, workspace }: MailSetting): MailContent {
  const product = productOf(branding, workspace);
  const paragraphs = [`This is a test mail of ${product}. Your mail settings work.`];
  return {
    subject: `Test mail of ${product}`,
    text: textOf([...paragraphs, ...supportLine(branding)]),
    html: htmlOf(branding, product, `Test mail of ${product}`, [
      ...paragraphs.map(paragraph),
      ...supportLine(branding).map(small),
    ]),
  };
}

interface LinkMailWords {
  subject(product: string): string;
  lead(product: string): string;
  readonly action: string;
  readonly aside: string;
}

function linkMail({ branding, workspace, link, expiresAt }: LinkMailSetting, words: LinkMailWords): MailContent {
  const product = productOf(branding, workspace);
  const until = `The link works once, until ${new Date(expiresAt).toUTCString().replace('GMT', 'UTC')}.`;
  const support = supportLine(branding);
  return {
    subject: words.subject(product),
    text: textOf([words.lead(product), link, until, words.aside, ...support]),
    html: htmlOf(branding, product, words.subject(product), [
      paragraph(words.lead(product)),
      button(branding, link, words.action),
      paragraph(until),
      small('If the button does not work, copy this address into your browser:'),
      `<p style="margin:0 0 16px;font-size:14px;word-break:break-all"><a href="${escape(link)}">${escape(link)}</a></p>`,
      ...[words.aside, ...support].map(small),
    ]),
  };
}

const oneLine = (text: string): string => text.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ').trim();

const productOf = ({ productName }: MailBranding, workspace: string): string => oneLine(productName ?? '') || oneLine(workspace);

const supportLine = ({ supportEmail }: MailBranding): string[] =>
  supportEmail === undefined || supportEmail === null || supportEmail === ''
    ? []
    : [`Questions? Write to ${oneLine(supportEmail)}.`];

/** Each paragraph is one line; what is on a line of its own stays whole. */
const textOf = (paragraphs: readonly string[]): string => `${paragraphs.join('\n\n')}\n`;

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
const escape = (text: string): string => text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character);

const paragraph = (text: string): string => `<p style="margin:0 0 16px;font-size:16px;line-height:1.5">${escape(text)}</p>`;
const small = (text: string): string =>
  `<p style="margin:0 0 8px;font-size:14px;line-height:1.5;color:#555555">${escape(text)}</p>`;

const DEFAULT_COLOR = '#1f4f8f';

/** Black or white, whichever is easier to read on the colour (WCAG relative luminance). */
function readableOn(color: string): string {
  const [red, green, blue] = [1, 3, 5].map((start) => {
    const share = parseInt(color.slice(start, start + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.179 ? '#000000' : '#ffffff';
}

function button({ colors }: MailBranding, link: string, action: string): string {
  const given = colors?.['primary'] ?? '';
  const color = /^#[0-9a-f]{6}$/i.test(given) ? given : DEFAULT_COLOR;
  const style = `display:inline-block;padding:12px 24px;border-radius:4px;text-decoration:none;font-weight:bold;background:${color};color:${readableOn(color)}`;
  return `<p style="margin:0 0 16px"><a href="${escape(link)}" style="${style}">${escape(action)}</a></p>`;
}

function logo({ logoUrl }: MailBranding, product: string): string {
  const url = logoUrl !== undefined && logoUrl !== null && URL.canParse(logoUrl) ? new URL(logoUrl) : null;
  if (url?.protocol !== 'https:') return `<p style="margin:0 0 24px;font-size:20px;font-weight:bold">${escape(product)}</p>`;
  return `<p style="margin:0 0 24px"><img src="${escape(url.href)}" alt="${escape(product)}" height="40" style="height:40px;border:0"></p>`;
}

const htmlOf = (branding: MailBranding, product: string, title: string, blocks: readonly string[]): string =>
  [
    '<!doctype html>',
    `<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escape(title)}</title></head>`,
    '<body style="margin:0;padding:24px;background:#f5f5f5;color:#1a1a1a;font-family:Arial,Helvetica,sans-serif">',
    '<div role="article" lang="en" style="max-width:560px;margin:0 auto;padding:32px;background:#ffffff">',
    logo(branding, product),
    ...blocks,
    '</div></body></html>',
    '',
  ].join('\n');
