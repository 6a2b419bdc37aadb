/** How texts and queries are brought into one form, and what the search index holds of them. Pure. */

const ASCII = /^[\x20-\x7e]*$/;
const DROPPED = /[\p{M}\p{Cf}\p{Cs}]/gu;
const SPACES = /[\s\p{Cc}]+/gu;
/** Part of a phone number as people type it. */
const NUMBER_LIKE = /^[\d+\-()./ ]*\d[\d+\-()./ ]*$/;

/** Text without case, accents and superfluous white space. Folding twice changes nothing more. */
export function fold(text: string): string {
  if (ASCII.test(text)) return text.toLowerCase().replace(/ {2,}/g, ' ').trim();
  const cased = text.normalize('NFKD').toUpperCase().toLowerCase().replaceAll('ς', 'σ');
  return cased.normalize('NFKD').replace(DROPPED, '').replace(SPACES, ' ').trim();
}

export const digitsOf = (text: string): string => text.replace(/\D/g, '');

/** Texts of a row, one per line with a line break before and after each, so that one `instr` finds parts, beginnings and whole texts. */
export const lines = (texts: readonly string[]): string => (texts.length === 0 ? '' : `\n${texts.join('\n')}\n`);

export interface SearchWord {
  readonly text: string;
  /** What digit fields are compared with; null where the word is no part of a number. */
  readonly digits: string | null;
}

export interface Search {
  /** The whole query: what exact and prefix hits are told by. */
  readonly whole: SearchWord;
  readonly words: readonly SearchWord[];
}

/** Words after this many are not looked for. */
const MAX_WORDS = 32;

/** The words of a query; null where it is blank. */
export function parseSearch(query: string | undefined): Search | null {
  const whole = word(fold(query ?? ''));
  if (whole.text === '') return null;
  const words = [...new Set(whole.text.split(' '))].map(word);
  // In `+49 (0) - 151` the dash stands for nothing.
  const telling = whole.digits === null ? words : words.filter(({ digits }) => digits !== null);
  return { whole, words: telling.slice(0, MAX_WORDS) };
}

const word = (text: string): SearchWord => ({ text, digits: NUMBER_LIKE.test(text) ? digitsOf(text) : null });

/**
 * What the full-text index holds of a row: every part of one, two and three characters of every word, how texts begin, and a hash of each whole text;
 * and of `fields`, which are '' where they are empty, also how each of them begins. All carry the tenant, so that a search costs nothing for the rows
 * of others; they are unique, so that a change is a difference of two sets.
 */
export function tokensOf(tenant: string, fields: readonly string[], others: readonly string[] = []): Set<string> {
  const key = hash(tenant);
  const tokens = new Set(startTokens(key, fields, others));
  for (const text of [...fields, ...others]) {
    for (const each of text.split(' ')) {
      const characters = plain(each);
      for (let at = 0; at < characters.length; at++) {
        let gram = `${key}g`;
        for (let length = 0; length < GRAM && at + length < characters.length; length++)
          tokens.add((gram += characters[at + length]));
      }
    }
  }
  return tokens;
}

/** Those of them that tell whole texts and how they begin; some may be there twice. */
const startTokens = (key: string, fields: readonly string[], others: readonly string[]): string[] => [
  ...[...fields, ...others].flatMap((text) =>
    text === '' ? [] : [wholeToken(key, text), ...beginnings(text).map((beginning) => `${key}b${beginning}`)],
  ),
  ...fields.flatMap((text, at) =>
    beginnings(text)
      .slice(OF_FIELDS)
      .map((beginning) => fieldToken(key, at, beginning)),
  ),
];

/** Keeps those of a word's tokens that are worth asking for: rows that have them all are compared in full anyway. */
export type Narrow = (tokens: readonly string[]) => readonly string[];

/** Full-text expression that holds for every row (and a few more) in which all words of the query are found. */
export function matchAll(tenant: string, { words }: Search, narrow: Narrow): string {
  const key = hash(tenant);
  return words
    .slice(0, MATCHED_WORDS)
    .map(({ text, digits }) => either([text, digits], (part) => allOf(narrow(grams(part).map((gram) => `${key}g${gram}`)))))
    .join(' AND ');
}

