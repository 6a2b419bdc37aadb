import { parseEmail } from './email.js';

const LONG = 'a'.repeat(64);
/** A domain of `length` characters. */
const domain = (length: number): string => `${`${'b'.repeat(49)}.`.repeat(9)}`.slice(0, length - 4) + '.com';

describe('taken as typed', () => {
  it.each([
    'sara@northwind.test',
    'Sara.Lind@Northwind.TEST',
    'sara+news@northwind.test',
    "o'neil_%-x@a-b.co",
    '0@1.co',
    'a@b.c.d.e.co',
    `${LONG}@b.co`,
    'sara@xn--bcher-kva.de',
    'sara@ab--cd.com',
    `a@${domain(252)}`,
  ])('ACC-1: %s', (email) => expect(parseEmail(email)).toEqual({ email }));
  it.each([' ', '\t', '\r\n', '\u00a0', '\u3000'])('ACC-1: trimmed of %j', (space) =>
    expect(parseEmail(`${space}sara@b.co${space}`)).toEqual({ email: 'sara@b.co' }),
  );
});

describe('international domains', () => {
  it.each([
    ['sara@b\u00fccher.de', 'sara@xn--bcher-kva.de'],
    ['sara@bu\u0308cher.de', 'sara@xn--bcher-kva.de'],
    ['sara@B\u00dcCHER.DE', 'sara@xn--bcher-kva.de'],
    ['sara@\u043f\u043e\u0447\u0442\u0430.\u0440\u0444', 'sara@xn--80a1acny.xn--p1ai'],
    ['sara@mail.\u0440\u0444', 'sara@mail.xn--p1ai'],
    ['sara@\u4f8b\u3048.jp', 'sara@xn--r8jz45g.jp'],
    ['sara@\uff45xample.com', 'sara@example.com'],
  ])('ACC-1: %s is kept as A-labels', (typed, email) => expect(parseEmail(typed)).toEqual({ email }));
  it.each(['sara@p\u0430ypal.com', 'sara@g\u03bf\u03bfgle.com', 'sara@\u0430b.com', 'sara@a\u0627.com', 'sara@x.p\u0430y.com'])(
    'ACC-1: %s mixes scripts',
    (typed) => expect(parseEmail(typed)).toEqual({ problem: 'mixes scripts in its domain' }),
  );
  it('ACC-1: mixed scripts do not come in as A-labels either', () =>
    expect(parseEmail('sara@xn--pple-43d.com')).toEqual({ problem: 'mixes scripts in its domain' }));
});

describe('refused before the @', () => {
  it.each([
    ['"sara"@b.co', 'the character " (U+0022)'],
    ['sa ra@b.co', 'a space'],
    ['Sara <sara@b.co', 'a space'],
    ['<sara@b.co', 'the character < (U+003C)'],
    ['b@y.co <evil@z.co>', 'the character @ (U+0040)'],
    ['a@b@c.co', 'the character @ (U+0040)'],
    ['a,b@c.co', 'the character , (U+002C)'],
    ['a;b@c.co', 'the character ; (U+003B)'],
    ['a(b)@c.co', 'the character ( (U+0028)'],
    ['a[b]@c.co', 'the character [ (U+005B)'],
    ['a:b@c.co', 'the character : (U+003A)'],
    ['a\\b@c.co', 'the character \\ (U+005C)'],
    ['a/b@c.co', 'the character / (U+002F)'],
    ['a\u0000b@c.co', 'the character U+0000'],
    ['a\tb@c.co', 'the character U+0009'],
    ['a\r\nBcc: x@c.co', 'the character U+000D'],
    ['a\u007fb@c.co', 'the character U+007F'],
    ['sa\u200bra@b.co', 'the character U+200B'],
    ['sa\u200dra@b.co', 'the character U+200D'],
    ['sa\u00adra@b.co', 'the character U+00AD'],
    ['sa\u202era@b.co', 'the character U+202E'],
    ['sa\ufeffra@b.co', 'the character U+FEFF'],
    ['sa\u00a0ra@b.co', 'the character U+00A0'],
    ['s\u0430ra@b.co', 'the character U+0430'],
    ['\u03bfmega@b.co', 'the character U+03BF'],
    ['jos\u00e9@b.co', 'the character U+00E9'],
    ['\uff41@b.co', 'the character U+FF41'],
    ['a\u{1f600}@b.co', 'the character U+1F600'],
    ['\u200bsara@b.co', 'the character U+200B'],
  ])('ACC-1: %j has %s', (typed, named) => expect(parseEmail(typed)).toEqual({ problem: `has ${named} before the @` }));
  it('ACC-1: a character that composition would make an ASCII one is none', () =>
    expect(parseEmail('\u212aelvin@b.co')).toEqual({ problem: 'has the character U+212A before the @' }));
  it.each(['.a@b.co', 'a.@b.co', 'a..b@b.co', '.@b.co'])('ACC-1: %s has a dot in a wrong place', (typed) =>
    expect(parseEmail(typed)).toEqual({ problem: 'has a dot at an end, or two in a row, before the @' }),
  );
  it.each(['', ' ', 'sara', '@b.co', ' @b.co', 'sara b.co'])('ACC-1: %j has no @ with something before it', (typed) =>
    expect(parseEmail(typed)).toEqual({ problem: 'has no @ with something before it' }),
  );
  it('ACC-1: more than 64 characters', () =>
    expect(parseEmail(`${LONG}a@b.co`)).toEqual({ problem: 'has more than 64 characters before the @' }));
});

describe('refused after the @', () => {
  it.each([
    ['a@b .co', 'a space'],
    ['a@b\u200b.co', 'the character U+200B'],
    ['a@b.co>', 'the character > (U+003E)'],
    ['a@b_c.co', 'the character _ (U+005F)'],
    ['a@b.co\r\nBcc', 'the character U+000D'],
    ['a@b\u0000.co', 'the character U+0000'],
    ['a@[127.0.0.1]', 'the character [ (U+005B)'],
    ['a@b.co:25', 'the character : (U+003A)'],
    ['a@b%2e.co', 'the character % (U+0025)'],
    ['a@b\u3002co', 'the character U+3002'],
    ['a@b\u00ad.co', 'the character U+00AD'],
    ['a@b/c.co', 'the character / (U+002F)'],
  ])('ACC-1: %j has %s', (typed, named) => expect(parseEmail(typed)).toEqual({ problem: `has ${named} after the @` }));
  it.each([
    'a@',
    'a@b',
    'a@localhost',
    'a@b.co.',
    'a@.b.co',
    'a@b..co',
    'a@.',
    'a@-b.co',
    'a@b-.co',
    'a@127.0.0.1',
    'a@b.1',
    'a@0x7f.1',
    'a@xn--zzzz.com',
    'a@xn--.com',
    `a@${'b'.repeat(64)}.co`,
  ])('ACC-1: %s has no valid domain', (typed) =>
    expect(parseEmail(typed)).toEqual({ problem: 'has no valid domain after the @' }),
  );
  it('ACC-1: more than 254 characters in all', () => {
    expect(`a@${domain(252)}`).toHaveLength(254);
    expect(parseEmail(`a@${domain(253)}`)).toEqual({ problem: 'has more than 254 characters' });
  });
});
