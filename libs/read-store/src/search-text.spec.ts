import * as fc from 'fast-check';
import { fold, matchAll, parseSearch, tokensOf } from './search-text.js';

describe('folding', () => {
  it.each([
    ['Zoë  MÜLLER ', 'zoe muller'],
    ['Straße', 'strasse'],
    ['ΟΔΟΣ', 'οδοσ'],
    ['ｆｕｌｌ\u3000width', 'full width'],
    ['zero\u200bwidth', 'zerowidth'],
    ['two\u0000\nlines', 'two lines'],
    ['\u0301', ''],
  ])('makes %j %j', (text, folded) => expect(fold(text)).toBe(folded));

  it('changes nothing more the second time', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => expect(fold(fold(text))).toBe(fold(text))));
  });
});

describe('a search', () => {
  it('is null where it is blank, and has each word once', () => {
    expect(parseSearch(undefined)).toBeNull();
    expect(parseSearch(' \u00a0 ')).toBeNull();
    expect(parseSearch('b A b')?.words.map(({ text }) => text)).toEqual(['b', 'a']);
  });

  it('compares by digits only what looks like a part of a number (LIST-2)', () => {
    expect(parseSearch('+49 (0) - 151')?.words.map(({ digits }) => digits)).toEqual(['49', '0', '151']);
    expect(parseSearch('user1 + 2')?.words.map(({ digits }) => digits)).toEqual([null, null, '2']);
  });

  it('asks the index only for what every matching row has there, and for nothing that the index could take for syntax', () => {
    const text = fc.string({ unit: 'binary', maxLength: 20 });
    fc.assert(
      fc.property(text, text, text, (before, word, after) => {
        const search = parseSearch(fold(word).split(' ')[0]);
        const row = fold(`${before}${word}${after}`);
        if (!search || !search.words.every((each) => row.includes(each.text))) return;
        const [asked] = matchAll('w', search, (tokens) => tokens).split(' OR ');
        const tokens = asked?.match(/"[^"]*"/g) ?? [];
        const indexed = tokensOf('w', [row]);
        expect(asked?.replaceAll(/"[^"]*"/g, '').replaceAll(/AND|[() ]/g, '')).toBe('');
        expect(tokens.filter((token) => !indexed.has(token.slice(1, -1)))).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });
});
