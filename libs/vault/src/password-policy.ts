import type { FieldError } from '#kernel';
import { isCommonPassword } from './common-passwords.js';

export type PasswordErrorCode = 'password-too-short' | 'password-too-long' | 'password-too-common';

/** Lengths in characters (code points) after NFC. */
export const PASSWORD_POLICY = { minLength: 8, maxLength: 200, commonRefused: true } as const;

/** The one form in which a password is counted, hashed and verified, however a keyboard composes its accents. */
export const normalizePassword = (password: string): string => password.normalize('NFC');

const MESSAGES: Readonly<Record<PasswordErrorCode, string>> = {
  'password-too-short': `The password must have at least ${PASSWORD_POLICY.minLength} characters.`,
  'password-too-long': `The password must have at most ${PASSWORD_POLICY.maxLength} characters.`,
  'password-too-common': 'The password is too common: choose one that is not easily guessed.',
};

function codeOf(password: string): PasswordErrorCode | null {
  const length = [...normalizePassword(password)].length;
  if (length < PASSWORD_POLICY.minLength) return 'password-too-short';
  if (length > PASSWORD_POLICY.maxLength) return 'password-too-long';
  return isCommonPassword(password) ? 'password-too-common' : null;
}

/** What is wrong with a new password; null where nothing is. */
export function passwordErrors(password: string, pointer = '/password'): FieldError | null {
  const code = codeOf(password);
  return code === null ? null : { pointer, code, message: MESSAGES[code] };
}
