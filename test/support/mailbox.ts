import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { simpleParser, type ParsedMail } from 'mailparser';
import { until, type Whitebook } from './whitebook.js';

/** Mails in the installation's outbox to an address, oldest first. */
export async function mailsTo({ dataDir }: Pick<Whitebook, 'dataDir'>, address: string): Promise<ParsedMail[]> {
  const folder = join(dataDir, 'outbox');
  const names = (await readdir(folder)).filter((name) => name.endsWith('.eml')).sort();
  const mails = await Promise.all(names.map(async (name) => simpleParser(await readFile(join(folder, name)))));
  return mails.filter(({ to }) => [to ?? []].flat().some(({ value }) => value.some((one) => one.address === address)));
}

/** The mail of that number (1 is the first) to an address, once it is there. */
export const mailTo = (whitebook: Pick<Whitebook, 'dataDir'>, address: string, number = 1): Promise<ParsedMail> =>
  until(`mail ${number} to ${address}`, async () => (await mailsTo(whitebook, address))[number - 1] ?? null);

/** The link that stands alone on a line of a mail's text, and the secret behind its `#`. */
export function linkIn({ text = '' }: Pick<ParsedMail, 'text'>): { link: string; token: string } {
  const link = text.split(/\r?\n/).find((line) => /^https?:\/\/\S+#\S+$/.test(line));
  if (link === undefined) throw new Error(`no link stands alone on a line of: ${text}`);
  return { link, token: link.slice(link.indexOf('#') + 1) };
}
