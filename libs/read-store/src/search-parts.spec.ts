import * as fc from 'fast-check';
import { partOfBeginning, partOfWhole, partsOf, partsWithin, type PartSought } from './search-parts.js';
import { fold } from './search-text.js';

const text = fc.string({ unit: fc.constantFrom('a', 'b', 'c', ' ', '.', '1', 'é', '😀'), maxLength: 14 }).map(fold);

const meets = (parts: readonly string[], { part, whole }: PartSought): boolean =>
  parts.some((each) => (whole ? each === part : each.startsWith(part)));

describe('parts of texts', () => {
  it('are all there wherever a word is found, a text begins so, or is just that', () => {
    fc.assert(
      fc.property(fc.array(text, { maxLength: 3 }), text, (texts, query) => {
        if (query === '') return;
        const parts = partsOf(texts);
        for (const word of query.split(' '))
          if (texts.some((each) => each.includes(word))) expect(partsWithin(word).every((part) => meets(parts, part))).toBe(true);
        if (texts.some((each) => each.startsWith(query))) expect(meets(parts, partOfBeginning(query))).toBe(true);
        if (texts.includes(query)) expect(meets(parts, partOfWhole(query))).toBe(true);
      }),
    );
  });

  it('tell words apart that have no three characters in common', () => {
    const parts = partsOf(['ann müller', '4915123456']);
    expect(partsWithin('mül').every((part) => meets(parts, part))).toBe(true);
    expect(partsWithin('mül2').every((part) => meets(parts, part))).toBe(false);
    expect(meets(parts, partOfBeginning('müller'))).toBe(false);
    expect(meets(parts, partOfWhole('ann'))).toBe(false);
  });

  it('are about as many as characters', () => {
    expect(partsOf(['someone.else@company.example']).length).toBeLessThan(40);
  });
});
