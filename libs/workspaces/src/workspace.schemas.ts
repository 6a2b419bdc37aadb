import { z } from 'zod';
import { fieldIssue, text } from '#http';
import type { MailAddress } from '#mail';

const MAILBOX = /^[A-Za-z0-9._%+'-]{1,64}@[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)+$/;
const LONGEST_ADDRESS = 254;
const NAMED = /^\s*"?([^"<>]*?)"?\s*<([^<>]+)>\s*$/;

const isMailbox = (address: string): boolean => address.length <= LONGEST_ADDRESS && MAILBOX.test(address);
const badAddress = fieldIssue('invalid-email', 'is not an email address');

/** The address of a mailbox, alone. */
export const mailbox = z
  .string()
  .transform((given, ctx): string => {
    const address = given.trim();
    if (!isMailbox(address)) ctx.addIssue(badAddress);
    return address;
  })
  .meta({ type: 'string', maxLength: LONGEST_ADDRESS });

/** A sender, as `address`, `Name <address>`, or `{name, address}`; name and address come apart. */
export const sender = z.union([
  z.string().transform((given, ctx): MailAddress => {
    const [, name = '', address = given] = NAMED.exec(given) ?? [];
    if (!isMailbox(address.trim()) || /\p{Cc}/u.test(name)) ctx.addIssue(badAddress);
    return { ...(name.trim() === '' ? {} : { name: name.trim() }), address: address.trim() };
  }),
  z.strictObject({ name: text(200).optional(), address: mailbox }),
]);

const LONGEST_URL = 2_000;
const secureUrl = (given: string): boolean => URL.canParse(given) && /^https?:$/.test(new URL(given).protocol);

/** An absolute address of the web. */
export const webAddress = z
  .string()
  .max(LONGEST_URL)
  .transform((given, ctx): string => {
    if (!secureUrl(given)) ctx.addIssue(fieldIssue('invalid-url', 'is not an http or https address'));
    return given;
  })
  .meta({ type: 'string', format: 'uri', maxLength: LONGEST_URL });

const CURRENCIES = new Set(Intl.supportedValuesOf('currency'));

export const currency = z
  .string()
  .transform((given, ctx): string => {
    if (!CURRENCIES.has(given)) ctx.addIssue(fieldIssue('invalid-value', 'is no currency of ISO 4217'));
    return given;
  })
  .meta({ type: 'string', minLength: 3, maxLength: 3 });

export const timeZone = z
  .string()
  .transform((given, ctx): string => {
    if (!isTimeZone(given)) ctx.addIssue(fieldIssue('invalid-value', 'is no IANA time zone'));
    return given;
  })
  .meta({ type: 'string' });

function isTimeZone(name: string): boolean {
  try {
    return /^[A-Za-z]/.test(name) && new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

export const slug = z.string().regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/);
/** Whole, from none to more than anybody has. */
export const botSlots = z.int().min(0).max(1_000_000_000);
export const workspaceName = text(200);

const colorName = z.string().regex(/^[a-z][a-zA-Z0-9-]{0,39}$/);
const color = z.string().regex(/^#([0-9a-fA-F]{3}|[0-9a-fA-F]{6}|[0-9a-fA-F]{8})$/);
const MOST_COLORS = 20;

export const colors = z
  .record(colorName, color)
  .refine((given) => Object.keys(given).length <= MOST_COLORS, `has more than ${MOST_COLORS} colours`);