/** The same for rows of which a text is the whole query. */
export const matchWhole = (tenant: string, { whole }: Search): string =>
  either([whole.text, whole.digits], (text) => quoted(wholeToken(hash(tenant), text)));

/** The same for rows of which a text begins with the query. */
export const matchBeginning = (tenant: string, { whole }: Search): string =>
  either([whole.text, whole.digits], (text) => quoted(`${hash(tenant)}b${beginnings(text).at(-1)}`));

/** Full-text expression for those of some candidates whose field does not begin as is said. */
export const withoutField = (tenant: string, candidates: string, field: number, beginning: string): string =>
  `(${candidates}) NOT ${quoted(fieldToken(hash(tenant), field, plain(beginning).join('')))}`;

/** As much of a text as the index tells of how a field begins; null where that is nothing. */
export function fieldBeginning(text: string): string | null {
  const characters = [...text.slice(0, LONGEST)];
  const length = BEGINNINGS.findLast((each, place) => place >= OF_FIELDS && each <= characters.length);
  return length === undefined ? null : characters.slice(0, length).join('');
}

export const GRAM = 3;
/** Enough to narrow the candidates down; every candidate is compared in full anyway. */
export const MATCHED_WORDS = 8;
const MATCHED_GRAMS = 8;

const either = (texts: readonly (string | null)[], term: (text: string) => string): string =>
  `(${[...new Set(texts)].flatMap((text) => (text === null ? [] : [term(text)])).join(' OR ')})`;
const allOf = (tokens: readonly string[]): string => `(${tokens.map(quoted).join(' AND ')})`;
const quoted = (token: string): string => `"${token}"`;
const wholeToken = (key: string, text: string): string => `${key}w${hash(text)}`;
const fieldToken = (key: string, field: number, beginning: string): string => `${key}f${field}x${beginning}`;

/** How a text begins, by so many characters. */
export const BEGINNINGS = [1, 2, 3, 5, 8];
/** From this of them on by field too: less tells too little. */
export const OF_FIELDS = 2;
/** No more of a text tells how it begins: a character may be two code units. */
const LONGEST = 2 * Math.max(...BEGINNINGS);
export function beginnings(text: string): string[] {
  const characters = plain(text.slice(0, LONGEST));
  return BEGINNINGS.filter((length) => length <= characters.length).map((length) => characters.slice(0, length).join(''));
}

/**
 * Parts of `GRAM` characters, at most `MATCHED_GRAMS`; a shorter word is its own part. Those with digits come first, for numbers tell people apart;
 * then parts at both ends and in between.
 */
export function grams(text: string): string[] {
  const characters = plain(text);
  if (characters.length <= GRAM) return [characters.join('')];
  const all = Array.from({ length: characters.length - GRAM + 1 }, (_, at) => characters.slice(at, at + GRAM).join(''));
  const found = new Set(all.filter((gram) => /[0-9]/.test(gram)).slice(0, MATCHED_GRAMS));
  const step = Math.max(1, (all.length - 1) / (MATCHED_GRAMS - 1));
  for (let at = 0; at <= all.length - 1 && found.size < MATCHED_GRAMS; at += step) found.add(all[Math.floor(at)] ?? '');
  return [...found];
}

/** Characters as the `ascii` tokenizer keeps them: what it would take for a separator, or for syntax, goes to the private use area. */
export function plain(text: string): string[] {
  const characters: string[] = [];
  for (const character of text) characters.push(PLAIN[character.charCodeAt(0)] ?? character);
  return characters;
}

/** Of each ASCII character, by its code. */
const PLAIN = Array.from({ length: 0x80 }, (_, code) => {
  const character = String.fromCharCode(code);
  return /[0-9a-z]/.test(character) ? character : String.fromCharCode(0xe000 + code);
});

/** FNV-1a of 32 bits, 7 characters. Equal hashes of other texts do no harm: candidates are compared in full. */
export function hash(text: string): string {
  let value = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) value = Math.imul(value ^ text.charCodeAt(at), 0x01000193);
  return (value >>> 0).toString(36).padStart(7, '0');
}
