import { isCommonPassword } from './common-passwords.js';
import { COMMON_PASSWORDS } from './common-passwords.list.js';
import { normalizePassword, passwordErrors } from './password-policy.js';

const codeOf = (password: string): string | undefined => passwordErrors(password)?.code;

describe('passwords (AUTH-5)', () => {
  it.each([
    'password',
    'PassWord',
    'password2024',
    'P@ssw0rd!',
    'Welcome123!',
    'iloveyou',
    'Whitebook1',
    'whitebook-2025',
    'Summer2024!',
    'qwertyuiop',
    'asdfghjkl',
    '1qaz2wsx',
    'poiuytrewq',
    '12345678',
    '987654321',
    'abcdefgh',
    'aaaaaaaaaaaa',
    'abcabcabc',
    '12341234',
    'letmein123',
    'ｐａｓｓｗｏｒｄ',
  ])('refuses %s as common', (password) => expect(codeOf(password)).toBe('password-too-common'));

  it.each([
    'correct horse battery',
    'tr0ub4dor&3',
    'summer rain on the roof',
    'Password manager 4 me',
    'mJ8#kf0w',
    'пароль на завтра',
    'password84372619384',
  ])('takes %s', (password) => expect(passwordErrors(password)).toBeNull());

  it('counts characters after NFC, from 8 to 200', () => {
    expect(codeOf('mJ8#kf0')).toBe('password-too-short');
    expect(codeOf('e\u0301'.repeat(3) + 'xyzw')).toBe('password-too-short');
    expect(codeOf('\u{1F511}\u{1F98A}\u{1F30D}k7w')).toBe('password-too-short');
    expect(codeOf('ab9!'.repeat(49) + 'wxyz')).toBeUndefined();
    expect(codeOf('ab9!'.repeat(49) + 'wxyz1')).toBe('password-too-long');
    expect(codeOf('e\u0301k7#'.repeat(49) + 'wxyz')).toBeUndefined();
  });

  it('points to the field', () =>
    expect(passwordErrors('short', '/owner/password')).toMatchObject({ pointer: '/owner/password' }));

  it('has one form for both ways to write an accent', () =>
    expect(normalizePassword('e\u0301')).toBe(normalizePassword('\u00e9')));

  it('lists only what the policy does not refuse as too short, in lower case', () => {
    expect([...COMMON_PASSWORDS].filter((password) => password.length < 8 || password !== password.toLowerCase())).toEqual([]);
    expect(COMMON_PASSWORDS.size).toBeGreaterThan(800);
    expect([...COMMON_PASSWORDS].every(isCommonPassword)).toBe(true);
  });
});
