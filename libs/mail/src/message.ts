import { MailFailed } from './mail.port.js';
import type { Mail, MailAddress } from './mail.port.js';

/** What the composer of messages gets: every field in a form that no header parser reads in another way. */
export interface Message {
  readonly envelope: { readonly from: string; readonly to: string[] };
  readonly from: MailAddress;
  readonly to: MailAddress;
  readonly replyTo?: MailAddress;
  readonly messageId: string;
  readonly date: Date;
  readonly subject: string;
  /** The same message as text and as HTML, as finished MIME parts. */
  readonly alternatives: { readonly raw: string }[];
  readonly headers: Readonly<Record<string, string>>;
}

/** Longest line that SMTP carries (RFC 5321), without its line break. */
const LONGEST_LINE = 998;
/** Exactly one address: no list, no group, no comment, no display name, nothing that ends a header or an SMTP command. */
const PLAIN_ADDRESS = /^[^\s\p{C}()<>[\]:;,@"\\]{1,64}@[^\s\p{C}()<>[\]:;,@"\\]{1,253}$/u;
const PLAIN_ID = /^[A-Za-z0-9._-]{1,200}$/;

const oneLine = (text: string): string => text.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ').trim();

function plainAddress({ name, address }: MailAddress): Required<MailAddress> {
  if (!PLAIN_ADDRESS.test(address)) throw new MailFailed('an address of the mail is not a plain address', true);
  return { name: oneLine(name ?? ''), address };
}

/** 8bit keeps every line whole and readable; base64 where a server on the way might not take it. */
function mimePart(type: string, content: string, eightBit: boolean): { raw: string } {
  const lines = content.split(/\r\n|\r|\n/);
  const ascii = /^[\x20-\x7e\t\r\n]*$/.test(content);
  const whole = lines.every((line) => Buffer.byteLength(line) <= LONGEST_LINE) && (ascii || eightBit);
  const encoding = !whole ? 'base64' : ascii ? '7bit' : '8bit';
  const body = whole
    ? lines.join('\r\n')
    : (
        Buffer.from(lines.join('\r\n'))
          .toString('base64')
          .match(/.{1,76}/g) ?? []
      ).join('\r\n');
  return { raw: `Content-Type: ${type}; charset=utf-8\r\nContent-Transfer-Encoding: ${encoding}\r\n\r\n${body}` };
}

/** The message of a mail to its one recipient. Rejects as permanent what is not a plain address or id. */
export function toMessage(mail: Mail, at: Date, { eightBit }: { readonly eightBit: boolean }): Message {
  if (!PLAIN_ID.test(mail.id)) throw new MailFailed('the id of the mail is not plain', true);
  const from = plainAddress(mail.from);
  const to = plainAddress(mail.to);
  return {
    envelope: { from: from.address, to: [to.address] },
    from,
    to,
    ...(mail.replyTo === undefined ? {} : { replyTo: plainAddress(mail.replyTo) }),
    messageId: `<${mail.id}@${from.address.slice(from.address.indexOf('@') + 1)}>`,
    date: at,
    subject: oneLine(mail.subject),
    alternatives: [mimePart('text/plain', mail.text, eightBit), mimePart('text/html', mail.html, eightBit)],
    headers: { 'Auto-Submitted': 'auto-generated' },
  };
}
