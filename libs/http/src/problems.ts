import { HttpException } from '@nestjs/common';
import { MissingKey, StoreUnavailable, UnknownEvent } from '#event-store';
import { Refusal, type FieldError, type RefusalCode } from '#kernel';

/** Codes of answers that no rule gives: a request that is no HTTP, and a fault of ours. */
export type ProblemCode = RefusalCode | 'bad-request' | 'internal-error';

/** Every code with its status and title. A code without a row does not compile. */
export const PROBLEMS: Readonly<Record<ProblemCode, readonly [status: number, title: string]>> = {
  'bad-request': [400, 'The request is not well formed'],
  'malformed-json': [400, 'The body is not well-formed JSON'],
  unauthenticated: [401, 'A valid credential is needed'],
  'invalid-credentials': [401, 'The login or the password is wrong'],
  forbidden: [403, 'The caller may not do this'],
  'wrong-host': [403, 'The log-in is on another address'],
  'account-disabled': [403, 'The account is disabled'],
  'workspace-suspended': [403, 'The workspace is suspended'],
  'password-change-required': [403, 'A new password must be set first'],
  'staff-account': [403, 'Nobody logs in as staff'],
  'nested-impersonation': [403, 'An impersonation cannot begin another one'],
  'impersonation-forbidden': [403, 'This cannot be done while logged in as somebody else'],
  'self-registration-disabled': [403, 'Accounts are created by staff only'],
  'not-found': [404, 'There is no such thing'],
  'method-not-allowed': [405, 'The method is not allowed here'],
  'domain-not-configured': [409, 'The workspace has no verified domain'],
  'smtp-not-configured': [409, 'No mail server is configured'],
  'domain-taken': [409, 'The domain belongs to another workspace'],
  'domain-not-set': [409, 'No domain is set'],
  'slug-taken': [409, 'The slug is taken'],
  'email-taken': [409, 'An account with this email exists'],
  'username-taken': [409, 'An account with this username exists'],
  'no-free-bot-slot': [409, 'The pool has too few free bot slots'],
  'pool-below-allocated': [409, 'More than that is allocated'],
  'last-owner': [409, 'The workspace needs an owner'],
  'account-pending': [409, 'The account is pending'],
  'account-not-active': [409, 'The account is not active'],
  'not-a-test-account': [409, 'The account is not a test account'],
  'test-expired': [409, 'The test account has expired'],
  'status-not-settable': [409, 'This status cannot be set'],
  'invitation-used': [409, 'The invitation has been accepted'],
  'link-used': [409, 'The link has been used'],
  'invitation-expired': [410, 'The invitation has expired'],
  'invitation-revoked': [410, 'The invitation has been revoked'],
  'link-expired': [410, 'The link has expired'],
  'revision-mismatch': [412, 'It has changed since'],
  'too-large': [413, 'The body is too large'],
  'unsupported-media-type': [415, 'The body has a media type that is not taken here'],
  'invalid-input': [422, 'The input is not valid'],
  'idempotency-key-reused': [422, 'The idempotency key was used with another body'],
  'confirmation-mismatch': [422, 'The confirmation does not match'],
  'unknown-plan': [422, 'There is no such plan'],
  'nothing-to-do': [422, 'There is nothing to do'],
  throttled: [429, 'Too many attempts'],
  'uri-too-long': [431, 'URL and headers are too long'],
  'internal-error': [500, 'Something went wrong here'],
  'read-model-behind': [503, 'Reads are not as fresh as asked for yet'],
  busy: [503, 'Too many at once'],
  unavailable: [503, 'A part that is needed is not available'],
};

/** RFC 9457; facts of a refusal (`permission`, `href`, `loginUrl` …) stand beside these. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: ProblemCode;
  readonly detail?: string;
  readonly errors?: readonly FieldError[];
  readonly [fact: string]: unknown;
}

export interface ProblemAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Problem;
}

/** Seconds after which to try again where the refusal does not say. */
const RETRY_AFTER = 1;

/**
 * The answer to whatever was thrown. Facts `retryAfter` (seconds) and `allow` (methods) become headers.
 * Anything unforeseen is 500 and shows nothing.
 */
export function toProblem(error: unknown): ProblemAnswer {
  if (error instanceof Refusal) return problemOf(error.code, error.facts);
  // COR-27, COR-13: what this release cannot read, or has no key for, is not guessed at.
  if (error instanceof StoreUnavailable || error instanceof UnknownEvent || error instanceof MissingKey)
    return problemOf('unavailable');
  return problemOf(codeOfStatus(statusOf(error)));
}

export function problemOf(code: ProblemCode, facts: Readonly<Record<string, unknown>> = {}): ProblemAnswer {
  const [status, title] = PROBLEMS[code];
  const { retryAfter, allow, ...shown } = facts;
  const headers: Record<string, string> = {};
  if (status === 401) headers['WWW-Authenticate'] = 'Bearer';
  if (status === 429 || status === 503)
    headers['Retry-After'] = String(typeof retryAfter === 'number' ? Math.ceil(retryAfter) : RETRY_AFTER);
  if (Array.isArray(allow)) headers['Allow'] = allow.join(', ');
  return { status, headers, body: { ...shown, type: `/problems/${code}`, title, status, code } };
}

/** Status of an error of the framework; 500 for any other. */
function statusOf(error: unknown): number {
  if (error instanceof HttpException) return error.getStatus();
  if (error instanceof Error && 'statusCode' in error && typeof error.statusCode === 'number') return error.statusCode;
  return 500;
}

function codeOfStatus(status: number): ProblemCode {
  const codes: Readonly<Record<number, ProblemCode>> = {
    401: 'unauthenticated',
    403: 'forbidden',
    404: 'not-found',
    405: 'method-not-allowed',
    413: 'too-large',
    414: 'uri-too-long',
    415: 'unsupported-media-type',
    422: 'invalid-input',
    429: 'throttled',
    431: 'uri-too-long',
    503: 'unavailable',
  };
  return codes[status] ?? (status >= 400 && status < 500 ? 'bad-request' : 'internal-error');
}
