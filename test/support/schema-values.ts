import * as fc from 'fast-check';
import type { Json } from '#kernel';
import type { Schema } from './operations.js';

/** Texts in which something is odd: for a body that should be refused, or kept as it is. */
export const NASTY_TEXTS = [
  ...[
    '',
    ' ',
    '\0',
    'a\0b',
    '\ud800',
    'x\udfff',
    '\u200b',
    '\u202eabc',
    '\ufeff',
    '٣',
    'é',
    'e\u0301',
    '👩‍👩‍👧‍👦',
    "'; DROP TABLE x; --",
  ],
  ...['<script>alert(1)</script>', '=1+1', '../../etc/passwd', '%00', '${7*7}', '__proto__', 'constructor', 'null', 'true', '0'],
  ...['a@b', '@', 'a@b.c@d.e', 'ａ@example.com', 'x'.repeat(5_001), '\r\nSet-Cookie: a=b', '1e400', '-0', '2026-02-30T00:00:00Z'],
];
const NASTY_NUMBERS = [-1, 0, 1.5, 2 ** 31, 2 ** 53, 1e308, -1e308, 5e-324];
const nastyJson: fc.Arbitrary<Json> = fc.oneof(
  fc.constantFrom<Json>(null, true, [], {}, [[]], { a: { b: [] } }, ...NASTY_TEXTS, ...NASTY_NUMBERS),
  fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<Json>,
);

let made = 0;

/** Values that a schema describes. They may still break a rule that a schema cannot say. */
export function valuesOf(schema: Schema): fc.Arbitrary<Json> {
  if ('const' in schema) return fc.constant(schema['const']);
  if (Array.isArray(schema['enum'])) return fc.constantFrom(...schema['enum']);
  const choices = (schema['anyOf'] ?? schema['oneOf']) as Schema[] | undefined;
  if (choices) return fc.oneof(...choices.map(valuesOf));
  switch (schema['type'] as string) {
    case 'string':
      return textsOf(schema);
    case 'integer':
    case 'number':
      return fc.integer({ min: Number(schema['minimum'] ?? 0), max: Math.min(Number(schema['maximum'] ?? 100), 1_000) });
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    case 'array':
      return fc.array(valuesOf(schema['items'] as Schema), { minLength: Number(schema['minItems'] ?? 0), maxLength: 3 });
    case 'object':
      return objectsOf(schema);
  }
  return fc.constant('anything');
}

function objectsOf(schema: Schema): fc.Arbitrary<Json> {
  const properties = Object.entries((schema['properties'] ?? {}) as Record<string, Schema>);
  const required = (schema['required'] ?? []) as string[];
  const known = fc.record(Object.fromEntries(properties.map(([name, each]) => [name, valuesOf(each)])), {
    requiredKeys: required as never[],
  });
  const more = schema['additionalProperties'];
  if (properties.length > 0 || more === null || typeof more !== 'object') return known as fc.Arbitrary<Json>;
  const names = valuesOf((schema['propertyNames'] ?? { type: 'string', minLength: 1, maxLength: 8 }) as Schema);
  return fc.dictionary(names as fc.Arbitrary<string>, valuesOf(more as Schema), { maxKeys: 3 });
}

function textsOf(schema: Schema): fc.Arbitrary<string> {
  switch (schema['format'] as string) {
    case 'email':
      return fc.constant(null).map(() => `made-${++made}@generated.example`);
    case 'password':
      return fc.constantFrom('amber-window-62', 'tidy-lantern-77');
    case 'date-time':
      return fc.constantFrom('2031-05-06T07:08:09Z', '2020-01-01T00:00:00.000+02:00');
    case 'uri':
      return fc.constantFrom('https://brand.example/logo.png', 'http://brand.example');
  }
  if (typeof schema['pattern'] === 'string') return fc.stringMatching(new RegExp(schema['pattern']), { maxLength: 20 });
  const minLength = Number(schema['minLength'] ?? 0);
  const maxLength = Math.max(minLength, Math.min(Number(schema['maxLength'] ?? 20), 20));
  return fc.oneof(
    fc.string({ minLength, maxLength }),
    fc.string({ unit: 'binary', minLength, maxLength }),
    fc.stringMatching(/^[0-9]{3,8}$/),
    fc.constantFrom('Europe/Berlin', 'EUR', 'standard', 'mail.example.com', 'hello@generated.example'),
  );
}

/** Bodies that go wrong somewhere: a field with another value, one too many, one too few, or no body at all. */
export function brokenOf(schema: Schema): fc.Arbitrary<Json> {
  const harmed = fc
    .tuple(valuesOf(schema), fc.nat(), nastyJson, fc.constantFrom('replace', 'remove', 'add'))
    .map(([value, seed, nasty, how]): Json => {
      if (value === null || typeof value !== 'object' || Array.isArray(value)) return nasty;
      const names = Object.keys(value);
      const name = names[seed % names.length] ?? 'nothing';
      if (how === 'add') return { ...value, [NASTY_TEXTS[seed % NASTY_TEXTS.length] ?? 'more']: nasty };
      const { [name]: _removed, ...rest } = value;
      return how === 'remove' ? rest : { ...rest, [name]: nasty };
    });
  return fc.oneof({ weight: 4, arbitrary: harmed }, { weight: 1, arbitrary: nastyJson });
}
