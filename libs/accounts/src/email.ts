import { domainToASCII, domainToUnicode } from 'node:url';

const MOST = 254;
const MOST_LOCAL = 64;
const LOCAL = /^[A-Za-z0-9._%+'-]+$/;
const LABEL = /^(?!-)[a-z0-9-]{1,63}(?<!-)$/;

export type ParsedEmail = { readonly email: string } | { readonly problem: string };

/**
 * An address as it is kept and shown: trimmed, as typed, its domain as A-labels. `problem` names the character or the part that does not do.
 * Only ASCII in the local part, so that no two accounts look alike.
 */
export function parseEmail(given: string): ParsedEmail {
  const typed = given.trim();
  const at = typed.lastIndexOf('@');
  if (at < 1) return { problem: 'has no @ with something before it' };
  const local = typed.slice(0, at);
  const odd = [...local].find((character) => !LOCAL.test(character));
  if (odd !== undefined) return { problem: `has ${nameOf(odd)} before the @` };
  if (local.length > MOST_LOCAL) return { problem: `has more than ${MOST_LOCAL} characters before the @` };
  if (local.startsWith('.') || local.endsWith('.') || local.includes('..'))
    return { problem: 'has a dot at an end, or two in a row, before the @' };
  const domain = parseDomain(typed.slice(at + 1).normalize('NFC'));
  if ('problem' in domain) return domain;
  const email = `${local}@${domain.domain}`;
  return email.length > MOST ? { problem: `has more than ${MOST} characters` } : { email };
}

/** A host name of at least two labels, as A-labels; as typed where it is ASCII. Mixed scripts within a label are refused. */
function parseDomain(typed: string): { readonly domain: string } | { readonly problem: string } {
  const odd = [...typed].find((character) => !/[\p{L}\p{M}\p{N}.-]/u.test(character));
  if (odd !== undefined) return { problem: `has ${nameOf(odd)} after the @` };
  const ascii = domainToASCII(typed);
  // A-labels are read too, so that nothing comes in that way
  if ([typed, domainToUnicode(ascii)].some((name) => name.split('.').some(mixesScripts)))
    return { problem: 'mixes scripts in its domain' };
  const labels = ascii.split('.');
  if (labels.length < 2 || !labels.every((label) => LABEL.test(label)) || /^\d+$/.test(labels.at(-1) ?? ''))
    return { problem: 'has no valid domain after the @' };
  return { domain: /^[\x21-\x7e]+$/.test(typed) ? typed : ascii };
}

const SCRIPTS = [
  /\p{Script=Latin}/u,
  /\p{Script=Cyrillic}/u,
  /\p{Script=Greek}/u,
  /\p{Script=Armenian}/u,
  /\p{Script=Hebrew}/u,
  /\p{Script=Arabic}/u,
];
const mixesScripts = (label: string): boolean => SCRIPTS.filter((script) => script.test(label)).length > 1;

/** How a message names a character that may not be seen. */
function nameOf(character: string): string {
  if (character === ' ') return 'a space';
  const code = `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
  return /^[\x21-\x7e]$/.test(character) ? `the character ${character} (${code})` : `the character ${code}`;
}
