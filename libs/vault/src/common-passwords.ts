import { COMMON_PASSWORDS, COMMON_WORDS } from './common-passwords.list.js';

const LOOKALIKES: Readonly<Record<string, string>> = {
  '@': 'a',
  '4': 'a',
  '3': 'e',
  '1': 'i',
  '!': 'i',
  '0': 'o',
  $: 's',
  '5': 's',
  '7': 't',
};

/** Digits and signs that do not make a common word a good password. */
const MOST_DECORATION = 6;

/** Rows of keyboards, digits and the alphabet, as a finger runs along them. */
const WALKS = [
  '01234567890123456789',
  'abcdefghijklmnopqrstuvwxyz',
  'qwertyuiop[]asdfghjkl;zxcvbnm,./',
  'qwertzuiopasdfghjklyxcvbnm',
  'azertyuiopqsdfghjklmwxcvbn',
  '!@#$%^&*()_+',
  '1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik,9ol.0p;/',
  '1q2w3e4r5t6y7u8i9o0p',
  'qazwsxedcrfvtgbyhnujmikolp',
  '1a2b3c4d5e6f7g8h9i0j',
  'a1b2c3d4e5f6g7h8i9j0',
];
const REVERSED_WALKS = WALKS.map((walk) => [...walk].reverse().join(''));

/** A part of up to four characters, over and over: `aaaaaaaa`, `abcabcabc`, `12341234`. */
const isRepetition = (text: string): boolean => /^(.{1,4}?)\1+$/su.test(text);

const isWalk = (text: string): boolean => [...WALKS, ...REVERSED_WALKS].some((walk) => walk.includes(text));

const unmasked = (text: string): string => [...text].map((character) => LOOKALIKES[character] ?? character).join('');

/** A common word whose rest is only digits and signs: a year, an exclamation mark. */
function isDecoratedWord(text: string): boolean {
  const word = text.replace(/^[^\p{L}]+/u, '').replace(/[^\p{L}]+$/u, '');
  if (text.length - word.length <= MOST_DECORATION && (COMMON_WORDS.has(word) || COMMON_WORDS.has(unmasked(word)))) return true;
  return COMMON_WORDS.has(unmasked(text.replace(/[\d\p{P}\p{S}]{0,6}$/u, '')));
}

/** Whether a guesser tries the password early: a well-known one in any case, a run on the keyboard, a repetition, or a common word with digits and signs. */
export function isCommonPassword(password: string): boolean {
  const text = password.normalize('NFKC').trim().toLowerCase();
  return (
    COMMON_PASSWORDS.has(text) ||
    COMMON_PASSWORDS.has(unmasked(text)) ||
    isRepetition(text) ||
    isWalk(text) ||
    isDecoratedWord(text)
  );
}
