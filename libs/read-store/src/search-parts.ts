import { beginnings, GRAM, grams, hash, MATCHED_WORDS, plain, type Search, type SearchWord } from './search-text.js';

/**
 * What an index over lists holds of a row's texts: how each whole text hashes, how it begins, and from each of its characters on the next three
 * of the word, or fewer at its end. So a part of three characters is one entry, and a shorter one is how some entries begin. Pure.
 */
export function partsOf(texts: readonly string[]): string[] {
  const parts = new Set<string>();
  for (const text of texts) {
    parts.add(wholePart(text));
    for (const beginning of beginnings(text)) parts.add(beginningPart(beginning));
    for (const word of text.split(' ')) {
      const characters = plain(word);
      for (let at = 0; at < characters.length; at++) parts.add(innerPart(characters.slice(at, at + GRAM).join('')));
    }
  }
  return [...parts];
}

const wholePart = (text: string): string => `w${hash(text)}`;
const beginningPart = (beginning: string): string => `b${beginning}`;
const innerPart = (part: string): string => `g${part}`;

/** What an entry must be: this very one, or one that begins so. */
export interface PartSought {
  readonly part: string;
  readonly whole: boolean;
}

/** Entries that every row has in which a text is found. */
export const partsWithin = (text: string): PartSought[] =>
  grams(text).map((gram) => ({ part: innerPart(gram), whole: plain(gram).length === GRAM }));

/** The entry of every row of which a text is, or begins with, this one. */
export const partOfWhole = (text: string): PartSought => ({ part: wholePart(text), whole: true });
export const partOfBeginning = (text: string): PartSought => ({
  part: beginningPart(beginnings(text).at(-1) ?? ''),
  whole: true,
});

/** The words that candidates are narrowed down by; all of them are compared in full. */
export const narrowing = ({ words }: Search): readonly SearchWord[] => words.slice(0, MATCHED_WORDS);
