import type { z } from 'zod';
import * as fields from './fields.js';

/** The value that comes out, or the codes of what is wrong (`params.code` where a field has its own). */
function taken(schema: z.ZodType, given: unknown): unknown {
  const parsed = schema.safeParse(given);
  if (parsed.success) return { value: parsed.data };
  return parsed.error.issues.map((issue): unknown => (issue.code === 'custom' ? issue.params?.['code'] : issue.code));
}
const taking = (schema: z.ZodType) => (given: unknown) => taken(schema, given);
const key = (index: number) => `k${index}`;
const attributes = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, index) => [key(index), index]));

it('ACC-1: an email is trimmed, or refused with the character', () => {
  expect(taken(fields.emailField, ' Sara@b.co ')).toEqual({ value: 'Sara@b.co' });
  expect(taken(fields.emailField, 's\u0430ra@b.co')).toEqual(['invalid-email']);
  expect(fields.emailField.safeParse('s\u0430ra@b.co').error?.issues[0]?.message).toBe('has the character U+0430 before the @');
  expect(taken(fields.emailField, `${'a'.repeat(1_000)}@b.co`)).toContain('too_big');
  expect(taken(fields.emailField, null)).toEqual(['invalid_type']);
});

it('ACC-1: a password has 8 to 200 characters after NFC, and is no common one', () => {
  const password = taking(fields.passwordField);
  expect(password('a\u030askrivla')).toEqual({ value: '\u00e5skrivla' });
  expect(password('a\u030askrivl')).toEqual(['password-too-short']);
  const long = `\u{1f511}${Array.from({ length: 199 }, (_, index) => String.fromCodePoint(0x4e00 + index)).join('')}`;
  expect(password(long)).toEqual({ value: long });
  expect(password(`${long}x`)).toEqual(['password-too-long']);
  expect(password('password1')).toEqual(['password-too-common']);
  expect(password(' spaced out ')).toEqual({ value: ' spaced out ' });
});

it.each([
  ['name', fields.nameField, 200],
  ['username', fields.usernameField, 64],
] as const)('ACC-1: a %s is printable, kept trimmed, within its length', (_name, schema, most) => {
  const field = taking(schema);
  expect(field('  Åsa 明 \u{1f600}  ')).toEqual({ value: 'Åsa 明 \u{1f600}' });
  expect(field('\u{1f600}'.repeat(most))).toEqual({ value: '\u{1f600}'.repeat(most) });
  expect(field('x'.repeat(most + 1))).toEqual(['too-long']);
  for (const blank of ['', '   ', '\n']) expect(field(blank)).toEqual(['too-short']);
  for (const odd of ['a\u0000b', 'a\nb', 'a\u2028b', '\ud800']) expect(field(odd)).toEqual(['invalid-characters']);
  for (const unseen of ['\u200b', '\u200f \u202e', '\u3164']) expect(field(unseen)).toEqual(['invalid-characters']);
  expect(field('\u200fא')).toEqual({ value: '\u200fא' });
});

it('ACC-1: a phone has digits, and what stands between them', () => {
  const phone = taking(fields.phoneField);
  for (const good of ['+46 (0)8-123.45', '112', '00 46']) expect(phone(good)).toEqual({ value: good });
  expect(phone(' 112 ')).toEqual({ value: '112' });
  for (const odd of ['call me', '+++', '11\u00a02', '12x', '=1+2', '\u0661\u0661\u0662'])
    expect(phone(odd)).toEqual(['invalid-phone']);
  expect(phone('1\t2')).toEqual(['invalid-characters']);
  expect(phone('11')).toEqual(['too-short']);
  expect(phone('1'.repeat(32))).toEqual({ value: '1'.repeat(32) });
  expect(phone('1'.repeat(33))).toEqual(['too-long']);
});

it('ACC-1: a comment has lines, and at most 5,000 characters', () => {
  expect(taken(fields.commentField, 'one\ntwo\tthree')).toEqual({ value: 'one\ntwo\tthree' });
  expect(taken(fields.commentField, 'a\u0007')).toEqual(['invalid-characters']);
  expect(taken(fields.commentField, 'x'.repeat(5_000))).toEqual({ value: 'x'.repeat(5_000) });
  expect(taken(fields.commentField, 'x'.repeat(5_001))).toEqual(['too-long']);
});

it('ACC-1, DET-6: UTM has its five fields of at most 200 characters', () => {
  const utm = taking(fields.utmSchema);
  const all = { source: 'a', medium: 'b', campaign: 'c', term: 'd', content: 'e' };
  expect(utm(all)).toEqual({ value: all });
  expect(utm({})).toEqual({ value: {} });
  expect(utm({ source: 'x'.repeat(201) })).toEqual(['too-long']);
  expect(utm({ id: 'x' })).toEqual(['unrecognized_keys']);
});

it('ACC-1: attributes have at most 50 keys and 16 KB', () => {
  const field = taking(fields.attributesSchema);
  const mixed = { a: 'x', b: 1.5, c: true, d: null };
  expect(field(mixed)).toEqual({ value: mixed });
  expect(field(attributes(50))).toEqual({ value: attributes(50) });
  expect(field(attributes(51))).toEqual(['too-many']);
  expect(field({ '': 1 })).not.toHaveProperty('value');
  expect(field({ ['k'.repeat(65)]: 1 })).not.toHaveProperty('value');
  for (const nested of [{ a: {} }, { a: [1] }]) expect(field(nested)).not.toHaveProperty('value');
  expect(field({ a: 'x'.repeat(16_376) })).toEqual({ value: { a: 'x'.repeat(16_376) } });
  expect(field({ a: 'x'.repeat(16_377) })).toEqual(['too-long']);
  const bulky = Object.fromEntries(['a', 'b', 'c', 'd'].map((name) => [name, '\u00e5'.repeat(2_040)]));
  expect(field(bulky)).toEqual({ value: bulky });
  expect(field({ ...bulky, e: 'x'.repeat(60) })).toEqual(['too-long']);
});

it('ACC-5, WS-8: days and quotas have their bounds', () => {
  const days = taking(fields.testDaysField);
  expect([1, 365].map(days)).toEqual([{ value: 1 }, { value: 365 }]);
  for (const odd of [0, 366, 1.5, '14', null]) expect(days(odd)).not.toHaveProperty('value');
  const quotas = taking(fields.quotasSchema);
  expect(quotas({ botSlots: 0, conversations: null, teamMembers: 10 })).toEqual({
    value: { botSlots: 0, conversations: null, teamMembers: 10 },
  });
  for (const odd of [
    { botSlots: -1 },
    { botSlots: null },
    { teamMembers: 11 },
    { teamMembers: -1 },
    { conversations: 0.5 },
    { bots: 1 },
  ])
    expect(quotas(odd)).not.toHaveProperty('value');
});

it('AUTH-1: a role is one of the workspace', () => {
  for (const role of ['owner', 'admin', 'manager', 'auditor', 'user'])
    expect(taken(fields.roleField, role)).toEqual({ value: role });
  for (const odd of ['operator', 'system', 'Owner', '']) expect(taken(fields.roleField, odd)).not.toHaveProperty('value');
});
