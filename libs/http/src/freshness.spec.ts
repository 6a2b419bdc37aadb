import { Freshness } from './freshness.js';
import { decodePosition, encodePosition } from './position.js';

describe('LIST-4: the last write of a credential', () => {
  it('is 0 where none is known', () => expect(new Freshness().of('a')).toBe(0));
  it('is the latest, in whatever order writes are noted', () => {
    const freshness = new Freshness();
    for (const position of [5, 9, 7]) freshness.remember('a', position);
    freshness.remember('b', 3);
    expect([freshness.of('a'), freshness.of('b')]).toEqual([9, 3]);
  });
  it('counts beside what the caller asks for: the later one', () => {
    const freshness = new Freshness();
    freshness.remember('a', 5);
    expect([freshness.required('a', 4), freshness.required('a', 6)]).toEqual([5, 6]);
  });
  it('is kept for so many credentials; who has been away longest is forgotten', () => {
    const freshness = new Freshness(2);
    for (const credential of ['a', 'b', 'c']) freshness.remember(credential, 1);
    expect(['a', 'b', 'c'].map((credential) => freshness.of(credential))).toEqual([0, 1, 1]);
  });
});

describe('a position as text', () => {
  it.each([0, 1, 35, 36, 123_456_789, Number.MAX_SAFE_INTEGER])('%i comes back', (position) => {
    expect(decodePosition(encodePosition(position))).toBe(position);
  });
  it.each(['', '00', '-1', '1.5', 'A', ' 1', 'zzzzzzzzzzz', '1'.repeat(40)])('"%s" is none', (text) =>
    expect(decodePosition(text)).toBeNull(),
  );
});
