import fc from 'fast-check';
import { fold, tokensOf } from './search-text.js';
import { RowTokens } from './search-tokens.js';

const told = (bytes: Buffer | null): string[] | undefined =>
  bytes ? [...new Set(bytes.toString('utf8').trim().split(' '))].filter(Boolean).sort() : undefined;

describe('the tokens of a new row', () => {
  const tokens = new RowTokens();

  it('are those of tokensOf, row after row', () => {
    const text = fc.string({ unit: 'binary-ascii', maxLength: 60 }).map(fold);
    const texts = fc.array(text, { minLength: 1, maxLength: 4 });
    const rows = fc.tuple(fc.constantFrom('w1', 'w2', 'another'), texts, texts);
    fc.assert(
      fc.property(rows, ([tenant, fields, others]) => {
        const plain = [...fields, ...others].every((each) => /^[ -~]*$/.test(each));
        const all = [...tokensOf(tenant, fields, others)].sort();
        expect(told(tokens.of(tenant, fields, others))).toEqual(plain ? all : undefined);
      }),
      { numRuns: 2000 },
    );
  });

  it('are so for what people are called, and for texts longer than all before', () => {
    for (const texts of [
      ['sara.ruiz.17@customers.example', 'sara ruiz', 'cafe aurora', '+34 600 000017', '34600000017'],
      ['sara', 'sara', 'sa ra'],
      ['x'.repeat(5000), 'a-b_c '.repeat(3000).trim()],
      ['sara.ruiz.17@customers.example'],
    ])
      expect(told(tokens.of('w1', texts))).toEqual([...tokensOf('w1', texts)].sort());
  });

  it('are none where a text has other characters', () => {
    expect(tokens.of('w1', ['sara', 'иван'])).toBeNull();
  });
});
